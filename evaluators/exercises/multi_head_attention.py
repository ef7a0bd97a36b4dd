"""Multi-head self-attention. Source: Vaswani et al. 2017, section 3.2.2, arXiv:1706.03762."""

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
Write multi-head self-attention, without mask and without biases.

- `x` is `(n, t, d)`; `Wq`, `Wk`, `Wv`, `Wo` are `(d, d)`; a projection computes `x @ W`
- `heads` divides `d`; head `j` owns the columns `j * d/heads .. (j+1) * d/heads - 1` of the projected queries,
  keys and values
- each head attends on its own, with scores divided by the square root of its width; the heads' outputs are
  concatenated in order and projected by `Wo`

Return the output, shape `(n, t, d)`.
"""


def reference(x: Array, Wq: Array, Wk: Array, Wv: Array, Wo: Array, heads: int, bugs: Bugs = NO_BUGS) -> Array:
    n, t, d = x.shape
    if "single_head" in bugs:
        heads = 1

    def split(projected: Array) -> Array:  # (n, heads, t, d / heads)
        if "reshape_without_transpose" in bugs or "split_without_transpose" in bugs:
            return projected.reshape(n, heads, t, d // heads)
        return projected.reshape(n, t, heads, d // heads).transpose(0, 2, 1, 3)

    q, k, v = split(x @ Wq), split(x @ Wk), split(x @ Wv)
    width = d if "scaled_by_model_width" in bugs else d // heads
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(width)  # (n, heads, t, t)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    out = weights / weights.sum(axis=-1, keepdims=True) @ v  # (n, heads, t, d / heads)
    if "merged_without_transpose" not in bugs and "reshape_without_transpose" not in bugs:
        out = out.transpose(0, 2, 1, 3)
    merged = out.reshape(n, t, d)
    return merged if "output_projection_missing" in bugs else merged @ Wo


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, d: int, heads: int) -> tuple[Value, ...]:
        return rng.normal(size=(n, t, d)), *(0.6 * rng.normal(size=(d, d)) for _ in range(4)), heads

    return [Case("two heads, three tokens", draw(1, 3, 4, 2)), Case("a batch, four heads", draw(2, 5, 8, 4))]


EXERCISE = Exercise(
    slug="multi_head_attention",
    title="Multi-head self-attention",
    topic="attention",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.eye(2), np.eye(2), np.eye(2), np.eye(2), 2),
    wrong=(
        Wrong(
            "reshape_without_transpose",
            "The projection is reshaped straight to (heads, time, width). The numbers fall into place in memory "
            "order, so a 'head' gets a few whole tokens instead of a slice of every token. Shapes agree, which hides "
            "it, and the merge repeats it; split the last axis, then move the heads forward, and back at the end.",
            "Which tokens does your first head see?",
        ),
        Wrong(
            "split_without_transpose",
            "The projection is reshaped straight to (heads, time, width), and the heads are moved back properly at "
            "the end. The numbers fall into place in memory order, so a 'head' gets a few whole tokens instead of a "
            "slice of every token. Merging is right; splitting has to be its exact reverse.",
            "Number the entries of two tokens with four columns and reshape them for two heads. What does head 1 hold?",
        ),
        Wrong(
            "scaled_by_model_width",
            "The scores are divided by the root of the model's width, not of the head's. The dot product runs over "
            "the head's few columns, so attention comes out too flat, and changes when only the number of heads "
            "does.",
            "Over how many terms is one score of one head summed?",
            TERM,
        ),
        Wrong(
            "output_projection_missing",
            "The concatenated heads are returned as they are. Without the last projection, heads cannot be mixed: "
            "each writes into its own slice of the residual stream only.",
            "How does information from head 1 get into the columns of head 2?",
            TERM,
        ),
        Wrong(
            "merged_without_transpose",
            "Before concatenating, the heads are not moved back behind the time axis. The reshape then glues "
            "outputs of different tokens together. Transpose first, so that each token's heads are adjacent in "
            "memory.",
            "After merging, which token does the first row of your output belong to?",
        ),
        Wrong(
            "single_head",
            "The number of heads does not change anything: one wide head attends. It has one weight pattern per "
            "token instead of several, the very thing that several heads are for. Split queries, keys and values.",
            "How many different attention patterns does one token have in your code?",
        ),
    ),
    hints=(
        "Project first, split into heads afterwards. What is the shape after each reshape?",
        "From (n, t, d) to (n, t, heads, width) to (n, heads, t, width): two steps, not one.",
        "Merging is the exact reverse, in the reverse order.",
    ),
    follow_ups=(
        "How many parameters does it have, and does that depend on the number of heads?",
        "What are grouped-query and multi-query attention, and which cost do they cut?",
        "Why do more heads not always help?",
    ),
    complexity="O(n · (t · d² + t² · d)).",
    source="Vaswani et al. 2017, arXiv:1706.03762, 3.2.2",
    banned=("MultiheadAttention", "multi_head_attention_forward", "scaled_dot_product_attention"),
    minutes=25,
)
