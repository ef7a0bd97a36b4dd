"""Splitting data, and reading from the splits whether a model is too simple or too free.

Source: Hastie, Tibshirani & Friedman 2009, The elements of statistical learning, chapter 7; Kohavi 1995, on stratified
cross-validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluators.reference.arrays import Array


def k_fold(count: int, folds: int, draws: np.random.Generator | None = None) -> list[tuple[Array, Array]]:
    """Return `(train, test)` index arrays; every index is tested once, and the remainder goes to the first folds.

    Raises:
        ValueError: fewer than two folds, or more folds than indices.
    """
    if not 2 <= folds <= count:
        raise ValueError(f"{folds} folds of {count} examples")
    order = np.arange(count) if draws is None else draws.permutation(count)
    parts = np.array_split(order, folds)
    return [(np.concatenate(parts[:index] + parts[index + 1 :]), part) for index, part in enumerate(parts)]


def stratified_k_fold(labels: Array, folds: int, draws: np.random.Generator | None = None) -> list[tuple[Array, Array]]:
    """Return folds in which every class has its share, up to one example.

    Each class is dealt out like cards, and the next class goes on where the last one stopped: the folds differ in
    size by one at most.
    """
    fold_of = np.empty(len(labels), np.int64)
    dealt = 0
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if draws is not None:
            members = draws.permutation(members)
        fold_of[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(folds)]


def learning_curve(
    fit: Callable[[Array, Array], Callable[[Array], Array]],
    error: Callable[[Array, Array], float],
    train: tuple[Array, Array],
    held_out: tuple[Array, Array],
    sizes: Sequence[int],
) -> tuple[list[float], list[float]]:
    """Return the errors on what was learned from and on what was held out, for growing amounts of data.

    Args:
        fit: `(x, y) -> predict`.
        error: `(truth, prediction) -> number`, without any penalty of the fit in it.
        train: examples to learn from; the first `size` are used.
        held_out: examples that no fit sees.
        sizes: amounts of data.
    """
    on_train, on_held_out = [], []
    for size in sizes:
        x, y = train[0][:size], train[1][:size]
        predict = fit(x, y)
        on_train.append(error(y, predict(x)))
        on_held_out.append(error(held_out[1], predict(held_out[0])))
    return on_train, on_held_out


class BiasVariance(NamedTuple):
    """Expected squared error, taken apart: `total = bias_squared + variance + noise`."""

    bias_squared: float
    variance: float
    noise: float
    total: float


def bias_variance(predictions: Array, truth: Array, noise: float) -> BiasVariance:
    """Return the parts of the error of many fits.

    Args:
        predictions: `(fits, points)`, one row for each training set drawn.
        truth: `(points,)`, the function without noise.
        noise: variance of the noise.
    """
    bias_squared = float(np.mean((predictions.mean(axis=0) - truth) ** 2))
    variance = float(predictions.var(axis=0).mean())
    return BiasVariance(bias_squared, variance, noise, bias_squared + variance + noise)
