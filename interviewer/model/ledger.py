"""Where calls of a language model are noted during a turn, so that the engine can store them with it.

A turn runs in a task of its own, and tasks inherit the context of whoever starts them: a call that is made anywhere
below the turn lands in the turn's own list, however many interviews run at once.
"""

from __future__ import annotations

from contextvars import ContextVar

from interviewer.events import Called

_calls: ContextVar[list[Called] | None] = ContextVar("calls of this turn", default=None)


def start_collecting() -> list[Called]:
    """Begin a new list for the task that calls this, and return it."""
    calls: list[Called] = []
    _calls.set(calls)
    return calls


def note_call(call: Called) -> None:
    """Note one call; outside a turn it goes nowhere."""
    calls = _calls.get()
    if calls is not None:
        calls.append(call)
