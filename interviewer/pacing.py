"""How long things take when they are spoken, and what is usual."""

from __future__ import annotations

import re

from knowledge.models import Round

WORDS_A_MINUTE = 150
_CODE_LINES_A_MINUTE = 4
"""An unhurried pace on a whiteboard or in a shared editor; used only when the real time is not known."""

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


def minutes_of(text: str, seconds: float = 0.0, *, code: bool = False) -> float:
    """Return the minutes that a message took: as declared, else as spoken, else as written code."""
    if seconds > 0:
        return seconds / 60
    if code:
        return min(15.0, sum(1 for line in text.splitlines() if line.strip()) / _CODE_LINES_A_MINUTE)
    return spoken_minutes(text)


def pacing_note(round_: Round, minutes: float) -> str:
    """Return one line for the candidate on the length of an answer; empty when the length is usual."""
    least, most = USUAL_MINUTES[round_]
    if round_ == "coding" or minutes == 0:
        return ""
    if minutes > most:
        return f"{minutes:.1f} minutes spoken; {least:g} to {most:g} is usual here."
    if minutes < least / 2:
        return f"{minutes * 60:.0f} seconds spoken; {least:g} to {most:g} minutes is usual here."
    return ""
