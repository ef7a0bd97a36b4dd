"""Batch normalisation, backward. Source: Ioffe and Szegedy, 2015, section 3, arXiv:1502.03167."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Invariant,
    Value,
    Wrong,
)

TASK = """
Write the backward pass of batch normalisation in training mode, by hand.

- forward: `x_hat = (x - mean) / sqrt(var + eps)` with mean and (biased) variance over the batch, then `gamma *
  x_hat + beta`
- `dy` and `x` are `(n, d)`, `gamma` is `(d,)`; `dy` is the gradient with respect to the output

Return `(dx, dgamma, dbeta)`. No automatic differentiation.
"""


def reference(dy: Array, x: Array, gamma: Array, eps: float, bugs: Bugs = NO_BUGS) -> tuple[Array, Array, Array]:
    spread = np.sqrt(x.var(axis=0) + eps)  # (d,)
    x_hat = (x - x.mean(axis=0)) / spread
    dx_hat = dy if "gamma_not_in_dx" in bugs else dy * gamma
    through_mean = dx_hat.mean(axis=0)
    through_variance = x_hat * (dx_hat * x_hat).mean(axis=0)
    if "statistics_constant" in bugs or "mean_path_dropped" in bugs:
        through_mean = 0.0
    if "statistics_constant" in bugs or "variance_path_dropped" in bugs:
        through_variance = 0.0
    return (dx_hat - through_mean - through_variance) / spread, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int) -> tuple[Value, ...]:
        return rng.normal(size=(n, d)) + 0.5, 2 * rng.normal(size=(n, d)), rng.uniform(1.5, 3.0, size=d), 1e-5

    return [Case("six samples, one feature", draw(6, 1)), Case("eight samples, four features", draw(8, 4))]


EXERCISE = Exercise(
    slug="batch_norm_backward",
    title="Batch normalisation, backward pass",
    topic="normalisation",
    level="staff",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0], [0.0], [0.0]]), np.array([[1.0], [2.0], [4.0]]), np.array([2.0]), 1e-5),
    wrong=(
        Wrong(
            "statistics_constant",
            "Mean and variance are treated as constants. But they are computed from the batch, so each sample "
            "influences the output of every other through them. At inference they are constants; in training "
            "both paths belong to the gradient.",
            "You add 1 to every sample of a feature. How does the output change, and what does your gradient claim?",
        ),
        Wrong(
            "mean_path_dropped",
            "The path through the mean is missing. Shifting all samples of a feature together does not change "
            "the output, so each column of dx must sum to zero; yours does not. Subtract the mean of the "
            "incoming gradient.",
            "What must the entries of one column of dx sum to?",
            TERM,
        ),
        Wrong(
            "variance_path_dropped",
            "The path through the variance is missing. Scaling a centred feature does not change the "
            "normalised output, so dx must be orthogonal to x_hat, which it is not in your answer. One term, "
            "proportional to x_hat, is absent.",
            "You double every value of a centred feature. How does the output change?",
            TERM,
        ),
        Wrong(
            "gamma_not_in_dx",
            "gamma scales the output, so the chain rule carries it into dx; here the gradient skips it. With "
            "gamma at its start of 1 the answer is right, which hides the bug until training has moved it.",
            "Suppose gamma is 0. How much does the output depend on x?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "each column of dx sums to zero",
            lambda args, out: np.allclose(out[0].sum(axis=0), 0, atol=1e-4) and np.any(out[0]),
            "shifting a feature changes nothing in the output, so the gradient cannot have a component in that "
            "direction",
        ),
    ),
    hints=(
        "Draw the graph: x reaches the output directly, through the mean, and through the variance.",
        "Write everything in terms of x_hat; the gradient with respect to it is dy · gamma.",
        (
            "Two tests that need no second implementation: columns of dx sum to zero, and dx is (nearly) "
            "orthogonal to x_hat."
        ),
    ),
    follow_ups=(
        "Which intermediates does the backward pass need, and can x_hat be recomputed from the output?",
        "How does this change when the batch is spread over eight GPUs?",
        "What is the backward pass at inference statistics, as in fine-tuning with frozen norms?",
    ),
    complexity="O(n·d).",
    source="Ioffe, Szegedy 2015, arXiv:1502.03167, section 3",
    banned=("backward", "grad", "vjp", "jacobian"),
    minutes=25,
)
