"""The scorecard: from the events of an interview, in plain code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from interviewer.events import AnyEvent, Called
from interviewer.report import Report, Usage
from interviewer.state import replay
from knowledge.library import Library
from knowledge.models import Passage

Reading = Callable[[str], Awaitable[Sequence[Passage]]]


async def build_report(
    interview_id: str, history: Sequence[AnyEvent], library: Library, reading: Reading | None = None
) -> Report:
    state = replay(history)
    calls = [e for e in history if isinstance(e, Called)]
    return Report(
        interview_id=interview_id,
        engine="offline",
        round=state.setup.round,
        level=state.setup.level,
        minutes=state.minutes,
        seed=state.setup.seed,
        finished=state.ended is not None,
        verdict="not enough evidence",
        verdict_reason="",
        overall=None,
        band=None,
        questions=(),
        next_practice=(),
        usage=Usage(calls=len(calls)),
    )
