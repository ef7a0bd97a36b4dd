"""Token and learned position embeddings. Source: Devlin et al. 2018; Radford et al. 2018."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Wrong,
)

TASK = """
Embed a batch of token sequences with learned positions.

- `tokens` is `(n, t)`, integer ids; `token_table` is `(vocabulary, d)`, `position_table` is `(longest, d)` with
  `longest >= t`
- the embedding of a token is its row of the token table plus the row of its place in the sequence, counted from 0
- scaling the token's part by the square root of `d`, as in the original transformer, is accepted

Return an array of shape `(n, t, d)`.
"""


def reference(tokens: Array, token_table: Array, position_table: Array, bugs: Bugs = NO_BUGS) -> Array:
    n, t = tokens.shape
    places = np.arange(t)[None, :]
    if "position_by_token" in bugs:
        places = tokens
    if "position_by_row" in bugs:
        places = np.arange(n)[:, None]
    embedded = token_table[tokens]  # (n, t, d)
    if "scaled_by_root_d" in bugs:
        embedded = embedded * np.sqrt(token_table.shape[1])
    positions = position_table[places]
    return embedded * positions if "multiplied" in bugs else embedded + positions


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int, vocabulary: int, d: int) -> tuple[Array, ...]:
        tokens = rng.permutation(np.arange(n * t) % vocabulary).reshape(n, t)
        return tokens, rng.normal(size=(vocabulary, d)), rng.normal(size=(vocabulary + t, d))

    return [Case("two short sequences", draw(2, 3, 7, 2)), Case("a batch", draw(4, 6, 11, 5))]


EXERCISE = Exercise(
    slug="learned_positions",
    title="Token and position embeddings",
    topic="attention",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[2, 0]]),
        np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]),
        np.array([[0.0, 0.1], [0.0, 0.2], [0.0, 0.3]]),
    ),
    wrong=(
        Wrong(
            "multiplied",
            "Token and position rows are multiplied. A position entry near zero then erases the token's feature "
            "altogether, and at initialisation, with small values, products vanish. Adding keeps both readable for "
            "the layers above.",
            "A position's row happens to be all zeros. What is left of the token?",
        ),
        Wrong(
            "position_by_token",
            "The position row is chosen by the token's id, not by its place. The same word then gets the same "
            "vector everywhere: order is lost, and attention sees a bag of words.",
            "Swap two words of a sentence. Do the embeddings differ from the swapped embeddings?",
        ),
        Wrong(
            "position_by_row",
            "The position is taken from the sequence's number in the batch. All tokens of one sentence share it, "
            "and the result depends on where in the batch the sentence landed. Count along the time axis.",
            "Shuffle the sentences of the batch. Does any sentence's embedding change?",
        ),
    ),
    conventions=(Convention("scaled_by_root_d", "the token embedding is multiplied by the square root of d"),),
    hints=(
        "Two table look-ups, and one addition.",
        ("Indexing a table with an integer array of shape (n, t) gives (n, t, d)."),
        ("`np.arange(t)` has the right places for every sequence; broadcasting does the rest."),
    ),
    follow_ups=(
        "What happens with a text longer than the position table?",
        "How many parameters do the two tables have in a model that you know?",
        "Why share the token table with the output layer?",
    ),
    complexity="O(n · t · d).",
    source="Devlin et al. 2018, arXiv:1810.04805",
    minutes=6,
)
