from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation

from evaluators.reference import metrics

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0
Y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + 4.0 + draws.normal(size=80) * 0.3
LABELS = (Y + draws.normal(size=80) * 2 > np.median(Y)).astype(int)
SCORES = np.round(draws.normal(size=80) + LABELS, 1)  # rounded: ties


def test_metrics_equal_scikit_learn() -> None:
    decided = (SCORES > 0.5).astype(int)
    counts = metrics.count_decisions(LABELS, decided)
    assert counts.precision == pytest.approx(sklearn.metrics.precision_score(LABELS, decided))
    assert counts.recall == pytest.approx(sklearn.metrics.recall_score(LABELS, decided))
    assert counts.f1 == pytest.approx(sklearn.metrics.f1_score(LABELS, decided))
    assert counts.accuracy == pytest.approx(sklearn.metrics.accuracy_score(LABELS, decided))
    three, other = draws.integers(0, 3, (2, 40))
    np.testing.assert_array_equal(
        metrics.confusion_matrix(three, other, 3), sklearn.metrics.confusion_matrix(three, other)
    )
    assert metrics.roc_auc(LABELS, SCORES) == pytest.approx(sklearn.metrics.roc_auc_score(LABELS, SCORES))
    assert metrics.average_precision(LABELS, SCORES) == pytest.approx(
        sklearn.metrics.average_precision_score(LABELS, SCORES)
    )
    p = scipy.special.expit(SCORES)
    assert metrics.log_loss(LABELS, p) == pytest.approx(sklearn.metrics.log_loss(LABELS, p))
    assert metrics.brier_score(LABELS, p) == pytest.approx(sklearn.metrics.brier_score_loss(LABELS, p))
    assert metrics.r_squared(Y, X[:, 0]) == pytest.approx(sklearn.metrics.r2_score(Y, X[:, 0]))
    assert metrics.mean_squared_error(Y, X[:, 0]) == pytest.approx(sklearn.metrics.mean_squared_error(Y, X[:, 0]))


def test_no_alarm_and_no_positive_are_zero_not_an_error() -> None:
    counts = metrics.count_decisions(np.zeros(3), np.zeros(3))
    assert (counts.precision, counts.recall, counts.f1, counts.accuracy) == (0.0, 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="both classes"):
        metrics.roc_auc(np.zeros(3), np.arange(3))


def test_ranking_metrics() -> None:
    gains = np.array([0, 3, 0, 1, 2])
    for k in (1, 3, 5, 9):
        expected = sklearn.metrics.ndcg_score([2.0**gains - 1], [np.arange(5, 0, -1)], k=k)
        assert metrics.ndcg(gains, k) == pytest.approx(expected)
    assert metrics.ndcg(np.zeros(3), 2) == 0.0
    assert metrics.recall_at_k(["a", "a", "b", "c"], {"a", "c"}, 3) == 0.5
    assert metrics.recall_at_k(["a"], set(), 3) == 0.0
