"""A target, read once for all the answers that are measured against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from evaluators.text import misconceptions
from evaluators.text.alignment import Floats, Reading, joined, newness
from evaluators.text.target import Target
from evaluators.text.votes import Words, told

NOTHING = Reading("", (), (), np.zeros((0, 2), np.int64), np.zeros((0, 384), np.float32), (), (), (0.5, 0.4, 0.4))


class Wording(NamedTuple):
    """One way of saying a point, as it stands beside the question."""

    reading: Reading
    weights: Floats
    told: Words


@dataclass(frozen=True, slots=True)
class Prepared:
    """What answers are compared with.

    Attributes:
        points: of each point the ways of saying it, its own text first.
        told: all points as one, where they were split from a reference.
        wrongs: the misconceptions.
        truths: the points, in all wordings, and the corrections, beside which a misconception has to stand out.
        by_chance: of each point the shares that unrelated texts reach, 0 to 1; nothing where each has one wording.
    """

    question: Reading
    points: tuple[tuple[Wording, ...], ...]
    told: Words
    wrongs: tuple[misconceptions.Claim, ...]
    truths: tuple[misconceptions.Claim, ...]
    reference: Reading | None
    by_chance: tuple[tuple[float, ...], ...] = ()


def texts_of(target: Target) -> list[str]:
    """Return all texts of a target that have to be read."""
    points = [text for point in target.points for text in (point.text, *point.also)]
    wrongs = [text for wrong in target.wrongs for text in (wrong.statement, wrong.correction)]
    return [target.question, target.reference, *points, *wrongs]


def prepare(target: Target, known: Mapping[str, Reading]) -> Prepared:
    """Return the target, its texts taken from those that were read; a text that was not says nothing."""
    question = known.get(target.question, NOTHING)
    points = tuple(
        tuple(_worded(known.get(text, NOTHING), question) for text in (point.text, *point.also))
        for point in target.points
    )
    truths = [text for point in target.points for text in (point.text, *point.also)]
    truths += [wrong.correction for wrong in target.wrongs]
    claims = dict.fromkeys([*truths, *(wrong.statement for wrong in target.wrongs)] if target.wrongs else [])
    readings = {text: known[text] for text in claims if text in known}
    said = {text: misconceptions.claim(one, newness(one, question)) for text, one in readings.items()}
    return Prepared(
        question,
        points,
        told([point[0].reading for point in points] if target.reference else [], question),
        tuple(
            replace(said[wrong.statement], wrong=wrong, correction=said.get(wrong.correction))
            for wrong in target.wrongs
            if wrong.statement in said
        ),
        tuple(said[text] for text in truths if text in said and len(said[text].reading.words)),
        known.get(target.reference),
    )


def references(of: Prepared) -> list[Reading]:
    """Return what might be pasted or shuffled: the reference, or each point and all of them together."""
    if of.reference is not None:
        return [of.reference]
    points = [point[0].reading for point in of.points if len(point[0].reading.words) >= 4]
    return [*points, joined(points)] if len(points) > 1 else points


def _worded(reading: Reading, question: Reading) -> Wording:
    return Wording(reading, newness(reading, question), told([reading], question))
