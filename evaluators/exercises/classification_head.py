"""A classification head on BERT. Source: Devlin et al. 2018, section 4, arXiv:1810.04805."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Wrong,
)

TASK = """
Write the classification head that is fine-tuned on top of a BERT encoder.

- `hidden` is `(n, t, d)`: the encoder's output; `lengths` is `(n,)`: how many of the `t` positions are real, the
  rest is padding
- the text's vector is the hidden state of the first token, [CLS]
- the pooler is a linear layer with tanh: `W_pool` is `(d, d)`, `b_pool` is `(d,)`; the classifier is linear:
  `W_out` is `(d, c)`, `b_out` is `(c,)`

Return the logits, shape `(n, c)`.
"""


def reference(
    hidden: Array, lengths: Array, W_pool: Array, b_pool: Array, W_out: Array, b_out: Array, bugs: Bugs = NO_BUGS
) -> Array:
    text = hidden[:, 0]  # (n, d)
    if "last_token" in bugs:
        text = hidden[np.arange(len(hidden)), lengths - 1]
    if "mean_with_padding" in bugs:
        text = hidden.mean(axis=1)
    pooled = text @ W_pool + b_pool
    if "tanh_missing" not in bugs:
        pooled = np.tanh(pooled)
    return (text if "pooler_skipped" in bugs else pooled) @ W_out + b_out


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, d: int, c: int) -> tuple[Array, ...]:
        pool = 0.6 * rng.normal(size=(d, d)), rng.normal(size=d)
        lengths = rng.integers(2, t + 1, size=n)
        return rng.normal(size=(n, t, d)), lengths, *pool, rng.normal(size=(d, c)), rng.normal(size=c)

    return [Case("one text", draw(1, 3, 2, 2)), Case("a batch", draw(4, 6, 5, 3))]


EXERCISE = Exercise(
    slug="classification_head",
    title="Classification head of BERT",
    topic="transformers",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[1.0, 0.0], [5.0, 5.0]]]), np.array([2]), np.eye(2), np.zeros(2), np.eye(2), np.zeros(2)),
    wrong=(
        Wrong(
            "last_token",
            "The last real token is read. That is the habit of decoders, where only the last position has seen "
            "everything; BERT looks both ways, and its pooler was pre-trained on the first position. Its weights "
            "mean nothing elsewhere.",
            "Which position's vector was the pooler trained on?",
        ),
        Wrong(
            "mean_with_padding",
            "All positions are averaged, padding included. A text's logits then depend on how long its neighbours "
            "in the batch are. If you average, weight by the real tokens; here [CLS] is asked for.",
            "Pad the same text to twice the length. Do its logits change?",
        ),
        Wrong(
            "tanh_missing",
            "The pooler is linear. Without its tanh, pooler and classifier collapse into one linear map, and the "
            "pre-trained pooler's outputs are no longer bounded as they were.",
            "Could your two layers be replaced by one?",
            TERM,
        ),
        Wrong(
            "pooler_skipped",
            "The classifier sits right on the hidden state: the pooler is skipped. It may even train, but loads no "
            "pre-trained pooler, and small data sets suffer. Apply both layers.",
            "Which pre-trained weights does your head leave unused?",
            TERM,
        ),
    ),
    hints=(
        "One vector per text, then two linear layers.",
        "[CLS] is always at position 0, whatever the length.",
        ("The tanh belongs to the first of the two layers."),
    ),
    follow_ups=(
        "When is mean pooling better than [CLS]? Think of sentence similarity.",
        "Which learning rates for head and encoder, and why do they differ?",
        "How do you fine-tune on 200 examples without forgetting everything?",
    ),
    complexity="O(n · d · (d + c)).",
    source="Devlin et al. 2018, arXiv:1810.04805",
    minutes=8,
)
