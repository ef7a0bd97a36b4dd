"""The embedding layer of BERT. Source: Devlin et al. 2018, section 3, arXiv:1810.04805."""

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
    Wrong,
)

TASK = """
Write the embedding layer of BERT.

- `tokens` and `segments` are `(n, t)`, integers; `token_table` is `(vocabulary, d)`, `position_table` is
  `(longest, d)`, `segment_table` is `(2, d)`
- each token's vector is the sum of three rows: by its id, by its place (counted from 0), by its segment
- the sum is layer-normalised over the features, with eps 1e-12 and without gain and bias

Return an array of shape `(n, t, d)`.
"""


def reference(
    tokens: Array,
    segments: Array,
    token_table: Array,
    position_table: Array,
    segment_table: Array,
    bugs: Bugs = NO_BUGS,
) -> Array:
    places = tokens if "position_by_token" in bugs else np.arange(tokens.shape[1])[None, :]
    parts = [token_table[tokens], position_table[places], segment_table[segments]]
    if "segment_missing" in bugs:
        parts.pop()
    if "normalised_before_sum" in bugs:
        return sum(_norm(part) for part in parts) + np.zeros((*tokens.shape, 1))
    total = sum(parts) + np.zeros((*tokens.shape, 1))
    return total if "norm_missing" in bugs else _norm(total)


def _norm(x: Array) -> Array:
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, vocabulary: int, d: int) -> tuple[Array, ...]:
        tokens = rng.permutation(np.arange(n * t) % vocabulary).reshape(n, t)
        segments = (np.arange(t)[None, :] >= rng.integers(1, t, size=(n, 1))).astype(int)
        return (
            tokens,
            segments,
            rng.normal(size=(vocabulary, d)),
            rng.normal(size=(vocabulary + t, d)),
            rng.normal(size=(2, d)),
        )

    return [Case("one pair of sentences", draw(1, 3, 7, 4)), Case("a batch", draw(3, 6, 17, 6))]


EXERCISE = Exercise(
    slug="bert_embedding",
    title="BERT's embedding layer",
    topic="transformers",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1, 0]]),
        np.array([[0, 1]]),
        np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]),
        np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]),
        np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
    ),
    wrong=(
        Wrong(
            "segment_missing",
            "The segment does not enter. For a single sentence it is only a constant shift, so it goes unnoticed; "
            "for pairs, as in question answering, the model cannot tell which side a token belongs to.",
            "Two sentences are packed into one input. How does the first layer know where the second begins?",
            TERM,
        ),
        Wrong(
            "norm_missing",
            "The sum is not normalised. Its scale depends on three tables that are trained separately, and the "
            "first attention layer was trained on normalised input: pretrained weights give nonsense. Normalise "
            "once, after the sum.",
            "What are the mean and the variance of each output vector?",
            TERM,
        ),
        Wrong(
            "normalised_before_sum",
            "Each part is normalised before the sum. That gives all three the same weight, whatever training made "
            "of their sizes, and the result has a variance near three. There is one normalisation, of the sum.",
            "How large is the variance of your output vectors?",
            TERM,
        ),
        Wrong(
            "position_by_token",
            "The position row is chosen by the token's id. A word then has the same vector wherever it stands, and "
            "the order of the text is lost. Places are counted along the sequence.",
            "The same word occurs twice. Do its two vectors differ?",
        ),
    ),
    invariants=(
        Invariant(
            "each vector has mean 0 and variance 1",
            lambda args, out: (
                np.allclose(out.mean(axis=-1), 0, atol=1e-5) and np.allclose(out.var(axis=-1), 1, atol=1e-3)
            ),
            "the last step is a layer normalisation without gain and bias",
        ),
    ),
    hints=(
        "Three look-ups, a sum, a normalisation.",
        "Positions are the same for every sequence of the batch.",
        ("Normalise over the last axis, with keepdims."),
    ),
    follow_ups=(
        "Why did RoBERTa drop the segments?",
        "What sits at position 0, and why is its vector used for classification?",
        "What does eps 1e-12 do in half precision?",
    ),
    complexity="O(n · t · d).",
    source="Devlin et al. 2018, arXiv:1810.04805",
    minutes=8,
)
