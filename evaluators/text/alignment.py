"""How much of a statement an answer says: every content word of the statement looks for its best match in the answer.

Source: Zhang et al. 2020, BERTScore, arXiv:1904.09675 (recall, greedy matching), over word vectors instead of word
pieces, each word weighted by how little the question already says of it: a copied question earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from evaluators.text.evidence import Span, sentences
from evaluators.text.language import FUNCTION_WORDS, WORD, stem
from knowledge.encoder import TokenStates

Floats = NDArray[np.float32]

SAME_STEM = (
    0.9  # similarity of two words with one stem, whatever their contexts; measured: +.01 to +.02 r on three sets
)
FLOW = 240  # word pieces whose neighbourhood is looked at
LEAST_WEIGHT = 0.02  # of a word that the question itself says


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as its content words, with their vectors.

    Attributes:
        text: what was read.
        words: content words in lower case; `stems` the same without endings.
        spans: `(n, 2)` where each stands in the text.
        vectors: `(n, 384)`, the mean of a word's pieces, length 1.
        pieces: for every word of the text, content or not, how many word pieces it took and its length.
        starts: for every word of the text where it starts.
        flow: how near the states of neighbouring pieces, of next neighbours and of any two are to each other.
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    spans: NDArray[np.int64]
    vectors: Floats
    pieces: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    flow: tuple[float, float, float]

    def within(self, span: Span) -> NDArray[np.bool_]:
        """Return which words stand in the span."""
        starts = self.spans[:, 0]
        inside: NDArray[np.bool_] = (starts >= span.start) & (starts < span.end)
        return inside

    def without(self, left_out: Sequence[Span]) -> Reading:
        """Return the reading without the words of some stretches, which are blank in its text."""
        kept = ~np.any([self.within(span) for span in left_out], axis=0)
        text = self.text
        for start, end in left_out:
            text = text[:start] + " " * (end - start) + text[end:]
        return replace(
            self,
            text=text,
            words=tuple(compress(self.words, kept)),
            stems=tuple(compress(self.stems, kept)),
            spans=self.spans[kept],
            vectors=self.vectors[kept],
        )


def read(text: str, states: TokenStates) -> Reading:
    """Return the text as content words: the pieces of one word are taken together, function words are left out."""
    starts = states.offsets[:, 0] if len(states.tokens) else np.zeros(0, np.int64)
    matches = list(WORD.finditer(text))
    begins = [match.start() for match in matches]
    firsts = np.searchsorted(starts, begins).tolist()  # for all words at once: a call a word took a tenth of a read
    lasts = np.searchsorted(starts, [match.end() for match in matches]).tolist()
    kept: list[str] = []
    spans: list[tuple[int, int]] = []
    bounds: list[tuple[int, int]] = []
    pieces: list[tuple[int, int]] = []
    for match, first, last in zip(matches, firsts, lasts, strict=True):
        word = match[0].lower()
        pieces.append((last - first, len(word)))
        if word in FUNCTION_WORDS or last <= first:
            continue
        kept.append(word)
        spans.append(match.span())
        bounds.append((first, last))
    if not kept:
        vectors = np.zeros((0, 384), np.float32)
    else:
        edges = np.array([edge for bound in bounds for edge in bound])
        rows = np.vstack([states.states, np.zeros((1, 384), np.float32)])  # reduceat takes no edge past the end
        vectors = np.add.reduceat(rows, edges, axis=0)[::2]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    stems = tuple(stem(word) for word in kept)
    places = np.array(spans, np.int64).reshape(-1, 2)
    flow = _flow(states.states[:FLOW])
    return Reading(text, tuple(kept), stems, places, vectors, tuple(pieces), tuple(begins), flow)


def joined(readings: Sequence[Reading]) -> Reading:
    """Return several readings as one text, words after words; its spans are those of the parts."""
    return Reading(
        " ".join(one.text for one in readings),
        tuple(word for one in readings for word in one.words),
        tuple(word for one in readings for word in one.stems),
        np.vstack([one.spans for one in readings]),
        np.vstack([one.vectors for one in readings]),
        tuple(piece for one in readings for piece in one.pieces),
        tuple(start for one in readings for start in one.starts),
        readings[0].flow,
    )


def _flow(states: Floats) -> tuple[float, float, float]:
    if len(states) < 3:
        return 0.5, 0.4, 0.4
    table = states @ states.T
    anyway = (float(table.sum()) - len(states)) / (len(states) * (len(states) - 1))
    return float(np.diagonal(table, 1).mean()), float(np.diagonal(table, 2).mean()), anyway


def newness(statement: Reading, question: Reading) -> Floats:
    """Return for each word of the statement how much it says beyond the question, from 0.02 to 1."""
    if not len(question.words) or not len(statement.words):
        return np.ones(len(statement.words), np.float32)
    said = (statement.vectors @ question.vectors.T).max(axis=1)
    weights: Floats = np.clip(1.0 - said, LEAST_WEIGHT, 1.0).astype(np.float32)
    return weights


def similarity(statement: Reading, answer: Reading) -> Floats:
    """Return `(words of the statement, words of the answer)`: how well each pair matches."""
    table: Floats = statement.vectors @ answer.vectors.T
    if table.size:
        places: dict[str, list[int]] = {}
        for column, word in enumerate(answer.stems):
            places.setdefault(word, []).append(column)
        for row, word in enumerate(statement.stems):
            for column in places.get(word, ()):
                table[row, column] = max(table[row, column], SAME_STEM)
    return table


def recall(table: Floats, weights: Floats) -> float:
    """Return the weighted mean, over the statement's words, of the best match of each."""
    if not table.size:
        return 0.0
    return float((table.max(axis=1) * weights).sum() / weights.sum())


