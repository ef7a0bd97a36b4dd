from __future__ import annotations

import numpy as np
import pytest
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.utils.validation
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.reference import metrics
from evaluators.reference.linear_models import (
    ridge,
)
from evaluators.reference.validation import bias_variance, k_fold, learning_curve, stratified_k_fold

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0
Y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + 4.0 + draws.normal(size=80) * 0.3


@given(st.integers(2, 40), st.integers(2, 12), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_index_is_tested_once(count: int, folds: int, shuffled: bool) -> None:
    generator = np.random.default_rng(count) if shuffled else None
    if folds > count:
        with pytest.raises(ValueError, match="folds"):
            k_fold(count, folds)
        return
    parts = k_fold(count, folds, generator)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(count))
    for train, test in parts:
        assert sorted([*train, *test]) == list(range(count))
    if not shuffled:
        expected = sklearn.model_selection.KFold(folds).split(np.zeros(count))
        for (_, test), (_, theirs) in zip(parts, expected, strict=True):
            np.testing.assert_array_equal(test, theirs)


@given(st.lists(st.integers(0, 2), min_size=6, max_size=60), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_folds_share_every_class(labels: list[int], folds: int) -> None:
    y = np.array(labels)
    counts = np.array([np.bincount(y[test], minlength=3) for _, test in stratified_k_fold(y, folds)])
    assert (counts.max(axis=0) - counts.min(axis=0)).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1
    assert counts.sum() == len(y)


def test_a_learning_curve_closes_its_gap() -> None:
    held_out = (X[60:], Y[60:])
    on_train, on_held_out = learning_curve(ridge, metrics.mean_squared_error, (X, Y), held_out, [6, 20, 60])
    assert on_train[0] < 1e-2 < on_held_out[0]
    assert abs(on_train[-1] - on_held_out[-1]) < abs(on_train[0] - on_held_out[0])


def test_bias_and_variance_add_up_to_the_error() -> None:
    truth = np.sin(np.linspace(0, 3, 20))
    predictions = truth + 0.5 + draws.normal(size=(4_000, 20)) * 0.3
    parts = bias_variance(predictions, truth, 0.04)
    assert parts.bias_squared == pytest.approx(0.25, abs=0.02)
    assert parts.variance == pytest.approx(0.09, abs=0.01)
    observed = truth + draws.normal(size=(4_000, 20)) * 0.2
    assert parts.total == pytest.approx(np.mean((predictions - observed) ** 2), abs=0.01)
