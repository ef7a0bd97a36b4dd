"""Words of English as the evaluators count them: which carry content, which deny, what is left without endings."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)

WORDS: dict[str, str] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))


def word_list(name: str) -> frozenset[str]:
    """Return a list of `words.json`."""
    return frozenset(WORDS[name].split())


FUNCTION_WORDS = word_list("function_words")

NEGATIONS = word_list("negations")

FILLERS = re.compile(
    r"\b(?:um+|uh+|er+m*|hmm+|you know|i mean|kind of|sort of|basically|literally|actually|like,)\b|\blike\b(?=,)",
    re.IGNORECASE,
)

WORDS_A_MINUTE = 150

_ENDINGS = [
    "isations",
    "izations",
    "ations",
    "ation",
    "ising",
    "izing",
    "ingly",
    "edly",
    "ness",
    "ments",
    "ment",
    "ings",
    "ised",
    "ized",
    "ises",
    "izes",
    "ing",
    "ies",
    "ied",
    "ions",
    "ion",
    "ers",
    "er",
    "ed",
    "es",
    "ly",
    "al",
    "s",
    "e",
]


def words(text: str) -> list[str]:
    """Return the words in lower case."""
    return [match[0].lower() for match in WORD.finditer(text)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the word without its commonest ending: enough to see that "weights" and "weighted" are kin."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content(text: str) -> list[str]:
    """Return the words that carry content, in lower case."""
    return [word for word in words(text) if word not in FUNCTION_WORDS]


def is_negation(word: str) -> bool:
    """Whether a lower-case word denies what it stands with."""
    return word in NEGATIONS or word.endswith(("n't", "n’t"))


def counted(number: int, noun: str) -> str:
    """Return "no choices", "1 choice" or "2 choices"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
