"""Reciprocal rank fusion. Source: Cormack, Clarke and Büttcher, SIGIR 2009."""

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
Fuse several ranked lists, for example of a lexical and a dense retriever, by reciprocal rank.

- `rankings` is a list of lists of document numbers, best first; a list need not contain every document, and no
  list repeats one
- documents are numbered `0..n-1`; `k` is the constant of the method, 60 in the paper
- a document at rank 1, 2, 3, ... of a list gets `1 / (k + rank)` from it, and nothing from lists that do not
  contain it; counting ranks from 0 is accepted

Return the fused scores, shape `(n,)`.
"""


def reference(rankings: list[list[int]], n: int, k: int, bugs: Bugs = NO_BUGS) -> Array:
    scores, lists = np.zeros(n), np.zeros(n)
    constant = 0 if "constant_missing" in bugs else k
    first = 0 if "rank_from_zero" in bugs else 1
    for ranking in rankings:
        for rank, document in enumerate(ranking, start=first):
            scores[document] += rank if "ranks_summed" in bugs else 1 / max(constant + rank, 1e-12)
            lists[document] += 1
    return scores / np.maximum(lists, 1) if "mean_over_lists" in bugs else scores


def cases(rng: np.random.Generator) -> list[Case]:
    order = rng.permutation(9).tolist()
    second = [order[2], order[0], order[8], order[5]]
    return [
        Case("two lists of three", ([order[:3], [order[1], order[3], order[0]]], 9, 60)),
        Case("lists of different length", ([order[:6], second, [order[7]]], 9, int(rng.integers(2, 20)))),
    ]


EXERCISE = Exercise(
    slug="reciprocal_rank_fusion",
    title="Reciprocal rank fusion",
    topic="retrieval",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=([[0, 2], [2, 1]], 3, 60),
    wrong=(
        Wrong(
            "constant_missing",
            "The constant is missing, so the first place counts twice as much as the second. One retriever's "
            "confident error then beats a document that both rank third. The constant flattens the top, so that "
            "agreement wins.",
            "One list puts a document first, the other does not know it. Does it beat a document that is third in "
            "both?",
            TERM,
        ),
        Wrong(
            "mean_over_lists",
            "The sum is divided by the number of lists that contain the document. A document that only one "
            "retriever found is then not behind one that all agree on. Being found by several is evidence: keep "
            "the sum.",
            "Is it good or bad for a document, in your scores, to be found by a second list at rank 50?",
        ),
        Wrong(
            "ranks_summed",
            "The ranks themselves are added. Then lower is better, and a document that no list contains has the "
            "best score of all. The reciprocal turns it round and makes absence a zero.",
            "What is the score of a document that appears nowhere, and where does it end up?",
        ),
    ),
    conventions=(Convention("rank_from_zero", "ranks are counted from 0"),),
    invariants=(
        Invariant(
            "documents in no list score 0",
            lambda args, out: all((out[i] > 0) == any(i in ranking for ranking in args[0]) for i in range(args[1])),
            "a document has a positive score exactly if some list contains it",
        ),
    ),
    hints=(
        "Loop over lists, then over places.",
        "Only ranks matter; the retrievers' scores do not enter.",
        ("`enumerate(ranking, start=1)` gives the rank."),
    ),
    follow_ups=(
        "Why fuse ranks, not scores?",
        "How would you weight the retrievers, and on which data would you choose the weights?",
        "When does a cross-encoder on top pay off?",
    ),
    complexity="O(total length of the lists).",
    source="Cormack, Clarke, Büttcher 2009",
    minutes=6,
)
