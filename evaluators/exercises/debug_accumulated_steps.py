"""Debugging: accumulated gradients that are too large. Source: Goyal et al. 2017, section 3, arXiv:1706.02677."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
To train with a large batch on a small device, gradients of several micro-batches are accumulated before each step. The
run should be that of the large batch; it diverges instead. Find out why, and hand in the corrected function. It may
hold more than one fault.

- `batches` is a list of pairs `(X, y)`, `X` of shape `(m, d)` and `y` of shape `(m,)`; `m` differs between them
- a step is made after every `accumulate` micro-batches, and after the last, which may complete a smaller group
- each step is that of plain SGD on the mean squared error over **all rows of its group together**, gradient with its
  factor 2, as if the group had been one batch
- `w` is the start, `(d,)`, and is not changed

Return the weights after the last step, shape `(d,)`.
"""

CODE = '''
import numpy as np


def debug_accumulated_steps(batches: list[tuple[np.ndarray, np.ndarray]], w: np.ndarray, accumulate: int, lr: float) -> np.ndarray:
    """SGD in which each step uses the gradients of several micro-batches."""
    w = w.copy()
    gradient = np.zeros_like(w)
    for i, (X, y) in enumerate(batches, start=1):
        error = X @ w - y
        gradient += 2 * X.T @ error / len(y)
        if i % accumulate == 0:
            w -= lr * gradient
            gradient = np.zeros_like(w)
    return w
'''  # noqa: E501


def reference(batches: list[tuple[Array, Array]], w: Array, accumulate: int, lr: float, bugs: Bugs = NO_BUGS) -> Array:
    groups = [batches[start : start + accumulate] for start in range(0, len(batches), accumulate)]
    if "last_group_lost" in bugs:
        groups = [group for group in groups if len(group) == accumulate]
    for group in groups:
        rows = sum(len(y) for _, y in group)
        gradient = np.zeros_like(w)
        for X, y in group:
            term = 2 * X.T @ (X @ w - y)
            if "means_added" in bugs:
                gradient = gradient + term / len(y)
            elif "mean_of_means" in bugs:
                gradient = gradient + term / len(y) / len(group)
            elif "divided_by_the_setting" in bugs:
                gradient = gradient + term / len(y) / accumulate
            elif "sums_added" in bugs:
                gradient = gradient + term
            else:
                gradient = gradient + term / rows
        w = w - lr * gradient
    return w


def stream(rng: np.random.Generator, sizes: tuple[int, ...], d: int) -> tuple[list[tuple[Array, Array]], Array]:
    truth = rng.normal(size=d)
    batches = []
    for m in sizes:
        X = rng.normal(size=(m, d))
        batches.append((X, X @ truth + 0.2 * rng.normal(size=m)))
    return batches, rng.normal(size=d)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("three micro-batches, groups of two", (*stream(rng, (2, 3, 2), 1), 2, 0.1)),
        Case("five micro-batches, groups of three", (*stream(rng, (4, 2, 5, 3, 1), 2), 3, 0.05)),
        Case("seven micro-batches, groups of four", (*stream(rng, (3, 6, 2, 4, 5, 2, 3), 3), 4, 0.05)),
    ]


BUGS = frozenset({"means_added", "last_group_lost"})


def symptom() -> str:
    rng = np.random.default_rng(10)
    batches, w = stream(rng, (8,) * 62, 6)
    X, y = (np.concatenate(each) for each in zip(*batches, strict=True))
    losses = []
    for accumulate in (1, 4, 8, 16):
        end = reference(batches, w, accumulate, 0.15, BUGS)
        losses.append(f"{accumulate}: {np.mean((X @ end - y) ** 2):.3g}")
    return (
        f"One pass over 62 micro-batches of 8 rows with a learning rate of 0.15; the loss over all rows at the end, by "
        f"`accumulate`: `{'`, `'.join(losses)}`. With one batch of 64 rows at a time and the same learning rate, a "
        f"colleague gets {_large_batch_loss(X, y, w):.3g}."
    )


