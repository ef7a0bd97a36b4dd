"""Attention with a padding mask. Source: Vaswani et al. 2017, arXiv:1706.03762."""

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
    Wrong,
)

TASK = """
Scaled dot-product attention over a batch of sequences of different lengths, padded to one size.

- `Q` is `(n, t_q, d)`, `K` is `(n, t_k, d)`, `V` is `(n, t_k, d_v)`
- `lengths` is `(n,)`: sequence `i` has real keys at positions `0..lengths[i]-1`; the rest is padding and must get
  no weight
- a sequence of length 0 has nothing to attend to: its output is zero
- scores are divided by the square root of `d`

Return the output, shape `(n, t_q, d_v)`.
"""


def reference(Q: Array, K: Array, V: Array, lengths: Array, bugs: Bugs = NO_BUGS) -> Array:
    scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])  # (n, t_q, t_k)
    real = np.arange(K.shape[1])[None, None, :] < lengths[:, None, None]  # (n, 1, t_k)
    if "mask_ignored" in bugs:
        return _softmax(scores) @ V
    if "values_zeroed_only" in bugs:
        return _softmax(scores) @ (V * real.swapaxes(-1, -2))
    if "queries_masked" in bugs:
        rows = np.arange(Q.shape[1])[None, :, None] < lengths[:, None, None]
        return _softmax(scores) * rows @ V
    weights = _softmax(np.where(real, scores, -1e9 if "empty_row_averaged" in bugs else -np.inf))
    return (weights if "empty_row_nan" in bugs else np.nan_to_num(weights)) @ V


def _softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t_q: int, t_k: int, d: int, d_v: int) -> tuple[Array, ...]:
        return rng.normal(size=(n, t_q, d)), rng.normal(size=(n, t_k, d)), rng.normal(size=(n, t_k, d_v))

    return [
        Case("one sequence, one padded key", (*draw(1, 2, 3, 4, 2), np.array([2]))),
        Case("different lengths", (*draw(3, 4, 5, 3, 2), np.array([5, 2, 3]))),
        Case("a sequence of padding only", (*draw(2, 3, 4, 3, 2), np.array([0, 3]))),
    ]


EXERCISE = Exercise(
    slug="padding_mask_attention",
    title="Attention with a padding mask",
    topic="attention",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[[1.0, 0.0]]]),
        np.array([[[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]]),
        np.array([[[1.0], [3.0], [100.0]]]),
        np.array([2]),
    ),
    wrong=(
        Wrong(
            "queries_masked",
            "The mask hits the queries: rows of padded positions are blanked, while real queries still look at "
            "padded keys. It is the other axis that matters, since nobody reads the outputs of padding, but "
            "everybody reads its values.",
            "A real token's query: which columns of the scores may it use?",
        ),
        Wrong(
            "mask_ignored",
            "The lengths do not change anything: padding takes part like any other token. A sequence's result then "
            "depends on how long its neighbours in the batch are, and the same sentence gets different embeddings "
            "in different batches.",
            "Pad the same sequence to twice its size. Does its output change?",
        ),
        Wrong(
            "empty_row_nan",
            "A sequence without a single real key gives nan: all its scores are minus infinity, and 0 / 0 follows. "
            "One such row spreads nan through the loss to every weight. Decide what it should return, here zero.",
            "All keys of a row are masked. What does the softmax divide by what?",
            EDGE,
        ),
        Wrong(
            "empty_row_averaged",
            "A sequence without a single real key gets the average of its padding. Every score of the row is the same "
            "large negative number, and a softmax of equal scores is uniform: the mask has cancelled itself. No nan "
            "gives it away. Set the weights of masked keys to zero after the softmax as well.",
            "All scores of a row are -1e9. What are the weights?",
            EDGE,
        ),
        Wrong(
            "values_zeroed_only",
            "The padded values are zeroed, but padding still takes its share of the softmax. Outputs come out too "
            "small, more so the more padding there is. Remove it from the scores, before normalising.",
            "What do the weights on the *real* keys sum to?",
            TERM,
        ),
    ),
    hints=(
        "Build a boolean mask over keys, `(n, 1, t_k)`, that broadcasts over the queries.",
        "Mask the scores, before the softmax.",
        "What is left of a softmax when every score is minus infinity?",
    ),
    follow_ups=(
        "How do you combine it with a causal mask?",
        "What does padding cost, and how do packing or bucketing avoid it?",
        "What else in a model has to know about the padding? Think of pooling and of batch statistics.",
    ),
    complexity="O(n · t_q · t_k · (d + d_v)).",
    source="Vaswani et al. 2017, arXiv:1706.03762",
    banned=("scaled_dot_product_attention", "MultiheadAttention"),
)
