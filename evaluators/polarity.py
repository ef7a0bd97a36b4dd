"""Whether two statements with the same words say the opposite: one denies the other, or turns a word round.

This is trusted only between statements that are nearly the same otherwise. On freely worded answers such rules are no
better than chance (area under the curve .49 to .55 on contradictory answers of two graded sets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evaluators.language import WORDS, is_negation, stem, words

OPPOSITES: dict[str, set[str]] = {}
for _pair in WORDS["opposites"].split("|"):
    _one, _other = _pair.split()
    OPPOSITES.setdefault(_one, set()).add(_other)
    OPPOSITES.setdefault(_other, set()).add(_one)

_DOUBT = re.compile(
    r"\b(?:(?:common|frequent|popular|widespread|usual) (?:misconception|mistake|error|myth|belief)|misconception|myth|"
    r"(?:people|some|many|beginners|candidates) (?:often |sometimes )?(?:think|say|believe|claim|assume)|"
    r"contrary to|rather than|instead of|one might think|it is (?:tempting|wrong|false)|would be wrong|not the case)\b",
    re.IGNORECASE,
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|necessarily)\b|\bno (?:doubt|matter|longer)\b", re.IGNORECASE)


def denials(text: str) -> int:
    """Return how many words deny; “not only” and its kin do not."""
    return sum(is_negation(word) for word in words(_NOT_ONLY.sub(" ", text)))


def opposed(statement: str, claim: str) -> bool:
    """Return whether the claim denies the statement, taking for granted that they speak of the same thing."""
    denied = (denials(statement) > 0) != (denials(claim) > 0)
    return denied != (turned(words(statement), words(claim)) % 2 == 1)


def turned(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many words of the one stand in the other as their opposite only."""
    ours, theirs = set(one), set(other)
    stems = {stem(word) for word in theirs}
    return sum(1 for word in ours if word in OPPOSITES and stem(word) not in stems and OPPOSITES[word] & theirs - ours)


def reported(sentence: str) -> bool:
    """Return whether a sentence speaks of a claim as other people's, or as a mistake."""
    return _DOUBT.search(sentence) is not None
