"""Debugging: a model that stops learning once its data are shuffled. Source: Bottou 2012, SGD Tricks."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, UNDONE, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
Logistic regression is trained by mini-batches, with the rows in another order in each epoch. Since the shuffling was
added, the model learns hardly anything. Find the fault and hand in the corrected function.

- `X` is `(n, d)`, `y` holds `n` labels, 0 or 1; the weights start at zero, there is no intercept
- `orders` is `(epochs, n)`: row e says in which order epoch e visits the rows, as numbers of the original rows
- each epoch takes batches of `size` rows in that order; the last batch of an epoch may be smaller and counts as well
- each step is `w -= lr * X.T @ (sigmoid(X @ w) - y) / rows`, over the rows of its batch

Return the weights, shape `(d,)`. The arrays handed in are not changed.
"""

CODE = '''
import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def debug_shuffled_epochs(X: np.ndarray, y: np.ndarray, orders: np.ndarray, size: int, lr: float) -> np.ndarray:
    """Logistic regression by mini-batches, shuffled in each epoch."""
    n, d = X.shape
    w = np.zeros(d)
    for order in orders:
        shuffled = X[order]
        for start in range(0, n, size):
            rows = shuffled[start : start + size]
            labels = y[start : start + size]
            error = sigmoid(rows @ w) - labels
            w -= lr * rows.T @ error / len(rows)
    return w
'''


def reference(X: Array, y: Array, orders: Array, size: int, lr: float, bugs: Bugs = NO_BUGS) -> Array:
    n, d = X.shape
    w = np.zeros(d)
    rows_seen, labels_seen = X, y
    for order in orders:
        if "shuffled_again" in bugs:
            rows_seen, labels_seen = rows_seen[order], labels_seen[order]
        else:
            rows_seen, labels_seen = X[order], y[order]
        if "labels_stay" in bugs:
            labels_seen = y
        elif "labels_moved_back" in bugs:
            labels_seen = y[np.argsort(order)]
        for start in range(0, n - n % size if "last_batch_dropped" in bugs else n, size):
            rows, labels = rows_seen[start : start + size], labels_seen[start : start + size]
            error = 1 / (1 + np.exp(-(rows @ w))) - labels
            w = w - lr * rows.T @ error / (size if "divided_by_size" in bugs else len(rows))
    return w


def points(rng: np.random.Generator, n: int, d: int, epochs: int) -> tuple[Array, Array, Array]:
    X = rng.normal(size=(n, d))
    y = (X @ rng.normal(size=d) + 0.3 * rng.normal(size=n) > 0).astype(float)
    y[: n // 2] = 1 - y[n // 2 : 2 * (n // 2)]  # both labels occur
    orders = np.stack([rng.permutation(n) for _ in range(epochs)])
    return X, y, orders


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("five rows, two epochs", (*points(rng, 5, 1, 2), 2, 0.5)),
        Case("nine rows, three epochs", (*points(rng, 9, 2, 3), 4, 0.5)),
        Case("sixteen rows, three epochs", (*points(rng, 16, 3, 3), 5, 0.3)),
    ]


BUGS = frozenset({"labels_stay"})


def symptom() -> str:
    rng = np.random.default_rng(12)
    X = rng.normal(size=(500, 5))
    y = (X @ np.array([2.0, -1.0, 0.5, 1.0, -2.0]) > 0).astype(float)
    fixed, moved = np.tile(np.arange(500), (20, 1)), np.stack([rng.permutation(500) for _ in range(20)])
    right = [np.mean((X @ reference(X, y, orders, 32, 0.5, BUGS) > 0) == y) for orders in (fixed, moved)]
    z = X @ reference(X, y, moved, 32, 0.5, BUGS)
    loss = np.mean(np.logaddexp(0, z) - y * z)
    return (
        f"500 rows, five features, linearly separable, 20 epochs. With every row of `orders` equal to `0, 1, 2, ...` "
        f"the model is right on {right[0]:.1%} of its training rows; with random orders on {right[1]:.1%}, at a loss "
        f"of {loss:.3f}, where guessing costs {np.log(2):.3f}. Nothing else was changed."
    )


EXERCISE = Exercise(
    slug="debug_shuffled_epochs",
    title="Debugging: shuffling ends the learning",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0], [-1.0], [2.0]]), np.array([1.0, 0.0, 1.0]), np.array([[2, 0, 1]]), 2, 1.0),
    wrong=(
        Wrong(
            "labels_stay",
            "The rows are shuffled and the labels stay where they were, so each row is trained with the label of "
            "another. In the first order, 0, 1, 2, ..., nothing shows. Index both with the same order; better still, "
            "shuffle the indices and take rows and labels by them.",
            "Take row 2 of the shuffled rows. Which original row is it, and whose label does it get?",
            UNDONE,
        ),
        Wrong(
            "labels_moved_back",
            "The labels are shuffled by the inverse of the order. `X[order]` puts row order[i] at position i; its "
            "label has to go the same way, with `y[order]`. The two differ for every permutation that is not its own "
            "inverse, so a swap of two rows in a test would pass.",
            "With `order = [2, 0, 1]`, which row and which label stand at position 0 in your version?",
        ),
        Wrong(
            "shuffled_again",
            "Rows and labels belong together now, but each epoch shuffles what the last one left, so that the orders "
            "multiply. It still trains, only not in the order that was asked for; a run can no longer be repeated "
            "from its log, and the caller's arrays may change if it is done in place. Always index the originals.",
            "In the second epoch, does position 0 hold the original row `orders[1][0]`?",
            TERM,
        ),
        Wrong(
            "last_batch_dropped",
            "Rows that do not fill a batch are dropped at the end of each epoch. With other orders they are other "
            "rows, which softens it; the statement counts the smaller batch as well.",
            "With nine rows and batches of four, how many steps has an epoch?",
            TERM,
        ),
        Wrong(
            "divided_by_size",
            "The last batch is divided by the full batch size though it has fewer rows, so its step is too short. A "
            "mean is taken over the rows that are there.",
            "How many rows has the last batch, and by what is its gradient divided?",
            TERM,
        ),
    ),
    hints=(
        "Compare `orders` of 0, 1, 2, ... with a random one: what differs in the loop?",
        "Follow one row through the function, together with its label.",
        "Two arrays are indexed in the inner loop. Only one of them has been put into the new order.",
    ),
    follow_ups=(
        "Which test with n rows whose label is a function of the row finds this at once?",
        "Why shuffle at all, and why anew in each epoch?",
        "How would you shuffle a data set that does not fit into memory?",
    ),
    complexity="O(epochs · n · d) time.",
    source="Bottou 2012, Stochastic Gradient Descent Tricks, section 3",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(("labels = y[start : start + size]", "labels = y[order][start : start + size]"),),
        symptom=symptom,
    ),
    minutes=8,
)
