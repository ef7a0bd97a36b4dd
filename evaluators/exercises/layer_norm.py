"""Layer normalisation. Source: Ba, Kiros and Hinton, 2016, arXiv:1607.06450."""

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
Normalise each vector of an array over its features, as a transformer does before every sublayer.

- `x` has shape `(..., d)`; `gamma` and `beta` are `(d,)`
- mean and variance run over the last axis; the variance divides by `d`
- the normalised value is `(x - mean) / sqrt(var + eps)`, then `gamma` and `beta` are applied

Return an array of the shape of `x`.
"""


def reference(x: Array, gamma: Array, beta: Array, eps: float, bugs: Bugs = NO_BUGS) -> Array:
    axis = 0 if "batch_axis" in bugs else -1
    mean = x.mean(axis=axis, keepdims=True)
    var = x.var(axis=axis, keepdims=True, ddof=1 if "unbiased_variance" in bugs else 0)
    spread = np.sqrt(var) + eps if "eps_outside_root" in bugs else np.sqrt(var + (0 if "eps_omitted" in bugs else eps))
    normalised = (x - mean) / spread
    return normalised if "affine_ignored" in bugs else gamma * normalised + beta


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(shape: tuple[int, ...], spread: float, eps: float) -> tuple[Value, ...]:
        d = shape[-1]
        x = spread * (rng.normal(size=shape) + rng.normal(size=(*shape[:-1], 1)))
        return x, rng.uniform(1.5, 3.0, size=d), rng.normal(size=d), eps

    return [
        Case("two vectors", draw((2, 4), 1.0, 1e-5)),
        Case("batch, time and features", draw((2, 3, 5), 2.0, 1e-5)),
        Case("a tiny variance", draw((3, 4), 1e-3, 1e-5)),
    ]


EXERCISE = Exercise(
    slug="layer_norm",
    title="Layer normalisation",
    topic="normalisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 2.0, 3.0]]), np.ones(3), np.zeros(3), 1e-5),
    wrong=(
        Wrong(
            "batch_axis",
            "The statistics run over the batch: this is batch normalisation. A token's output then depends on the "
            "other sequences in the batch, and a batch of one gives beta. Normalise each vector over its own "
            "features.",
            "Put one vector alone in a batch. What comes out?",
        ),
        Wrong(
            "unbiased_variance",
            "The variance divides by d - 1. It is a normalisation, not an estimate: the d features at hand should "
            "get variance 1. `torch.var` and pandas are unbiased by default, NumPy is not, which is where this "
            "usually comes from.",
            "What is the mean square of a normalised vector before gamma? Is it 1?",
            EDGE,
        ),
        Wrong(
            "eps_outside_root",
            "eps is added to the standard deviation instead of the variance. When the variance is tiny the two "
            "differ by orders of magnitude, and weights moved between frameworks give different outputs.",
            "The variance is 1e-8. By what do you divide, with eps = 1e-5?",
            EDGE,
        ),
        Wrong(
            "eps_omitted",
            "eps never enters. A constant vector, such as padding, then divides zero by zero, and nearly constant "
            "ones are blown up to full size. Add it to the variance, under the root.",
            "What does your layer return for a vector of equal entries?",
            EDGE,
        ),
        Wrong(
            "affine_ignored",
            "gamma and beta are not applied. Without them every layer's output is forced to mean 0 and variance 1, "
            "and the network cannot undo that where it hurts. Scale and shift after normalising.",
            "Can your layer represent the identity?",
            TERM,
        ),
    ),
    hints=(
        "One mean and one variance per vector, over the last axis.",
        "`keepdims=True` keeps the axis, so that it broadcasts back.",
        "eps goes where it also protects a variance of exactly zero: under the root.",
    ),
    follow_ups=(
        "Before or after the residual addition: what changes in training?",
        "Why does RMSNorm get away without subtracting the mean?",
        "Why does layer normalisation not need running statistics?",
    ),
    complexity="O(size of x).",
    source="Ba, Kiros, Hinton 2016, arXiv:1607.06450",
    banned=("layer_norm", "LayerNorm", "native_layer_norm"),
    minutes=8,
)
