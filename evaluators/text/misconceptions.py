"""Known wrong claims of a question, matched as statements, by the signs that the pack lists or else by their words.

The offline scorer cannot see contradiction in general. A list of what candidates get wrong is what a technical
interview can have and a general grader cannot. The encoder alone does not tell a mistake from its correction: at one
per cent of false alarms no threshold, contrast with the correction or fitted mixture of both passed one paraphrase in
ten. So it only says whether a sentence is about the same thing; the pack's signs say which side of it is taken. A
misconception without signs is found when it is said in nearly its own words, bound the same way, with the same sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluators.score import MisconceptionFound
from evaluators.text.alignment import Floats, Reading, similarity
from evaluators.text.evidence import Span, quote
from evaluators.text.polarity import opposed, reported
from evaluators.text.retraction import taken_back
from evaluators.text.signs import SET_ASIDE, Sentence
from evaluators.text.target import Wrong

Columns = NDArray[np.bool_]

NEAR = 0.4  # least nearness of a sentence with the signs: of 32 true ones on related questions it leaves 8
SURE = 0.70  # least agreement of the clause that agrees least; see tests/evaluators/text/test_misconceptions.py
MARGIN = 0.02  # by which the wrong claim must be nearer than anything true
_CLAUSE = re.compile(
    r"[;:,]\s+(?:and|but|while|whereas|so|which|because)?\s*|(?<!\s)\s+(?:and|but|while|whereas|so that|because)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement ready to be compared.

    Attributes:
        reading: the statement's words.
        weights: how much each word says beyond the question, at least 0.3: names bind, even when the question has them.
        clauses: which words stand in each of its clauses.
        wrong: the misconception that it is; None if it is true.
        correction: what is true instead, where it is one.
    """

    reading: Reading
    weights: Floats
    clauses: tuple[Span, ...]
    wrong: Wrong | None = None
    correction: Claim | None = None


class Found(NamedTuple):
    """The misconceptions that an answer holds, and those that it states and takes back.

    Attributes:
        held: those that it holds.
        taken_back: the ids of the others.
        withdrawn: where each sentence that is taken back stands, and the one that does it.
    """

    held: list[MisconceptionFound]
    taken_back: list[str]
    withdrawn: dict[Span, Span]


def claim(reading: Reading, weights: Floats) -> Claim:
    """Return the statement with its clauses; each clause has at least two content words."""
    return Claim(reading, np.maximum(weights, 0.3), tuple(_clauses(reading)))


def find(answer: Reading, spans: Sequence[Span], wrongs: Sequence[Claim], truths: Sequence[Claim]) -> Found:
    """Return the misconceptions that the answer states, each where it says it most clearly."""
    said = [(span, Sentence(answer.text[span.start : span.end])) for span in spans if answer.within(span).any()]
    stated: list[tuple[Span, MisconceptionFound]] = []
    withdrawn: dict[Span, Span] = {}
    for claimed in wrongs:
        if (wrong := claimed.wrong) is None:
            continue
        where, sure = (
            _by_signs(claimed, wrong, answer, said) if wrong.signs else _by_words(claimed, answer, spans, truths)
        )
        if where is None:
            continue
        if (by := _taken_back(claimed, wrong, answer, spans, where)) is not None:
            withdrawn[where] = by
        evidence = quote(answer.text, where.start, where.end)
        confidence = round(min(1.0, sure), 2)
        found = MisconceptionFound(id=wrong.id, evidence=evidence, correction=wrong.correction, confidence=confidence)
        stated.append((where, found))
    # A sentence that is taken back for one of the mistakes in it is taken back for all.
    return Found(
        [found for where, found in stated if where not in withdrawn],
        [found.id for where, found in stated if where in withdrawn],
        withdrawn,
    )


def _taken_back(claimed: Claim, wrong: Wrong, answer: Reading, spans: Sequence[Span], where: Span) -> Span | None:
    def true(span: Span) -> float:
        said = claimed.correction
        if said is None or repeated(span) or opposed(wrong.correction, answer.text[slice(*span)]):
            return 0.0
        return nearness(said, answer, span)

    def repeated(span: Span) -> bool:
        return bool(wrong.signs) and Sentence(answer.text[slice(*span)]).shows(wrong.signs, wrong.unless)

    return taken_back(answer.text, spans, where, true, repeated)


