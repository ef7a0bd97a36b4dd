"""Judgements of finished questions, which go on behind the next ones and are stored with a later turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from interviewer.events import Called, Scored
from interviewer.state import State
from interviewer.store import Store
from knowledge.errors import ConflictError

logger = logging.getLogger(__name__)

Opinion: TypeAlias = Callable[[State, str], Awaitable[Sequence[Called | Scored]]]
"""The events of one question's judgement; never raises."""


class Background:
    """What is being judged, by interview. A process that dies loses it; the interview can be judged again."""

    def __init__(self, store: Store) -> None:
        """Nothing is being judged yet."""
        self._store = store
        self._tasks: dict[str, list[asyncio.Task[Sequence[Called | Scored]]]] = {}

    def begin(self, interview_id: str, state: State, opinion: Opinion | None) -> None:
        """Judge the question that is finished; at once, and without waiting for it."""
        if opinion is None or state.current is None or state.setup.engine == "offline":
            return
        task = asyncio.ensure_future(opinion(state, state.current.question_id))
        self._tasks.setdefault(interview_id, []).append(task)

    def take(self, interview_id: str) -> list[Called | Scored]:
        """Return the events of the judgements that are there by now; each is returned once."""
        tasks = self._tasks.pop(interview_id, [])
        if late := [task for task in tasks if not task.done()]:
            self._tasks[interview_id] = late
        return [event for task in tasks if task.done() for event in _events(task)]

    async def settle(self, interview_id: str, turn_begun: Callable[[], bool]) -> None:
        """Wait until every judgement of the interview is there, and store them, unless a turn has begun: it will."""
        if tasks := self._tasks.get(interview_id):
            await asyncio.wait(list(tasks))
        if not turn_begun() and (found := self.take(interview_id)):
            try:
                await self._store.append(interview_id, len(await self._store.read(interview_id)), found)
            except ConflictError:
                logger.info("a judgement of %s was lost: somebody wrote meanwhile", interview_id)

    def forget(self, interview_id: str) -> None:
        """Stop judging an interview."""
        for task in self._tasks.pop(interview_id, []):
            task.cancel()

    async def close(self) -> None:
        """Stop judging."""
        tasks = [task for interview in self._tasks.values() for task in interview]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _events(task: asyncio.Task[Sequence[Called | Scored]]) -> Sequence[Called | Scored]:
    return () if task.cancelled() or task.exception() is not None else task.result()
