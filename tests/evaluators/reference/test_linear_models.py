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

from evaluators.reference.gradient_check import numeric_gradient
from evaluators.reference.linear_models import (
    LinearModel,
    lasso,
    linear_regression_by_descent,
    logistic_loss_gradient,
    logistic_regression,
    mean_squared_error_gradient,
    ridge,
)

draws = np.random.default_rng(2)
X = draws.normal(size=(80, 5)) + 3.0
Y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + 4.0 + draws.normal(size=80) * 0.3
LABELS = (Y + draws.normal(size=80) * 2 > np.median(Y)).astype(int)


@pytest.mark.parametrize("penalty", [0.0, 0.7, 50.0])
def test_ridge(penalty: float) -> None:
    model = ridge(X, Y, penalty)
    theirs = sklearn.linear_model.Ridge(alpha=penalty).fit(X, Y)
    np.testing.assert_allclose(model.weights, theirs.coef_, atol=1e-8)
    assert model.intercept == pytest.approx(theirs.intercept_)


def test_least_squares_of_columns_that_repeat_is_the_shortest_solution() -> None:
    twice = np.column_stack([X, X[:, 0]])
    model = ridge(twice, Y)
    np.testing.assert_allclose(model(twice), ridge(X, Y)(X), atol=1e-8)
    assert model.weights[0] == pytest.approx(model.weights[-1])


@pytest.mark.parametrize("penalty", [0.01, 0.2, 100.0])
def test_lasso(penalty: float) -> None:
    model = lasso(X, Y, penalty)
    theirs = sklearn.linear_model.Lasso(alpha=penalty, tol=1e-10, max_iter=100_000).fit(X, Y)
    np.testing.assert_allclose(model.weights, theirs.coef_, atol=1e-6)
    assert model.intercept == pytest.approx(theirs.intercept_, abs=1e-5)


def test_descent_arrives_at_least_squares() -> None:
    centred = X - X.mean(axis=0)
    model = linear_regression_by_descent(centred, Y, 0.1, 2_000)
    np.testing.assert_allclose(model.weights, ridge(centred, Y).weights, atol=1e-8)


@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_logistic_regression(l2: float) -> None:
    model = logistic_regression(X, LABELS, l2)
    strength = 1.0 / (l2 * len(X)) if l2 else np.inf
    theirs = sklearn.linear_model.LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(X, LABELS)
    np.testing.assert_allclose(model.weights, theirs.coef_[0], rtol=1e-3, atol=1e-4)
    loss, dweights, dintercept = logistic_loss_gradient(X, LABELS, model, l2)
    np.testing.assert_allclose([*dweights, dintercept], 0.0, atol=1e-9)
    if not l2:
        assert loss == pytest.approx(sklearn.metrics.log_loss(LABELS, scipy.special.expit(model(X))))


@pytest.mark.parametrize("function", [logistic_loss_gradient, mean_squared_error_gradient])
def test_gradients_of_the_linear_losses(function) -> None:
    weights = draws.normal(size=5)
    _, dweights, dintercept = function(X, LABELS, LinearModel(weights, 0.3))
    numeric = numeric_gradient(
        lambda w: function(X, LABELS, LinearModel(w[:5], float(w[5])))[0], np.append(weights, 0.3)
    )
    np.testing.assert_allclose([*dweights, dintercept], numeric, rtol=1e-6, atol=1e-8)


def test_a_saturated_logistic_score_costs_a_finite_number() -> None:
    loss, dweights, _ = logistic_loss_gradient(np.array([[1e4]]), np.array([0]), LinearModel(np.ones(1), 0.0))
    assert loss == pytest.approx(1e4)
    assert np.isfinite(dweights).all()
