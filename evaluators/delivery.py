"""How an answer was told: words, minutes, fillers. Reported apart, never part of a score."""

from __future__ import annotations

from evaluators.score import Delivery
from evaluators.text.language import FILLERS, WORDS_A_MINUTE, counted, words


def delivery(text: str, least: float = 2.0, most: float = 3.0) -> Delivery:
    """Return the delivery of an answer that should take from `least` to `most` minutes."""
    count = len(words(text))
    minutes = count / WORDS_A_MINUTE
    fillers = len(FILLERS.findall(text))
    if minutes > most * 1.1:
        note = f"{minutes:.1f} minutes at a speaking pace; {least:g} to {most:g} is what a listener keeps."
    elif minutes < least * 0.6:
        note = f"{minutes:.1f} minutes at a speaking pace; there is room for more up to {most:g}."
    else:
        note = f"{minutes:.1f} minutes at a speaking pace."
    if count and fillers * 100 > 3 * count:
        note += f" {counted(fillers, 'filler')} in {counted(count, 'word')}: pause instead."
    return Delivery(words=count, minutes=round(minutes, 2), fillers=fillers, note=note)
