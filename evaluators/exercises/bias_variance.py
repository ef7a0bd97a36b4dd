"""Bias-variance decomposition of squared error. Source: Geman, Bienenstock and Doursat, Neural Computation 4 (1992)."""

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
    Invariant,
    Wrong,
)

TASK = """
A model was trained on many independently drawn training sets, and each of these models predicted the same test
points. Decompose the expected squared error.

- `predictions` has shape `(runs, n)`: row `r` holds the predictions of the model of run `r`
- `truth` is `(n,)`: the noise-free target of each test point
- `noise_variance` is the variance of the label noise, the same everywhere

Return three numbers `(bias_squared, variance, total)`, each averaged over the test points. The variance over runs
divides by the number of runs, and `total` is the expected squared error of a noisy label.
"""


def reference(
    predictions: Array, truth: Array, noise_variance: float, bugs: Bugs = NO_BUGS
) -> tuple[float, float, float]:
    mean = predictions.mean(axis=0)  # (n,)
    bias_squared = np.mean((mean - truth) ** 2)
    if "error_called_bias" in bugs:
        bias_squared = np.mean((predictions - truth) ** 2)
    if "bias_not_squared" in bugs:
        bias_squared = np.mean(np.abs(mean - truth))
    variance = predictions.var(axis=0, ddof=1 if "unbiased_variance" in bugs else 0).mean()
    noise = 0.0 if "noise_dropped" in bugs else noise_variance
    return float(bias_squared), float(variance), float(bias_squared + variance + noise)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(runs: int, n: int, offset: float) -> tuple[Array, Array, float]:
        truth = rng.normal(size=n)
        return truth + offset * rng.uniform(0.5, 1.5) + rng.normal(size=(runs, n)), truth, float(rng.uniform(0.2, 1.0))

    return [
        Case("three runs, two points", draw(3, 2, 2.0)),
        Case("five runs, a clear bias", draw(5, 6, 3.0)),
    ]


EXERCISE = Exercise(
    slug="bias_variance",
    title="Bias-variance decomposition",
    topic="model assessment",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 3.0]), 0.5),
    wrong=(
        Wrong(
            "unbiased_variance",
            "The variance divides by runs - 1. That is the estimate of a wider population's variance, and then "
            "bias, variance and noise no longer add up to the measured error: they exceed it a little. The "
            "decomposition is an identity for the runs at hand, so divide by their number.",
            "Add your three parts and compare with the average squared error over all runs. Do they agree?",
            EDGE,
        ),
        Wrong(
            "error_called_bias",
            "The squared error of every run is averaged and called bias. That number already contains the "
            "variance, so it is counted twice in the total. Bias is the error of the *average* prediction: "
            "average over runs first, then compare with the truth, then square.",
            "A model has no bias but varies wildly between training sets. What should your first number be, "
            "and what is it?",
        ),
        Wrong(
            "bias_not_squared",
            "The bias enters unsquared. It then has the unit of the target while the variance has its square, "
            "and the sum means nothing. A bias of 0.1 looks ten times worse than it is, a bias of 10 ten times "
            "better. Square each point's bias before averaging.",
            "In which unit is each of your three terms, if the target is in metres?",
            TERM,
        ),
        Wrong(
            "noise_dropped",
            "The total leaves out the label noise. No model can predict it, but every measured error against "
            "real labels contains it; without the term, the expected error of a perfect model would be 0 on "
            "noisy data. Add the noise variance once.",
            "What error does the perfect model have on these labels?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the total is the sum of the parts",
            lambda args, out: abs(out[0] + out[1] + args[2] - out[2]) < 1e-6 * abs(out[2]),
            "bias², variance and noise must add up to the total",
        ),
    ),
    hints=(
        (
            "For each test point there is a distribution of predictions, one per run. Describe it by its mean "
            "and its spread."
        ),
        "Bias compares the mean prediction with the truth; variance compares each prediction with the mean prediction.",
        "Work per point first, shape (n,), and average over the points last.",
    ),
    follow_ups=(
        "How do bagging and boosting change each of the two terms?",
        "In practice you have one data set. How would you estimate the variance term?",
        "Deep networks get better beyond the point of interpolation. What happens to the classical picture?",
    ),
    complexity="O(runs · n) time, O(n) memory beyond the input.",
    source="Geman, Bienenstock, Doursat: Neural Networks and the Bias/Variance Dilemma, 1992",
    minutes=10,
)
