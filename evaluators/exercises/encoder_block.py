"""A transformer encoder block. Source: Vaswani et al. 2017; pre-norm after Xiong et al. 2020, arXiv:2002.04745."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
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
Write a pre-norm transformer encoder block, without biases and without dropout.

- `x` is `(n, t, d)`; `Wq`, `Wk`, `Wv`, `Wo` are `(d, d)`, `W1` is `(d, m)`, `W2` is `(m, d)`
- `heads` divides `d`; head `j` owns the `j`-th block of columns, scores are divided by the root of the head's
  width, and there is no mask
- `norm` is layer normalisation over the last axis with eps 1e-5, without gain and bias
- first `x = x + attention(norm(x))`, then `x = x + relu(norm(x) @ W1) @ W2`

Return an array of shape `(n, t, d)`.
"""


def reference(
    x: Array, Wq: Array, Wk: Array, Wv: Array, Wo: Array, W1: Array, W2: Array, heads: int, bugs: Bugs = NO_BUGS
) -> Array:
    def attend(z: Array) -> Array:
        return _attention(z, Wq, Wk, Wv, heads, causal="causal_mask" in bugs) @ Wo

    def feed_forward(z: Array) -> Array:
        hidden = z @ W1
        return (hidden if "activation_missing" in bugs else np.maximum(hidden, 0)) @ W2

    if "post_norm" in bugs:
        x = _norm(x + attend(x))
        return _norm(x + feed_forward(x))
    attended = attend(_norm(x))
    x = attended if "attention_residual_missing" in bugs else x + attended
    fed = feed_forward(_norm(x))
    return fed if "feed_forward_residual_missing" in bugs else x + fed


def _norm(x: Array) -> Array:
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def _attention(x: Array, Wq: Array, Wk: Array, Wv: Array, heads: int, *, causal: bool) -> Array:
    n, t, d = x.shape
    q, k, v = ((x @ W).reshape(n, t, heads, d // heads).transpose(0, 2, 1, 3) for W in (Wq, Wk, Wv))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(d // heads)  # (n, heads, t, t)
    if causal:
        scores = np.where(np.tril(np.ones((t, t), dtype=bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    out = weights / weights.sum(axis=-1, keepdims=True) @ v
    return out.transpose(0, 2, 1, 3).reshape(n, t, d)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, d: int, m: int, heads: int) -> tuple[Value, ...]:
        square = (0.5 * rng.normal(size=(d, d)) for _ in range(4))
        return rng.normal(size=(n, t, d)), *square, 0.5 * rng.normal(size=(d, m)), 0.5 * rng.normal(size=(m, d)), heads

    return [Case("three tokens, one head", draw(1, 3, 4, 6, 1)), Case("a batch, two heads", draw(2, 4, 8, 16, 2))]


EXERCISE = Exercise(
    slug="encoder_block",
    title="Transformer encoder block",
    topic="transformers",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[1.0, 3.0]]]), np.eye(2), np.eye(2), np.eye(2), np.eye(2), np.eye(2), np.eye(2), 1),
    wrong=(
        Wrong(
            "post_norm",
            "The normalisation comes after each addition, as in the original paper. That design needs a "
            "careful warm-up, since the residual path is rescaled at every layer. Here the norm sits inside "
            "the branch, and the path from input to output stays clean.",
            "Is there a way from your input to your output that passes no normalisation?",
        ),
        Wrong(
            "attention_residual_missing",
            "The attention's output replaces its input instead of being added to it. What a token was about is "
            "lost unless attention happens to copy it, and deep stacks stop training. Add the input back.",
            "Suppose Wo is all zeros. What should come out of the first half?",
        ),
        Wrong(
            "feed_forward_residual_missing",
            "The feed-forward's output replaces the stream. Whatever attention gathered has to squeeze through "
            "two matrices to survive. The second half is an addition, like the first.",
            "Suppose W2 is all zeros. What should the block return?",
        ),
        Wrong(
            "activation_missing",
            "There is no activation between the two feed-forward layers, so they collapse into a single "
            "matrix. The block loses its only per-token non-linearity. Put the ReLU on the hidden layer.",
            "Can your two feed-forward matrices be replaced by one? What does that say?",
            TERM,
        ),
        Wrong(
            "causal_mask",
            "A causal mask is applied. An encoder reads the whole text at once, in both directions; with the "
            "mask, the first token never learns what follows. Masks of that kind belong to decoders.",
            "May the first token of an encoder look at the last one? Does yours?",
        ),
    ),
    hints=(
        "Two halves of the same form: x + branch(norm(x)).",
        ("Write the norm and the attention as functions of their own first."),
        ("With Wo and W2 zero, the block must be the identity: a test that needs no reference."),
    ),
    follow_ups=(
        "Why does pre-norm train without warm-up, and what does it cost?",
        "Where do the parameters and the multiplications of a block sit, for which sequence lengths?",
        "What changes for a decoder block? And for a mixture of experts?",
    ),
    complexity="O(n · (t · d² + t² · d + t · d · m)).",
    source="Vaswani et al. 2017; Xiong et al. 2020, arXiv:2002.04745",
    banned=("TransformerEncoderLayer", "MultiheadAttention", "scaled_dot_product_attention", "layer_norm", "LayerNorm"),
    minutes=30,
)
