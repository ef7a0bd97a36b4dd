"""Root mean square normalisation. Source: Zhang and Sennrich, 2019, arXiv:1910.07467."""

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
Write RMSNorm, the normalisation of most recent language models.

- `x` has shape `(..., d)`, `gamma` is `(d,)`
- the output is `gamma * x / sqrt(mean(x**2) + eps)`, with the mean over the last axis

Return an array of the shape of `x`.
"""


def reference(x: Array, gamma: Array, eps: float, bugs: Bugs = NO_BUGS) -> Array:
    if "mean_subtracted" in bugs:
        x = x - x.mean(axis=-1, keepdims=True)
    total = np.sum if "sum_of_squares" in bugs else np.mean
    square = total(x**2, axis=-1, keepdims=True)
    if "eps_outside_root" in bugs:
        return gamma * x / (np.sqrt(square) + eps)
    return gamma * x / np.sqrt(square + (0 if "eps_omitted" in bugs else eps))


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(shape: tuple[int, ...], spread: float) -> tuple[Value, ...]:
        return spread * (rng.normal(size=shape) + 1.0), rng.uniform(0.5, 2.0, size=shape[-1]), 1e-5

    return [
        Case("one vector", draw((4,), 1.0)),
        Case("batch, time and features", draw((2, 3, 6), 2.0)),
        Case("tiny values", draw((2, 4), 1e-3)),
    ]


EXERCISE = Exercise(
    slug="rms_norm",
    title="RMSNorm",
    topic="normalisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([3.0, 4.0]), np.ones(2), 1e-5),
    wrong=(
        Wrong(
            "mean_subtracted",
            "The mean is subtracted first, which makes it layer normalisation. RMSNorm rescales only; saving the "
            "mean is its point, and a model trained with one and run with the other gives garbage.",
            "What does your function return for a vector of equal, large entries?",
        ),
        Wrong(
            "sum_of_squares",
            "The squares are summed, not averaged: the vector is brought to length 1 and its entries shrink with "
            "the width d. After RMSNorm the mean square is 1 whatever the width.",
            "How large is a typical entry of the output when d = 4096?",
            TERM,
        ),
        Wrong(
            "eps_outside_root",
            "eps is added to the root instead of the mean square. For ordinary activations nobody sees it; for "
            "tiny ones, whose mean square is below eps, the outputs come out several times too large.",
            "The mean square is 1e-6. By what do you divide, with eps = 1e-5?",
            EDGE,
        ),
        Wrong(
            "eps_omitted",
            "eps never enters: a zero vector gives nan, and tiny vectors are blown up to full size. Add it to the "
            "mean square, under the root.",
            "What comes out for a padding vector of zeros?",
            EDGE,
        ),
    ),
    hints=(
        "One number per vector: its root mean square.",
        "The mean, not the sum, over the last axis.",
        ("eps sits under the root, next to the mean square."),
    ),
    follow_ups=(
        "Why does it cost less than layer normalisation, and is that visible on a GPU?",
        "In which precision do you compute the mean square of bfloat16 activations?",
        "What is QK-norm, and which problem does it solve?",
    ),
    complexity="O(size of x).",
    source="Zhang, Sennrich 2019, arXiv:1910.07467, equation 4",
    banned=("rms_norm", "RMSNorm"),
    minutes=6,
)
