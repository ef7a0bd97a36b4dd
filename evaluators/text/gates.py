"""Hostile and odd answers: what each is, why we think so, and what follows.

Four things can follow. `zero`: it is judged, and it earns nothing. `unscored`: it cannot be judged here, so there is no
number. `cap`: the score is at most so much. `note`: the score stands, and the reader is told.

Every pattern runs in linear time, and only the first 12,000 characters are read (13 minutes of speech).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evaluators.text.encoded import encoded
from evaluators.text.evidence import Span, locate, sentences
from evaluators.text.language import FUNCTION_WORDS, WORD, stem, word_list, words

Effect = Literal["zero", "unscored", "cap", "note"]

READ = 12_000  # characters, 13 minutes of speech
THIN = 4.0  # content words under a heading: fewer on average tell nothing
HIDDEN = 0.05  # share of the characters that nobody can see
RUN = 6  # words: a run that two people do not say alike by chance
LONGEST = 1_800  # words, 12 minutes: about ten times what a question needs


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd about an answer."""

    flag: str
    effect: Effect
    reason: str
    cap: float = 5.0


_PASTED_SAMPLE = Finding(
    "sample_pasted", "cap", "The rubric's own sample, word for word: it was found, not lived through.", 1.0
)
COPIED = Finding("question_copied", "zero", "The question's own words and nothing beyond them.")

# What people say instead of an answer. Said early it is worth more than a bluff: the interviewer can go on.
NOT_KNOWN = re.compile(
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
    # Who serves models speaks of system prompts; an order names its own, or speaks as one.
    r"|\b(?:your|my|new|updated|hidden|secret) (?:system|developer) (?:prompt|message)\b"
    r"|\b(?:system|developer) (?:(?:prompt|message)\s*[:=>]|override|note)"
    r"|<\|[^|>]{0,40}\|>|\[/?(?:INST|SYS(?:TEM)?)\]|<</?SYS>>"
    r"|^\W{0,4}(?:system|assistant)\s*:|\byou are (?:now )?(?:a|an|the) (?:\w+ ){0,3}(?:grader|evaluator|judge|"
    r"assistant|model)\b"
    r"|\b(?:give|award|assign|grant|grade|score|mark|rate|return|output|print)\b[^.\n]{0,60}"
    r"(?:\b(?:full|maximum|max|perfect|highest|top)\b[^.\n]{0,20}\b(?:marks?|scores?|points?|grade|credit)\b|"
    r"\b5\s?(?:/|out of)\s?5\b"
    r"|\b10\s?(?:/|out of)\s?10\b|\b100\s?(?:%|/|percent|points)|\bas (?:correct|excellent|perfect)\b)"
    r"|\"(?:overall|score|grade|verdict)\"\s*:|\b(?:this|the|my) answer (?:is|should be|must be) (?:graded|scored|"
    r"rated|marked)\b|\b(?:new|updated|revised|official|corrected) (?:rubric|scoring|grading)\b"
    r"|\b(?:answer|respond|reply) with (?:\w+ )?(?:five|full|maximum|5|10) (?:points|marks|stars)\b"
    r"|\b(?:this|my) answer is (?:\w+ ){0,2}(?:complete|correct|perfect|excellent|flawless)\b"
    # Who tells of a model that judges says "it had to act as a judge"; an order begins with the verb.
    r"|(?:^|(?<=[.!?] ))\W{0,4}(?:act|behave|speak|judge) (?:as|like) (?:a|an|the) (?:\w+ ){0,3}(?:grader|evaluator|"
    r"judge|examiner|assessor)\b"
    r"|\b(?:scoring|marking|grading) (?:guide|key|scheme) for (?:this|the) (?:question|task|answer|interview)\b"
    r"|\blet (?:the|my|this) (?:number|score|mark|grade|rating) be\b",
    re.IGNORECASE | re.MULTILINE,
)

_QUOTED = re.compile(r"[\"“][^\"“”\n]{3,200}[\"”]")

# The same in the languages that a model reads as well as English.
ORDER_ABROAD = re.compile(
    r"ignor(?:iere?|a|e|ez|ar|en|uj)\b[^.\n]{0,40}(?:anweisung|instruc|instruções|istruzion|instrukc|regel"
    r"|regl|règl|consigne|vorherig|anterior|précédent|precedent)"
    r"|\b(?:gib|vergib|bewerte|donnez?|attribue[rz]?|dale|otorga|asigna|punt[úu]a|dai|assegna|dê|atribua|geef|daj)\b"
    r"[^.\n]{0,50}\b(?:punkt|point|punt|nota|note|voto|punteggio|pontua|score|maxim|máxim|massim|5\b|cinq|fünf|cinco"
    r"|cinque|volle)"
    r"|忽略|无视|满分|最高分|スコア|満点|無視|무시|만점|игнорир\w* [^.\n]{0,30}инструкц|максимальн\w* (?:балл|оценк)"
    r"|تجاهل|التعليمات|अनदेखा",
    re.IGNORECASE,
)

_HEADING = (
    r"(?:situation|task|action|result|reflection|takeaway|context|background|goal|outcome|impact|answer|question|"
    r"definition|example|conclusion|introduction|summary|explanation|approach|step \d+|point \d+|advantages?|"
    r"disadvantages?|pros?|cons?|requirements?|architecture|models?|serving|evaluation|monitoring|data|features|"
    r"trade-?offs?|thought process|reasoning|solution|key points?)"
)
_LABEL = re.compile(rf"^[\W_]{{0,12}}{_HEADING}\b[\W_]*$", re.IGNORECASE)
_LABEL_AT_START = re.compile(rf"(?:^|(?<=[.!?\n]))[\W_]{{0,12}}{_HEADING}\b[\s*_]{{0,6}}[:–—-]", re.IGNORECASE)

