"""Which sentences a panel would point to first: those with the most signs of what a criterion asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from evaluators.story import clauses, cues, figures
from evaluators.story.clauses import Told
from evaluators.text.language import content, stem

SUBSTANCE = 10  # content words; a sentence of fewer says less that can be pointed to


def strongest(told: Sequence[Told], *signs: re.Pattern[str] | Callable[[Told], float]) -> list[Told]:
    """Return the sentences with the most signs first: what a panel would point to."""

    def strength(one: Told) -> float:
        held = (sign.search(one.text) is not None if isinstance(sign, re.Pattern) else sign(one) for sign in signs)
        return sum(held) + min(1, len(content(one.text)) / SUBSTANCE)

    return sorted(dict.fromkeys(told), key=strength, reverse=True)


def tells(part: clauses.Part) -> Callable[[Told], float]:
    """Return the sign that a sentence tells this part; it weighs as much as two words."""
    return lambda one: 2 * (one.part == part)


def counts(one: Told) -> float:
    """How much of a measurement a sentence holds: an amount, and what it was before."""
    return bool(figures.quantities(one.text)) + (figures.PAIR.search(one.text) is not None)


def late(told: Sequence[Told]) -> Callable[[Told], float]:
    """Return the sign of how far back a sentence stands, from 0 to 1: an outcome seldom stands before the end."""
    return lambda one: one.start / max(1, told[-1].end)


def _named(told: Sequence[Told]) -> set[str]:
    """Return what the sentences speak of, numbers and units left out."""
    return {stem(word) for one in told for word in content(one.text) if not figures.COUNTS.fullmatch(word)}


def answers(told: Sequence[Told]) -> Callable[[Told], float]:
    """Return the sign that a sentence speaks of what had to be achieved."""
    goal = _named([one for one in told if one.part == "task"])
    return lambda one: min(2, len(goal & _named([one])))


def does(one: Told) -> float:
    """How plainly a sentence says what the teller did: "so I wrote", not "it took a while"."""
    return 2 * (one.actor == "I" or (one.actor == "" and cues.BARE.match(one.text) is not None)) + bool(
        one.steps and not one.hollow
    )
