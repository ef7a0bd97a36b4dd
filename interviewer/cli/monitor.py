"""`interviewer monitor`: have the scores of the interviews kept here moved, week against week?"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from evaluators.drift import Drift
    from interviewer.events import AnyEvent
    from interviewer.settings import Settings


def monitor(
    weeks: Annotated[int, typer.Option(help="Weeks before, to compare each week with.", min=1, max=52)] = 4,
    as_json: JsonOption = False,
) -> None:
    """Compare each week's scores with the weeks before, by round, topic, engine and versions; alert on lasting shifts."""
    from evaluators.drift import drift
    from interviewer.settings import read_settings

    found = drift(asyncio.run(_segments(read_settings())), weeks)
    if as_json:
        print_json(found)
        return
    sys.stdout.write(as_text(found))


async def _segments(settings: Settings) -> dict[str, list[tuple[str, float]]]:
    from interviewer.store import Store
    from knowledge.library import Library

    library = Library.load([settings.packs or settings.home / "packs"])
    places = {q.id: (q.round, q.topic) for q in library.questions.values()}
    histories = []
    async with Store.open(settings.storage_url) as store:
        for listed in await store.list():
            histories.append(await store.read(listed.interview_id))
    return segments(histories, places)


def segments(
    histories: Iterable[Iterable[AnyEvent]], places: dict[str, tuple[str, str]]
) -> dict[str, list[tuple[str, float]]]:
    """Return (week, overall) pairs by segment; of each question's judgements the last one counts."""
    from evaluators.drift import week_of
    from interviewer.events import Scored

    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for history in histories:
        last = {event.question_id: event for event in history if isinstance(event, Scored)}
        for question_id, event in last.items():
            score = event.score
            if score.overall is None:
                continue
            round_, topic = places.get(question_id, ("unknown", "unknown"))
            names = ["all", f"round {round_}", f"topic {topic}", f"engine {score.engine}"]
            names += [f"{what} {version}" for what, version in score.versions.items()]
            for name in names:
                found[name].append((week_of(event.at.date()), score.overall))
    return dict(found)


def as_text(found: Drift) -> str:
    """Return the shifts for a terminal, alerts first."""
    if not found.shifts:
        return "Fewer than two weeks of scores: nothing to compare yet.\n"
    lines = [*(f"ALERT {alert}" for alert in found.alerts)] or ["No lasting shift."]
    for one in found.shifts:
        tests = "too few to test" if one.ks is None else f"KS {one.ks:.2f} (p {one.p_value:.2g}), PSI {one.psi:.2f}"
        mark = "*" if one.shifted else " "
        lines.append(
            f"{mark} {one.week} {one.segment}: mean {one.mean:.2f} against {one.mean_before:.2f}, "
            f"{one.scores} against {one.before} scores, {tests}"
        )
    return "\n".join(lines) + "\n"
