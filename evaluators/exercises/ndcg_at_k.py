"""Normalised discounted cumulative gain. Source: Järvelin and Kekäläinen, TOIS 20 (2002); Burges et al. 2005."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Compute nDCG at `k` for one ranked list.

- `relevances` holds the graded relevance (integers >= 0) of every judged document, in the order in which the
  system returned them
- the gain of grade `r` is `2**r - 1`; the linear gain `r` is accepted as another convention
- the result at rank 1, 2, 3, ... is discounted by `log2(rank + 1)`
- the ideal list sorts all judged documents, not only those in the first `k`
- when no document is relevant, return 0

Return one number.
"""


def reference(relevances: Array, k: int, bugs: Bugs = NO_BUGS) -> float:
    gains = np.asarray(relevances, dtype=float) if "linear_gain" in bugs else 2.0 ** np.asarray(relevances) - 1
    ideal_pool = gains[:k] if "ideal_from_top_k" in bugs else gains
    ideal = _discounted(np.sort(ideal_pool)[::-1][:k], bugs)
    found = _discounted(gains[:k], bugs)
    if "not_normalised" in bugs:
        return found
    return found / ideal if ideal > 0 else 0.0


def _discounted(gains: Array, bugs: Bugs) -> float:
    ranks = np.arange(1, len(gains) + 1)
    discount = np.log2(np.maximum(ranks, 2)) if "discount_off_by_one" in bugs else np.log2(ranks + 1)
    return float(np.sum(gains / discount))


def cases(rng: np.random.Generator) -> list[Case]:
    grades = rng.integers(0, 4, size=9)
    grades[[1, 7]] = 1, 3
    grades[0] = 2
    return [
        Case("three documents", (np.array([1, 0, int(rng.integers(2, 4))]), 3)),
        Case("the best document lies below the cut", (grades, 4)),
        Case("nothing relevant", (np.zeros(int(rng.integers(3, 9)), dtype=int), 3)),
    ]


EXERCISE = Exercise(
    slug="ndcg_at_k",
    title="nDCG at k",
    topic="model assessment",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([3, 0, 2, 1]), 3),
    wrong=(
        Wrong(
            "discount_off_by_one",
            "The discount is the logarithm of the rank itself. Rank 1 would divide by zero, so it gets special "
            "treatment, and ranks 1 and 2 end up weighing the same: swapping the two best results changes nothing. "
            "The discount is log2(rank + 1).",
            "Swap the first two results. Does your value change?",
            TERM,
        ),
        Wrong(
            "ideal_from_top_k",
            "The ideal ranking is built from the documents that were returned in the first k. A system that "
            "returns only poor documents, in the right order, then gets a perfect 1. The ideal sorts everything "
            "that was judged.",
            "The best document was not returned in the first k at all. Can the score still be 1?",
        ),
        Wrong(
            "not_normalised",
            "This is the DCG: it is not divided by that of the ideal ranking. It has no upper limit and grows with "
            "the number of relevant documents, so an average over queries is governed by the easy ones.",
            "What do you return for a perfect ranking?",
            TERM,
        ),
    ),
    conventions=(Convention("linear_gain", "the gain is the grade itself, not 2**grade - 1"),),
    invariants=(
        Invariant(
            "between 0 and 1",
            lambda args, out: -1e-9 <= out <= 1 + 1e-9,
            "no list is better than the ideal one, so the value cannot exceed 1",
        ),
    ),
    hints=(
        "Gain by grade, discount by rank, sum; then divide by the same for the best possible order.",
        "Rank 1 is discounted by log2(2) = 1.",
        "Which documents may the ideal list draw from?",
    ),
    follow_ups=(
        "Exponential or linear gain: when does it matter?",
        "Unjudged documents: what do you do with them, and whom does that favour?",
        "Why is nDCG hard to optimise directly, and what do LambdaRank and its heirs do?",
    ),
    complexity="O(n log n) for the ideal order.",
    source="Järvelin, Kekäläinen 2002; Burges et al. 2005 for the exponential gain",
    banned=("ndcg_score", "dcg_score"),
)
