"""Causal self-attention. Source: Vaswani et al. 2017, section 3.2.3, arXiv:1706.03762."""

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
Scaled dot-product attention for a decoder: position `i` may look at positions `0..i`, itself included, and never
ahead.

- `Q`, `K` are `(..., t, d_k)`, `V` is `(..., t, d_v)`
- scores are divided by the square root of `d_k`; the weights of each query sum to 1

Return the output, shape `(..., t, d_v)`.
"""


def reference(Q: Array, K: Array, V: Array, bugs: Bugs = NO_BUGS) -> Array:
    t, d_k = Q.shape[-2:]
    scores = Q @ K.swapaxes(-1, -2) / (1.0 if "scale_missing" in bugs else np.sqrt(d_k))  # (..., t, t)
    allowed = np.tril(np.ones((t, t), dtype=bool), k=-1 if "diagonal_masked" in bugs else 0)
    if "mask_inverted" in bugs:
        allowed = ~np.tril(np.ones((t, t), dtype=bool), k=-1)
    if "masked_after_softmax" in bugs:
        return _softmax(scores) * allowed @ V
    if "scores_multiplied" in bugs:
        return _softmax(scores * allowed) @ V
    masked = np.where(allowed, scores, -1.0 if "small_mask_value" in bugs else -1e9)
    return _softmax(masked) @ V


def _softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(lead: tuple[int, ...], t: int, d_k: int, d_v: int) -> tuple[Array, ...]:
        return rng.normal(size=(*lead, t, d_k)), rng.normal(size=(*lead, t, d_k)), rng.normal(size=(*lead, t, d_v))

    return [Case("three positions", draw((), 3, 4, 2)), Case("batch and heads", draw((2, 2), 5, 6, 3))]


def blind_to_the_future(args: tuple[Value, ...], out: Array) -> bool:
    """The first position sees only itself, so it returns its own value."""
    return bool(np.allclose(out[..., 0, :], args[2][..., 0, :], atol=1e-5))


EXERCISE = Exercise(
    slug="causal_attention",
    title="Causal self-attention",
    topic="attention",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1.0], [3.0]])),
    wrong=(
        Wrong(
            "masked_after_softmax",
            "The mask is applied to the weights after the softmax, so a row that loses its future no longer sums "
            "to 1. Early positions come out too small, and the normaliser has seen the future: information leaks "
            "through it. Mask the scores before.",
            "What do the weights of your first position sum to?",
        ),
        Wrong(
            "scores_multiplied",
            "Forbidden scores are multiplied by zero. A score of zero is not 'never': its exponential is 1, so the "
            "future keeps a good share of the weight. The value that vanishes in a softmax is minus infinity.",
            "What weight does a position with score 0 get next to one with score 1?",
        ),
        Wrong(
            "mask_inverted",
            "The mask is the wrong way round: each position sees itself and the future. Training loss falls "
            "wonderfully, as the next token is in plain sight, and generation produces nothing of use. Look at the "
            "first row: it should have a single non-zero weight.",
            "Which positions does your very first query look at?",
        ),
        Wrong(
            "diagonal_masked",
            "Each position is forbidden to look at itself. The first one then has nothing to look at, and gets an "
            "average of everything or nan. In a decoder the input is already shifted by one, so the own position "
            "is allowed.",
            "What is left for the first position to attend to?",
            TERM,
        ),
        Wrong(
            "scale_missing",
            "The scores are not divided by the root of d_k. With wide heads the softmax saturates and gradients "
            "vanish; on small ones it hardly shows. The mask is right.",
            "Unit-variance queries and keys with 64 dimensions: what is the spread of the scores?",
            TERM,
        ),
        Wrong(
            "small_mask_value",
            "Masked scores are set to a finite, ordinary value. When real scores are of that size too, the future "
            "gets real weight: a leak that grows with the sequence. Use minus infinity, or a value far beyond any "
            "score.",
            "A real score is -3. Which weighs more, it or a masked position?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "the first position returns its own value",
            blind_to_the_future,
            "the first position may only see itself, so its output is V[0]",
        ),
    ),
    hints=(
        "Before the softmax, or after it: where does a mask leave the weights summing to 1?",
        "`np.tril` of ones marks what is allowed. Is the diagonal in it?",
        "Write a value into the forbidden scores whose exponential is zero.",
    ),
    follow_ups=(
        "How do you test that nothing leaks, without a reference?",
        "With a cache of keys, one query arrives. What does the mask look like?",
        "How does a sliding window change mask and cost?",
    ),
    complexity="O(t² · (d_k + d_v)) time, O(t²) memory; half of the scores are wasted unless the kernel skips them.",
    source="Vaswani et al. 2017, arXiv:1706.03762, 3.2.3",
    banned=("scaled_dot_product_attention", "MultiheadAttention"),
)
