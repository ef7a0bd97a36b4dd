"""SMOTE: new minority examples on the lines between neighbours that exist.

Source: Chawla et al. 2002, SMOTE: synthetic minority over-sampling technique, JAIR 16, arXiv:1106.1813.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evaluators.reference.arrays import Array


def nearest_neighbours(x: Array, k: int) -> Array:
    """Return `(n, k)` indices of each row's nearest other rows, nearest first.

    Raises:
        ValueError: there are not `k` others.
    """
    if k >= len(x):
        raise ValueError(f"{k} neighbours of {len(x)} examples")
    squares = np.sum(x * x, axis=1)
    distances = squares[:, None] + squares - 2.0 * x @ x.T  # (n, n)
    np.fill_diagonal(distances, np.inf)  # nobody is a neighbour of itself
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def interpolate(minority: Array, k: int, base: Array, neighbour: Array, gap: Array) -> Array:
    """Return `x + gap · (neighbour − x)` for given choices.

    Args:
        minority: `(n, d)`, rows of the minority class alone.
        k: how many neighbours are considered.
        base: `(m,)` which row to start from.
        neighbour: `(m,)` which of its `k` neighbours to go towards, 0 the nearest.
        gap: `(m,)` how far, in `[0, 1]`.
    """
    towards = minority[nearest_neighbours(minority, k)[base, neighbour]]  # (m, d)
    made: Array = minority[base] + gap[:, None] * (towards - minority[base])
    return made


def smote(minority: Array, count: int, draws: np.random.Generator, k: int = 5) -> Array:
    """Return `count` synthetic rows. Apply it inside each training fold, never before the split."""
    base = draws.integers(0, len(minority), count)
    return interpolate(minority, k, base, draws.integers(0, k, count), draws.random(count))
