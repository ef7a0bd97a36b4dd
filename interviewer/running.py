"""Turns under way: one at a time for an interview, each in a task of its own that its listener cannot cut off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from interviewer.speaking import Emit, Item
from knowledge.errors import ConflictError, InputError

logger = logging.getLogger(__name__)


class Running:
    """The turns of this process."""

    def __init__(self) -> None:
        """No turn is under way."""
        self._turns: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, interview_id: str) -> bool:
        """Whether a turn of the interview is under way."""
        return interview_id in self._turns

    async def run(self, interview_id: str, turn: Callable[[Emit], Awaitable[None]]) -> AsyncIterator[Item]:
        """Yield what the turn emits; it goes on to its end when nobody listens any more.

        Raises:
            ConflictError: another turn of the interview is under way.
        """
        if interview_id in self._turns:
            raise ConflictError(
                "Another message to this interview is being answered.", "Wait for its answer, then reply to that."
            )
        queue: asyncio.Queue[Item | None] = asyncio.Queue()

        async def work() -> None:
            try:
                await turn(queue.put_nowait)
            finally:
                self._turns.pop(interview_id, None)
                queue.put_nowait(None)

        task = asyncio.create_task(work())
        self._turns[interview_id] = task
        task.add_done_callback(_note_failure)
        while (item := await queue.get()) is not None:
            yield item
        await task

    async def close(self, patience: float) -> None:
        """Wait for the turns under way, at most `patience` seconds, then cut them off; they can be resumed."""
        tasks = list(self._turns.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _note_failure(task: asyncio.Task[None]) -> None:
    """Look at the outcome, so that a turn whose caller has gone does not fail unseen."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, InputError):
        logger.info("a turn failed: %s", error)
