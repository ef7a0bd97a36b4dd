"""What the interviewer must never say, checked in code before a word of a model's reaches the candidate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evaluators.text.evidence import locate
from evaluators.text.gates import inspect_text
from evaluators.text.language import content, stem, words
from knowledge.errors import ModelError
from knowledge.models import Frozen

RUN = 5
"""Words in a row of a secret text that nobody else has used: from here on it is being read out."""

PROMPT_RUN = 8
"""The same for our prompts, which are written in ordinary words: "and go to the next" stands in one of them."""

POINT = 0.6
"""Share of a key point's own content words in one sentence, from which on the sentence gives the point away."""

LEAST_QUOTED = 3
"""Words in quotation marks from which on they are a quotation."""

MOST_WORDS = 120
"""More is no sentence that an interviewer says."""

_SCORE = re.compile(
    r"\b\d+(?:\.\d+)?\s*(?:/|out of)\s*(?:5|10|100)\b|\b(?:strong )?(?:no )?hire\b|\brubrics?\b|\b(?:key"
    r"|expected) points?\b"
    r"|\b(?:scoring|grading|marking) (?:criteri\w+|guide|scale|scheme)\b|\b(?:reference|model|expected"
    r"|ideal) answer\b"
    r"|\byour (?:\w+ )?(?:score|grade|rating|marks?)\b"
    r"|\bi(?:'d| would|'ll| will)? (?:give|rate|grade|score|award) (?:you|this|that|it)\b"
    r"|\b(?:score|grade|rating|mark)s? (?:is|was|of|would be|are)\s+(?:\w+ )?(?:\d|zero|one|two|three|four"
    r"|five|full|perfect)",
    re.IGNORECASE,
)
_RULES = re.compile(
    r"\b(?:my|the|these|system|hidden) (?:instructions?|prompts?|rules (?:say|are|tell))\b"
    r"|\bsystem prompt\b|\[prompt \w+@"
    r"|\bas an? (?:ai|language model|llm)\b|\bthe draft\b|</?candidate",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:great|excellent|perfect(?:ly)?|awesome|amazing|fantastic|brilliant|superb|impressive|wonderful"
    r"|outstanding|terrific"
    r"|well done|nicely done|well put|well said|spot on|nailed|bravo|good (?:answer|job|point|work|start"
    r"|thinking|explanation)"
    r"|(?:strong|solid|nice|lovely) (?:answer|point|work|start|explanation|story|one)|(?:very|really"
    r"|pretty) (?:good|nice|strong))\b"
    r"|^\W*(?:exactly|correct|right|absolutely|precisely)\b\s*[.,!–—-]"
    r"|\b(?:that(?:'s| is)|you(?:'re| are)) (?:\w+ )?(?:right|correct|true|good|exactly)\b"
    r"|\bi (?:really )?(?:like|love) (?:that|how|your)\b",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"[“\"]([^“”\"\n]{1,600})[”\"]")
_NUMBER = re.compile(r"\d[\d,.]*")


class GuardError(ModelError):
    """The model's words were set aside; says which rule they broke, never the words."""


class Secrets(NamedTuple):
    """Texts that may not be told, read once: their runs of words, and the content words of each."""

    runs: frozenset[tuple[str, ...]]
    points: tuple[frozenset[str], ...]


def secrets_of(texts: Iterable[str], run: int = RUN) -> Secrets:
    """Return what is kept of secret texts; `run` words in a row of them are too many."""
    kept = list(texts)
    runs = frozenset(told for text in kept for told in _runs(words(text), run))
    return Secrets(runs, tuple(frozenset(_stems([text])) for text in kept))


class Granted(Frozen):
    """What the words may and may not hold at one move.

    Attributes:
        secret: what may not be read out or given away: key points, corrections, facts not asked for, prompts.
        allowed: texts that anybody may repeat: the question, the draft, what the candidate said.
        ours: those of them that are the interviewer's own; a question about judges may speak of "the instructions".
        praise: whether the answer so far was good.
        numbers: whether only numbers that stand in `allowed` may be said.
    """

    secret: tuple[Secrets, ...]
    allowed: tuple[str, ...]
    ours: str = ""
    praise: bool = False
    numbers: bool = False


class Guard:
    """Checks one move's words, a sentence at a time."""

    def __init__(self, granted: Granted) -> None:
        self._granted = granted
        spoken = [words(text) for text in granted.allowed]
        self._open = {run for text in spoken for length in (RUN, PROMPT_RUN) for run in _runs(text, length)}
        self._closed = frozenset[tuple[str, ...]]().union(*(one.runs for one in granted.secret)) - self._open
        known = _stems(granted.allowed)
        points = [point - known for one in granted.secret for point in one.points]
        self._points = [point for point in points if len(point) >= 2]
        self._spoken = "\n".join(granted.allowed)
        self._numbers = {n for text in granted.allowed for n in _numbers(text)}

    def check(self, said: str, sentence: str) -> None:
        """Look at `sentence`, which comes after `said`.

        Raises:
            GuardError: it may not be said.
        """
        whole = f"{said} {sentence}"
        allowed = self._spoken
        if (found := _RULES.search(sentence)) and found[0].lower() not in self._granted.ours.lower():
            raise _refused("would have spoken of its instructions")
        if (found := _SCORE.search(sentence)) and found[0].lower() not in allowed.lower():
            raise _refused("would have spoken of scores")
        if not self._granted.praise and (found := _PRAISE.search(sentence)) and found[0] not in allowed:
            raise _refused("would have praised what was not good")
        self._check_secrets(whole, sentence)
        if self._granted.numbers and _numbers(sentence) - self._numbers:
            raise _refused("had a number that nobody gave it")
        self._check_quotations(sentence)
        self._check_form(whole)

    def _check_secrets(self, whole: str, sentence: str) -> None:
        told = words(whole)
        if not self._closed.isdisjoint([*_runs(told, RUN), *_runs(told, PROMPT_RUN)]):
            raise _refused("would have read out what is not to be told")
        stems = _stems([sentence])
        if any(len(stems & point) >= max(2, POINT * len(point)) for point in self._points):
            raise _refused("would have given away a part of the answer")

    def _check_quotations(self, sentence: str) -> None:
        """What stands in quotation marks was said or stands somewhere; a single term may be set off by them."""
        for match in _QUOTED.finditer(sentence):
            quoted = match[1].replace("…", "...").strip(" .,;:!?")
            pieces = [piece for piece in quoted.split("...") if len(words(piece)) >= LEAST_QUOTED]
            if any(locate(piece, self._spoken) is None for piece in pieces):
                raise _refused("quoted what nobody said")

    def _check_form(self, whole: str) -> None:
        if len(whole.split()) > MOST_WORDS:
            raise _refused("went on and on")
        if any(finding.flag == "other_language" for finding in inspect_text(whole)):
            raise _refused("was in another language")


def _refused(why: str) -> GuardError:
    return GuardError(f"its wording {why}", "The same move was made in the offline voice.")


def _runs(told: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    return zip(*(told[i:] for i in range(length)), strict=False)


def _stems(texts: Iterable[str]) -> set[str]:
    return {stem(word) for text in texts for word in content(text)}


def _numbers(text: str) -> set[str]:
    return {match[0].replace(",", "").rstrip(".") for match in _NUMBER.finditer(text)}
