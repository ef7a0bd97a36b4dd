"""Masking for BERT's pre-training. Source: Devlin et al. 2018, appendix A.1, arXiv:1810.04805."""

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
Prepare inputs and labels for masked-language-model training. The random numbers are given, so the result is
determined.

- `tokens`, `u_select`, `u_action` and `random_ids` are all `(n, t)`; the `u` are uniform in [0, 1)
- a token is selected when `u_select < 0.15` and its id is not in `special_ids` (a list)
- a selected token becomes `mask_id` when `u_action < 0.8`, its entry of `random_ids` when `0.8 <= u_action <
  0.9`, and stays as it is otherwise
- the label is the original id at selected places, and -100 everywhere else

Return `(inputs, labels)`, integers of shape `(n, t)`. Do not change `tokens` in place.
"""


def reference(
    tokens: Array,
    u_select: Array,
    u_action: Array,
    random_ids: Array,
    special_ids: list[int],
    mask_id: int,
    bugs: Bugs = NO_BUGS,
) -> tuple[Array, Array]:
    selected = u_select < 0.15
    if "special_tokens_masked" not in bugs:
        selected = selected & ~np.isin(tokens, special_ids)
    mask_below, random_below = (0.1, 0.2) if "shares_swapped" in bugs else (0.8, 0.9)
    inputs = np.where(selected & (u_action < mask_below), mask_id, tokens)
    inputs = np.where(selected & (u_action >= mask_below) & (u_action < random_below), random_ids, inputs)
    if "always_mask" in bugs:
        inputs = np.where(selected, mask_id, tokens)
    original = inputs if "label_corrupted" in bugs else tokens
    return inputs, original.copy() if "loss_everywhere" in bugs else np.where(selected, original, -100)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, t: int) -> tuple[Value, ...]:
        tokens = rng.integers(10, 60, size=(n, t))
        tokens[:, 0], tokens[:, -1] = 1, 2
        select, action = rng.uniform(size=(n, t)), rng.uniform(size=(n, t))
        select[0, :5] = 0.05, 0.01, 0.1, 0.12, 0.6
        action[0, :5] = 0.3, 0.4, 0.85, 0.95, 0.1
        return tokens, select, action, rng.integers(100, 160, size=(n, t)), [0, 1, 2], 3

    return [Case("one short sequence", draw(1, 6)), Case("a batch", draw(4, 12))]


EXERCISE = Exercise(
    slug="masked_language_targets",
    title="Masking for BERT's pre-training",
    topic="transformers",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[1, 17, 25, 2]]),
        np.array([[0.05, 0.10, 0.90, 0.30]]),
        np.array([[0.2, 0.5, 0.1, 0.1]]),
        np.array([[40, 41, 42, 43]]),
        [0, 1, 2],
        3,
    ),
    wrong=(
        Wrong(
            "special_tokens_masked",
            "Special tokens can be selected. [CLS], [SEP] and padding are always predictable from their place, so "
            "the loss on them is free, and a masked [SEP] takes the boundary away. Leave them out of the selection.",
            "Which tokens in the sequence carry no information worth predicting?",
            TERM,
        ),
        Wrong(
            "always_mask",
            "Every selected token becomes [MASK]. At fine-tuning time there are no [MASK] tokens at all, so the "
            "model has only learned to work where it sees one. One in ten becomes random and one in ten stays, to "
            "close that gap.",
            "What does the model see at fine-tuning time that it never saw in your pre-training?",
        ),
        Wrong(
            "loss_everywhere",
            "All places have labels, so the loss is taken on every token. Most of them are visible in the input, "
            "and copying them is trivial: the loss looks excellent and the model learns little. Unselected places "
            "get -100, which the loss ignores.",
            "How hard is it to predict a token that is in plain sight?",
        ),
        Wrong(
            "shares_swapped",
            "The three shares are mixed up: most selected tokens stay, few are masked. The task becomes copying. "
            "80 percent go to [MASK], 10 percent to a random token, 10 percent stay.",
            "Of a hundred selected tokens, how many do you replace by [MASK]?",
            TERM,
        ),
        Wrong(
            "label_corrupted",
            "The label is read after the replacement, so the model is asked to predict [MASK]. Usually the tokens "
            "were changed in place and copied afterwards. Take the labels from the original.",
            "What is the model asked to predict at a masked place?",
        ),
    ),
    invariants=(
        Invariant(
            "labels only where selected",
            lambda args, out: np.array_equal(out[1] != -100, (args[1] < 0.15) & ~np.isin(args[0], args[4])),
            "a place has a label exactly if it was selected",
        ),
    ),
    hints=(
        "One boolean array first: which places are selected.",
        "`np.where` three times: masked, random, labels.",
        ("Labels come from the original tokens."),
    ),
    follow_ups=(
        "Why 15 percent, and what happens at 40?",
        "What is whole-word masking, and why does it make the task harder?",
        "Why does every batch get a fresh mask (dynamic masking)?",
    ),
    complexity="O(n·t).",
    source="Devlin et al. 2018, arXiv:1810.04805, A.1",
    minutes=12,
)
