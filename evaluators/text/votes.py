"""Seven scorers of one answer, each with its own way of seeing how much of a text's statements the answer says.

All read the same table: the statements' content words against the answer's, over the encoder's states after the
direction of the question is taken out of them, so that what both share with the question does not make them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluators.text.alignment import LEAST_WEIGHT, SAME_STEM, Floats, Reading

SCORERS = {
    "recall": "the best match of each word of the statements, averaged",
    "gain": "the same, as far as it goes beyond what the question says",
    "spread": "recall, where one word of the answer that stands for many counts less for each",
    "meaning": "how near the answer's new words, taken together, are to the statements' new words",
    "weakest": "recall of the statement that is said least",
    "belonging": "how much of what the answer adds is among the statements",
    "amount": "how much of the statements' matter there is in the answer; more than enough counts as enough",
}
ENOUGH = 0.5  # of the statements' matter: from about here more of it adds little
NEAR, SAME = 0.3, 0.9  # a match below the first is none, from the second on it is whole


@dataclass(frozen=True, slots=True)
class Words:
    """Content words for the scorers.

    Attributes:
        vectors: `(n, 384)` without the question's direction, length 1.
        stems: the words without endings.
        weights: `(n,)` how much each says beyond the question, 0.02 to 1.
        firsts: where each statement begins.
    """

    vectors: Floats
    stems: tuple[str, ...]
    weights: Floats
    firsts: tuple[int, ...] = (0,)

    def part(self, chosen: NDArray[np.bool_]) -> Words:
        """Return the chosen words."""
        stems = tuple(stem for stem, kept in zip(self.stems, chosen, strict=True) if kept)
        return Words(self.vectors[chosen], stems, self.weights[chosen])


def told(readings: Sequence[Reading], question: Reading) -> Words:
    """Return the words of one or more texts as they stand beside the question; texts without words are left out."""
    kept = [reading for reading in readings if len(reading.words)]
    if not kept:
        return Words(np.zeros((0, 384), np.float32), (), np.zeros(0, np.float32), ())
    vectors = np.vstack([reading.vectors for reading in kept])
    stems = tuple(stem for reading in kept for stem in reading.stems)
    firsts = np.cumsum([0, *(len(reading.words) for reading in kept[:-1])])
    weights = np.ones(len(vectors), np.float32)
    if len(question.words):
        direction = _unit(question.vectors.sum(axis=0))
        vectors = _without(vectors, direction)
        said = (vectors @ _without(question.vectors, direction).T).max(axis=1)
        weights = np.clip(1.0 - said, LEAST_WEIGHT, 1.0).astype(np.float32)
    return Words(vectors, stems, weights, tuple(int(first) for first in firsts))


def values(statements: Words, answer: Words) -> dict[str, float]:
    """Return what each scorer sees, about 0 to 1 and each on its own scale; nothing where there are no words."""
    if not statements.stems or not answer.stems:
        return {}
    table = _matches(statements, answer)
    weights, mass = statements.weights, float(statements.weights.sum())
    best, back = table.max(axis=1), table.max(axis=0)
    chosen = table.argmax(axis=1)
    serves = np.bincount(chosen)[chosen]
    firsts = list(statements.firsts)
    each = np.add.reduceat(best * weights, firsts) / np.add.reduceat(weights, firsts)
    matter = float((np.clip((back - NEAR) / (SAME - NEAR), 0.0, 1.0) * answer.weights).sum())
    both = _unit(weights @ statements.vectors) @ _unit(answer.weights @ answer.vectors)
    return {
        "recall": float(best @ weights) / mass,
        "gain": float(np.maximum(0.0, best - (1.0 - weights)).sum()) / mass,
        "spread": float((best / np.sqrt(serves)) @ weights) / mass,
        "meaning": float(both),
        "weakest": float(each.min()),
        "belonging": float(np.clip(back, 0.0, 1.0) @ answer.weights) / float(answer.weights.sum()),
        "amount": 1.0 - float(np.exp(-matter / max(1.0, ENOUGH * mass))),
    }


def _matches(statements: Words, answer: Words) -> Floats:
    table: Floats = statements.vectors @ answer.vectors.T
    places: dict[str, list[int]] = {}
    for column, word in enumerate(answer.stems):
        places.setdefault(word, []).append(column)
    for row, word in enumerate(statements.stems):
        for column in places.get(word, ()):
            table[row, column] = max(table[row, column], SAME_STEM)
    return table


def _without(vectors: Floats, direction: Floats) -> Floats:
    rest = vectors - np.outer(vectors @ direction, direction)
    lengths = np.linalg.norm(rest, axis=1, keepdims=True)
    return np.asarray(rest / np.maximum(lengths, 1e-9), np.float32)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)
