"""`interviewer canary`: a new rubric or judge scores a share of the interviews beside the one in force."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from evaluators.reliability.paired import Comparison
    from interviewer.promotion.trial import Trial
    from interviewer.scoring.canary import Canary
    from interviewer.scoring.regrading import Regrader
    from interviewer.store import Store
    from knowledge.library import Library

canary_app = typer.Typer(
    name="canary", help="Try a new rubric or judge beside the one in force, before it counts.", no_args_is_help=True
)


@canary_app.command()
def start(
    rubric: Annotated[Path | None, typer.Argument(help="The new rubric, with a raised version.")] = None,
    judge: Annotated[str, typer.Option(help="Instead of a rubric: a model to judge, as provider:model.")] = "",
    share: Annotated[float, typer.Option(help="Share of the interviews, over 0 up to 1.", min=0.001, max=1.0)] = 0.25,
    as_json: JsonOption = False,
) -> None:
    """Put a rubric or a judge on trial."""
    from interviewer.material import load_library
    from interviewer.scoring.regrading import new_rubric
    from interviewer.settings import read_settings
    from knowledge.errors import InputError

    if (rubric is None) == (not judge):
        raise InputError("Name a rubric file, or a model by --judge.", "interviewer canary start RUBRIC.yaml")
    settings = read_settings()
    if rubric is not None:
        _, record = new_rubric(load_library(settings), rubric)
        trial = _canary().start_rubric(rubric, record, share)
    else:
        from interviewer.model.llm import open_model

        open_model(settings.model_copy(update={"judge_model": judge}), judge=True)  # an unknown provider is told now
        trial = _canary().start_judge(judge, share)
    _show(trial, as_json, f"{trial.name} is on trial for {trial.share:.0%} of the interviews, and counts for none.")


@canary_app.command()
def status(as_json: JsonOption = False) -> None:
    """Compare the candidate with what is in force."""
    trial, comparison, scored = asyncio.run(_status())
    if as_json:
        numbers = {**comparison.model_dump(mode="json"), "enough": comparison.enough}
        print_json({"trial": trial, "newly_scored": scored, "comparison": numbers})
        return
    screen = console()
    decided = f", {trial.status} {trial.decided:%Y-%m-%d}" if trial.decided else ""
    share = f"{trial.share:.0%} of the interviews"
    screen.print(f"{trial.name}: on trial since {trial.started:%Y-%m-%d} for {share}{decided}")
    for line in _lines(comparison):
        screen.print(line, markup=False)
    if trial.status == "running" and comparison.enough:
        screen.print("Decide: interviewer canary promote, or: interviewer canary rollback")


@canary_app.command()
def promote(
    force: Annotated[bool, typer.Option("--force", help="Although too few interviews have been compared.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put the candidate in force from now on."""
    from interviewer.scoring.canary import may_promote

    if not force:
        _, comparison, _ = asyncio.run(_status())
        may_promote(comparison)
    trial = _canary().promote()
    _show(
        trial,
        as_json,
        f"{trial.name} is in force for the interviews that begin from now on, on a running server too. Earlier ones "
        "keep their scores until: interviewer regrade --all",
    )


@canary_app.command()
def rollback(as_json: JsonOption = False) -> None:
    """Drop the candidate, or take back the last one."""
    trial = _canary().rollback()
    after = f"; {trial.replaced} is in force again" if trial.replaced else ""
    _show(trial, as_json, f"{trial.name} is rolled back{after}. The scores that it gave are kept.")


def _canary() -> Canary:
    from interviewer.scoring.canary import Canary
    from interviewer.settings import read_settings

    return Canary(read_settings())


def _show(trial: Trial, as_json: bool, said: str) -> None:
    if as_json:
        print_json(trial)
    else:
        console().print(said, markup=False)


class _Open(NamedTuple):
    store: Store
    library: Library
    candidate: Library
    regrader: Regrader


async def _status() -> tuple[Trial, Comparison, int]:
    from interviewer.cli.index import progress_bar
    from interviewer.scoring.canary import compared, score_due

    trial = _canary().current()
    async with _opened(trial) as parts:
        scored = 0
        if trial.status == "running":
            with progress_bar() as progress:
                scored = await score_due(parts.store, trial, parts.regrader, progress)
        return trial, await compared(parts.store, trial, parts.library, parts.candidate), scored


@asynccontextmanager
async def _opened(trial: Trial) -> AsyncIterator[_Open]:
    """Open the database and the evaluators under the candidate."""
    from interviewer.assembly import Parts
    from interviewer.scoring.regrading import make_regrader
    from interviewer.settings import read_settings
    from interviewer.store import Store

    settings = read_settings()
    parts = Parts(settings)
    try:
        library = candidate = parts.library()
        if trial.kind == "rubric":
            candidate = library.with_rubric_in(_canary().rubric(trial))
            regrader = make_regrader(parts, candidate, only=trial.subject)
        else:
            regrader = make_regrader(parts, library, judge=trial.name)
        async with Store.open(settings.storage_url) as store:
            yield _Open(store, library, candidate, regrader)
    finally:
        parts.close()


def _lines(comparison: Comparison) -> list[str]:
    if not comparison.answers:
        return ["No interview of its share has finished yet with an answer that it would score."]
    lines = [f"Scored by both: {comparison.answers} answers of {comparison.interviews} interviews."]
    if comparison.points is not None:
        line = f"The candidate against what is in force: {comparison.points:+.2f} of 5"
        if comparison.points_interval is not None:
            low, high = comparison.points_interval
            way = "harsher" if comparison.points < 0 else "more lenient"
            seen = "no difference to see" if low <= 0 <= high else way
            line += f", 95 % interval {low:+.2f} to {high:+.2f}: {seen}"
        lines.append(f"{line}.")
    correlation = "" if comparison.pearson is None else f"; r {comparison.pearson:.2f}"
    lines.append(
        f"Half a point or more apart: {comparison.large:.0%}; another verdict: {comparison.verdicts_changed:.0%}"
        f"{correlation}."
    )
    if comparison.only_before or comparison.only_after:
        lines.append(f"Scored only by the candidate: {comparison.only_after}, only without: {comparison.only_before}.")
    lines += [
        f"  {pair.interview}  {pair.question}: {pair.before:.1f} → {pair.after:.1f}, {pair.verdict_after}"
        for pair in comparison.worst
    ]
    if not comparison.enough:
        from evaluators.reliability.paired import FEWEST

        lines.append(f"Too few to decide: {FEWEST} interviews are needed.")
    return lines
