"""Lasso by coordinate descent. Source: Friedman, Hastie and Tibshirani, J. Stat. Software 33 (2010)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Invariant,
    Value,
    Wrong,
)

TASK = """
Fit a lasso by cyclic coordinate descent, starting from zero weights. The objective, without an intercept, is

    0.5 * sum((y - X @ w)**2) + lam * sum(abs(w))

- `X` is `(n, d)` and its columns are **not** normalised; `y` is `(n,)`
- one sweep updates the weights 0, 1, ..., d-1 in this order; each update minimises the objective over that one
  weight exactly, with all others at their latest values
- do `sweeps` sweeps, which need not reach convergence

Return the weights, shape `(d,)`.
"""


def reference(X: Array, y: Array, lam: float, sweeps: int, bugs: Bugs = NO_BUGS) -> Array:
    w = np.zeros(X.shape[1])
    norms = np.sum(X**2, axis=0)  # (d,)
    residual = y - X @ w  # (n,)
    for _ in range(sweeps):
        stale = y - X @ w
        before = w.copy()
        for j in range(len(w)):
            if "residual_stale" in bugs:
                rho = X[:, j] @ stale + norms[j] * before[j]
            else:
                rho = X[:, j] @ residual + norms[j] * w[j]  # what is left for column j to explain
            new = _shrunk(rho, lam, norms[j], bugs)
            residual = residual + X[:, j] * (w[j] - new)
            w[j] = new
    return w


def _shrunk(rho: float, lam: float, norm: float, bugs: Bugs) -> float:
    if "ridge_shrinkage" in bugs:
        return rho / (norm + lam)
    if "hard_threshold" in bugs:
        return rho / norm if abs(rho) > lam else 0.0
    soft = float(np.sign(rho) * max(abs(rho) - lam, 0.0))
    return soft if "norm_missing" in bugs else soft / norm


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, lam: float, sweeps: int) -> tuple[Value, ...]:
        X = 0.4 * (rng.normal(size=(n, d)) + 0.7 * rng.normal(size=(n, 1)))
        w = rng.choice([0.0, 2.0, -3.0], size=d)
        w[0] = 2.5
        return X, X @ w + 0.1 * rng.normal(size=n), lam, sweeps

    return [
        Case("one feature, one sweep", draw(5, 1, 0.2, 1)),
        Case("correlated features, two sweeps", draw(12, 4, 0.5, 2)),
        Case("a strong penalty", draw(15, 5, 3.0, 3)),
    ]


EXERCISE = Exercise(
    slug="lasso_coordinate_descent",
    title="Lasso by coordinate descent",
    topic="linear models",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([3.0, 1.0]), 1.0, 1),
    wrong=(
        Wrong(
            "hard_threshold",
            "Weights that survive the threshold are not shrunk: small ones are cut to zero, large ones keep their "
            "least-squares value. That solves the problem with a count of non-zeros as penalty. The absolute value "
            "has slope lam everywhere except at zero, so it pulls large weights too, by the same amount.",
            "A weight is far from zero. What does the L1 penalty still do to it?",
        ),
        Wrong(
            "norm_missing",
            "The update forgets to divide by the column's squared norm. It happens to be right when columns are "
            "normalised, which many texts assume; here weights come out scaled by the squared norm of their column, "
            "and sweeps may diverge. Minimise the one-dimensional quadratic again, with its leading coefficient.",
            "Minimise 0.5·a·w² - rho·w over w. Where does a end up?",
            TERM,
        ),
        Wrong(
            "ridge_shrinkage",
            "Every weight is shrunk by a factor, and none is exactly zero. That is the L2 penalty's update. The "
            "lasso's selling point is the kink of |w| at zero, which holds weak features at exactly zero: look for "
            "a subtraction of lam, not a division by norm plus lam.",
            "How many of your weights are exactly zero, and what did you expect of a lasso?",
        ),
        Wrong(
            "residual_stale",
            "All weights of a sweep are computed from the residual at the sweep's start. With uncorrelated columns "
            "nobody notices; with correlated ones two features claim the same part of y, and the sweeps overshoot "
            "or even diverge. Update the residual after each single weight.",
            "Two columns are identical. What does one sweep of yours do to their weights?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "no worse than zero weights",
            lambda args, out: _objective(args, out) <= _objective(args, 0 * out) * (1 + 1e-9) and np.any(out),
            "each exact update lowers the objective, yet yours ends above where it started",
        ),
    ),
    hints=(
        "Hold all weights but one. What is left is a parabola plus |w|: its minimum has a closed form.",
        (
            "The closed form is called soft thresholding. Its argument is the column's inner product with the "
            "residual that leaves out this column's own contribution."
        ),
        (
            "Keep the residual up to date: after changing w[j], subtract the change times the column. Then an "
            "update costs O(n)."
        ),
    ),
    follow_ups=(
        "At which lam does every weight become zero?",
        "Why does the lasso give exact zeros where ridge does not? Answer with a picture.",
        "Two features are almost identical. What does the lasso do, and what does the elastic net change?",
    ),
    complexity="O(sweeps · n · d) with a maintained residual; recomputing it for each weight costs a factor d more.",
    source="Friedman, Hastie, Tibshirani: Regularization Paths via Coordinate Descent, 2010",
    banned=("Lasso",),
    minutes=20,
)


def _objective(args: tuple[Value, ...], w: Array) -> float:
    X, y, lam, _ = args
    return float(0.5 * np.sum((y - X @ w) ** 2) + lam * np.sum(np.abs(w)))
