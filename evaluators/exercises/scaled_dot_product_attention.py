"""Scaled dot-product attention. Source: Vaswani et al., Attention Is All You Need, 2017, equation 1."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import EDGE, NO_BUGS, TERM, Array, Bugs, Case, Exercise, Invariant, Wrong

TASK = """
The core of a transformer layer: every query takes a weighted average of the values, with weights from a softmax
over how well it agrees with each key.

- `Q` has shape `(..., t_q, d_k)`, `K` is `(..., t_k, d_k)`, `V` is `(..., t_k, d_v)`; the leading axes are equal
- `t_q`, `t_k`, `d_k` and `d_v` may all differ; there may be no leading axis at all
- there is no mask; scores are scaled as in the paper
- scores may be large: the result must stay finite

Return the output, shape `(..., t_q, d_v)`.

"""


def reference(Q: Array, K: Array, V: Array, bugs: Bugs = NO_BUGS) -> Array:
    d_k, t_k = Q.shape[-1], K.shape[-2]
    scale = np.sqrt(d_k)
    if "scale_missing" in bugs:
        scale = 1.0
    if "divided_by_d_k" in bugs:
        scale = d_k
    if "scaled_by_length" in bugs:
        scale = np.sqrt(t_k)
    scores = Q @ K.swapaxes(-1, -2) / scale  # (..., t_q, t_k)
    if "no_softmax" in bugs:
        return scores / scores.sum(axis=-1, keepdims=True) @ V
    axis = -2 if "softmax_over_queries" in bugs else -1
    shift = 0.0 if "softmax_overflows" in bugs else scores.max(axis=axis, keepdims=True)
    weights = np.exp(scores - shift)
    weights /= weights.sum(axis=axis, keepdims=True)  # (..., t_q, t_k)
    return weights @ V  # (..., t_q, d_v)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(lead: tuple[int, ...], t_q: int, t_k: int, d_k: int, d_v: int, size: float = 1.0) -> tuple[Array, ...]:
        return (
            size * rng.normal(size=(*lead, t_q, d_k)),
            rng.normal(size=(*lead, t_k, d_k)),
            rng.normal(size=(*lead, t_k, d_v)),
        )

    Q, K, V = draw((), 3, 4, 8, 2, size=600.0)
    Q[0] = 1500 * np.sqrt(8) * K[0] / np.sum(K[0] ** 2)  # one scaled score is 1500, whatever was drawn
    return [
        Case("two queries on three keys", draw((), 2, 3, 4, 2)),
        Case("batch and heads, every length different", draw((2, 3), 4, 6, 5, 7)),
        Case("large scores stay finite", (Q, K, V)),
    ]


def inside_values(args: tuple[Array, ...], out: Array) -> bool:
    """Every output is an average of the values: per feature, between their least and greatest."""
    V = args[2]
    low, high = V.min(axis=-2, keepdims=True), V.max(axis=-2, keepdims=True)
    return bool(np.all(out >= low - 1e-6) and np.all(out <= high + 1e-6) and np.any(out))


EXERCISE = Exercise(
    slug="scaled_dot_product_attention",
    title="Scaled dot-product attention",
    topic="attention",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1.0, 0.0], [0.0, 2.0]]),
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        np.array([[1.0], [2.0], [4.0]]),
    ),
    wrong=(
        Wrong(
            "scale_missing",
            "The scores are not scaled. A dot product of d_k independent terms has a variance that grows with "
            "d_k, so without the square root the softmax saturates as heads get wider: weights near 0 and 1, "
            "gradients near 0. On small d_k it still looks plausible, which is why it slips through.",
            "Queries and keys have unit variance in each of 64 dimensions. What is the spread of their dot "
            "products, and what does a softmax make of it?",
        ),
        Wrong(
            "divided_by_d_k",
            "The scores are divided by d_k itself, so attention comes out too flat: every query nearly "
            "averages all values. It is the standard deviation of the dot product that has to be brought back "
            "to 1, and that grows more slowly than d_k.",
            "How does the standard deviation of a sum of d independent terms grow with d?",
            TERM,
        ),
        Wrong(
            "softmax_over_queries",
            "The weights are normalised down the queries instead of along the keys, so each column sums to 1 "
            "and each row does not. A query then receives more or less than one unit of value depending on its "
            "competitors. Sum the weights over the last axis: you should see ones.",
            "Take one query. What should its weights sum to, and along which axis of your score matrix do they lie?",
        ),
        Wrong(
            "scaled_by_length",
            "The scale is the square root of the number of keys, not of the key's width. The reason for "
            "scaling is the number of terms in each dot product; the length of the sequence does not enter it, "
            "and with this scale the same query behaves differently in a longer context.",
            "Which dimension is summed over when one score is computed?",
            TERM,
        ),
        Wrong(
            "no_softmax",
            "The raw scores are divided by their sum. They can be negative, so the 'weights' leave the range "
            "0..1 and the denominator can pass through zero: outputs jump outside the values. A softmax "
            "exponentiates first, which makes every weight positive.",
            "What happens to your weights when one score is negative, or when a row of scores sums to nearly zero?",
        ),
        Wrong(
            "softmax_overflows",
            "The scores are exponentiated as they are. Above about 709 that overflows to inf, and inf / inf is "
            "nan; in half precision it happens at 11 already. Subtracting the largest score of each row "
            "changes nothing in the weights and keeps every exponential at 1 or below.",
            "One score is 1000. What do your exponential and your division give?",
            EDGE,
        ),
    ),
    invariants=(
        Invariant(
            "each output lies between the values",
            inside_values,
            "an output left the range of the values, so the weights of that query are not an average (positive, sum 1)",
        ),
    ),
    hints=(
        "Three steps: scores from queries and keys, weights from scores, output from weights and values.",
        "Write the shape of every intermediate. Which axis of the scores belongs to the keys?",
        "Shift each row by its own maximum before the exponential; the softmax does not change, and nothing overflows.",
    ),
    follow_ups=(
        "Why the square root of d_k, and not d_k or nothing?",
        "Time and memory in the sequence length? How does a blockwise form avoid the t × t matrix?",
        "What changes for a causal mask, and with which value do you mask?",
    ),
    complexity="O(t_q · t_k · (d_k + d_v)) time; O(t_q · t_k) memory for the weights.",
    source="Vaswani et al. 2017, arXiv:1706.03762, equation 1",
    banned=("scaled_dot_product_attention", "multi_head_attention_forward", "MultiheadAttention"),
)
