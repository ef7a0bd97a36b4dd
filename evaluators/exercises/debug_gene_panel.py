"""Debugging: a classifier that predicts coin flips. Source: Ambroise and McLachlan, PNAS 99 (2002)."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, TERM, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
A colleague has a classifier for a rare disease: few patients, many gene measurements. The function picks the `k` genes
that differ most between the classes, standardises them, and scores each patient by which class mean is nearer. Find out
why its estimate cannot be trusted, and hand in the corrected function. It may hold more than one fault.

- `X` is `(n, d)`; `y` holds `n` labels, 0 or 1; `train` and `test` hold disjoint row numbers, both classes in `train`
- a gene's difference is `|mean of class 1 - mean of class 0|` over its standard deviation; all deviations are of the
  population (`ddof=0`)
- everything that is estimated is estimated from what would be known on the day of the prediction

Return `(columns, scores)`: the `k` chosen columns in ascending order, and one score for each row of `test`, positive
for class 1. The formula of the score stays as it is.
"""

CODE = '''
import numpy as np


def debug_gene_panel(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Pick k genes, standardise them, and score the test patients."""
    # which genes differ between the classes?
    difference = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)) / X.std(axis=0)
    columns = np.sort(np.argsort(difference)[-k:])

    # standardise, so that no gene dominates by its unit
    panel = X[:, columns]
    panel = (panel - panel.mean(axis=0)) / panel.std(axis=0)

    # nearest class mean
    known, labels = panel[train], y[train]
    healthy = known[labels == 0].mean(axis=0)
    ill = known[labels == 1].mean(axis=0)
    scores = (panel[test] - (healthy + ill) / 2) @ (ill - healthy)
    return columns, scores
'''  # noqa: E501


def reference(X: Array, y: Array, train: Array, test: Array, k: int, bugs: Bugs = NO_BUGS) -> tuple[Array, Array]:
    rows = np.arange(len(X)) if "selected_on_all_rows" in bugs else train
    rows = test if "selected_on_test_rows" in bugs else rows
    seen, truth = X[rows], y[rows]
    difference = np.abs(seen[truth == 1].mean(axis=0) - seen[truth == 0].mean(axis=0)) / seen.std(axis=0)
    columns = np.sort(np.argsort(difference)[-k:])

    panel = X[:, columns]
    fitted = panel if "scaled_on_all_rows" in bugs else panel[train]
    mean, spread = fitted.mean(axis=0), fitted.std(axis=0)
    known, labels = (panel[train] - mean) / spread, y[train]
    if "test_scaled_by_itself" in bugs:
        mean, spread = panel[test].mean(axis=0), panel[test].std(axis=0)
    asked = (panel[test] - mean) / spread
    healthy, ill = known[labels == 0].mean(axis=0), known[labels == 1].mean(axis=0)
    return columns, (asked - (healthy + ill) / 2) @ (ill - healthy)


