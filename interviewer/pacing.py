"""How long things take, by the clock where there is one, else as spoken, and what is usual."""

from __future__ import annotations

import re
from datetime import datetime

from knowledge.models import Round

WORDS_A_MINUTE = 150

USUAL_MINUTES: dict[Round, tuple[float, float]] = {
    "warm-up": (0.5, 1.5),
    "technical": (1.0, 3.0),
    "coding": (5.0, 15.0),
    "design": (3.0, 10.0),
    "behavioural": (2.0, 3.0),
}
"""Minutes that one answer usually takes: an introduction half a minute to ninety seconds, a story two to three."""

_WORD = re.compile(r"\S+")


def words(text: str) -> int:
    """Return the number of words, in one pass and without a copy of a large text."""
    return sum(1 for _ in _WORD.finditer(text))


def spoken_minutes(text: str) -> float:
    """Return how long `text` takes to say at 150 words a minute."""
    return words(text) / WORDS_A_MINUTE


def exchange_minutes(said: str, answer: str, seconds: float) -> float:
    """Return the minutes from the interviewer's words to the end of the answer, less what the words were counted for.

    Args:
        said: the interviewer's words, which were counted as spoken when they were said.
        answer: the candidate's message, code as well. Where nobody knows how long it took, it counts as spoken: what
            comes from a file or is pasted was not typed here.
        seconds: from when the words stood there until the answer was sent, reading included; 0 when unknown.
    """
    return max(0.0, seconds / 60 - spoken_minutes(said)) if seconds > 0 else spoken_minutes(answer)


def waited(since: datetime, now: datetime, answer: str, most: float) -> float:
    """Return the seconds that an answer took of which its sender says nothing: since the interviewer spoke.

    Args:
        since: when the interviewer spoke.
        now: when the answer came.
        answer: one that came sooner than it can be said is a script's: 0, and it counts as spoken.
        most: minutes; who comes back the next day has not thought about it all night.
    """
    seconds = (now - since).total_seconds()
    return min(seconds, most * 60) if seconds / 60 > spoken_minutes(answer) else 0.0
