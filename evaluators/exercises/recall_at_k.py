"""Recall at k. Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, chapter 8."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Compute recall at `k` for one query of a search or recommendation system: which share of the relevant items is
among the first `k` results?

- `ranked` is the list of returned ids, best first; an id may appear more than once, and a repeated hit counts once
- `relevant` is a list of distinct relevant ids; `k >= 1` may exceed the number of results
- with no relevant id at all, return 0
- dividing by `min(k, number of relevant)` is accepted as another convention

Return one number.
"""


def reference(ranked: list[int], relevant: list[int], k: int, bugs: Bugs = NO_BUGS) -> float:
    top = ranked[:k]
    hits = sum(item in relevant for item in top) if "duplicates_counted" in bugs else len(set(top) & set(relevant))
    if not relevant:
        return 0.0
    if "hit_rate" in bugs:
        return float(hits > 0)
    if "divided_by_k" in bugs:
        return hits / k
    return hits / (min(k, len(relevant)) if "capped_denominator" in bugs else len(relevant))


def cases(rng: np.random.Generator) -> list[Case]:
    ids = rng.permutation(60).tolist()
    return [
        Case("two of three found", ([ids[0], ids[9], ids[1], ids[2]], ids[:3], 3)),
        Case("more relevant than k", ([ids[0], ids[20], ids[1], ids[21], ids[2]], ids[:8], 5)),
        Case("the same hit twice", ([ids[3], ids[3], ids[30], ids[31], ids[4]], [ids[3], ids[5], ids[6], ids[7]], 5)),
        Case("fewer results than k", ([ids[40], ids[10]], ids[10:14], 6)),
        Case("nothing relevant", (ids[:4], [], 2)),
    ]


EXERCISE = Exercise(
    slug="recall_at_k",
    title="Recall at k",
    topic="model assessment",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=([5, 3, 9, 1], [3, 1, 7], 3),
    wrong=(
        Wrong(
            "divided_by_k",
            "The hits are divided by k. That is precision at k: which share of the results is good. Recall asks "
            "which share of the good items was found, so it divides by the number of relevant ones, and can reach "
            "1 with a large k.",
            "There is one relevant item and it is first. What should recall at 10 be?",
        ),
        Wrong(
            "duplicates_counted",
            "An id that is returned twice is counted twice. Recall can then exceed 1, and a system that repeats "
            "its best result looks better. Compare sets, not positions.",
            "The same relevant item fills all five places. What is the recall?",
            EDGE,
        ),
        Wrong(
            "hit_rate",
            "The value is 1 as soon as anything relevant is found. That is the hit rate, useful when there is "
            "exactly one right item; with several, finding one of ten is not the same as finding all.",
            "Ten items are relevant and one is found. What do you report?",
        ),
    ),
    conventions=(Convention("capped_denominator", "divided by min(k, relevant), so that 1 is always reachable"),),
    invariants=(
        Invariant(
            "between 0 and 1", lambda args, out: 0 <= out <= 1, "a share of the relevant items lies between 0 and 1"
        ),
    ),
    hints=(
        "Two sets: what was returned in the first k places, and what is relevant.",
        "The numerator counts distinct hits.",
        "The denominator does not depend on what was returned.",
    ),
    follow_ups=(
        "Recall does not see the order within the first k. Which metric does?",
        "You only know some of the relevant items. What happens to recall, and to comparisons?",
        "Which k would you choose for a retriever in front of a language model?",
    ),
    complexity="O(k + r) with sets.",
    source="Manning, Raghavan, Schütze: Introduction to Information Retrieval, 8.4",
    minutes=8,
)