def patients(rng: np.random.Generator, n: int, d: int) -> tuple[Array, Array, Array, Array]:
    """Genes that know nothing of the label, and a random half of the rows for the test."""
    X = rng.normal(size=(n, d)) * rng.uniform(0.5, 4, size=d) + rng.normal(size=d)
    rows = rng.permutation(n)
    train, test = np.sort(rows[: n // 2]), np.sort(rows[n // 2 :])
    y = np.zeros(n, dtype=int)
    y[train[::2]] = y[test[::2]] = 1
    return X, y, train, test


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("twelve patients, thirty genes", (*patients(rng, 12, 30), 2)),
        Case("twenty patients, two hundred genes", (*patients(rng, 20, 200), 5)),
        Case("forty patients, three hundred genes", (*patients(rng, 40, 300), 8)),
    ]


def symptom() -> str:
    rng = np.random.default_rng(7)
    accuracy = []
    for _ in range(20):
        X, y, train, test = patients(rng, 60, 2000)
        scores = reference(X, y, train, test, 20, BUGS)[1]
        accuracy.append(np.mean((scores > 0) == (y[test] == 1)))
    return (
        f"On the hospital's data it reports a high accuracy, and nobody can reproduce that on new patients. So the "
        f"colleague ran it on pure noise: 60 patients, 2000 random genes, and labels that have nothing to do with "
        f"them. Over 20 repetitions the mean test accuracy is {np.mean(accuracy):.2f}. It should be near 0.5."
    )


BUGS = frozenset({"selected_on_all_rows", "scaled_on_all_rows"})

EXERCISE = Exercise(
    slug="debug_gene_panel",
    title="Debugging: too good on noise",
    topic="debugging",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array(
            [[1.0, 5.0, 0.0], [3.0, 1.0, 1.0], [2.0, 4.0, 0.0], [5.0, 2.0, 4.0], [4.0, 1.5, 9.0], [0.0, 3.5, 8.0]]
        ),
        np.array([0, 1, 0, 1, 1, 0]),
        np.array([0, 1, 2, 3]),
        np.array([4, 5]),
        1,
    ),
    wrong=(
        Wrong(
            "selected_on_all_rows",
            "The genes are still chosen with the labels of the test patients in view. Among thousands of columns some "
            "agree with any labels by chance; chosen on all rows, they agree on the test rows too. This is the leak "
            "that makes noise look like 90 %. Selection is part of fitting: it belongs inside the training rows, and "
            "inside each fold.",
            "The labels of the test patients are shuffled. Which lines of your function notice?",
        ),
        Wrong(
            "scaled_on_all_rows",
            "Mean and deviation of the panel still come from all rows. No label leaks here, so the error is smaller "
            "than with the selection, but the scores of one patient change with who else is in the test set. Fit the "
            "scaler on the training rows, apply it to both.",
            "You score one patient alone, and then the same patient among others. Should the score differ?",
            TERM,
        ),
        Wrong(
            "test_scaled_by_itself",
            "The test rows are standardised by their own mean and deviation. Train and test then live in different "
            "units: a shift between them, which is what you want to notice, is removed, and a single patient would get "
            "0/0. Reuse what was fitted on the training rows.",
            "What does your function return when the test set is one patient?",
        ),
        Wrong(
            "selected_on_test_rows",
            "The genes are chosen on the test rows, so the leak has become larger, not smaller: the choice is now "
            "tuned to exactly the labels that measure it. Only training rows may decide which columns are used.",
            "On the day of the prediction, whose labels do you have?",
        ),
    ),
    hints=(
        "Go through the function line by line and ask of each estimate: which rows went into it?",
        "There are three estimates: which columns, their scale, and the class means. One of the three is clean.",
        (
            "Split first. `X[train]` and `y[train]` are all that the first two steps may see; the test rows get the "
            "result."
        ),
    ),
    follow_ups=(
        "Which of the two leaks costs more, and how would you measure that?",
        "How does this look inside cross-validation, and which tool makes the mistake hard to make?",
        "The same patient appears in several rows. What has to change about the split?",
        "Time passes between train and test. Which leaks does a random split hide?",
    ),
    complexity="O(n·d) for the selection, O(n·k) for the rest.",
    source="Ambroise, McLachlan 2002, Selection bias in gene extraction, PNAS 99; Hastie et al., ESL, 7.10.2",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(
            (
                "difference = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)) / X.std(axis=0)",
                (
                    "A, b = X[train], y[train]\n"
                    "    difference = np.abs(A[b == 1].mean(axis=0) - A[b == 0].mean(axis=0)) / A.std(axis=0)"
                ),
            ),
            (
                "panel = (panel - panel.mean(axis=0)) / panel.std(axis=0)",
                "panel = (panel - panel[train].mean(axis=0)) / panel[train].std(axis=0)",
            ),
        ),
        symptom=symptom,
    ),
)
