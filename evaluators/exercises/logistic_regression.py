"""Logistic regression, loss and gradient. Source: Bishop, Pattern Recognition and Machine Learning, section 4.3.2."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Value,
    Wrong,
)

TASK = """
Compute the loss of a binary logistic regression and its gradient.

- `X` is `(n, d)`, `y` holds `n` labels 0 or 1, `w` is `(d,)`, `b` is a number
- the logit of a row is `x @ w + b`, the loss the mean negative log-likelihood
- logits may be in the hundreds, with either sign: the loss must stay finite and exact

Return `(loss, dw, db)`.
"""


def reference(X: Array, y: Array, w: Array, b: float, bugs: Bugs = NO_BUGS) -> tuple[float, Array, float]:
    z = X @ w + b  # (n,)
    p = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    losses = np.logaddexp(0, z) - y * z
    if "unstable_log" in bugs:
        losses = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    error = y - p if "sign_flipped" in bugs else p - y  # (n,)
    if "squared_error_gradient" in bugs:
        error = error * p * (1 - p)
    count = 1 if "gradient_summed" in bugs else len(y)
    return float(losses.mean()), X.T @ error / count, float(error.sum() / count)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, size: float) -> tuple[Value, ...]:
        y = rng.integers(0, 2, size=n).astype(float)
        y[:2] = 0.0, 1.0
        return rng.normal(size=(n, d)), y, size * rng.normal(size=d), float(rng.normal())

    X, _y, w, _ = draw(4, 2, 1.0)
    X[:, 0] = 400.0, -400.0, 900.0, -300.0  # two confident mistakes, at least
    return [
        Case("three samples", draw(3, 2, 1.0)),
        Case("a larger batch", draw(9, 4, 1.0)),
        Case("logits in the hundreds", (X, np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, w[1]]), 0.3)),
    ]


EXERCISE = Exercise(
    slug="logistic_regression",
    title="Logistic regression: loss and gradient",
    topic="linear models",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0.0),
    wrong=(
        Wrong(
            "squared_error_gradient",
            "The gradient carries an extra factor p(1 - p). That is the derivative of the squared error of the "
            "probability; with the log-likelihood this factor cancels, which is the reason for using it: a "
            "confident mistake keeps its full gradient instead of a vanishing one.",
            "The model says 0.001 for a positive example. How large is your gradient there, and how large should "
            "it be?",
        ),
        Wrong(
            "gradient_summed",
            "The loss is a mean but its gradient is summed: n times too long. A finite-difference check on the "
            "loss you return shows the factor at once. Divide both gradients by the number of samples.",
            "Compare your gradient with a finite difference of your own loss. What is the ratio?",
            TERM,
        ),
        Wrong(
            "unstable_log",
            "The loss goes through log(p) and log(1 - p). Once the sigmoid rounds to 0 or 1, that is log(0): inf, "
            "or nan where it meets 0 · inf. The probabilities are fine; write the loss in terms of the logit, as a "
            "softplus, and nothing is ever rounded away.",
            "The logit is 800 and the label is 0. What is the exact loss, and what do you compute?",
            EDGE,
        ),
        Wrong(
            "sign_flipped",
            "The gradient has the wrong sign: it is that of the log-likelihood, which one maximises. Descending "
            "along it makes the loss grow. Decide whether you minimise or maximise, and take a single step to see "
            "the loss move.",
            "Take one small step against your gradient. Which way does the loss go?",
        ),
    ),
    hints=(
        "The derivative of the loss with respect to the logit is astonishingly simple.",
        "Write the loss of one row as a function of its logit z: log(1 + exp(z)) - y·z.",
        "`np.logaddexp(0, z)` is log(1 + exp(z)) without overflow.",
    ),
    follow_ups=(
        "The classes are perfectly separable. What happens to w, and what do you do about it?",
        "Is the loss convex? Show it with the Hessian.",
        "Positives are 1 in 1000. What do you change, and what happens to calibration?",
    ),
    complexity="O(n·d) time.",
    source="Bishop: Pattern Recognition and Machine Learning, 4.3.2",
    banned=("binary_cross_entropy_with_logits", "binary_cross_entropy", "BCEWithLogitsLoss", "backward", "grad"),
)