def _large_batch_loss(X: Array, y: Array, w: Array) -> float:
    for start in range(0, len(y), 64):
        rows, targets = X[start : start + 64], y[start : start + 64]
        w = w - 0.15 * 2 * rows.T @ (rows @ w - targets) / len(targets)
    return float(np.mean((X @ w - y) ** 2))


EXERCISE = Exercise(
    slug="debug_accumulated_steps",
    title="Debugging: the accumulated batch diverges",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        [
            (np.array([[1.0], [2.0]]), np.array([1.0, 2.0])),
            (np.array([[1.0]]), np.array([3.0])),
            (np.array([[2.0]]), np.array([2.0])),
        ],
        np.zeros(1),
        2,
        0.1,
    ),
    wrong=(
        Wrong(
            "means_added",
            "The means of the micro-batches are added up, so a step is as many times too long as there are "
            "micro-batches in its group: the learning rate grows with `accumulate`. The loss of the large batch is a "
            "mean over its rows; the parts have to be weighted so that together they are that mean.",
            "You cut one batch into eight equal parts. What should happen to the step, and what happens to yours?",
        ),
        Wrong(
            "last_group_lost",
            "The micro-batches that do not fill a group at the end are computed and never applied. With few, long "
            "epochs that is a rounding error; with a large `accumulate` it is a good part of the data, always the "
            "same end of it. One more step is due after the loop.",
            "After seven micro-batches in groups of four, what is in `gradient` when the function returns?",
            TERM,
        ),
        Wrong(
            "mean_of_means",
            "Each micro-batch is divided by its own rows and by the number of micro-batches: a mean of means. It "
            "equals the mean over all rows only when all parts have the same size; with sequences of different "
            "lengths, a token in a short micro-batch counts more. Divide the sums by the rows of the whole group.",
            "One micro-batch has 2 rows, the other 8. How much does a row of each count in the step?",
            TERM,
        ),
        Wrong(
            "divided_by_the_setting",
            "Every micro-batch is divided by its own rows and by `accumulate`. The last, smaller group is then "
            "divided by micro-batches that were never there, and unequal parts count unequally in all groups. Count "
            "the rows that went into the group instead.",
            "The last group has one micro-batch of four. By what is its gradient divided in your version?",
            TERM,
        ),
        Wrong(
            "sums_added",
            "The gradients are summed over the rows and never divided, so the step grows with every row of the group. "
            "The loss is a mean: after adding up, divide once by the number of rows of the group.",
            "What does your step do when every row of the group is listed twice?",
        ),
    ),
    hints=(
        "Compare one step on a batch of 6 rows with two micro-batches of 3, by hand.",
        "Which division makes the sum of the parts the mean over all rows of the group, when the parts differ in size?",
        "Add up sums and count rows; divide when you step. And look at what is left when the loop ends.",
    ),
    follow_ups=(
        "Which layers make the accumulated batch differ from the large one even so?",
        "In a language model, what is the right divisor: sequences, or tokens that are not padding?",
        "With Adam, how much of the original fault would you have seen?",
        "Data-parallel workers average their gradients. When is that the same mistake?",
    ),
    complexity="O(rows · d) time; memory of one micro-batch.",
    source="Goyal et al. 2017, Accurate, Large Minibatch SGD, arXiv:1706.02677, section 3",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "    gradient = np.zeros_like(w)\n    for",
                "    gradient, rows = np.zeros_like(w), 0\n    for",
            ),
            ("gradient += 2 * X.T @ error / len(y)", "gradient += 2 * X.T @ error\n        rows += len(y)"),
            ("if i % accumulate == 0:", "if i % accumulate == 0 or i == len(batches):"),
            ("w -= lr * gradient", "w -= lr * gradient / rows"),
            ("            gradient = np.zeros_like(w)", "            gradient, rows = np.zeros_like(w), 0"),
        ),
        symptom=symptom,
    ),
    minutes=10,
)
