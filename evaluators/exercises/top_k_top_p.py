"""Top-k and nucleus filtering. Source: Fan et al. 2018; Holtzman et al. 2020, arXiv:1904.09751."""

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
Turn the logits of one step of a language model into the distribution that is sampled from, with top-k and then
top-p (nucleus) filtering.

- `logits` is `(v,)`, without ties; `k >= 1`; `0 < p <= 1`
- first only the `k` largest logits are kept and renormalised
- then, of these, the smallest set of most probable tokens whose probability reaches `p` is kept (the token that
  crosses `p` belongs to it) and renormalised

Return the probabilities, shape `(v,)`, zero for tokens that were dropped.
"""


def reference(logits: Array, k: int, p: float, bugs: Bugs = NO_BUGS) -> Array:
    order = np.argsort(-logits)
    if "one_more_than_k" in bugs:
        k += 1
    probabilities = np.zeros(len(logits))
    kept = order[:k]
    probabilities[kept] = np.exp(logits[kept] - logits.max())
    probabilities /= probabilities.sum()
    walk = np.arange(len(logits)) if "unsorted_cumulative_sum" in bugs else order
    cumulative = np.cumsum(probabilities[walk])
    before = cumulative if "crossing_token_dropped" in bugs else cumulative - probabilities[walk]
    dropped = walk[(before >= p) & (np.arange(len(walk)) > 0)]
    if "top_p_ignored" not in bugs:
        probabilities[dropped] = 0.0
    return probabilities if "not_renormalised" in bugs else probabilities / probabilities.sum()


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(shares: list[float], k: int, p: float) -> tuple[Value, ...]:
        logits = np.log(np.array(shares)) + rng.normal()
        order = np.roll(np.arange(len(shares)), int(rng.integers(1, len(shares) - 1)))
        return logits[order], k, p

    wide = np.sort(rng.dirichlet(np.full(12, 2.0)))[::-1] + 0.01
    return [
        Case("five tokens, the third crosses p", draw([0.4, 0.25, 0.2, 0.1, 0.05], 4, 0.8)),
        Case("only top-k acts", draw([0.3, 0.25, 0.2, 0.15, 0.1], 2, 1.0)),
        Case("twelve tokens", (rng.permutation(np.log(wide)), 9, 0.6)),
    ]


EXERCISE = Exercise(
    slug="top_k_top_p",
    title="Top-k and nucleus filtering",
    topic="sequence models",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([0.0, 2.0, 1.0, -1.0]), 3, 0.8),
    wrong=(
        Wrong(
            "crossing_token_dropped",
            "The token that crosses p is dropped, so what is kept holds less than p. With one dominant token above "
            "p nothing would be left at all. The nucleus is the smallest set that *reaches* p.",
            "One token has probability 0.95 and p is 0.9. Which tokens remain?",
            EDGE,
        ),
        Wrong(
            "not_renormalised",
            "What remains does not sum to 1. A sampler that inverts the cumulative sum then falls off its end, "
            "usually onto the last token of the vocabulary. Divide by the sum of what was kept.",
            "What does your result sum to?",
            TERM,
        ),
        Wrong(
            "one_more_than_k",
            "One token too many survives top-k: typically the threshold is taken one position too far down the "
            "sorted list. With k = 1, which should be greedy, there are two candidates.",
            "With k = 1, how many tokens have a positive probability?",
            EDGE,
        ),
        Wrong(
            "unsorted_cumulative_sum",
            "The cumulative sum runs over the vocabulary in its own order. Tokens are then kept because of their "
            "index, and a likely token late in the vocabulary is dropped. Sort by probability first, and map back.",
            "Renumber the vocabulary. Does your nucleus change?",
        ),
        Wrong(
            "top_p_ignored",
            "Only top-k acts: p does not change the result. A flat distribution and a peaked one then keep the "
            "same number of tokens, which is what nucleus sampling was invented to avoid.",
            "Set p to 0.01. How many tokens remain?",
        ),
    ),
    invariants=(
        Invariant(
            "sums to 1",
            lambda args, out: abs(np.sum(out) - 1) < 1e-5,
            "the result is a distribution over the tokens that remain",
        ),
    ),
    hints=(
        "Sort once, in descending order; both filters are prefixes of that order.",
        ("A token stays while the probability *before* it is below p."),
        ("Undo the sort by writing through the index array."),
    ),
    follow_ups=(
        "Which filter adapts to how sure the model is?",
        "What does min-p do differently?",
        "Where does the temperature go, and why does the order matter?",
    ),
    complexity="O(v log v), or O(v + k log k) with a partial sort.",
    source="Holtzman et al. 2020, arXiv:1904.09751",
)
