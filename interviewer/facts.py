"""Which of a scenario's facts a candidate's question asks for, by meaning."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.models import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

NEAR = 0.5
"""Cosine between a candidate's question and a known way of asking from which on they ask for the same fact."""

SAME = 0.65
"""Cosine from which on a general question asks for a fact of the scenario, and is none of the unanswered ones."""

_MOST_AT_ONCE = 4
_QUESTION = re.compile(r"[^.!?;\n]+[.!?;\n]*")
_QUESTION_WORD = r"(?=(?:what|how|which|who|where|when)\b)"
_AND = re.compile(
    rf",? and (?:{_QUESTION_WORD}|(?=(?:is|are|do|does|can|should|must)\b))|, {_QUESTION_WORD}", re.IGNORECASE
)
_ASKS = re.compile(rf"(?:^|[:,] )\W*(?:(?:so|and|also|ok(?:ay)?),? )?{_QUESTION_WORD}", re.IGNORECASE)
_HEAD = 4000
_GENERAL = (Path(__file__).parent / "general_questions.txt").read_text(encoding="utf-8").splitlines()


def questions_in(text: str) -> list[str]:
    """Return the questions and other sentences of a message, each on its own where several stand in a row."""
    return [q.strip() for s in _QUESTION.findall(text[:_HEAD]) for q in _AND.split(s) if len(q.split()) > 1]


def count_asked(text: str) -> int:
    """Return how many questions a message asks: its question marks, or what stands in a row before them."""
    asked = [s for s in _QUESTION.findall(text[:_HEAD]) if s.rstrip().endswith("?")]
    return sum(max(1, sum(_ASKS.search(q) is not None for q in questions_in(s))) for s in asked)


class FactFinder:
    """Keeps the vectors of every scenario's ways of asking, made when the scenario first comes up.

    Questions that are asked in every design, and that this scenario has no fact for, are known as well: a candidate who
    asks how often the data changes is not told how much of it is logged.
    """

    def __init__(self, encoder: Callable[[], Encoder]) -> None:
        self._encoder = encoder
        self._vectors: dict[str, tuple[list[str], NDArray[np.float32]]] = {}
        self._lock = threading.Lock()

    def warm(self, scenario: Scenario) -> None:
        """Make the scenario's vectors."""
        self._known(scenario)

    def find(self, scenario: Scenario, text: str) -> tuple[str, ...]:
        """Return ids of the facts that `text` asks for, in its order; at most four at once."""
        questions = questions_in(text)
        if not questions:
            return ()
        ids, known = self._known(scenario)
        nearness = self._encoder().encode(questions) @ known.T  # (questions, ways of asking)
        found = [ids[int(row.argmax())] for row in nearness if row.max() >= NEAR]
        return tuple(dict.fromkeys(fact for fact in found if fact))[:_MOST_AT_ONCE]

    def _known(self, scenario: Scenario) -> tuple[list[str], NDArray[np.float32]]:
        with self._lock:
            if scenario.scenario not in self._vectors:
                pairs = [(fact.id, way) for fact in scenario.facts for way in fact.asked_by]
                ways = self._encoder().encode([way for _, way in pairs])
                general = self._encoder().encode(_GENERAL)
                unanswered = general[(general @ ways.T).max(axis=1) < SAME]
                ids = [*(fact for fact, _ in pairs), *("" for _ in unanswered)]
                self._vectors[scenario.scenario] = (ids, np.vstack([ways, unanswered]))
            return self._vectors[scenario.scenario]
