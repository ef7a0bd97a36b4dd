"""How good predictions are: classes, scores, numbers and rankings.

Source: Fawcett 2006, An introduction to ROC analysis; Järvelin & Kekäläinen 2002, Cumulated gain-based evaluation of
IR techniques; Brier 1950.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence, Set

    from evaluators.reference.arrays import Array


class Counts(NamedTuple):
    """Right and wrong decisions on labels 0 and 1."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def precision(self) -> float:
        """Share of the alarms that were right; 0 without alarms."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of the positives that were found; 0 without positives."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def accuracy(self) -> float:
        """Share of right decisions, whatever their kind."""
        return _ratio(self.true_positive + self.true_negative, sum(self))


def count_decisions(truth: Array, decided: Array) -> Counts:
    """Return the four counts of labels 0 and 1."""
    truth, decided = np.asarray(truth, bool), np.asarray(decided, bool)
    return Counts(
        int((truth & decided).sum()),
        int((~truth & decided).sum()),
        int((truth & ~decided).sum()),
        int((~truth & ~decided).sum()),
    )


def confusion_matrix(truth: Array, decided: Array, classes: int) -> Array:
    """Return `(classes, classes)`: row, what it was; column, what was said."""
    return np.bincount(truth * classes + decided, minlength=classes * classes).reshape(classes, classes)


def roc_auc(truth: Array, scores: Array) -> float:
    """Return the chance that a random positive scores above a random negative, a tie counting half.

    Raises:
        ValueError: only one class is there.
    """
    truth = np.asarray(truth, bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        raise ValueError("the area under the ROC curve needs both classes")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]  # ties share their mean rank
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Array, scores: Array) -> float:
    """Return the precision at each threshold, weighted by the recall that it adds; tied scores are one threshold."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(np.asarray(truth, bool)[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # last of each run of equal scores
    precision, recall = hits[ends] / (ends + 1), hits[ends] / max(hits[-1], 1)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def log_loss(truth: Array, probabilities: Array) -> float:
    """Return the mean negative log-likelihood of labels 0 and 1; certainty that is wrong costs 36, not infinity."""
    smallest = np.finfo(np.float64).eps
    p = np.clip(probabilities, smallest, 1.0 - smallest)
    return float(-np.mean(truth * np.log(p) + (1 - truth) * np.log1p(-p)))


def brier_score(truth: Array, probabilities: Array) -> float:
    """Return the mean squared distance of probability and label."""
    return float(np.mean((probabilities - truth) ** 2))


def mean_squared_error(truth: Array, predicted: Array) -> float:
    """Return the mean squared error."""
    return float(np.mean((predicted - truth) ** 2))


def r_squared(truth: Array, predicted: Array) -> float:
    """Return the share of the variance explained: 1 is perfect, 0 is no better than the mean."""
    return 1.0 - float(np.sum((truth - predicted) ** 2) / np.sum((truth - truth.mean()) ** 2))


def recall_at_k(ranked: Sequence[Hashable], relevant: Set[Hashable], k: int) -> float:
    """Return the share of the relevant that the first `k` contain; a document listed twice is found once."""
    return _ratio(len(set(ranked[:k]) & relevant), len(relevant))


def ndcg(gains: Array, k: int) -> float:
    """Return the discounted gain `Σ (2^gain − 1) / log₂(rank + 1)` of the first `k` over that of the best order.

    Args:
        gains: relevance of every document in the order returned, those beyond `k` included: they may be the best.
        k: how many count.
    """
    gains = np.asarray(gains, np.float64)
    discounts = 1.0 / np.log2(np.arange(2, min(k, len(gains)) + 2))
    found = float(np.sum((2.0 ** gains[:k] - 1.0) * discounts))
    best = float(np.sum((2.0 ** np.sort(gains)[::-1][:k] - 1.0) * discounts))
    return found / best if best else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
