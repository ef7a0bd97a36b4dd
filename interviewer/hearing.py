"""What kind of message the candidate sent: rules for what is plain, the sentence encoder for short unclear ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from interviewer.events import MessageKind
from interviewer.remarks import remark_in
from interviewer.state import State
from knowledge import yaml_source
from knowledge.library import Library
from knowledge.models import Frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

COMMANDS: dict[str, MessageKind] = {
    "hint": "hint",
    "repeat": "repeat",
    "skip": "skip",
    "next": "skip",
    "time": "time",
    "help": "help",
    "quit": "stop",
    "exit": "stop",
    "stop": "stop",
    "end": "stop",
}

_SHORT = 30
"""Only a message of at most so many words can be a request rather than an answer."""

_UNCLEAR = 14
"""Only a message of at most so many words is compared with the examples by meaning."""

_BESIDE_WHO = 10
"""Words around the question who speaks here from which on it is asked in passing."""

_NEAR = 0.52
"""Cosine from which on an example of the same meaning decides: ordinary short answers stay under .45."""

_BEFORE_REMARKS = frozenset({"stop", "skip", "hint", "time", "help", "identity"})
"""What is asked for goes before what is remarked beside it."""

_HEAD = 4000
_DATA = Path(__file__).parent / "voices" / "hearing.yaml"

_BUT = re.compile(
    r"\b(but|however|although|i (would|think|guess|assume|believe)|i'd|maybe|perhaps|probably|(could|might) be"
    r"|my guess)\b"
)
_GUESSES = re.compile(r"\b(?:maybe|perhaps|my guess is|i(?:'d| would)? guess|i think)\W+(?!so\b|not\b)\w+\W+\w+")
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]+|[^.!?\n]+$")
_TAG = re.compile(
    r",? (right|correct|no|okay|ok|isn'?t it|doesn'?t it|you know)\s*\?+\s*$"
    r"|\b(does|did) that (make sense|answer|help)[^?]*\?+\s*$"
    r"|^\s*(shall|should) i (go on|continue|go deeper|elaborate)[^?]*\?+\s*$"
    r"|^\s*(make sense|right|ok(ay)?)\s*\?+\s*$"
)
_TENTATIVE = re.compile(
    r"^\s*(well,? |so,? |hmm,? |(i'?m |i am )?not sure,? (but )?|i (don'?t|do not) know,? (but )?)?"
    r"(is it|isn'?t it|isn'?t that|would it be|wouldn'?t it|could it be|(it )?(could|might|may) be|because|maybe"
    r"|perhaps|probably|possibly|something like|as in)\b"
)
_CLARIFIES = re.compile(
    r"\b(can|may|should|shall|do|could) i (assume|take it|suppose|use|write|consider|focus|ignore|treat)\b"
    r"|\bdo you (mean|want|expect|care)\b|\bwhat do you mean\b|\bcould you (clarify|specify|define)\b"
    r"|\b(i'?d|i would) like to (know|ask|clarify)\b|\bjust to clarify\b"
)
_ASKS_MEANING = re.compile(r"\b(?:do|did) you mean\b")
_AT_A_LOSS = re.compile(
    r"\b(?:(?:do|did|can|could)(?:n'?t| not)|not sure|unsure|unclear|confus\w*|lost|mean\w*|question|sorry|please)\b"
)
_NEEDS: dict[str, re.Pattern[str]] = {
    "stop": re.compile(
        r"\b(?:stop|end|finish|finished|quit|leave|exit|done|over|continue|go(?: on| now)?|call it (?:a day|quits))\W*"
        r"(?:$|(?:here|now|it|this|today|please|sorry|bye|with (?:this|it|the \w+)"
        r"|(?:the|this) (?:interview|session|call))\b)"
    ),
    "help": re.compile(r"\?|^\W*(?:how|what|which)\b"),
}
"""Words without which no meaning makes it that: whatever speaks of interviews is near those examples."""

_DEFINITION = re.compile(r"^[ \t]*(async[ \t]+)?def[ \t]+\w+[ \t]*\(|^```(?:py|python|python3)[ \t]*$", re.MULTILINE)


class _Request(Frozen):
    kind: MessageKind
    patterns: tuple[str, ...]
    examples: tuple[str, ...]


class _Requests(Frozen):
    requests: tuple[_Request, ...]


@dataclass(frozen=True)
class Examples:
    """The example messages as vectors, `(n, dimensions)`, and the kind of each."""

    kinds: tuple[MessageKind, ...]
    vectors: NDArray[np.float32]


def quick_kind(state: State, text: str, library: Library) -> MessageKind:
    """Return the kind by rules alone: at once, and the same every time."""
    stripped = text.strip()
    if not stripped:
        return "dont_know"
    if stripped[0] == "/" and (command := _command(stripped)):
        return command
    if (exercise := _exercise(state, library)) is not None and hands_in(exercise, stripped):
        return "answer" if _illustrates(state, exercise, stripped) else "code"
    lower = _lower(stripped)
    words = len(lower.split())
    if words <= _SHORT:
        request, remark = _request(lower), remark_in(stripped)
        if remark is not None and request not in _BEFORE_REMARKS:
            return remark.kind
        if request is not None:
            return request
    return "clarifying_question" if words <= 120 and _is_question(lower, _is_followed_up(state, library)) else "answer"


def hands_in(exercise: str, text: str) -> bool:
    """Whether a message is something to be graded: code, or in a derivation one of the terms that are asked for."""
    from evaluators.tasks import is_derivation

    if not is_derivation(exercise):
        return holds_code(text)
    from evaluators.derivation.grading import defines_terms

    return defines_terms(exercise, text)


def _illustrates(state: State, exercise: str, text: str) -> bool:
    """Whether code only shows what is being talked about: the exercise is solved, and this is another function."""
    from evaluators.tasks import is_derivation

    solved = state.current is not None and any(verdict.passed for verdict in state.current.verdicts)
    return solved and not is_derivation(exercise) and not re.search(rf"\bdef\s+{re.escape(exercise)}\b", text)


def holds_code(text: str) -> bool:
    """Whether a function is defined in the text, or Python is fenced in it."""
    return _DEFINITION.search(text) is not None


def is_unclear(text: str, kind: MessageKind) -> bool:
    """Whether the rules had little to go by, so that the meaning should be looked at."""
    return kind in {"answer", "clarifying_question"} and 2 <= len(text[:_HEAD].split()) <= _UNCLEAR


def kind_by_meaning(text: str, kind: MessageKind, examples: Examples, encoder: Encoder) -> MessageKind:
    """Return the kind of the nearest example if it is near enough, else `kind`."""
    nearness = examples.vectors @ encoder.encode([text])[0]  # (n,)
    lower = _lower(text)
    possible = {each: each not in _NEEDS or _NEEDS[each].search(lower) is not None for each in set(examples.kinds)}
    best = max(range(len(nearness)), key=lambda at: (possible[examples.kinds[at]], nearness[at]))
    return examples.kinds[best] if nearness[best] >= _NEAR else kind


def encode_examples(encoder: Encoder) -> Examples:
    """Return the examples of the data file as vectors."""
    pairs = [(request.kind, example) for request in _requests() for example in request.examples]
    return Examples(tuple(kind for kind, _ in pairs), encoder.encode([example for _, example in pairs]))


@lru_cache(maxsize=1)
def _requests() -> tuple[_Request, ...]:
    data = yaml_source.parse(_DATA.read_text(encoding="utf-8"), _DATA.name)
    return TypeAdapter(_Requests).validate_python(data).requests


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[MessageKind, re.Pattern[str]], ...]:
    return tuple((request.kind, re.compile("|".join(request.patterns))) for request in _requests())


def _command(stripped: str) -> MessageKind | None:
    word = re.match(r"/([a-z]+)\b", stripped[:40].lower())
    if word is None:
        return None
    alone = word.group() == stripped.lower()
    return COMMANDS.get(word.group(1), "help" if alone else None)  # a mistyped command is no answer


def _exercise(state: State, library: Library) -> str | None:
    question = library.questions.get(state.current.question_id) if state.current else None
    return question.exercise if question is not None else None


def _lower(text: str) -> str:
    return text[:_HEAD].lower().replace("’", "'")


def _request(lower: str) -> MessageKind | None:
    for kind, pattern in _patterns():
        found = pattern.search(lower)
        if found is None:
            continue
        after = lower[found.end() :]
        if kind == "dont_know" and ((_BUT.search(after) and len(after.split()) >= 5) or _GUESSES.search(after)):
            return None
        if kind in {"dont_know", "pushback"} and len(lower[: found.start()].split()) > 8:
            return None  # said in passing, at the end of an answer
        if kind == "identity" and len((lower[: found.start()] + after).split()) > _BESIDE_WHO:
            return None  # there is an answer around it
        return kind
    return None


def _is_followed_up(state: State, library: Library) -> bool:
    """Whether a follow-up stands, to which what is told along with a question is an answer; a design is asked about."""
    question = library.questions.get(state.current.question_id) if state.current else None
    standing = state.standing is not None and state.standing.move.kind == "probe"
    return standing and (question is None or question.scenario is None)


def _is_question(lower: str, followed_up: bool = False) -> bool:
    """Whether the message asks something of the interviewer; a rhetorical question or "right?" does not make one."""
    sentences = [s.strip() for s in _SENTENCE.findall(lower) if s.strip()]
    asked = [s for s in sentences if _asks(s)]
    if not asked:
        return False
    if sentences[-1] not in asked and not _CLARIFIES.search(asked[-1]):
        return False  # answered by what follows
    if followed_up and sentences[-1] not in asked and _goes_on(asked[-1], sentences[-1]):
        return False
    told = sum(len(s.split()) for s in sentences if s not in asked)
    most = 12 if followed_up else 40
    return told <= 12 or (told <= most and sentences[-1] in asked and _CLARIFIES.search(asked[-1]) is not None)


def _goes_on(asked: str, last: str) -> bool:
    """Whether one who asked what is meant answers all the same: "What do you mean by end? The latency was normal"."""
    return bool(_ASKS_MEANING.search(asked)) and len(last.split()) > 3 and not _AT_A_LOSS.search(last)


def _asks(sentence: str) -> bool:
    if _TAG.search(sentence) or _TENTATIVE.search(sentence):
        return False
    return sentence.endswith("?") or _CLARIFIES.search(sentence) is not None
