"""Softmax. Source: Goodfellow, Bengio and Courville, Deep Learning, section 4.1."""

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
Compute the softmax of an array along one axis.

- `x` is an array of any shape, `axis` an integer, possibly negative
- the entries may be in the thousands, with either sign, and rows may lie far apart from each other; the result
  must be finite, and exact for every row

Return an array of the shape of `x`.
"""


def reference(x: Array, axis: int, bugs: Bugs = NO_BUGS) -> Array:
    if "always_last_axis" in bugs:
        axis = -1
    shift = x.max(axis=axis, keepdims=True)
    if "no_shift" in bugs:
        shift = np.zeros_like(shift)
    if "global_shift" in bugs:
        shift = x.max()
    exponentials = np.exp(x - shift)
    if "whole_array" in bugs:
        exponentials = np.exp(x - x.max())
        return exponentials / exponentials.sum()
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def cases(rng: np.random.Generator) -> list[Case]:
    far = rng.normal(size=(2, 3))
    far[1] -= 2000.0
    return [
        Case("rows of a matrix", (rng.normal(size=(2, 3)), 1)),
        Case("the first axis of three", (rng.normal(size=(3, 2, 4)), 0)),
        Case("entries of a thousand", (np.array([[1000.0, 999.0, -1000.0]]) + rng.normal(size=(1, 3)), -1)),
        Case("one row far below the other", (far, 1)),
    ]


EXERCISE = Exercise(
    slug="softmax",
    title="Softmax along an axis",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), 1),
    wrong=(
        Wrong(
            "always_last_axis",
            "The argument `axis` is ignored; the last axis is always normalised. On a matrix of logits that is "
            "what you want, and the bug sleeps until someone calls it on attention scores with another layout. "
            "Pass the axis to both the maximum and the sum.",
            "Call it with axis=0. Which sums are 1?",
            TERM,
        ),
        Wrong(
            "whole_array",
            "The whole array is normalised at once: all entries together sum to 1, not those of each row. Adding a "
            "row to the batch changes the probabilities of the others. Give the sum an axis and keep its dimension.",
            "You append another sample to the batch. Do the first sample's probabilities change?",
        ),
        Wrong(
            "no_shift",
            "The exponential overflows: above about 709 it is inf, and inf / inf is nan. Softmax does not change "
            "when a constant is subtracted from all entries of a row, so subtract the largest.",
            "What is exp(1000) in double precision, and what do you then divide by what?",
            EDGE,
        ),
        Wrong(
            "global_shift",
            "One maximum is subtracted from the whole array. A row that lies far below it underflows to zeros, and "
            "0 / 0 gives nan, or all weight is lost. Each row needs its own maximum.",
            "One row is around 0, another around -2000. What is left of the second after your shift?",
            EDGE,
        ),
    ),
    invariants=(
        Invariant(
            "sums to 1 along the axis",
            lambda args, out: np.allclose(out.sum(axis=args[1]), 1.0, atol=1e-5),
            "the entries along the given axis must sum to 1",
        ),
    ),
    hints=(
        "Softmax is unchanged when you subtract the same number from every entry of a row.",
        "Which number makes the largest exponential exactly 1?",
        "`keepdims=True` lets the maximum and the sum broadcast back along any axis.",
    ),
    follow_ups=(
        "Why is log-softmax a function of its own?",
        "How does online softmax compute it in one pass, and why does FlashAttention need that?",
        "What does a temperature do in the limits 0 and infinity?",
    ),
    complexity="O(size of x).",
    source="Goodfellow, Bengio, Courville: Deep Learning, 4.1",
    banned=("softmax", "log_softmax", "Softmax"),
    minutes=8,
)
