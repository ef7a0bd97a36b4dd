"""The words that give a known mistake away: what a candidate who makes it says in whatever words stand around.

A misconception's statement and what is true instead differ in a word or two ("linear", "quadratic"), which the encoder
hardly tells apart. So a pack may list signs, as key points have anchors: one alternative of each must stand in one
sentence, said and not denied. `not overfit` is there when the sentence denies it ("is never going to overfit"); words
joined by `+` must stand in one clause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from evaluators.text.anchors import plain
from evaluators.text.language import FUNCTION_WORDS, is_negation
from evaluators.text.polarity import denied_places, reported

Range = tuple[int, int]

_WHOLE_WORD = 3  # letters: a sign so short is a whole word, inflected or not; a longer one is the beginning of one
_CLAUSE_END = re.compile(
    r"[;:,]\s|\s[-–—]\s|(?<!\s)\s+(?=(?:and|but|while|whereas|so|because|since|as|although|though|yet|hence)\s)"
)
_CONDITION = re.compile(r"\b(?:if|unless|suppose|assuming)\b[^,;:]*?(?=,|\sthen\b)|(?<=\S\s)(?:if|unless)\b[^,;:]*")
# What follows these in a clause is not what the sentence recommends or claims.
SET_ASIDE = re.compile(
    r"\b(?:rather than|instead of|as opposed to|unlike|far from)\b(?:\s+[^\s,;:]+){1,5}", re.IGNORECASE
)

# Ways of saying the same: a sign that is one of them stands for all.
_SAME: dict[str, set[str]] = {}
for _line in json.loads((Path(__file__).parent / "signs.json").read_text(encoding="utf-8")):
    for _one in _line.split(" | "):
        _SAME.setdefault(_one, set()).update(_line.split(" | "))

_DENYING = re.compile(r"\b(?:not|never|cannot|hardly)\b|n't\b")


@dataclass(frozen=True, slots=True)
class _Part:
    """Words that follow each other, and whether they have to be denied; None where that is all one."""

    pattern: re.Pattern[str]
    denied: bool | None


class Sentence:
    """A sentence as signs are looked for in it."""

    def __init__(self, text: str) -> None:
        self._text = plain(text)

    @cached_property
    def reported(self) -> bool:
        """Whether it speaks of a claim as other people's."""
        return reported(self._text)

    @cached_property
    def _denied(self) -> frozenset[int]:
        return denied_places(self._text)

    @cached_property
    def _set_aside(self) -> list[Range]:
        return [match.span() for match in SET_ASIDE.finditer(self._text)]

    @cached_property
    def _conditions(self) -> list[Range]:
        return [match.span() for match in _CONDITION.finditer(self._text)]

    @cached_property
    def _clauses(self) -> list[Range]:
        ends = [match.start() for match in _CLAUSE_END.finditer(self._text)]
        return list(zip([0, *ends], [*ends, len(self._text)], strict=True))

    def shows(self, signs: Sequence[str], unless: Sequence[str] = ()) -> bool:
        """Return whether one alternative of every sign is said, one of them at least under no condition."""
        if not signs or not all(_any_word(sign).search(self._text) for sign in signs):
            return False  # so it is nearly always, and quickly
        places = [self._place(sign) for sign in signs]
        if any(place is None for place in places):
            return False
        claimed = any(not _inside(place, self._conditions) for place in places if place is not None)
        return claimed and not any(self._stands(words) for words in unless)

    def _stands(self, sign: str) -> bool:
        """Whether an alternative stands in the sentence, asserted or not; `not …` has to be denied here, too."""
        return any(
            all(self._matches(part if part.denied else _Part(part.pattern, None), *clause) for part in parts)
            for parts in _literally(sign)
            for clause in ([(0, len(self._text))] if len(parts) == 1 else self._clauses)
        )

    def _place(self, sign: str) -> int | None:
        """Return where the first alternative that is said outside a condition stands, else one inside, else None."""
        places = [place for parts in _alternatives(sign) for place in self._said(parts)]
        return min(places, key=lambda place: (_inside(place, self._conditions), place), default=None)

    def _said(self, parts: tuple[_Part, ...]) -> list[int]:
        if len(parts) == 1:
            return self._matches(parts[0], 0, len(self._text))
        found: list[int] = []
        for start, end in self._clauses:
            each = [self._matches(part, start, end) for part in parts]
            if all(each):
                found.append(each[0][0])
        return found

    def _matches(self, part: _Part, start: int, end: int) -> list[int]:
        found: list[int] = []
        for match in part.pattern.finditer(self._text, start, end):
            words = {match.start() + word.start() for word in re.finditer(r"[^\W_]+", match[0])}
            denied = bool(words & self._denied) or _inside(match.start(), self._set_aside)
            if part.denied in (None, denied):
                found.append(match.start())
        return found


@lru_cache(maxsize=8192)
def _alternatives(sign: str) -> tuple[tuple[_Part, ...], ...]:
    """Return what a sign is looked for by, ways of saying the same included."""
    every = dict.fromkeys(way for one in sign.split(" | ") for way in (one, *sorted(_SAME.get(one, ()))))
    return _literally(" | ".join(every))


@lru_cache(maxsize=8192)
def _any_word(sign: str) -> re.Pattern[str]:
    """Return what finds the first words of any alternative, whatever stands with them."""
    return re.compile("|".join(dict.fromkeys(parts[0].pattern.pattern for parts in _alternatives(sign))))


@lru_cache(maxsize=8192)
def _literally(sign: str) -> tuple[tuple[_Part, ...], ...]:
    return tuple(tuple(_part(words) for words in one.split(" + ")) for one in sign.split(" | "))


def _part(words: str) -> _Part:
    """Return a sign as it is looked for: `not x` has to be denied, `~x` may be, and so may "no need" as a whole."""
    if words == "not":
        return _Part(_DENYING, None)
    either = words.startswith("~")
    text = plain(words.removeprefix("not ").removeprefix("~")).strip()
    parts = re.split(r"\s+|(?<=\w)-(?=\w)", text)
    either = either or any(is_negation(part) for part in parts)
    begin = r"(?<!\w)" if text[0].isalnum() else ""
    pattern = re.compile(begin + r"[\s-]+".join([*map(re.escape, parts[:-1]), _ending(parts[-1])]))
    return _Part(pattern, None if either else words.startswith("not "))


def _ending(word: str) -> str:
    """Return the pattern of a last word: "using" shows the sign "use", "fitted" shows "fit", "keyboard" not "key"."""
    if len(word) > _WHOLE_WORD:
        return re.escape(word)
    if len(word) < _WHOLE_WORD or not word.isalpha() or word in FUNCTION_WORDS:
        return re.escape(word) + r"s?(?!\w)"
    if word.endswith("e"):
        return rf"{word[:-1]}(?:e[sd]?|ing)(?!\w)"
    return rf"{word}(?:s|{word[-1]}?e[sd]?|{word[-1]}?ing)?(?!\w)"


def _inside(place: int, ranges: Sequence[Range]) -> bool:
    return any(start <= place < end for start, end in ranges)
