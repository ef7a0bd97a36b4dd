"""Linear and logistic regression, with L2 (ridge) and L1 (lasso) penalties. The intercept is never penalised.

Source: Hastie, Tibshirani & Friedman 2009, The elements of statistical learning, sections 3.2–3.4 and 4.4; coordinate
descent, Friedman, Hastie & Tibshirani 2010, JSS 33(1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluators.reference.activations import sigmoid
from evaluators.reference.arrays import Array


class LinearModel(NamedTuple):
    """`x · weights + intercept`."""

    weights: Array
    intercept: float

    def __call__(self, x: Array) -> Array:
        """Return the prediction (for a logistic model: the log-odds) of each row of `x`."""
        return x @ self.weights + self.intercept


def ridge(x: Array, y: Array, penalty: float = 0.0) -> LinearModel:
    """Return the minimum of `‖y − x w − c‖² + penalty · ‖w‖²`; with no penalty, least squares.

    Solved through the singular values, which does not square the condition number as the normal equations do.
    """
    centre, level = x.mean(axis=0), float(y.mean())
    u, sizes, vt = np.linalg.svd(x - centre, full_matrices=False)
    kept = sizes > sizes.max(initial=0.0) * max(x.shape) * np.finfo(sizes.dtype).eps
    shrink = np.divide(sizes, sizes**2 + penalty, out=np.zeros_like(sizes), where=kept | (penalty > 0))
    weights = vt.T @ (shrink * (u.T @ (y - level)))  # (d,)
    return LinearModel(weights, level - float(centre @ weights))


def lasso(x: Array, y: Array, penalty: float, sweeps: int = 1_000, tolerance: float = 1e-10) -> LinearModel:
    """Return the minimum of `‖y − x w − c‖² / 2n + penalty · ‖w‖₁`, one coordinate at a time.

    Each coordinate's minimum is its least-squares value pulled towards zero by the penalty: soft thresholding.
    """
    centre, level = x.mean(axis=0), float(y.mean())
    centred = x - centre  # (n, d)
    squares = np.square(centred).mean(axis=0)  # (d,)
    weights = np.zeros(x.shape[1])
    residual = y - level  # (n,), kept up to date inside the sweep
    for _ in range(sweeps):
        largest = 0.0
        for j in np.flatnonzero(squares > 0):
            before = weights[j]
            pull = centred[:, j] @ residual / len(x) + squares[j] * before
            weights[j] = np.sign(pull) * max(abs(pull) - penalty, 0.0) / squares[j]
            residual += centred[:, j] * (before - weights[j])
            largest = max(largest, abs(weights[j] - before))
        if largest <= tolerance:
            break
    return LinearModel(weights, level - float(centre @ weights))


def mean_squared_error_gradient(x: Array, y: Array, model: LinearModel) -> tuple[float, Array, float]:
    """Return the mean squared error and its gradients with respect to weights and intercept."""
    residual = model(x) - y  # (n,)
    return float(np.mean(residual**2)), 2.0 * x.T @ residual / len(x), 2.0 * float(residual.mean())


def linear_regression_by_descent(x: Array, y: Array, rate: float, epochs: int) -> LinearModel:
    """Return the model after so many full-batch steps from zero."""
    model = LinearModel(np.zeros(x.shape[1]), 0.0)
    for _ in range(epochs):
        _, dweights, dintercept = mean_squared_error_gradient(x, y, model)
        model = LinearModel(model.weights - rate * dweights, model.intercept - rate * dintercept)
    return model


def logistic_loss_gradient(x: Array, y: Array, model: LinearModel, l2: float = 0.0) -> tuple[float, Array, float]:
    """Return the mean log-loss of labels 0 and 1 plus `l2 / 2 · ‖w‖²`, and its two gradients.

    `log(1 + e^z) − y z` needs no logarithm of a probability, so a saturated score costs a number, not an infinity.
    """
    scores = model(x)  # (n,)
    loss = float(np.mean(np.logaddexp(0.0, scores) - y * scores)) + 0.5 * l2 * float(model.weights @ model.weights)
    error = sigmoid(scores) - y  # (n,)
    return loss, x.T @ error / len(x) + l2 * model.weights, float(error.mean())


def logistic_regression(x: Array, y: Array, l2: float = 0.0, steps: int = 50) -> LinearModel:
    """Return the minimum of the logistic loss by Newton's method (iteratively reweighted least squares).

    Without a penalty, separable classes have no minimum: the weights grow until the steps run out.
    """
    wide = np.column_stack([x, np.ones(len(x))])  # (n, d + 1)
    penalty = np.append(np.full(x.shape[1], l2), 0.0)
    solution = np.zeros(wide.shape[1])
    for _ in range(steps):
        p = sigmoid(wide @ solution)  # (n,)
        gradient = wide.T @ (p - y) / len(x) + penalty * solution
        hessian = (wide * (p * (1.0 - p))[:, None]).T @ wide / len(x) + np.diag(penalty)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        solution = solution - step
        if np.abs(step).max() < 1e-10:
            break
    return LinearModel(solution[:-1], float(solution[-1]))
