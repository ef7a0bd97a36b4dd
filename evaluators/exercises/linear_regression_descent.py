"""Linear regression by gradient descent. Source: Goodfellow, Bengio and Courville, Deep Learning, section 4.3."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Value,
    Wrong,
)

TASK = """
Fit `y ≈ X @ w + b` by full-batch gradient descent on the mean squared error, starting from `w = 0` and `b = 0`.

- `X` is `(n, d)`, `y` is `(n,)`
- the loss is `mean((X @ w + b - y)**2)`; leaving the factor 2 out of its gradient (a loss of half the mean
  square) is accepted
- both parameters are updated from the same predictions, `epochs` times, with step size `lr`

Return `(w, b)`.
"""


def reference(X: Array, y: Array, lr: float, epochs: int, bugs: Bugs = NO_BUGS) -> tuple[Array, float]:
    n, d = X.shape
    w, b = np.zeros(d), 0.0
    factor = 1.0 if "half_square" in bugs else 2.0
    factor = factor if "summed" in bugs else factor / n
    for _ in range(epochs):
        error = X @ w + b - y  # (n,)
        w = w - lr * factor * (X.T @ error)
        if "sequential_update" in bugs:
            error = X @ w + b - y
        if "bias_frozen" not in bugs:
            b = b - lr * factor * float(error.sum())
    return w, b


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, lr: float, epochs: int) -> tuple[Value, ...]:
        X = rng.normal(size=(n, d)) + 0.5
        return X, X @ rng.normal(size=d) + 3.0, lr, epochs

    return [
        Case("one feature, one step", draw(4, 1, 0.05, 1)),
        Case("three features, seven steps", draw(9, 3, 0.05, 7)),
    ]


EXERCISE = Exercise(
    slug="linear_regression_descent",
    title="Linear regression by gradient descent",
    topic="linear models",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0], [3.0]]), np.array([2.0, 4.0]), 0.1, 1),
    wrong=(
        Wrong(
            "summed",
            "The gradient is summed over the samples, while the loss is a mean. Every step is n times too long: on "
            "a handful of rows it still converges, on a thousand it diverges at the same learning rate. Divide by "
            "the number of samples.",
            "You duplicate every row of the data. What should happen to the step, and what happens to yours?",
            TERM,
        ),
        Wrong(
            "bias_frozen",
            "The intercept stays at its start. Without it the line goes through the origin and the weights have to "
            "explain the mean of y as well. Its gradient is the sum of the errors, the same as for a weight whose "
            "feature is always 1.",
            "What does your model predict for a row of zeros after training?",
            TERM,
        ),
        Wrong(
            "sequential_update",
            "The intercept is updated from predictions that already use the new weights. That is a step of "
            "coordinate descent, not of gradient descent: the two partial derivatives belong to different points. "
            "It often converges as well, which hides it; compute both gradients first, then move.",
            "At which point in parameter space is each of your two partial derivatives evaluated?",
            EDGE,
        ),
    ),
    conventions=(Convention("half_square", "the loss is half the mean square, so the gradient has no factor 2"),),
    hints=(
        "One step: predictions, errors, two gradients, two updates.",
        "The gradient with respect to w is X transposed times the errors; with respect to b it is their sum.",
        "Check with one sample and one feature by hand: the first step from zero is lr · 2 · x · y.",
    ),
    follow_ups=(
        "How large may lr be before it diverges? Name the matrix whose eigenvalues decide.",
        "One feature is a thousand times larger than the others. What do you see, and what do you do?",
        "When would you take the closed form instead?",
    ),
    complexity="O(epochs · n · d) time.",
    source="Goodfellow, Bengio, Courville: Deep Learning, 4.3",
    banned=("lstsq", "SGD"),
    minutes=10,
)
