"""Where to draw the line between yes and no, when the costs of the two mistakes differ.

Source: Elkan 2001, The foundations of cost-sensitive learning; Provost & Fawcett 2001, Robust classification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from evaluators.reference.arrays import Array


class Curve(NamedTuple):
    """What deciding `score >= threshold` gives, for every threshold that makes a difference, highest first."""

    thresholds: Array
    precision: Array
    recall: Array


def precision_recall_curve(truth: Array, scores: Array) -> Curve:
    """Return precision and recall at each distinct score; equal scores fall on the same side together."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits = np.cumsum(np.asarray(truth, bool)[order])[ends]
    return Curve(ranked[ends], hits / (ends + 1), hits / max(int(np.sum(truth)), 1))


def threshold_at_precision(truth: Array, scores: Array, precision: float) -> float | None:
    """Return the threshold with the highest recall among those that keep the precision; None if none does.

    Precision is not monotone in the threshold, so the search goes on past the first that breaks it. Equal recall: the
    higher precision wins.
    """
    curve = precision_recall_curve(truth, scores)
    kept = np.flatnonzero(curve.precision >= precision)
    if not len(kept):
        return None
    best = kept[np.lexsort((curve.precision[kept], curve.recall[kept]))[-1]]
    return float(curve.thresholds[best])


def cheapest_threshold(truth: Array, scores: Array, false_positive: float, false_negative: float) -> float:
    """Return the threshold with the lowest total cost on these examples; `inf` when saying yes never pays."""
    truth = np.asarray(truth, bool)
    candidates = np.unique(scores)[::-1]
    wrong_yes = np.array([np.sum(~truth & (scores >= threshold)) for threshold in candidates])
    missed = np.array([np.sum(truth & (scores < threshold)) for threshold in candidates])
    costs = np.append(wrong_yes * false_positive + missed * false_negative, truth.sum() * false_negative)
    return float(np.append(candidates, np.inf)[int(np.argmin(costs))])


def bayes_threshold(false_positive: float, false_negative: float) -> float:
    """Return the probability above which yes is the cheaper answer, for calibrated probabilities."""
    return false_positive / (false_positive + false_negative)