def _by_signs(
    claimed: Claim, wrong: Wrong, answer: Reading, said: Sequence[tuple[Span, Sentence]]
) -> tuple[Span | None, float]:
    """Return the sentence that shows the signs and is nearest to the statement, and how near that is."""
    shown = [span for span, sentence in said if not sentence.reported and sentence.shows(wrong.signs, wrong.unless)]
    near = [(nearness(claimed, answer, span), span) for span in shown]
    best, where = max(near, default=(0.0, None), key=lambda one: one[0])
    return (where, best) if best >= NEAR else (None, best)


def _by_words(
    wrong: Claim, answer: Reading, spans: Sequence[Span], truths: Sequence[Claim]
) -> tuple[Span | None, float]:
    """Return the sentence that has the statement's words, bound the same way, and how well they agree."""
    table = similarity(wrong.reading, answer)
    best, where = 0.0, None
    for span in spans:
        sure = _agreement(wrong, table, answer, span)
        if sure > best and _stated(wrong, answer, span):
            best, where = sure, span
    if where is None or best < SURE:
        return None, best
    sentence = answer.text[where.start : where.end]
    truth = max(
        (nearness(true, answer, where) for true in truths if not opposed(true.reading.text, sentence)), default=0.0
    )
    return (where if truth <= nearness(wrong, answer, where) - MARGIN else None), best


def _stated(wrong: Claim, answer: Reading, span: Span) -> bool:
    sentence = answer.text[span.start : span.end]
    return not (opposed(wrong.reading.text, sentence) or reported(sentence) or SET_ASIDE.search(sentence))


def _agreement(wrong: Claim, table: Floats, answer: Reading, span: Span) -> float:
    """Return how well the clause that fits least fits into one clause of the sentence."""
    starts = answer.spans[:, 0]
    inside = (starts >= span.start) & (starts < span.end)
    if not inside.any():
        return 0.0
    parts = [(starts >= part.start) & (starts < part.end) for part in _spans_within(answer, span)]
    places = [columns for columns in parts if columns.sum() >= 2]
    if len(wrong.clauses) == 1 or len(places) < 2:
        places = [inside]
    return min(_held(wrong, clause, table, answer, places, inside) for clause in wrong.clauses)


def _held(
    wrong: Claim, clause: Span, table: Floats, answer: Reading, places: Sequence[Columns], inside: Columns
) -> float:
    """Return how well one clause is held by one place of the sentence, the words bound together as in the clause.

    A word of the clause that the sentence has too, but in another place, is bound to something else there.
    """
    rows = np.flatnonzero((wrong.reading.spans[:, 0] >= clause.start) & (wrong.reading.spans[:, 0] < clause.end))
    weights = wrong.weights[rows]
    said = {answer.stems[column] for column in np.flatnonzero(inside)}
    best = 0.0
    for columns in places:
        here = {answer.stems[column] for column in np.flatnonzero(columns)}
        elsewhere = any(wrong.reading.stems[row] in said - here for row in rows)
        value = float((table[rows][:, columns].max(axis=1) * weights).sum() / weights.sum())
        best = max(best, value * (0.5 if elsewhere else 1.0))
    return best


def nearness(statement: Claim, answer: Reading, span: Span) -> float:
    """Return how near a sentence of the answer is to a statement, seen from both sides."""
    columns = answer.within(span)
    table = similarity(statement.reading, answer)[:, columns]
    if not table.size:
        return 0.0
    there = float((table.max(axis=1) * statement.weights).sum() / statement.weights.sum())
    back = float(table.max(axis=0).mean())
    return 2 * there * back / (there + back + 1e-9)


def _spans_within(answer: Reading, span: Span) -> list[Span]:
    edges = [span.start, *(match.start() for match in _CLAUSE.finditer(answer.text, span.start, span.end))]
    return [Span(first, last) for first, last in zip(edges, [*edges[1:], span.end], strict=True)]


def _clauses(reading: Reading) -> list[Span]:
    whole = Span(0, len(reading.text))
    if not len(reading.words):
        return [whole]
    parts: list[Span] = []
    for part in _spans_within(reading, whole):
        if parts and (reading.within(part).sum() < 2 or reading.within(parts[-1]).sum() < 2):
            parts[-1] = Span(parts[-1].start, part.end)
        else:
            parts.append(part)
    if len(parts) > 1 and reading.within(parts[-1]).sum() < 2:
        parts[-2:] = [Span(parts[-2].start, parts[-1].end)]
    return parts if all(reading.within(part).any() for part in parts) else [whole]
