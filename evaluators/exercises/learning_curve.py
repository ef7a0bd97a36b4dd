"""Learning curves. Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 7.10."""

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
Draw the data for a learning curve of ridge regression without an intercept: how training and validation error
change with the number of training samples.

- `X` is `(n, d)`, `y` is `(n,)`; `X_val` is `(m, d)`, `y_val` is `(m,)`
- for each size in `sizes` (a list of integers), fit on the first `size` rows of the training data: the weights
  minimise `sum((y - X @ w)**2) + lam * sum(w**2)`
- the reported error is the mean squared error

Return `(train_errors, val_errors)`, two arrays with one entry per size. The training error is that of the rows
the model was fitted on.
"""


def reference(
    X: Array, y: Array, X_val: Array, y_val: Array, sizes: list[int], lam: float, bugs: Bugs = NO_BUGS
) -> tuple[Array, Array]:
    train_errors, val_errors = [], []
    for size in sizes:
        X_part, y_part = X[:size], y[:size]
        w = _ridge(X_part, y_part, lam)
        seen = (X, y) if "full_training_error" in bugs else (X_part, y_part)
        tested = (
            _ridge(np.vstack([X_part, X_val]), np.concatenate([y_part, y_val]), lam)
            if "validation_fitted" in bugs
            else w
        )
        extra = lam * np.sum(w**2) / size if "penalty_reported" in bugs else 0.0
        train_errors.append(np.mean((seen[1] - seen[0] @ w) ** 2) + extra)
        val_errors.append(np.mean((y_val - X_val @ tested) ** 2) + extra)
    errors = np.array(train_errors), np.array(val_errors)
    return (np.sqrt(errors[0]), np.sqrt(errors[1])) if "root_reported" in bugs else errors


def _ridge(X: Array, y: Array, lam: float) -> Array:
    return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, sizes: list[int], lam: float) -> tuple[Value, ...]:
        X, X_val, w = rng.normal(size=(n, d)), rng.normal(size=(10, d)), rng.normal(size=d)
        return X, X @ w + rng.normal(size=n), X_val, X_val @ w + rng.normal(size=10), sizes, lam

    return [
        Case("two features, three sizes", draw(12, 2, [3, 6, 12], 0.5)),
        Case("a stronger penalty", draw(30, 4, [5, 10, 20], 4.0)),
    ]


EXERCISE = Exercise(
    slug="learning_curve",
    title="Learning curve of a ridge regression",
    topic="model assessment",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0], [2.0], [3.0]]),
        np.array([1.0, 2.0, 4.0]),
        np.array([[2.0]]),
        np.array([3.0]),
        [1, 3],
        1.0,
    ),
    wrong=(
        Wrong(
            "full_training_error",
            "Each model is scored on the whole training set, most of which it has not seen. The 'training' curve "
            "then starts high, like a second validation curve, and hides the gap that the plot is meant to show. "
            "Score each model on exactly the rows it was fitted on.",
            "With two samples and two features, what training error do you expect, and what does your curve show?",
        ),
        Wrong(
            "penalty_reported",
            "The penalty is part of the reported error. It steers the fit, but it is not a prediction error: the "
            "curve of a strongly penalised model looks bad for the wrong reason, and different values of lam "
            "cannot be compared. Report the plain error.",
            "You compare lam = 1 and lam = 100 on the same validation set. What exactly should the two numbers "
            "measure?",
            TERM,
        ),
        Wrong(
            "root_reported",
            "The curve shows the root of the mean squared error. It has the target's unit and is a fine thing to "
            "report, but the statement asks for the mean square, and the two do not compare: the gap between the "
            "curves changes under the root.",
            "In which unit is your error, and which one was asked for?",
            EDGE,
        ),
        Wrong(
            "validation_fitted",
            "The model that is validated was fitted on training and validation data together. It has seen the "
            "answers, so the validation curve lies too low and too close to the training curve. Nothing of the "
            "validation set may enter the fit, not even at the largest size.",
            "Which rows has your model seen by the time it predicts the validation set?",
        ),
    ),
    hints=(
        "One fit per size, on a prefix of the rows.",
        "The closed form of ridge is one linear solve; the penalty goes on the diagonal.",
        "Two errors per model: on its own rows, and on the validation rows.",
    ),
    follow_ups=(
        "Both curves meet at a high error. What does that say, and what would you try?",
        "The gap is wide and shrinks slowly. Is more data worth buying?",
        "How would you get error bars on the curve?",
    ),
    complexity="O(s · (n·d² + d³)) for s sizes; updating X.T X from size to size saves the factor s on the first term.",
    source="Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 7.10",
    banned=("lstsq",),
)
