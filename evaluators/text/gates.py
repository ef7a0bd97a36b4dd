"""Hostile and odd answers: what each is, why we think so, and what follows.

Four things can follow. `zero`: it is judged, and it earns nothing. `unscored`: it cannot be judged here, so there is no
number. `cap`: the score is at most so much. `note`: the score stands, and the reader is told.

Every pattern runs in linear time, and only the first 12,000 characters are read (13 minutes of speech).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from evaluators.text.alignment import Reading
from evaluators.text.evidence import Span, locate, sentences
from evaluators.text.language import FUNCTION_WORDS, WORD, stem, word_list, words
from evaluators.text.word_order import jolts, naturalness

Effect = Literal["zero", "unscored", "cap", "note"]

READ = 12_000  # characters, 13 minutes of speech
LONGEST = 1_800  # words, 12 minutes: about ten times what a question needs
KNOWN = 0.5  # least share of known words; measured false alarms on full-mark answers 0 to 1.5 %, all gibberish found
LEAST_FUNCTION_WORDS = 0.1  # of all words; 0.1 % of full-mark answers have fewer, 91 % of keyword lists
SURE = 20  # words; on shorter answers the order of words tells less, so the cap is milder and the engine asks
SURE_CAP, UNSURE_CAP = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd about an answer."""

    flag: str
    effect: Effect
    reason: str
    cap: float = 5.0


COPIED = Finding("question_copied", "zero", "The question's own words and nothing beyond them.")

# What people say instead of an answer. Said early it is worth more than a bluff: the interviewer can go on.
_NOT_KNOWN = re.compile(
    r"\b(?:i (?:really |honestly |just )?(?:do not|don'?t|dont) (?:really |actually |quite )?(?:know|remember|recall)"
    r"|(?:i have |i've |ive )?no (?:idea|clue)|i(?:'m| am) not (?:sure|familiar)|not sure|(?:i have |i've )?never heard"
    r"|(?:i )?can(?:no|')t (?:answer|say|remember)|i would have to look (?:it|that) up|i(?:'d| would) have to guess"
    r"|no (?:answer|submission)|pass on this|don'?t know|idk|skip(?: this)?)\b",
    re.IGNORECASE,
)

# Text that speaks to whoever grades, not to the interviewer.
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}(?:instruction|prompt|rubric|rule|guideline|"
    r"criteria)s?\b"
    r"|\b(?:system|developer) (?:prompt|message|override|note)\b|<\|[^|>]{0,40}\|>|\[/?(?:INST|SYS(?:TEM)?)\]|<</?SYS>>"
    r"|^\W{0,4}(?:system|assistant)\s*:|\byou are (?:now )?(?:a|an|the) (?:\w+ ){0,3}(?:grader|evaluator|judge|"
    r"assistant|model)\b"
    r"|\b(?:give|award|assign|grant|grade|score|mark|rate|return|output|print)\b[^.\n]{0,60}"
    r"(?:\b(?:full|maximum|max|perfect|highest|top)\b[^.\n]{0,20}\b(?:marks?|scores?|points?|grade|credit)\b|"
    r"\b5\s?(?:/|out of)\s?5\b"
    r"|\b10\s?(?:/|out of)\s?10\b|\b100\s?(?:%|/|percent|points)|\bas (?:correct|excellent|perfect)\b)"
    r"|\"(?:overall|score|grade|verdict)\"\s*:|\b(?:this|the|my) answer (?:is|should be|must be) (?:graded|scored|"
    r"rated|marked)\b",
    re.IGNORECASE | re.MULTILINE,
)

_LABEL = re.compile(
    r"^[\W_]*(?:situation|task|action|result|reflection|context|background|goal|outcome|impact|answer|question|"
    r"definition|"
    r"example|conclusion|introduction|summary|explanation|approach|step \d+|point \d+|advantages?|disadvantages?|"
    r"pros?|cons?|"
    r"requirements?|architecture|trade-?offs?|thought process|reasoning|solution|key points?)\b[\W_]*$",
    re.IGNORECASE,
)
_LABEL_AT_START = re.compile(
    r"(?:^|(?<=[.!?\n])\s*)[\W_]*(?:situation|task|action|result|reflection|takeaway|context|goal|outcome|impact|"
    r"conclusion|"
    r"introduction|summary|thought process|solution)\b[\s*_]*[:–—-]",
    re.IGNORECASE,
)

_OTHER_LANGUAGES = word_list("other_languages")


def bounded(text: str) -> str:
    """Return what is read of an answer: its first 12,000 characters, without characters that cannot be seen."""
    kept = text[:READ]
    if kept.isascii() and kept.isprintable():
        return kept
    return kept


