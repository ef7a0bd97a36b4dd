"""Whether an answer belongs to its question: the share of it that neither the question nor the reference speaks of.

Recall asks how much of a reference is said; an answer to another question of the same course says much of it by
accident, beside much that belongs elsewhere. Measured on good answers to other questions of four graded sets, capping
by this lets .4 to 2.8 % of them pass instead of .8 to 5.2 %, takes 0 to .004 from Pearson's r, and puts 1 to 2 % of
full-mark answers under half the marks. On the fifth set (Beetle) a fifth of the other questions has nearly the same
reference: 32 % become 27 %, and no mixture of 26 features, fitted on other questions of the set, lets 5 % pass without
failing 61 % of the right answers. Nor does it help to know the set's other references, and to ask whether one of them
fits better: on Beetle it does for 72 % of the right answers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluators.text.alignment import Reading, similarity

ELSEWHERE_CAP = 0.4  # under what it is worth to say that one does not know
BESIDE, BESIDE_CAP = 0.85, 2.4  # just under half the marks


class Belonging(NamedTuple):
    """How far an answer belongs to its question, from about 0 to 2, and what unrelated prose reaches by chance."""

    share: float
    by_chance: float


def belonging(answer: Reading, question: Reading, reference: Reading) -> Belonging:
    """Return how far the answer's words are those of the question or the reference.

    It is the mean best match of each of the answer's words in either of them, and the cosine of the mean word vectors
    of answer and reference. By chance it grows with the words among which a match is looked for: .4 for a reference of
    eight content words, .6 for one of 150; 0 to 2.1 % of full-mark answers lie under that.
    """
    if not len(answer.words) or not len(reference.words):
        return Belonging(0.0, 0.0)
    best = similarity(reference, answer).max(axis=0)
    if len(question.words):
        best = np.maximum(best, similarity(question, answer).max(axis=0))
    one, other = answer.vectors.mean(axis=0), reference.vectors.mean(axis=0)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    share = float(best.mean()) + float(one @ other) / max(lengths, 1e-9)
    return Belonging(share, 0.25 + 0.07 * float(np.log(len(reference.words))))


def limit(belongs: Belonging) -> tuple[float, str] | None:
    """Return the most that an answer of this belonging can be worth, and why; None where it is not limited."""
    if belongs.share < belongs.by_chance:
        return ELSEWHERE_CAP, "it speaks of something else; to say that one does not know is worth more"
    if belongs.share < BESIDE:
        return BESIDE_CAP, "much of what is said belongs neither to the question nor to its reference"
    return None
