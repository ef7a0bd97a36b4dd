"""`interviewer regrade`: old interviews under the rubrics of today, or under one of your own; both scores are kept."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.regrading import Regraded
    from interviewer.store import Store


def regrade(
    interview_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The interviews.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every interview that is kept.")] = False,
    rubric: Annotated[
        Path | None, typer.Option(help="Grade by this rubric file; without it, by the rubrics in force.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference; store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Grade old interviews again; the new score counts, and the earlier ones are kept beside it."""
    from knowledge.errors import InputError

    if every == bool(interview_ids):
        raise InputError("Name interviews, or --all.", "`interviewer report --list` shows the ids.")
    graded = asyncio.run(_regrade(interview_ids, rubric, keep=not dry_run))
    if as_json:
        print_json({**_counts(graded), "stored": not dry_run, "questions": [_record(one) for one in graded]})
    else:
        show(graded, stored=not dry_run)


async def _regrade(interview_ids: list[str] | None, path: Path | None, *, keep: bool) -> list[Regraded]:
    from interviewer.assembly import Parts
    from interviewer.cli.index import progress_bar
    from interviewer.regrading import make_regrader, new_rubric, regrade
    from interviewer.settings import read_settings
    from interviewer.store import Store

    parts = Parts(read_settings())
    try:
        library, only = parts.library(), None
        if path is not None:
            library, changed = new_rubric(library, path)
            only = changed.rubric
        async with Store.open(parts.settings.storage_url) as store:
            wanted = interview_ids or await _finished(store)
            with progress_bar() as progress:
                regrader = make_regrader(parts, library, only=only)
                return [one async for one in regrade(store, wanted, regrader, keep=keep, progress=progress)]
    finally:
        parts.close()


async def _finished(store: Store) -> list[str]:
    """Return the interviews in which no turn is under way; the others are told."""
    from interviewer.regrading import under_way

    found = []
    for listed in await store.list():
        if not listed.ended and under_way(await store.read(listed.interview_id)):
            sys.stderr.write(f"Left out: {listed.interview_id}, where a message is being answered.\n")
        else:
            found.append(listed.interview_id)
    return found


def show(graded: Sequence[Regraded], *, stored: bool) -> None:
    """Print each score that changed, then the sum of it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    screen, counts = console(), _counts(graded)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("interview", "question"):
        table.add_column(heading)
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    table.add_column("versions")
    for one in graded:
        if one.changed and one.after is not None:
            change = "" if one.points is None else f"{one.points:+.2f}"
            before, after = (_number(score.overall) for score in (one.before, one.after))
            table.add_row(one.interview_id, one.question_id, before, after, change, _versions(one))
    if counts["changed"]:
        screen.print(table)
    mean = "" if counts["mean_points"] is None else f", on average by {counts['mean_points']:+.2f} of 5"
    screen.print(f"{counts['graded']} answers graded again, {counts['changed']} changed{mean}.")
    if counts["left"]:
        reasons = sorted({one.why_not for one in graded if one.why_not})
        screen.print(f"{counts['left']} left as they were: {'; '.join(reasons)}.", markup=False)
    if counts["changed"]:
        kept = "Both scores are kept; `interviewer report ID --original` shows the first." if stored else "Not stored."
        screen.print(kept)


def _counts(graded: Sequence[Regraded]) -> dict[str, Any]:
    points = [one.points for one in graded if one.changed and one.points is not None]
    return {
        "graded": sum(one.after is not None for one in graded),
        "changed": sum(one.changed for one in graded),
        "left": sum(bool(one.why_not) for one in graded),
        "mean_points": sum(points) / len(points) if points else None,
    }


def _record(one: Regraded) -> dict[str, Any]:
    return {
        "interview_id": one.interview_id,
        "question_id": one.question_id,
        "changed": one.changed,
        "points": one.points,
        "before": _grading(one.before),
        "after": None if one.after is None else _grading(one.after),
        "why_not": one.why_not,
    }


def _grading(score: Any) -> dict[str, Any]:
    criteria = {criterion.criterion: criterion.score for criterion in score.criteria}
    return {"overall": score.overall, "band": score.band, "criteria": criteria, "versions": score.versions}


def _versions(one: Regraded) -> str:
    assert one.after is not None
    before, after = one.before.versions, one.after.versions
    parts = [
        f"{before.get(name, 'none')} → {version}" for name, version in after.items() if before.get(name) != version
    ]
    return ", ".join(parts) or "same"


def _number(overall: float | None) -> str:
    return "–" if overall is None else f"{overall:.2f}"