def inspect_text(text: str, question: str = "") -> list[Finding]:
    """Return what can be seen without an encoder: empty, no words, another language, not known, skeleton, copy…"""
    read = text[:READ]
    spoken = words(read)
    if not read.strip():
        return [Finding("empty", "zero", "Nothing was said.")]
    found: list[Finding] = []
    if len(text) > READ or len(spoken) > LONGEST:
        reason = f"Far too long to take in: {len(text):,} characters; the first {min(len(text), READ):,} were read."
        found.append(Finding("too_long", "cap", reason, 3.0))
    if foreign := _language(read, spoken):
        return [*found, Finding("other_language", "unscored", foreign)]
    if not any(any(letter.isalpha() for letter in word) for word in spoken) and not re.search(r"\d", read):
        return [*found, Finding("no_words", "zero", "There are no words in it.")]
    if not _beyond_labels(read):
        return [*found, Finding("skeleton", "zero", "Headings with nothing under them.")]
    if _says_not_known(read):
        reason = "Said openly that the answer is not known: worth more than a bluff, less than any attempt."
        return [*found, Finding("dont_know", "zero", reason)]
    if _copied(spoken, question):
        return [*found, COPIED]
    if _repeats(read):
        found.append(Finding("repetition", "cap", "The same sentences over and over.", 2.0))
    return found


def addressed_to_the_grader(text: str) -> list[Span]:
    """Return the sentences that try to instruct whoever grades; they are left out before anything is judged."""
    spans = sentences(text)
    return [span for span in spans if _INJECTION.search(text, span.start, span.end)]


def without(text: str, spans: Sequence[Span]) -> str:
    """Return the text with the spans blanked, so that offsets stay what they were."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def shown_by_encoder(flags: Sequence[str]) -> list[Finding]:
    """Return the findings on words and their order that another evaluator of the same answer has flagged."""
    found = {
        "gibberish": Finding("gibberish", "zero", "Most of the words are in no vocabulary."),
        "keyword_list": Finding("keyword_list", "cap", "A list of keywords: no sentence connects them.", SURE_CAP),
        "word_salad": Finding("word_salad", "cap", "Words in no order that makes a sentence.", SURE_CAP),
    }
    return [found[flag] for flag in flags if flag in found]


def repeats_of(question: str, text: str) -> list[Span]:
    """Return the sentences that only say the question again; they are left out before anything is judged."""
    asked = words(question)
    whole = locate(question, text) if len(asked) >= 4 else None
    if whole is not None and whole.end < len(text.rstrip()):
        text = without(text, [Span(whole.start, whole.end)])
    stems = {stem(word) for word in asked if word not in FUNCTION_WORDS}
    runs = set(zip(asked, asked[1:], asked[2:], strict=False))
    copied = [Span(whole.start, whole.end)] if whole is not None else []
    return copied + [span for span in sentences(text) if _is_copy(words(text[span.start : span.end]), stems, runs)]


def inspect_reading(reading: Reading, references: Sequence[Reading] = ()) -> list[Finding]:
    """Return what the encoder's word pieces and states show: gibberish, shuffled keywords, the reference pasted."""
    found: list[Finding] = []
    if (share := known_share(reading)) < KNOWN:
        reason = f"{1 - share:.0%} of the words are in no vocabulary."
        return [Finding("gibberish", "zero", reason)]
    length = len(reading.pieces)
    limit = SURE_CAP if length >= SURE else UNSURE_CAP
    if _is_bare(reading):
        return [Finding("keyword_list", "cap", "A list of keywords: no sentence connects them.", limit)]
    overlap = max((_overlap(reading, reference) for reference in references), default=Overlap(0.0, 0.0, 0.0, 0.0))
    if _salad(reading, overlap):
        found.append(Finding("word_salad", "cap", "Keywords in no order that makes a sentence.", limit))
    elif overlap.copied > 0.8 and len(reading.words) >= PASTED:
        reason = "The reference answer, word for word: it shows that it was found, not that it was understood."
        found.append(Finding("reference_pasted", "cap", reason, 1.0))
    return found


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


# Operators with what they stand between, indices, calls, and names with a digit or a mark of transposition in them.
_FORMULA = re.compile(
    r"[^\s,;]{1,40}\s*(?:[=≈≤≥<>∝←→]|[-+*/·×−^∘⊙@])\s*[^\s,;]{1,40}"
    r"|\w{1,4}(?:_\w{1,5}\b|[\d²³ᵀ⁻¹₀-₉ᵢⱼ∂∇∑σμλθ]+)\w{0,6}|\w{1,8}\([^()\n]{0,30}\)"
)
PASTED = 25  # content words: nobody says a sentence of forty words exactly as a reference has it


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


