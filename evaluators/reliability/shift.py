"""One part of the scores against another: three tests, decided after Holm's correction over all that were made.

The unit is the interview, not the answer: answers of one interview come from one person, so a test that takes them for
independent draws finds shifts that are not there. Three things are compared: the distribution of scores by the
two-sample Kolmogorov–Smirnov test, the same by the population stability index, and the share of answers that got no
score, because a judge that breaks does not score lower: it falls silent.

Source: Holm 1979; distribution of the index, Yurdakul 2018, Statistical properties of the population stability index.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.distribution_shift import ks_test, population_stability_index
from knowledge.models import Frozen

Values = NDArray[np.float64]
_Key = TypeVar("_Key", bound=Hashable)

ALPHA = 0.05
LEAST_POINTS = 0.3  # of 5: a smaller difference of means changes hardly a verdict
LEAST_PSI = 0.25  # the customary limit
LEAST_UNSCORED = 0.1  # difference of the shares that got no score


class Part(NamedTuple):
    """The records of one segment in a span of time: a mean score and a share without a score for each interview."""

    scores: Values
    unscored: Values
    answers: int


class Comparison(Frozen):
    """A window against its baseline.

    Attributes:
        points: mean now minus mean before, of 5, with its 95 % interval `points_interval`.
        ks, ks_p: the largest distance of the distribution functions; its p-value.
        psi, psi_p: the index; its p-value, since on small samples chance alone exceeds the customary limits.
        unscored: share of answers without a score now minus before, with its p-value `unscored_p`.
        adjusted: the smallest of the three p-values, after Holm's correction over all segments where it was made.
        shifted: what changed by more than chance and by enough to matter; empty when nothing did.
    """

    start: date
    interviews: int
    baseline_interviews: int
    points: float
    points_interval: tuple[float, float]
    ks: float
    ks_p: float
    psi: float
    psi_p: float
    unscored: float
    unscored_p: float
    adjusted: float = 1.0
    shifted: Literal["", "scores", "unscored"] = ""


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values after Holm's correction, which holds whatever their dependence."""
    order = np.argsort(p_values, kind="stable")
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted


def joined(parts: Sequence[Part]) -> Part:
    """Return several spans as one."""
    nothing = np.zeros(0)
    return Part(
        np.concatenate([nothing, *(part.scores for part in parts)]),
        np.concatenate([nothing, *(part.unscored for part in parts)]),
        sum(part.answers for part in parts),
    )


def compare(start: date, now: Part, before: Part) -> Comparison:
    """Return the three tests of one span against another; nothing is decided yet."""
    ks, ks_p, psi, psi_p, points, half = 0.0, 1.0, 0.0, 1.0, 0.0, 0.0
    if min(len(now.scores), len(before.scores)) >= 2:
        ks, ks_p = ks_test(before.scores, now.scores)
        psi, psi_p = _stability(before.scores, now.scores)
        points = float(now.scores.mean() - before.scores.mean())
        half = 1.96 * float(np.sqrt(sum(x.var(ddof=1) / len(x) for x in (now.scores, before.scores))))
    return Comparison(
        start=start,
        interviews=len(now.unscored),
        baseline_interviews=len(before.unscored),
        points=points,
        points_interval=(points - half, points + half),
        ks=ks,
        ks_p=ks_p,
        psi=psi,
        psi_p=psi_p,
        unscored=float(now.unscored.mean() - before.unscored.mean()),
        unscored_p=ks_test(before.unscored, now.unscored).p_value,
    )


def _stability(before: Values, now: Values) -> tuple[float, float]:
    """Return the index, and how likely bins as different are by chance: the χ² test of the same counts.

    The index itself is nearly a χ² over `1/n + 1/m`, but its logarithm has the heavier tail: at a nominal 0.1 % it
    called 0.25 to 0.55 % of equal samples different, the test 0.1 %.
    """
    from scipy.special import chdtrc

    fewer = min(len(before), len(now))
    bins = int(np.clip(fewer // 10, 3, 10))
    index = population_stability_index(before, now, bins, floor=0.5 / fewer)
    cuts = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))  # ties leave fewer bins
    e, a = (np.bincount(np.searchsorted(cuts, x, side="right"), minlength=len(cuts) + 1) for x in (before, now))
    filled = (e + a) > 0
    ratio = np.sqrt(len(now) / len(before))
    statistic = float(np.sum((a[filled] / ratio - e[filled] * ratio) ** 2 / (a + e)[filled]))
    return index, float(chdtrc(max(1, int(filled.sum()) - 1), statistic))


def corrected(found: Mapping[_Key, Comparison]) -> Iterator[tuple[_Key, Comparison]]:
    """Yield the comparisons, decided after Holm's correction over all of them and their three tests."""
    adjusted = holm([p for c in found.values() for p in (c.ks_p, c.psi_p, c.unscored_p)])
    for position, (key, comparison) in enumerate(found.items()):
        ks_p, psi_p, unscored_p = adjusted[3 * position : 3 * position + 3]
        shifted: Literal["", "scores", "unscored"] = ""
        if unscored_p < ALPHA and abs(comparison.unscored) >= LEAST_UNSCORED:
            shifted = "unscored"
        moved = ks_p < ALPHA and abs(comparison.points) >= LEAST_POINTS
        if moved or (psi_p < ALPHA and comparison.psi >= LEAST_PSI):
            shifted = "scores"
        yield key, comparison.model_copy(update={"adjusted": min(ks_p, psi_p, unscored_p), "shifted": shifted})
