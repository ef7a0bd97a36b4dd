from __future__ import annotations

import numpy as np
import pytest

from evaluators.reference import metrics
from evaluators.reference.thresholds import bayes_threshold, cheapest_threshold, threshold_at_precision

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0
Y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + 4.0 + draws.normal(size=80) * 0.3
LABELS = (Y + draws.normal(size=80) * 2 > np.median(Y)).astype(int)
SCORES = np.round(draws.normal(size=80) + LABELS, 1)  # rounded: ties


def test_thresholds() -> None:
    for wanted in (0.5, 0.6, 0.7):
        threshold = threshold_at_precision(LABELS, SCORES, wanted)
        assert threshold is not None
        recalls = [
            metrics.count_decisions(LABELS, cut <= SCORES).recall
            for cut in np.unique(SCORES)
            if metrics.count_decisions(LABELS, cut <= SCORES).precision >= wanted
        ]
        assert metrics.count_decisions(LABELS, threshold <= SCORES).recall == max(recalls)
    assert threshold_at_precision(np.array([1, 0]), np.array([0.5, 0.5]), 0.9) is None
    assert threshold_at_precision(np.array([0, 1, 1, 1]), np.array([0.9, 0.8, 0.7, 0.6]), 0.7) == 0.6  # not monotone


def test_the_cheapest_threshold_of_calibrated_scores_is_bayes() -> None:
    p = draws.random(20_000)
    y = (draws.random(20_000) < p).astype(int)
    p = np.round(p, 2)
    assert cheapest_threshold(y, p, 1.0, 4.0) == pytest.approx(bayes_threshold(1.0, 4.0), abs=0.06)
    assert cheapest_threshold(np.zeros(5), np.arange(5.0), 1.0, 1.0) == np.inf
