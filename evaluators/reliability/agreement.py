"""How far scores agree with people: correlation with its uncertainty, error, kappa, order within a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.models import Frozen

Values = NDArray[np.float64]


class Agreement(Frozen):
    """Agreement of two lists of grades; None where it is not defined (a constant, or no pairs).

    Attributes:
        answers: how many.
        pearson: with its 95 % interval `pearson_interval`, by resampling whole questions.
        spearman: rank correlation, ties shared.
        error: root mean square error, on the scale of the grades.
        kappa: Cohen's, quadratically weighted, over `levels` equal steps.
        within: of two answers to one question with different grades, the share that the scores order as the grades do.
    """

    answers: int
    pearson: float | None
    pearson_interval: tuple[float, float] | None
    spearman: float | None
    error: float
    kappa: float | None
    within: float | None


def agreement(
    scores: Sequence[float] | Values,
    grades: Sequence[float] | Values,
    groups: Sequence[str],
    top: float = 5.0,
    resamples: int = 400,
) -> Agreement:
    """Return how far scores and grades, both from 0 to `top`, agree."""
    x, y = np.asarray(scores, float), np.asarray(grades, float)
    return Agreement(
        answers=len(x),
        pearson=pearson(x, y),
        pearson_interval=interval(x, y, groups, pearson, resamples),
        spearman=pearson(ranks(x), ranks(y)),
        error=float(np.sqrt(np.mean((x - y) ** 2))),
        kappa=weighted_kappa(x, y, top),
        within=within_groups(x, y, groups),
    )


def pearson(x: Values, y: Values) -> float | None:
    """Return Pearson's r, None when either is constant."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def ranks(x: Values) -> Values:
    """Return the ranks, equal values sharing their mean rank."""
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Values = ends - (counts - 1) / 2.0
    return means[place]


def weighted_kappa(x: Values, y: Values, top: float = 5.0, levels: int = 6) -> float | None:
    """Return Cohen's kappa with quadratic weights after rounding both to `levels` equal steps from 0 to `top`.

    Source: Cohen 1968.
    """
    one, other = (np.clip(np.rint(v / top * (levels - 1)), 0, levels - 1).astype(int) for v in (x, y))
    seen = np.zeros((levels, levels))
    np.add.at(seen, (one, other), 1.0)
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / len(x)
    steps = np.arange(levels)
    cost = (steps[:, None] - steps[None, :]) ** 2
    expected = float((cost * chance).sum())
    return None if expected == 0 else 1.0 - float((cost * seen).sum()) / expected


def within_groups(x: Values, y: Values, groups: Sequence[str]) -> float | None:
    """Return the share of pairs of one question that the scores order as the grades do; a tie in scores is half."""
    names = np.asarray(groups)
    right = pairs = 0.0
    for name in dict.fromkeys(groups):
        chosen = names == name
        a, b = x[chosen], y[chosen]
        order = np.sign(b[:, None] - b[None, :])
        upper = np.triu(order != 0, 1)
        same = np.sign(a[:, None] - a[None, :]) * order
        right += float(((same > 0) & upper).sum() + 0.5 * ((same == 0) & upper).sum())
        pairs += float(upper.sum())
    return right / pairs if pairs else None


def interval(
    x: Values,
    y: Values,
    groups: Sequence[str],
    statistic: Callable[[Values, Values], float | None],
    resamples: int = 400,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the 95 % bootstrap interval; whole questions are drawn, because answers to one are alike."""
    names = np.asarray(groups)
    rows = [np.flatnonzero(names == name) for name in dict.fromkeys(groups)]
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = np.concatenate([rows[i] for i in chance.integers(0, len(rows), len(rows))])
        value = statistic(x[drawn], y[drawn])
        if value is not None:
            found.append(value)
    if len(found) < resamples / 2:
        return None
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