_LINE = re.compile(r"[^\n]+")
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})
_OTHER_LANGUAGES = word_list("other_languages")


def hear(answer: str, question: str = "", sample: str = "") -> tuple[str, list[Finding]]:
    """Return what is judged of an answer, its places unchanged, and what is odd about it.

    Half a surrogate pair, which no file can hold, is replaced; what is addressed to the grader, or encoded, is blanked.

    Args:
        answer: what was said.
        question: what was asked.
        sample: the strong answer that the rubric publishes.
    """
    whole = answer.encode("utf-8", "replace").decode("utf-8")
    read = whole[:READ]
    orders, codes = addressed_to_the_grader(read), encoded(read)
    text = without(read, [*orders, *codes])
    findings = inspect_text(text if orders or codes else whole, question)
    if codes:
        findings.insert(0, Finding("encoded", "note", "Encoded text was left out: nobody says that in an interview."))
    if orders:
        reason = f"{len(orders)} passage(s) addressed to the grader were left out."
        findings.insert(0, Finding("injection", "note", reason))
    if _copies(text, sample):
        findings.append(_PASTED_SAMPLE)
    return text, findings


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
    if sum(unicodedata.category(letter) in _UNSEEN and letter not in "\n\t\r" for letter in read) > HIDDEN * len(read):
        reason = "Characters that nobody can see stand between the letters: it cannot be read as it looks."
        return [*found, Finding("hidden_characters", "unscored", reason)]
    if not _beyond_labels(read):
        return [*found, Finding("skeleton", "zero", "Headings with nothing under them.")]
    if _is_thin(read):
        found.append(Finding("skeleton", "cap", "Headings with a word or two under each.", 1.0))
    if _says_not_known(read):
        reason = "Said openly that the answer is not known: worth more than a bluff, less than any attempt."
        return [*found, Finding("dont_know", "zero", reason)]
    if _copied(spoken, question):
        return [*found, COPIED]
    if _repeats(read):
        found.append(Finding("repetition", "cap", "The same sentences over and over.", 2.0))
    return found


def addressed_to_the_grader(text: str) -> list[Span]:
    """Return what tries to instruct whoever grades, by sentences; it is left out before anything is judged."""
    found = [(match.start(), match.end()) for match in _INJECTION.finditer(text)]
    one_line = re.sub(r"\s", " ", text)  # an order may be split over lines, and ends where its sentence does
    found += [match.span() for match in _INJECTION.finditer(one_line)]
    found += [match.span() for match in ORDER_ABROAD.finditer(one_line)]
    left_out: list[Span] = []
    for sentence in sentences(text):
        inside = [span for span in found if sentence.start < span[1] and span[0] < sentence.end]
        quoted = [Span(*match.span()) for match in _QUOTED.finditer(text, sentence.start, sentence.end)]
        holding = [one for one in quoted if any(one.start <= first and last <= one.end for first, last in inside)]
        every = all(any(one.start <= first and last <= one.end for one in holding) for first, last in inside)
        # Who tells of an attack quotes it: then the order is left out, and what is said of it is not.
        left_out += holding if every else [sentence]
    return left_out


def without(text: str, spans: Sequence[Span]) -> str:
    """Return the text with the spans blanked, so that offsets stay what they were."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _copies(text: str, sample: str) -> bool:
    """Whether half and more of a text, and 40 words of it at least, are runs of the sample's words."""
    known = _runs(sample)
    found = [run in known for run in _in_runs(text)]
    return sum(found) >= max(40 - RUN, 0.5 * len(found))


@lru_cache(maxsize=64)
def _runs(sample: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_in_runs(sample))


def _in_runs(text: str) -> Iterator[tuple[str, ...]]:
    told = words(text)
    return (tuple(told[i : i + RUN]) for i in range(len(told) - RUN + 1))


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
        accented = sum(not word.isascii() for word in spoken) / len(spoken)
        if (other >= 0.15 and other > 2 * english) or (accented >= 0.15 and english < 0.1):
            return "Written in another language; this scorer reads English only."
    return ""


def _beyond_labels(text: str) -> bool:
    """Whether anything stands beside headings."""
    rest = (line for line in text.splitlines() if line.strip() and not _LABEL.match(line))
    return any(WORD.search(_LABEL_AT_START.sub(" ", line)) for line in rest) or not WORD.search(text)


def _is_thin(text: str) -> bool:
    """Whether three headings and more have a word or two under each."""
    labels = [match for line in _LINE.finditer(text) for match in [_LABEL.match(line[0])] if match]
    count = len(labels) + len(_LABEL_AT_START.findall(text))
    if count < 3:
        return False
    under = _LABEL_AT_START.sub(" ", _LINE.sub(lambda line: "" if _LABEL.match(line[0]) else line[0], text))
    return sum(word not in FUNCTION_WORDS for word in words(under)) < THIN * count


def _says_not_known(text: str) -> bool:
    first = text[:2000]
    match = NOT_KNOWN.search(first)
    if match is None:
        return False
    rest = [word for word in words(NOT_KNOWN.sub(" ", first)) if word not in FUNCTION_WORDS and word not in _POLITE]
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
