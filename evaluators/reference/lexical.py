"""Words as evidence: n-grams weighted by TF-IDF, and BM25.

Source: Spärck Jones 1972, on inverse document frequency; Robertson & Zaragoza 2009, The probabilistic relevance
framework: BM25 and beyond.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluators.reference.arrays import Array

_WORD = re.compile(r"\b\w\w+\b")  # two letters or more


def words(text: str) -> list[str]:
    """Return the words in lower case."""
    return [match.group() for match in _WORD.finditer(text.lower())]


def n_grams(tokens: Sequence[str], longest: int) -> list[str]:
    """Return all runs of 1 to `longest` tokens, joined by spaces."""
    return [
        " ".join(tokens[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(tokens) - size + 1)
    ]


class TfIdf:
    """Vectors of n-gram counts times `ln((1 + n) / (1 + df)) + 1`, of length 1."""

    def __init__(self, documents: Sequence[str], longest: int = 2) -> None:
        self.longest = longest
        present = Counter(gram for document in documents for gram in set(n_grams(words(document), longest)))
        self.vocabulary = {gram: index for index, gram in enumerate(sorted(present))}
        frequency = np.array([present[gram] for gram in self.vocabulary], np.float64)
        self.idf = np.log((1.0 + len(documents)) / (1.0 + frequency)) + 1.0

    def transform(self, documents: Sequence[str]) -> Array:
        """Return `(n, vocabulary)`; n-grams never seen are left out."""
        counts = np.zeros((len(documents), len(self.vocabulary)))
        for row, document in zip(counts, documents, strict=True):
            for gram in n_grams(words(document), self.longest):
                if gram in self.vocabulary:
                    row[self.vocabulary[gram]] += 1.0
        weighted = counts * self.idf
        lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
        np.divide(weighted, lengths, out=weighted, where=lengths > 0)
        return weighted


class BM25:
    """Scores documents for a query; repeats help less and less, long documents are discounted."""

    def __init__(self, documents: Sequence[Sequence[str]], k1: float = 1.5, b: float = 0.75) -> None:
        self.k1, self.b = k1, b
        self.lengths = np.array([len(document) for document in documents], np.float64)
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for number, document in enumerate(documents):
            for term, count in Counter(document).items():
                self._postings.setdefault(term, []).append((number, count))

    def idf(self, term: str) -> float:
        """Return `ln(1 + (n − df + ½) / (df + ½))`, which is never negative."""
        frequency = len(self._postings.get(term, ()))
        return math.log1p((len(self.lengths) - frequency + 0.5) / (frequency + 0.5))

    def scores(self, query: Sequence[str]) -> Array:
        """Return each document's score; a term that is asked for twice counts twice."""
        scores = np.zeros(len(self.lengths))
        mean = self.lengths.mean() if len(self.lengths) else 1.0
        for term, times in Counter(query).items():
            for number, count in self._postings.get(term, ()):
                room = self.k1 * (1.0 - self.b + self.b * self.lengths[number] / mean)
                scores[number] += times * self.idf(term) * count * (self.k1 + 1.0) / (count + room)
        return scores