def gain(table: Floats, weights: Floats) -> float:
    """Return how far the answer goes beyond what the question says of the statement, 0 to 1.

    A word of the statement that the question matches by `1 - weight` counts only by how much the answer matches better.
    """
    if not table.size:
        return 0.0
    return float(np.maximum(0.0, table.max(axis=1) - (1.0 - weights)).sum() / weights.sum())


@dataclass(frozen=True, slots=True)
class Aligned:
    """A statement found in an answer.

    Attributes:
        whole: recall over all of the answer.
        beyond: gain over all of the answer.
        local: recall in the best window of two sentences.
        window: where that window stands, None in an empty answer.
        sentence: the best single sentence, which is what gets quoted.
    """

    whole: float
    beyond: float
    local: float
    window: Span | None
    sentence: Span | None


def align(statement: Reading, weights: Floats, answer: Reading, spans: Sequence[Span] | None = None) -> Aligned:
    """Return how much of the statement the answer says, and where it says it."""
    table = similarity(statement, answer)
    if not table.size:
        return Aligned(0.0, 0.0, 0.0, None, None)
    spans = sentences(answer.text) if spans is None else spans
    firsts = np.searchsorted(answer.spans[:, 0], [span.start for span in spans])
    filled = [i for i, first in enumerate(firsts) if first < (firsts[i + 1] if i + 1 < len(firsts) else table.shape[1])]
    if not filled:
        return Aligned(recall(table, weights), gain(table, weights), 0.0, None, None)
    best = np.maximum.reduceat(table, firsts[filled], axis=1)  # (words, sentences)
    single = weights @ best / weights.sum()
    pairs = weights @ np.maximum(best[:, :-1], best[:, 1:]) / weights.sum() if len(filled) > 1 else single
    at, pair = int(single.argmax()), int(pairs.argmax())
    window = Span(spans[filled[pair]].start, spans[filled[min(pair + 1, len(filled) - 1)]].end)
    return Aligned(recall(table, weights), gain(table, weights), float(pairs[pair]), window, spans[filled[at]])
