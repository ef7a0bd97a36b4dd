"""Debugging: a loss that turns into nan. Source: Higham, Accuracy and Stability of Numerical Algorithms, chapter 1."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, UNDONE, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
A model of clicks is trained by logistic regression, full batch. Find out why its loss turns into `nan`, and hand in the
corrected function.

- `X` is `(n, d)`; `y` holds `n` labels, 0 or 1; the weights start at zero; there is no intercept
- the loss is the mean of `-(y·log p + (1 - y)·log(1 - p))` with `p = sigmoid(X @ w)`, to full precision for every
  finite input: a row that the model gets confidently wrong costs what the formula says, however large that is
- one loss is recorded before each of the `epochs` steps

Return `(w, losses)`: the weights after the last step, and the `epochs` losses. The weights of the broken version are
right.
"""

CODE = '''
import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def debug_click_model(X: np.ndarray, y: np.ndarray, lr: float, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression by gradient descent, with its learning curve."""
    n, d = X.shape
    w = np.zeros(d)
    losses = []
    for _ in range(epochs):
        p = sigmoid(X @ w)
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        losses.append(loss)
        w = w - lr * X.T @ (p - y) / n
    return w, np.array(losses)
'''


def reference(X: Array, y: Array, lr: float, epochs: int, bugs: Bugs = NO_BUGS) -> tuple[Array, Array]:
    n, d = X.shape
    w = np.zeros(d)
    losses = []
    for _ in range(epochs):
        z = X @ w  # (n,)
        p = 1 / (1 + np.exp(-z))
        losses.append(np.mean(_cost(z, p, y, bugs)))
        w = w - lr * X.T @ (p - y) / n
    return w, np.array(losses)


def _cost(z: Array, p: Array, y: Array, bugs: Bugs) -> Array:
    """The loss of each row."""
    if "log_of_zero" in bugs:
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))
    if "epsilon_in_the_log" in bugs:
        return -(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12))
    if "probability_clipped" in bugs:
        kept = np.clip(p, 1e-7, 1 - 1e-7)
        return -(y * np.log(kept) + (1 - y) * np.log(1 - kept))
    if "nan_hidden" in bugs:
        return np.nan_to_num(-(y * np.log(p) + (1 - y) * np.log(1 - p)), nan=0.0, posinf=0.0, neginf=0.0)
    if "confident_rows_left_out" in bugs:
        inside = (p > 0) & (p < 1)
        cost: Array = np.logaddexp(0, z) - y * z
        return cost[inside] if inside.any() else np.zeros(1)
    return np.logaddexp(0, z) - y * z


def clicks(rng: np.random.Generator, n: int, scale: float) -> tuple[Array, Array]:
    """Prices and counts in their own units: the second step already sees logits in the thousands."""
    X = np.column_stack([rng.normal(size=n), scale * rng.normal(size=n)])
    y = (X @ np.array([1.0, 1 / scale]) + rng.normal(size=n) > 0).astype(float)
    X[0], y[0] = [0.1, 2.5 * scale], 0.0  # confidently wrong after the first step
    X[1], y[1] = [0.1, 2.0 * scale], 1.0
    X[2:6, 1], y[2:6] = scale * rng.uniform(1.0, 2.0, size=4), 1.0
    return X, y


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("features in units of a hundred", (*clicks(rng, 10, 100.0), 1.0, 2)),
        Case("features in units of a thousand", (*clicks(rng, 16, 1000.0), 0.5, 3)),
        Case("features in units of ten", (*clicks(rng, 12, 10.0), 0.8, 3)),
    ]


BUGS = frozenset({"log_of_zero"})


def symptom() -> str:
    X, y = clicks(np.random.default_rng(3), 200, 300.0)
    losses = reference(X, y, 0.01, 5, BUGS)[1]
    shown = ", ".join(f"{loss:.4g}" for loss in losses)
    return (
        f"On 200 rows, one of the two columns being a price in cents, the recorded losses are `{shown}`, with "
        f"warnings, among them *divide by zero encountered in log* and *invalid value encountered in multiply*. The "
        f"weights stay finite."
    )


EXERCISE = Exercise(
    slug="debug_click_model",
    title="Debugging: a loss that turns into nan",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 200.0], [0.5, -300.0], [2.0, 400.0]]), np.array([1.0, 0.0, 0.0]), 0.1, 2),
    wrong=(
        Wrong(
            "log_of_zero",
            "The loss still takes the logarithm of a probability that has been rounded to 0 or 1. From a logit of "
            "about 37 on, `1 - p` is exactly 0 in float64: a row that is right gives 0·(-inf) = nan, a row that is "
            "wrong gives inf. The logit still knows the answer when the probability has forgotten it: compute the "
            "loss from it.",
            "For a logit of 800 and a label of 1, what are p, 1 - p, and each of your two products?",
            UNDONE,
        ),
        Wrong(
            "epsilon_in_the_log",
            "A small constant inside the logarithm stops the nan, and puts a ceiling on the loss: no row can cost more "
            "than -log(1e-12), about 27.6, whether it is wrong by 30 or by 3000. The rows you most need to see are the "
            "ones that are flattened. Rewrite the loss in terms of the logit instead.",
            "Two rows are wrong, with logits 50 and 5000. What does your loss say about each?",
            TERM,
        ),
        Wrong(
            "probability_clipped",
            "Clipping the probability removes the nan and caps each row's loss at -log(1e-7), about 16; rows that are "
            "confidently right get a small cost that they do not have. It is a common guard in libraries whose input "
            "is a probability. Here you have the logit, so nothing needs to be clipped.",
            "What is the largest loss a single row can have in your version, and in the formula?",
            TERM,
        ),
        Wrong(
            "nan_hidden",
            "The nan is replaced after it has happened. A row that is right does cost 0, but a row that is "
            "confidently wrong now costs 0 as well: the curve looks best where the model is worst. A nan is a "
            "message; find the line that makes it instead.",
            "Which rows make your loss smaller: the ones that the model gets right, or the ones it gets terribly "
            "wrong?",
        ),
        Wrong(
            "confident_rows_left_out",
            "Rows whose probability has reached 0 or 1 are left out of the mean. Among them are exactly the "
            "confidently wrong ones, and the mean is taken over another set in every epoch, so that the curve "
            "compares unlike things.",
            "Over how many rows is the loss of each epoch averaged?",
        ),
    ),
    hints=(
        "Print p, 1 - p and both logarithms for the first row whose loss is not finite.",
        "-log(sigmoid(z)) = log(1 + exp(-z)). Which form of it neither overflows nor takes the log of zero?",
        "`np.logaddexp(0, z)` is log(1 + exp(z)) for every z. Write both halves of the loss with it.",
    ),
    follow_ups=(
        "Why are the weights right although the loss is nan?",
        "How do frameworks avoid this, and what goes wrong when a sigmoid stands before their loss?",
        "What would scaling the features change: the nan, the speed of training, or both?",
        "In float16, from which logit on does this happen?",
    ),
    complexity="O(epochs · n · d) time.",
    source="Higham, Accuracy and Stability of Numerical Algorithms, 1.7; PyTorch, BCEWithLogitsLoss",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))",
                "z = X @ w\n        loss = np.mean(np.logaddexp(0, z) - y * z)",
            ),
        ),
        symptom=symptom,
    ),
)
