"""Ridge regression in closed form. Source: Hoerl and Kennard, Technometrics 12 (1970)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Bugs, Case, Convention, Exercise, Invariant, Wrong

TASK = """
Fit a linear model with an L2 penalty, in closed form. The model is `X @ w + b`, and the objective

    sum((y - X @ w - b)**2) + lam * sum(w**2)

The intercept `b` is not penalised. Dividing the squared error by `n` (so that the penalty weighs `n` times as
much) is accepted as another convention.

- `X` has shape `(n, d)`, `y` is `(n,)`, `lam >= 0`
- columns of `X` may be strongly correlated, and `d` may exceed `n` when `lam > 0`

Return `(w, b)`: the weights, shape `(d,)`, and the intercept, a number.

"""


def reference(X: Array, y: Array, lam: float, bugs: Bugs = NO_BUGS) -> tuple[Array, float]:
    n, d = X.shape
    if "penalty_times_n" in bugs:
        lam = lam * n
    if "penalty_ignored" in bugs:
        lam = 0.0
    if "no_intercept" in bugs:
        return _solve(X, y, lam * np.eye(d)), 0.0
    if "intercept_penalised" in bugs:
        w = _solve(np.column_stack([X, np.ones(n)]), y, lam * np.eye(d + 1))
        return w[:d], float(w[d])
    x_mean, y_mean = X.mean(axis=0), y.mean()
    w = _solve(X - x_mean, y - y_mean, lam * np.eye(d))  # (d,)
    return w, float(y_mean - x_mean @ w)


def _solve(X: Array, y: Array, penalty: Array) -> Array:
    return np.linalg.lstsq(X.T @ X + penalty, X.T @ y, rcond=None)[0]


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, lam: float) -> tuple[Array, Array, float]:
        X = rng.normal(size=(n, d)) + 2.0
        return X, X @ rng.normal(size=d) + 5.0 + 0.3 * rng.normal(size=n), lam

    X, y, _ = draw(20, 2, 0.0)
    twins = np.column_stack([X, X[:, 0] + 1e-3 * rng.normal(size=20)])
    return [
        Case("six points, one feature, far from the origin", draw(6, 1, 2.0)),
        Case("a strong penalty", draw(15, 4, 30.0)),
        Case("almost identical columns", (twins, y, 1.0)),
        Case("more features than samples", draw(4, 7, 3.0)),
    ]


def residuals_cancel(args: tuple[Array, Array, float], out: tuple[Array, float]) -> bool:
    """A free intercept makes the residuals sum to zero."""
    X, y, _ = args
    return bool(abs(np.sum(y - X @ np.asarray(out[0]) - out[1])) < 1e-4 * np.abs(y).sum())


EXERCISE = Exercise(
    slug="ridge",
    title="Ridge regression in closed form",
    topic="linear models",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0, 7.0]), 5.0),
    wrong=(
        Wrong(
            "intercept_penalised",
            "The intercept is shrunk together with the weights. The prediction is then pulled towards zero "
            "instead of towards the mean of y, and the fit changes when you add a constant to every target, "
            "which no sensible regression should do. Look at the mean of your residuals: it is not zero.",
            "Add 100 to every target. Which of your fitted numbers ought to change, and which of yours do?",
        ),
        Wrong(
            "penalty_ignored",
            "The result is ordinary least squares: lam never reaches the solution. With nearly identical "
            "columns the weights explode in opposite directions, which is the very case the penalty is for. "
            "Check that the term is added to the matrix that you solve with.",
            "Two columns are almost equal. What happens to your weights as lam goes from 0 to 1?",
        ),
        Wrong(
            "no_intercept",
            "The line is forced through the origin. With features or targets that are not centred, the weights "
            "have to absorb the offset and are biased, however much data there is. Centre both, or add an "
            "intercept that is left out of the penalty.",
            "What does your model predict when every feature is zero, and is that what the data say?",
            TERM,
        ),
    ),
    conventions=(Convention("penalty_times_n", "the squared error is averaged, so lam weighs n times as much"),),
    invariants=(
        Invariant(
            "the residuals sum to zero",
            residuals_cancel,
            "an unpenalised intercept makes the residuals cancel; yours leave a constant error behind",
        ),
    ),
    hints=(
        "Set the gradient of the objective with respect to w to zero; it is a linear system.",
        "The intercept drops out when both X and y are centred. What is left is a system of size d.",
        "Solve with `np.linalg.solve` on `Xc.T @ Xc` plus the penalty on the diagonal, then recover b from the means.",
    ),
    follow_ups=(
        "Why is the intercept left out of the penalty?",
        "What does lam do to the eigenvalues of X.T X, and to bias and variance?",
        "The features have very different scales. What goes wrong, and what do you do first?",
    ),
    complexity="O(n·d² + d³) time, O(d²) memory; with d much larger than n the dual form costs O(n²·d + n³).",
    source="Hoerl, Kennard: Ridge Regression, 1970",
    banned=("lstsq",),
)
