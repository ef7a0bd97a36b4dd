"""Isolation forest: what few random cuts set apart is unusual.

Source: Liu, Ting & Zhou 2008, Isolation forest, ICDM, algorithms 1–3 and equations 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluators.reference.arrays import Array


@dataclass(frozen=True)
class _Node:
    """A cut (`feature`, `value`, `below`, `above`) or, without children, a leaf with its size."""

    size: int
    feature: int = 0
    value: float = 0.0
    below: _Node | None = None
    above: _Node | None = None


def average_path(size: Array) -> Array:
    """Return the mean depth of an unsuccessful search in a binary tree of so many points: `2 H(n − 1) − 2 (n − 1) / n`.

    The harmonic number is `ln + γ`, the paper's approximation.
    """
    n = np.asarray(size, np.float64)
    safe = np.maximum(n, 3.0)
    depth = 2.0 * (np.log(safe - 1.0) + np.euler_gamma) - 2.0 * (safe - 1.0) / safe
    return np.where(n > 2, depth, np.where(n == 2, 1.0, 0.0))


def anomaly_score(depths: Array, leaf_sizes: Array, sample: int) -> Array:
    """Return `2^(−E[h] / c(sample))`: near 1 unusual, well below 0.5 ordinary.

    Args:
        depths: `(trees, n)` edges from the root to the leaf.
        leaf_sizes: `(trees, n)` points that the leaf still held: their missing levels are added on average.
        sample: points that each tree was grown from.
    """
    heights = (depths + average_path(leaf_sizes)).mean(axis=0)  # (n,)
    return 2.0 ** (-heights / average_path(np.array(sample)))  # type: ignore[no-any-return]


class IsolationForest:
    """Trees of random cuts, each grown from a small sample."""

    def __init__(self, x: Array, draws: np.random.Generator, trees: int = 100, sample: int = 256) -> None:
        self.sample = min(sample, len(x))
        limit = int(np.ceil(np.log2(max(self.sample, 2))))  # the unusual are set apart before this
        self._trees = [_grow(x[draws.choice(len(x), self.sample, replace=False)], limit, draws) for _ in range(trees)]

    def score(self, x: Array) -> Array:
        """Return each row's anomaly score, in (0, 1)."""
        depths, sizes = np.empty((2, len(self._trees), len(x)))
        for tree, depth, size in zip(self._trees, depths, sizes, strict=True):
            _descend(tree, x, np.arange(len(x)), 0, depth, size)
        return anomaly_score(depths, sizes, self.sample)


def _grow(x: Array, levels: int, draws: np.random.Generator) -> _Node:
    lowest, highest = x.min(axis=0), x.max(axis=0)
    varied = np.flatnonzero(highest > lowest)
    if not levels or not len(varied):
        return _Node(len(x))
    feature = int(draws.choice(varied))
    value = float(draws.uniform(lowest[feature], highest[feature]))
    below = x[:, feature] <= value
    return _Node(len(x), feature, value, _grow(x[below], levels - 1, draws), _grow(x[~below], levels - 1, draws))


def _descend(node: _Node, x: Array, rows: Array, level: int, depth: Array, size: Array) -> None:
    """Write the depth and the leaf's size of all rows that come to this node."""
    if node.below is None or node.above is None:
        depth[rows], size[rows] = level, node.size
        return
    below = x[rows, node.feature] <= node.value
    _descend(node.below, x, rows[below], level + 1, depth, size)
    _descend(node.above, x, rows[~below], level + 1, depth, size)
