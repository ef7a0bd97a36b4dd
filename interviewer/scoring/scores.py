"""The scores of all interviews as records: what was judged, when, in which round, by which versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from evaluators.reliability.drift import Record
from interviewer.events import AnyEvent, Called, Scored, Setup, Started
from interviewer.store import Store
from knowledge.library import Library

_TOLD_EVERY = 200  # interviews


class Calls(NamedTuple):
    """What the language model did in all interviews."""

    made: int
    failed: int


async def read_records(
    store: Store,
    library: Library,
    *,
    regraded: bool = False,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> tuple[list[Record], Calls]:
    """Return one record for each question that was judged, and the calls of the language model.

    Args:
        store: where the interviews are.
        library: for the round and topic of a question; those that have left it are `unknown`.
        regraded: take the scores that count now, at the time of the answer: how candidates moved. Without it, the
            scores as they were first given: how the grader moved as well.
        progress: hears what is read, how much is done and how much there is.
    """
    total = len(await store.list())
    records: list[Record] = []
    calls: Counter[bool] = Counter()
    setups: dict[str, Setup] = {}
    now, scored, done = "", dict[str, tuple[Scored, Scored]](), 0

    def finish() -> None:
        setup = setups.pop(now, Setup())
        records.extend(_record(now, setup, first, counted, library) for first, counted in scored.values())
        scored.clear()

    async for interview_id, event in store.of_types("started", "scored", "called"):
        if interview_id != now:
            finish()
            now, done = interview_id, done + 1
            if done % _TOLD_EVERY == 0:
                progress("reading", done, total)
        _take(event, interview_id, setups, scored, calls, regraded)
    finish()
    progress("reading", total, total)
    return records, Calls(made=calls[True] + calls[False], failed=calls[True])


def _take(
    event: AnyEvent,
    interview_id: str,
    setups: dict[str, Setup],
    scored: dict[str, tuple[Scored, Scored]],
    calls: Counter[bool],
    regraded: bool,
) -> None:
    """Note one event; of each question the last judgement in the interview tells when, and which one counts."""
    match event:
        case Started():
            setups[interview_id] = event.setup
        case Called():
            calls[bool(event.fault)] += 1
        case Scored(occasion="turn"):
            scored[event.question_id] = event, event
        case Scored(occasion="regrade") if regraded and event.question_id in scored:
            scored[event.question_id] = scored[event.question_id][0], event


def _record(interview_id: str, setup: Setup, when: Scored, counted: Scored, library: Library) -> Record:
    question = library.questions.get(counted.question_id)
    versions = counted.score.versions
    segments = {
        "round": question.round if question else "unknown",
        "topic": question.topic if question else "unknown",
        "level": setup.level,
        "engine": counted.score.engine,
        "model": versions.get("judge", "none"),
    }
    return Record(when.at, interview_id, counted.score.overall, segments, versions)
