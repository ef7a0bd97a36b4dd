"""What an answer's words and their order show: gibberish, a list of keywords, words in no order, the reference pasted.

These gates read the encoder's word pieces and states; those that read only the text are in `gates.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from evaluators.text.alignment import Reading
from evaluators.text.gates import Finding
from evaluators.text.language import stem, words
from evaluators.text.word_order import jolts, naturalness

KNOWN = 0.5  # least share of known words; measured false alarms on full-mark answers 0 to 1.5 %, all gibberish found
LEAST_FUNCTION_WORDS = 0.1  # of all words; 0.1 % of full-mark answers have fewer, 91 % of keyword lists
SURE = 20  # words; on shorter answers the order of words tells less, so the cap is milder and the engine asks
SURE_CAP, UNSURE_CAP = 1.0, 2.0
PASTED = 25  # content words: nobody says a sentence of forty words exactly as a reference has it
ALIKE = 0.7  # share of the content words that an answer and a reference have in common, seen from both
FORMULAS = 0.3  # share of the words: from here it is formulas, and their order is none of prose
SAME_BAG, SAME_PAIRS = 0.8, 0.5  # of all words: nearly the same ones, less than half of the neighbours the same

# Operators with what they stand between, indices, calls, and names with a digit or a mark of transposition in them.
_FORMULA = re.compile(
    r"[^\s,;]{1,40}\s*(?:[=≈≤≥<>∝←→]|[-+*/·×−^∘⊙@])\s*[^\s,;]{1,40}"
    r"|\w{1,4}(?:_\w{1,5}\b|[\d²³ᵀ⁻¹₀-₉ᵢⱼ∂∇∑σμλθ]+)\w{0,6}|\w{1,8}\([^()\n]{0,30}\)"
)

_REFERENCE = Finding(
    "reference_pasted",
    "cap",
    "The reference answer, word for word: it shows that it was found, not that it was understood.",
    1.0,
)


def inspect_reading(reading: Reading, references: Sequence[Reading] = ()) -> list[Finding]:
    """Return what the encoder's word pieces and states show: gibberish, shuffled keywords, the reference pasted."""
    if (share := known_share(reading)) < KNOWN:
        reason = f"{1 - share:.0%} of the words are in no English vocabulary."
        return [Finding("gibberish", "zero", reason)]
    limit = SURE_CAP if len(reading.pieces) >= SURE else UNSURE_CAP
    if _is_bare(reading):
        return [Finding("keyword_list", "cap", "A list of keywords: no sentence connects them.", limit)]
    overlaps = [_overlap(reading, reference) for reference in references]
    if _salad(reading, overlaps):
        return [Finding("word_salad", "cap", "Keywords in no order that makes a sentence.", limit)]
    if len(reading.words) >= PASTED and any(one.copied > 0.8 for one in overlaps):
        return [_REFERENCE]
    return []


def shown_by_encoder(flags: Sequence[str]) -> list[Finding]:
    """Return the findings on words and their order that another evaluator of the same answer has flagged."""
    found = {
        "gibberish": Finding("gibberish", "zero", "Most of the words are in no English vocabulary."),
        "keyword_list": Finding("keyword_list", "cap", "A list of keywords: no sentence connects them.", SURE_CAP),
        "word_salad": Finding("word_salad", "cap", "Words in no order that makes a sentence.", SURE_CAP),
        "reference_pasted": _REFERENCE,
    }
    return [found[flag] for flag in flags if flag in found]


def known_share(reading: Reading) -> float:
    """Return the share of the words that the vocabulary has, whole or in pieces of three letters and more.

    Symbols of a formula ("dW2 = a1ᵀd2", "x_i", "O(n²d)") are no words and not counted.
    """
    symbols = _symbols(reading)
    told = [
        (pieces, length)
        for (pieces, length), start in zip(reading.pieces, reading.starts, strict=True)
        if length > 1 and start not in symbols
    ]
    if len(told) < 3:
        return 1.0
    return sum(pieces <= 1 or length / pieces >= 3.0 for pieces, length in told) / len(told)


