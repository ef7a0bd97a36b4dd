"""Several classifiers as one.

Source: Dietterich 2000, Ensemble methods in machine learning; soft voting, Kittler et al. 1998, On combining
classifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evaluators.reference.arrays import Array


def soft_vote(probabilities: Array, weights: Array | None = None) -> Array:
    """Return `(n, classes)`: the weighted mean of `(models, n, classes)` probabilities."""
    return np.average(probabilities, axis=0, weights=weights)


def hard_vote(labels: Array, classes: int, weights: Array | None = None) -> Array:
    """Return `(n,)`: the class with the most votes of `(models, n)` labels; ties go to the lowest class number."""
    weights = np.ones(len(labels)) if weights is None else weights
    votes = np.zeros((labels.shape[1], classes))
    for row, weight in zip(labels, weights, strict=True):
        votes[np.arange(len(row)), row] += weight
    winners: Array = votes.argmax(axis=1)
    return winners
