"""What comes in: a message that can be kept, the key that makes a repeated one harmless, the turn that it began."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from interviewer.events import Answered, AnyEvent, Asked, Ended, Scored
from interviewer.speaking import Delta, Item
from knowledge.errors import InputError, TooLargeError

MOST_BYTES = 1_000_000
MOST_KEY_CHARACTERS = 255


def readable(text: str) -> str:
    """Return the text as it can be stored.

    Raises:
        TooLargeError: over 1 MB.
    """
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise TooLargeError(
            f"The message has {len(text):,} characters; at most 1 MB is taken.", "Send the part that matters."
        )
    # A lone half of a surrogate pair is no character, and neither JSON nor a database takes it.
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


def check_key(key: str) -> None:
    """Raise an InputError unless the key is 1 to 255 printable characters."""
    if not key or len(key) > MOST_KEY_CHARACTERS or not key.isprintable():
        raise InputError(
            f"The Idempotency-Key is not 1 to {MOST_KEY_CHARACTERS} printable characters.", "Use a UUID, for example."
        )


def turn_at(history: Sequence[AnyEvent], seq: int) -> list[AnyEvent]:
    """Return the events of the turn that begins with number `seq`: up to the next message, less later gradings."""
    end = next((n for n in range(seq, len(history)) if isinstance(history[n], Answered)), len(history))
    return [e for e in history[seq - 1 : end] if not (isinstance(e, Scored) and e.occasion != "turn")]


def is_finished(turn: Sequence[AnyEvent]) -> bool:
    """Return whether something was said to the message that the turn began with."""
    return isinstance(turn[-1], Asked | Ended)


def check_same(turn: Sequence[AnyEvent], text: str) -> None:
    """Raise an InputError unless the turn began with this very message."""
    first = turn[0]
    assert isinstance(first, Answered)
    if first.text != text:
        raise InputError("This Idempotency-Key was used for another message.", "Use a new key for a new message.")


def told_again(turn: Sequence[AnyEvent]) -> Iterator[Item]:
    """Yield a stored turn as it was told the first time: the words, then the events."""
    for event in turn:
        if isinstance(event, Asked):
            yield Delta(text=event.text)
    yield from turn