def _symbols(reading: Reading) -> set[int]:
    """Return where those words start that belong to formulas."""
    found: set[int] = set()
    for formula in _FORMULA.finditer(reading.text):
        first, last = (bisect_left(reading.starts, edge) for edge in formula.span())
        found.update(reading.starts[first:last])
    return found


def _is_bare(reading: Reading) -> bool:
    """Whether the words outside formulas are four or more and (almost) none of them is a function word."""
    symbols = _symbols(reading)
    told = [start for start in reading.starts if start not in symbols]
    kept = sum(int(start) not in symbols for start in reading.spans[:, 0])
    return len(told) >= 4 and kept > (1 - LEAST_FUNCTION_WORDS) * len(told)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How an answer's words lie against a reference's.

    Attributes:
        alike: share of the content words that both have, of whichever has more of its own.
        order: share of neighbouring shared words that stand in the reference's order, 0.5 by chance.
        copied: share of the answer's neighbouring content words that are neighbours in the reference as well.
        bag: share of all words, with repetitions, that both have; looked at only where they are alike.
        pairs: share of the answer's neighbouring words, function words too, that are neighbours in the reference.
    """

    alike: float
    order: float
    copied: float
    bag: float = 0.0
    pairs: float = 0.0


def _overlap(answer: Reading, reference: Reading) -> Overlap:
    if not len(answer.words) or not len(reference.words):
        return Overlap(0.0, 0.5, 0.0)
    theirs, ours = reference.stems, answer.stems
    places = {word: place for place, word in reversed(list(enumerate(theirs)))}
    shared = [places[word] for word in ours if word in places]
    said = len(set(theirs) & set(ours)) / len(set(theirs))
    steps = [second > first for first, second in pairwise(shared) if second != first]
    known = set(pairwise(theirs))
    copied = [pair in known for pair in pairwise(ours)]
    alike = min(said, len(shared) / len(ours))
    bag, pairs = _all_words(answer.text, reference.text) if alike >= ALIKE else (0.0, 0.0)
    return Overlap(
        alike, sum(steps) / len(steps) if steps else 1.0, sum(copied) / len(copied) if copied else 0.0, bag, pairs
    )


def _all_words(answer: str, reference: str) -> tuple[float, float]:
    """Return the shares of words and of neighbouring words that two texts have in common, function words too."""
    ours, theirs = _stems(answer), _stems(reference)
    one, other = Counter(ours), Counter(theirs)
    same = Counter(pairwise(ours)) & Counter(pairwise(theirs))
    return (one & other).total() / max(1, (one | other).total()), same.total() / max(1, len(ours) - 1)


@lru_cache(maxsize=1024)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


def _salad(reading: Reading, overlaps: Sequence[Overlap]) -> bool:
    """Whether the words stand in no order: surer on long answers, and where they are just the reference's words.

    Measured on five graded sets: 0.1 to 0.8 % of full-mark answers; 97 to 100 % of references with their words
    shuffled, 91 to 100 % of those with one word left out besides.
    """
    length, kept = len(reading.pieces), len(reading.words)
    if length < 3 or kept < 3:
        return False
    if kept == length and any(one.alike == 1.0 and one.order < 1.0 for one in overlaps):
        return True  # all of the reference's keywords, nothing else, in another order
    if any(one.bag >= SAME_BAG and one.pairs < SAME_PAIRS for one in overlaps):
        return True
    if length < 9 or len(_symbols(reading)) > FORMULAS * length:
        return False
    odds = naturalness(reading.text, reading)
    if odds < -1.0 and any(one.alike >= ALIKE and one.pairs < 0.35 for one in overlaps):
        return True
    if length < 15:
        return odds < -4.0
    jolting = jolts(reading.text)
    if odds < -2.0 and (jolting or odds < -3.5):
        return True
    return odds < 0.0 and jolting > (0.025 if length >= 2 * SURE else 0.1) * length
