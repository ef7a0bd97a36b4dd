"""`interviewer monitor`: have the scores of the interviews that are kept moved, week against week?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from datetime import date

    from rich.table import Table

    from evaluators.reliability.drift import Alert, Drift, Record, Segment
    from evaluators.reliability.shift import Comparison
    from interviewer.scoring.scores import Calls

SHIFTED = 3  # exit status: neither the user's input nor the outside world, and not "done" for a job that watches


def monitor(
    weeks: Annotated[int, typer.Option(help="Weeks to show and judge.", min=1, max=520)] = 12,
    days: Annotated[int, typer.Option(help="Days of a window, where a week holds too few interviews.", min=1)] = 7,
    fewest: Annotated[int, typer.Option(help="Interviews that a window needs before it is compared.", min=5)] = 20,
    regraded: Annotated[
        bool, typer.Option("--regraded", help="The scores that count now, not as they were first given.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare scores week against week, by round, topic, level, engine and model; exit status 3 on a lasting shift."""
    from evaluators.reliability.drift import drift

    records, calls = asyncio.run(_records(regraded))
    found = drift(records, windows=weeks, window_days=days, fewest=fewest)
    if as_json:
        print_json({**found.model_dump(mode="json"), "compared": found.compared, "model_calls": calls._asdict()})
    else:
        show(found, calls)
    if found.alerts:
        raise typer.Exit(SHIFTED)


async def _records(regraded: bool) -> tuple[list[Record], Calls]:
    from interviewer.cli.index import progress_bar
    from interviewer.material import load_library
    from interviewer.scoring.scores import read_records
    from interviewer.settings import read_settings
    from interviewer.store import Store

    settings = read_settings()
    library = load_library(settings)
    async with Store.open(settings.storage_url) as store:
        with progress_bar() as progress:
            return await read_records(store, library, regraded=regraded, progress=progress)


def show(found: Drift, calls: Calls) -> None:
    """Print the whole week by week, then what has shifted in which part."""
    screen = console()
    if not found.answers:
        screen.print("No answer has been scored yet. Start with: interviewer practice")
        return
    whole = found.segments[0]
    screen.print(_table(whole, found))
    if not found.compared:
        most = max((window.interviews for window in whole.windows), default=0)
        span = "week" if found.window_days == 7 else f"window of {found.window_days} days"
        screen.print(
            f"Too few interviews to compare: a {span} needs {found.fewest}, and so do those before it; the fullest "
            f"had {most}. With fewer, chance alone looks like a shift. A longer window: --days 28"
        )
        return
    parts = len(found.segments) - 1
    screen.print(
        f"Compared: the whole and {parts} parts by round, topic, level, engine and model; "
        f"{found.thin} parts have fewer than {found.fewest} interviews in every window."
    )
    if calls.made:
        screen.print(f"Language model: {calls.made:,} calls, {calls.failed:,} failed.")
    span = "week" if found.window_days == 7 else "window"
    screen.print(f"* by more than chance, and by enough to matter; it is told when it lasts two {span}s.")
    if not found.alerts:
        screen.print("No lasting shift.")
    for part, newest in found.not_lasting_yet:
        told = _told(part.dimension, part.value, newest.shifted, newest)
        screen.print(f"Not lasting yet, since {newest.start}: {told}", markup=False)
    for since, alerts in groupby(sorted(found.alerts, key=lambda alert: alert.since), key=lambda alert: alert.since):
        _show_shift(since, list(alerts))
    if found.alerts:
        screen.print(
            "The grader or the candidates? Grade the same answers under what is in force now: "
            "interviewer regrade --all --dry-run"
        )


def _show_shift(since: date, alerts: Sequence[Alert]) -> None:
    """Print what has shifted since a day: the widest part with its evidence, the others a line each."""
    screen = console()
    first, *others = alerts  # the whole comes first, if it has shifted
    screen.print(f"Shift since {since}: {_alert(first)}", style="bold", markup=False)
    screen.print(_evidence(first), markup=False)
    for other in others:
        screen.print(f"  also {_alert(other)}", markup=False)


def _table(whole: Segment, found: Drift) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("from", no_wrap=True)
    for heading in ("interviews", "mean", "change, 95 %", "KS", "PSI", "p", "unscored"):
        table.add_column(heading, justify="right", no_wrap=True)
    compared = {comparison.start: comparison for comparison in whole.comparisons}
    for window in whole.windows:
        mean = "–" if window.mean is None else f"{window.mean:.2f}"
        row = [f"{window.start:%Y-%m-%d}", f"{window.interviews}", mean]
        one = compared.get(window.start)
        if one is None:
            row += ["too few" if window.interviews < found.fewest else "none before", "", "", ""]
        else:
            low, high = one.points_interval
            mark = "*" if one.shifted else ""
            row += [f"{one.points:+.2f} ± {(high - low) / 2:.2f}", f"{one.ks:.2f}", f"{one.psi:.2f}"]
            row.append(f"{mark}{one.adjusted:.2g}")
        table.add_row(*row, f"{window.unscored:.0%}")
    return table


def _alert(alert: Alert) -> str:
    return _told(alert.dimension, alert.value, alert.what, alert.both)


def _told(dimension: str, value: str, what: str, found: Comparison) -> str:
    where = "all scores" if dimension == "all" else f"{dimension} {value}"
    if what == "unscored":
        way = "more" if found.unscored > 0 else "fewer"
        return f"{where}: {abs(found.unscored):.0%} {way} answers without a score"
    low, high = found.points_interval
    return f"{where}: {found.points:+.2f} of 5 ({low:+.2f} to {high:+.2f})"


def _evidence(alert: Alert) -> str:
    both = alert.both
    tests = f"  KS {both.ks:.2f}, PSI {both.psi:.2f}, p {both.adjusted:.2g} after Holm's correction; "
    sizes = f"{both.interviews} interviews in two windows against {both.baseline_interviews} before"
    if alert.new_versions:
        return f"{tests}{sizes}\n  New in these windows: {', '.join(alert.new_versions)}"
    return f"{tests}{sizes}\n  No version changed: other candidates, other questions, or a service that changed unnamed"
