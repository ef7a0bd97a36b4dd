"""Decoding with a key-value cache. Source: Shazeer, Fast Transformer Decoding, 2019, arXiv:1911.02150."""

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
    Value,
    Wrong,
)

TASK = """
Run one causal self-attention layer over a text the way a language model serves it: the prompt at once (prefill),
then one token at a time, with keys and values kept in a cache.

- `x` is `(t, d)`: the token embeddings; the first `prompt` rows are the prompt, the rest arrive one by one
- `positions` is `(t, d)`: row `i` is added to the token at place `i` before the projections
- `Wq`, `Wk`, `Wv` are `(d, d)`; scores are divided by the root of `d`; a token sees itself and everything before it

Return `(outputs, keys, values)`: the outputs of all tokens, `(t, d)`, and the cache at the end, each `(t, d)`, in
the order of the text.
"""


def reference(
    x: Array, positions: Array, Wq: Array, Wk: Array, Wv: Array, prompt: int, bugs: Bugs = NO_BUGS
) -> tuple[Array, Array, Array]:
    start = x[:prompt] + positions[:prompt]
    keys, values = start @ Wk, start @ Wv  # (prompt, d)
    mask = np.ones((prompt, prompt), dtype=bool)
    if "prefill_not_causal" not in bugs:
        mask = np.tril(mask)
    outputs = [_attend(start @ Wq, keys, values, mask)]
    for i in range(prompt, len(x)):
        place = i - prompt if "position_restarts" in bugs else i
        token = (x[i] + positions[place])[None]  # (1, d)
        seen = keys, values
        new = token @ Wk, token @ Wv
        pairs = [
            (fresh, old) if "new_token_first" in bugs else (old, fresh) for old, fresh in zip(seen, new, strict=True)
        ]
        keys, values = new if "cache_overwritten" in bugs else (np.concatenate(pair) for pair in pairs)
        read = seen if "attends_before_append" in bugs else (keys, values)
        outputs.append(_attend(token @ Wq, *read, np.ones((1, len(read[0])), dtype=bool)))
    return np.concatenate(outputs), keys, values


def _attend(q: Array, k: Array, v: Array, mask: Array) -> Array:
    scores = np.where(mask, q @ k.T / np.sqrt(q.shape[-1]), -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(t: int, d: int, prompt: int) -> tuple[Value, ...]:
        return (
            rng.normal(size=(t, d)),
            rng.normal(size=(t, d)),
            *(0.7 * rng.normal(size=(d, d)) for _ in range(3)),
            prompt,
        )

    return [Case("a prompt of two, two more tokens", draw(4, 2, 2)), Case("a longer text", draw(8, 4, 3))]


EXERCISE = Exercise(
    slug="kv_cache_decoding",
    title="Decoding with a key-value cache",
    topic="inference",
    level="staff",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.zeros((3, 2)), np.eye(2), np.eye(2), np.eye(2), 2),
    wrong=(
        Wrong(
            "cache_overwritten",
            "Each new token's key and value replace the cache instead of extending it. From then on a token sees "
            "only itself, and the model forgets the prompt after the first generated word. Append along the time "
            "axis.",
            "How many keys does the tenth token attend to in your code?",
        ),
        Wrong(
            "attends_before_append",
            "The token attends before its own key and value are in the cache. In training each token sees itself, "
            "through the diagonal of the mask; here it does not, so outputs differ from a full forward pass. "
            "Append first.",
            "May a token attend to itself in training? Does yours while decoding?",
            TERM,
        ),
        Wrong(
            "prefill_not_causal",
            "The prompt is processed without a causal mask: its first tokens see its last ones. The text model was "
            "never trained like that, and with several layers the wrong prompt states end up in the cache. Prefill "
            "is an ordinary causal pass.",
            "Compare with a full causal forward pass over the whole text. Which rows agree?",
        ),
        Wrong(
            "position_restarts",
            "Generated tokens are numbered from 0 again, as if each were the start of a text. All relative "
            "distances to the prompt are wrong; the first word may still be fine, later ones drift. Their place is "
            "the length of the cache so far.",
            "At which place in the text is the first generated token?",
            TERM,
        ),
        Wrong(
            "new_token_first",
            "The new key is put in front of the cache. A single layer without relative positions does not notice, "
            "since attention is a weighted set; anything that reads the cache by index, such as a sliding window, "
            "does. Keep the order of the text.",
            "Which token does row 0 of your cache belong to at the end?",
            EDGE,
        ),
    ),
    invariants=(
        Invariant(
            "the cache holds the whole text",
            lambda args, out: (
                len(out[1]) == len(args[0]) and np.allclose(out[1], (args[0] + args[1]) @ args[3], atol=1e-4)
            ),
            "the cached keys must be those of every token with its position, in order",
        ),
    ),
    hints=(
        "The outputs must equal those of one causal pass over the whole text. Write that first, as a test.",
        "Prefill: compute keys and values of the prompt, attend with a causal mask, keep both.",
        "Per token: project, append, attend with a single query. No mask is needed then. Why?",
    ),
    follow_ups=(
        "How large is the cache of a model that you know, per token and per user?",
        "What do grouped-query attention, paging and quantised caches each save?",
        "Why is prefill limited by compute and decoding by memory bandwidth?",
    ),
    complexity="O(t² · d) in all; each new token costs O(t · d + d²) instead of a whole pass.",
    source="Shazeer 2019, arXiv:1911.02150",
    banned=("scaled_dot_product_attention", "MultiheadAttention"),
    minutes=30,
)
