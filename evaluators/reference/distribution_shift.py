"""Has the data changed? The Kolmogorov–Smirnov test and the population stability index.

Source: Smirnov 1948; the limiting distribution, Press et al., Numerical Recipes, section 14.3.3; the index, Siddiqi
2006, Credit risk scorecards, chapter 8.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluators.reference.arrays import Array


class KolmogorovSmirnov(NamedTuple):
    """The largest distance of the two distribution functions, and how likely one as large is by chance."""

    statistic: float
    p_value: float


def ks_test(first: Array, second: Array) -> KolmogorovSmirnov:
    """Return the two-sided test of two samples; the p-value is that of large samples."""
    everywhere = np.concatenate([first, second])
    first_share = np.searchsorted(np.sort(first), everywhere, side="right") / len(first)
    second_share = np.searchsorted(np.sort(second), everywhere, side="right") / len(second)
    statistic = float(np.abs(first_share - second_share).max())
    effective = len(first) * len(second) / (len(first) + len(second))
    return KolmogorovSmirnov(statistic, _kolmogorov_tail(float(np.sqrt(effective)) * statistic))


def population_stability_index(expected: Array, actual: Array, bins: int = 10, floor: float = 1e-4) -> float:
    """Return `Σ (a − e) ln(a / e)` over bins of the expected sample's quantiles.

    By custom, under 0.1 is stable and over 0.25 a shift. Empty bins count as `floor`, or one of them would be infinite.
    """
    cuts = np.quantile(expected, np.linspace(0.0, 1.0, bins + 1)[1:-1])
    e, a = (np.bincount(np.searchsorted(cuts, x, side="right"), minlength=bins) / len(x) for x in (expected, actual))
    e, a = np.maximum(e, floor), np.maximum(a, floor)
    return float(np.sum((a - e) * np.log(a / e)))


def _kolmogorov_tail(x: float) -> float:
    """Return `P(K > x)`; two series, each used where it converges at once."""
    if x <= 0.0:
        return 1.0
    terms = np.arange(1, 101)
    if x < 1.18:
        series = np.exp(-((2.0 * terms - 1.0) ** 2) * np.pi**2 / (8.0 * x * x)).sum()
        return float(np.clip(1.0 - np.sqrt(2.0 * np.pi) / x * series, 0.0, 1.0))
    return float(np.clip(2.0 * np.sum((-1.0) ** (terms - 1) * np.exp(-2.0 * terms**2 * x * x)), 0.0, 1.0))