@dataclass(frozen=True, slots=True, order=True)
class Overlap:
    """How an answer's words lie against a reference's.

    Attributes:
        said: share of the reference's content words that the answer has too.
        own: share of the answer's content words that the reference has too.
        order: share of neighbouring shared words that stand in the reference's order, 0.5 by chance.
        copied: share of the answer's neighbouring content words that are neighbours in the reference as well.
    """

    said: float
    own: float
    order: float
    copied: float


def _overlap(answer: Reading, reference: Reading) -> Overlap:
    if not len(answer.words) or not len(reference.words):
        return Overlap(0.0, 0.0, 0.5, 0.0)
    theirs, ours = reference.stems, answer.stems
    places = {word: place for place, word in reversed(list(enumerate(theirs)))}
    shared = [places[word] for word in ours if word in places]
    said = len(set(theirs) & set(ours)) / len(set(theirs))
    steps = [second > first for first, second in pairwise(shared) if second != first]
    pairs = set(pairwise(theirs))
    copied = [pair in pairs for pair in pairwise(ours)]
    return Overlap(
        said,
        len(shared) / len(ours),
        sum(steps) / len(steps) if steps else 1.0,
        sum(copied) / len(copied) if copied else 0.0,
    )


def _salad(reading: Reading, overlap: Overlap) -> bool:
    """Whether the words stand in no order: surer on long answers, and where they are just the reference's words."""
    length, kept = len(reading.pieces), len(reading.words)
    if length < 3 or kept < 3:
        return False
    if kept == length and min(overlap.said, overlap.own) == 1.0 and overlap.order < 1.0:
        return True  # all of the reference's keywords, nothing else, in another order
    alike = min(overlap.said, overlap.own) >= 0.7
    if not alike and length < 15:
        return False
    odds, jolting = naturalness(reading.text, reading), jolts(reading.text)
    if not alike:
        return odds < -3.0 or (odds < 0.0 and jolting > (0.025 if length >= 2 * SURE else 0.1) * length)
    if jolting or (length >= 9 and odds < 0.5 and overlap.copied < 0.5):
        return True
    return min(overlap.said, overlap.own) == 1.0 and overlap.order < 1.0 and odds < 1.0 and overlap.copied < 0.7


def _language(text: str, spoken: Sequence[str]) -> str:
    letters = [letter for letter in text[:2000] if letter.isalpha()]
    if len(letters) >= 5:
        scripts = [unicodedata.name(letter, "?").split(" ")[0] for letter in letters if not letter.isascii()]
        beyond = [script for script in scripts if script not in {"LATIN", "MATHEMATICAL", "FEMININE", "MASCULINE"}]
        if len(beyond) > 0.5 * len(letters):
            return f"Written in {max(set(beyond), key=beyond.count).title()} script; this scorer reads English only."
    if len(spoken) >= 6:
        english = sum(word in FUNCTION_WORDS for word in spoken) / len(spoken)
        other = sum(word in _OTHER_LANGUAGES and word not in FUNCTION_WORDS for word in spoken) / len(spoken)
        if other >= 0.15 and other > 2 * english:
            return "Written in another language; this scorer reads English only."
    return ""


def _beyond_labels(text: str) -> bool:
    """Whether anything stands beside headings."""
    rest = (line for line in text.splitlines() if line.strip() and not _LABEL.match(line))
    return any(WORD.search(_LABEL_AT_START.sub(" ", line)) for line in rest) or not WORD.search(text)


def _says_not_known(text: str) -> bool:
    first = text[:2000]
    match = _NOT_KNOWN.search(first)
    if match is None:
        return False
    rest = [word for word in words(_NOT_KNOWN.sub(" ", first)) if word not in FUNCTION_WORDS and word not in _POLITE]
    return len(rest) <= 4


_POLITE = word_list("around_not_knowing")


def _copied(spoken: Sequence[str], question: str) -> bool:
    """Whether what was said is runs of the question's own words, with no other content word."""
    asked = words(question)
    stems = {stem(word) for word in asked if word not in FUNCTION_WORDS}
    return _is_copy(spoken, stems, set(zip(asked, asked[1:], asked[2:], strict=False)))


def _is_copy(spoken: Sequence[str], stems: set[str], runs: set[tuple[str, str, str]]) -> bool:
    said = [stem(word) for word in spoken if word not in FUNCTION_WORDS]
    if not stems or len(said) < 3 or set(said) - stems:
        return False
    ours = [run in runs for run in zip(spoken, spoken[1:], spoken[2:], strict=False)]
    return bool(ours) and sum(ours) >= 0.6 * len(ours)


def _repeats(text: str) -> bool:
    told = [" ".join(words(text[span.start : span.end])) for span in sentences(text)]
    return len(told) >= 6 and len(set(told)) <= 0.5 * len(told)


def flags(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield each flag once."""
    yield from dict.fromkeys(finding.flag for finding in findings)
