"""What an interviewer says of a passage is in the passage: the check before such a sentence reaches the candidate.

A sentence is checked when it speaks of the notes ("your notes say that …"), or when it repeats a passage's sentence and
turns it round. The claim is what is left without "your notes say that". Three things are asked of it: its numbers stand
in the passage, the passage's nearest sentence does not say the opposite, and the passage says most of its words, which
the encoder matches (evaluators/text/alignment.py). What it cannot see is two things of one passage exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evaluators.text.evidence import locate, sentences
from evaluators.text.language import content, stem
from evaluators.text.polarity import opposed
from interviewer.model.guards import GuardError
from knowledge.models import Passage

if TYPE_CHECKING:
    from knowledge.encoder import TokenEncoder

SUPPORTED = 0.6
"""Recall of a claim in the passage from which on the passage supports it.

On the hand-made pairs of tests/interviewer/model/grounding.yaml that were looked at, supported ones had .67 and more,
invented ones .55 and less.
"""

NEAR = 0.6
"""Share of a sentence's content words in one sentence of a passage from which on it repeats that, only turned round."""

READ = 1_200
"""Characters of a passage that the model is shown, and that count."""

_FEWEST = 3  # content words of a claim; fewer mention the notes and assert nothing of them
_NOTES = r"(?:notes?|documents?|files?|passages?|material|sources?|write-?ups?|pages?|stor(?:y|ies))"
_ATTRIBUTED = re.compile(
    rf"\b(?:your|the|my|our|these|those) (?:own )?{_NOTES}\b"
    r"|\baccording to\b|\bas (?:you (?:\w+ )?)?(?:wrote|noted)\b|\byou (?:\w+ )?(?:wrote|noted)\b",
    re.IGNORECASE,
)
_OF_A_STORY = re.compile(r"\b(?:stor(?:y|ies)|wrote|noted)\b", re.IGNORECASE)
_LEAD = re.compile(
    rf"\b(?:(?:according to|as|in|from|per|what) )?(?:(?:your|the|my|our|these|those) (?:own )?{_NOTES}|you)\b,?"
    r"(?: (?:also|even|themselves|clearly))?"
    r"(?: (?:says?|states?|mentions?|explains?|tells?|describes?|advises?|recommends?|asks? for|calls?|ha(?:s|ve) it"
    r"|argues?|claims?|notes?|noted|wrote|writes?|puts? it|shows?|lists?|warns?))?(?: (?:that|of|this by|by|to))?",
    re.IGNORECASE,
)
_QUESTION_AFTER = re.compile(
    r"(?:[,;:–—]|\s-)\s*(?:so |and |but |then )*(?:what|why|how|where|which|who|when|do|does|is|are|can|could|would"
    r"|should)\b[^?]*\?\s*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,.]*")
_OF_NOTES = frozenset(
    stem(word)
    for word in """
    note notes story stories document file passage page line lines section heading sounds sound like looks reminds
    recognise recognize find found stands read reads say says said mention mentions told know familiar
    """.split()  # noqa: SIM905 - thirty quoted words would read worse
)


class Grounding:
    """Checks what is said of one move's passages."""

    def __init__(
        self, passages: Sequence[Passage], open_texts: Sequence[str], encoder: Callable[[], TokenEncoder]
    ) -> None:
        """`open_texts`: the draft first, then what else anybody may repeat; `encoder` may take long the first time."""
        self._texts = [" ".join(passage.text[:READ].split()) for passage in passages]
        self._open = open_texts
        self._known = {stem(word) for text in open_texts for word in content(text)}
        self._encoder = encoder
        self._lines = [text[span.start : span.end] for text in self._texts for span in sentences(text)]

    def claim(self, sentence: str) -> str:
        """Return what the sentence asserts of the passages, to be checked with `check`; empty when it asserts nothing.

        Raises:
            GuardError: it says the opposite of a passage.
        """
        if not _ATTRIBUTED.search(sentence):
            if not sentence.rstrip().endswith("?") and any(_turned_round(sentence, line) for line in self._lines):
                raise _refused("said the opposite of the passage")
            return ""
        told = _LEAD.sub(" ", _ATTRIBUTED.sub(_kept, _QUESTION_AFTER.sub("", sentence)), count=1)
        told = " ".join(told.strip(" ,.;:?!").split())
        new = {stem(word) for word in content(told)} - _OF_NOTES
        if len(new) < _FEWEST or (self._open and locate(told, self._open[0])):
            return ""
        if _OF_A_STORY.search(sentence) and len(new - self._known) < _FEWEST:
            return ""  # "your story" is also what the candidate has just told
        return told

    def check(self, claim: str) -> None:
        """Look for the claim in the passages; encodes, so it belongs on a worker thread.

        Raises:
            GuardError: no passage supports it.
        """
        whole = " ".join((*self._texts, *self._open))
        if _numbers(claim) - _numbers(whole):
            raise _refused("gave the passage a number that is not in it")
        best, line = max((self._recall(claim, text) for text in self._texts), default=(0.0, ""))
        if line and opposed(line, claim):
            raise _refused("said the opposite of the passage")
        if best < SUPPORTED:
            raise _refused("claimed what the passage does not say")

    def _recall(self, claim: str, text: str) -> tuple[float, str]:
        """How much of the claim the text says, and its sentence that says most of it."""
        from evaluators.text.alignment import align, read

        states = self._encoder().token_states([claim, text])
        said, there = read(claim, states[0]), read(text, states[1])
        found = align(said, np.ones(len(said.words), np.float32), there)
        return found.whole, text[slice(*found.sentence)] if found.sentence else ""


def _kept(match: re.Match[str]) -> str:
    """Leave the notes to `_LEAD`, which takes the verb with them; take the rest away."""
    return match[0] if re.search(_NOTES, match[0], re.IGNORECASE) or match[0].lower().startswith("you") else " "


def _turned_round(sentence: str, line: str) -> bool:
    said, there = ({stem(word) for word in content(text)} for text in (sentence, line))
    return len(said & there) >= max(_FEWEST, NEAR * len(said)) and opposed(line, sentence)


def _numbers(text: str) -> set[str]:
    return {match[0].replace(",", "").rstrip(".") for match in _NUMBER.finditer(text)}


def _refused(why: str) -> GuardError:
    return GuardError(f"its wording {why}", "The same move was made in the offline voice.")
