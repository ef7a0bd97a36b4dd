"""`interviewer regrade`: old interviews under another rubric, judge or release; both scores are kept and compared."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.scoring.regrading import Regraded
    from interviewer.store import Store


def regrade(
    interview_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The interviews.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every interview that is kept.")] = False,
    rubric: Annotated[
        Path | None, typer.Option(help="Grade by this rubric file; without it, by the rubrics in force.")
    ] = None,
    judge: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Have this language model judge every answer too, as provider:model; `current` is the one that is set "
            "up. Without it a model judges again what a model had judged.",
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference; store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Grade old interviews again, by another rubric, judge or release; the new score counts, the earlier are kept."""
    from knowledge.errors import InputError

    if every == bool(interview_ids):
        raise InputError("Name interviews, or --all.", "`interviewer report --list` shows the ids.")
    graded = asyncio.run(_regrade(interview_ids, rubric, judge, keep=not dry_run))
    if as_json:
        print_json({**_counts(graded), "stored": not dry_run, "questions": [_record(one) for one in graded]})
    else:
        show(graded, stored=not dry_run)


async def _regrade(interview_ids: list[str] | None, path: Path | None, judge: str, *, keep: bool) -> list[Regraded]:
    from interviewer.assembly import Parts
    from interviewer.cli.index import progress_bar
    from interviewer.scoring.regrading import make_regrader, new_rubric, regrade
    from interviewer.settings import read_settings
    from interviewer.store import Store

    parts = Parts(read_settings())
    try:
        library, only = parts.library(), None
        if path is not None:
            library, changed = new_rubric(library, path)
            only = changed.rubric
        regrader = make_regrader(parts, library, only=only, judge=judge)
        async with Store.open(parts.settings.storage_url) as store:
            wanted = interview_ids or await _finished(store)
            with progress_bar() as progress:
                return [one async for one in regrade(store, wanted, regrader, keep=keep, progress=progress)]
    finally:
        parts.close()


async def _finished(store: Store) -> list[str]:
    """Return the interviews in which no turn is under way; the others are told."""
    from interviewer.scoring.regrading import under_way

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
        table.add_column(heading, no_wrap=True, overflow="fold", min_width=20)
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    table.add_column("criteria")
    changed = [one for one in graded if one.changed and one.after is not None]
    for one in changed:
        before, after = (_number(score.overall) for score in (one.before, one.after) if score is not None)
        change = "" if one.points is None else f"{one.points:+.2f}"
        table.add_row(one.interview_id, one.question_id, before, after, change, _criteria(one))
    if changed:
        screen.print(table)
    mean = "" if counts["mean_points"] is None else f", on average by {counts['mean_points']:+.2f} of 5"
    answers = "answer" if counts["graded"] == 1 else "answers"
    screen.print(f"{counts['graded']} {answers} graded again, {counts['changed']} changed{mean}.")
    for versions, number in Counter(map(_versions, changed)).most_common():
        screen.print(f"  {number}: {versions}", markup=False)
    if counts["left"]:
        reasons = sorted({one.why_not for one in graded if one.why_not})
        screen.print(f"{counts['left']} left as they were: {'; '.join(reasons)}.", markup=False)
    if counts["calls"]:
        cost = "" if counts["cost_usd"] is None else f", {counts['cost_usd']:.4f} US dollars"
        tokens = f"{counts['input_tokens']:,} tokens in, {counts['output_tokens']:,} out"
        screen.print(f"Language model: {counts['calls']} calls, {tokens}{cost}.")
    if changed:
        kept = "Both scores are kept; `interviewer report ID --original` shows the first." if stored else "Not stored."
        screen.print(kept)


def _criteria(one: Regraded) -> str:
    moved = [f"{name.replace('_', ' ')} {_point(old)} → {_point(new)}" for name, (old, new) in one.criteria.items()]
    return ", ".join(moved) or "weights only"


def _counts(graded: Sequence[Regraded]) -> dict[str, Any]:
    points = [one.points for one in graded if one.changed and one.points is not None]
    calls = [call for one in graded for call in one.calls]
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    return {
        "graded": sum(one.after is not None for one in graded),
        "changed": sum(one.changed for one in graded),
        "left": sum(bool(one.why_not) for one in graded),
        "mean_points": sum(points) / len(points) if points else None,
        "calls": len(calls),
        "input_tokens": sum(call.input_tokens for call in calls),
        "output_tokens": sum(call.output_tokens for call in calls),
        "cost_usd": round(sum(costs), 6) if costs else None,
    }


def _record(one: Regraded) -> dict[str, Any]:
    return {
        "interview_id": one.interview_id,
        "question_id": one.question_id,
        "changed": one.changed,
        "points": one.points,
        "criteria": one.criteria,
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
        f"{before.get(name, 'none')} → {version}"
        for name, version in after.items()
        if name != "package" and before.get(name) != version
    ]
    return ", ".join(parts) or "the same versions"


def _number(overall: float | None) -> str:
    return "–" if overall is None else f"{overall:.2f}"


def _point(score: int | None) -> str:
    return "–" if score is None else str(score)
