"""A turn as server-sent events: `delta` while the words come, then the turn's events by type, then `done`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from api.problems import problem_of
from interviewer.engine import Delta, Item
from knowledge.errors import InterviewError
from knowledge.models import Frozen


async def stream(turn: AsyncIterator[Item]) -> StreamingResponse:
    """Answer with `turn`. Its first item is awaited before any byte is sent, so a refusal still is an HTTP status."""
    first = await anext(turn, None)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_encoded(first, turn), media_type="text/event-stream", headers=headers)


async def _encoded(first: Item | None, rest: AsyncIterator[Item]) -> AsyncIterator[bytes]:
    """The turn on the wire. An error in its middle becomes an event `problem`; what was stored stays stored."""
    try:
        if first is not None:
            yield _frame(first)
        async for item in rest:
            yield _frame(item)
    except InterviewError as error:
        yield _event("problem", problem_of(error))
        return
    yield format_sse_event(event="done", data_str="{}")


def _frame(item: Item) -> bytes:
    return _event("delta" if isinstance(item, Delta) else item.type, item)


def _event(name: str, record: Frozen) -> bytes:
    return format_sse_event(event=name, data_str=record.model_dump_json())
