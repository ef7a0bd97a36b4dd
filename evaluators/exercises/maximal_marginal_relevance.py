"""Maximal marginal relevance. Source: Carbonell and Goldstein, SIGIR 1998."""

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
Choose `k` passages for a prompt that are relevant and not redundant, by maximal marginal relevance.

- `documents` is `(n, d)`, `query` is `(d,)`; neither is normalised, similarity is the cosine
- choose one after the other: the next is the document, not yet chosen, with the largest `weight * similarity to
  the query - (1 - weight) * largest similarity to a chosen document`; the second term is 0 while nothing is
  chosen

Return the numbers of the chosen documents in the order of choosing, integers of shape `(k,)`.
"""


def reference(documents: Array, query: Array, weight: float, k: int, bugs: Bugs = NO_BUGS) -> Array:
    unit = documents if "not_normalised" in bugs else documents / np.linalg.norm(documents, axis=1, keepdims=True)
    relevance = unit @ (query if "not_normalised" in bugs else query / np.linalg.norm(query))  # (n,)
    between = unit @ unit.T  # (n, n)
    relevant, diverse = (1 - weight, weight) if "weight_swapped" in bugs else (weight, 1 - weight)
    if "diversity_missing" in bugs:
        diverse = 0.0
    chosen: list[int] = []
    while len(chosen) < k:
        total = np.sum if "similarities_summed" in bugs else np.max
        redundancy = total(between[:, chosen], axis=1) if chosen else np.zeros(len(documents))
        scores = relevant * relevance - diverse * redundancy
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
    return np.array(chosen)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, weight: float, k: int) -> tuple[Value, ...]:
        topics = rng.normal(size=(3, d)) + 0.5
        documents = topics[np.arange(n) % 3] + 0.3 * rng.normal(size=(n, d))
        return documents * rng.uniform(0.3, 3.0, size=(n, 1)), topics.mean(axis=0) + 0.2 * rng.normal(size=d), weight, k

    twins = np.array([[1.0, 0.05, 0.0], [1.0, 0.06, 0.0], [0.7, 0.0, 0.7], [0.0, 1.0, 0.0]])
    return [
        Case("near duplicates", (twins * rng.uniform(0.5, 2.0, size=(4, 1)), np.array([1.0, 0.1, 0.3]), 0.5, 3)),
        Case("relevance counts more", draw(24, 5, 0.8, 10)),
        Case("diversity counts more", draw(24, 5, 0.3, 10)),
        Case("many documents", draw(40, 6, 0.65, 15)),
    ]


EXERCISE = Exercise(
    slug="maximal_marginal_relevance",
    title="Maximal marginal relevance",
    topic="retrieval",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0], [0.99, 0.01], [0.6, 0.8]]), np.array([1.0, 0.3]), 0.5, 2),
    wrong=(
        Wrong(
            "weight_swapped",
            "The weight is given to diversity and the rest to relevance. At 0.5 nobody notices; at 0.9, meant to "
            "be nearly pure relevance, the passages hardly concern the question. At weight 1 the result must be "
            "the plain ranking.",
            "Set the weight to 1. Do you get the ranking by relevance?",
            TERM,
        ),
        Wrong(
            "similarities_summed",
            "Similarities to all chosen documents are summed. The penalty then grows with every choice, and after "
            "a few steps only distance counts, whatever the question was. The largest similarity says whether "
            "something like it is already there.",
            "After ten choices, how large can your penalty get compared with the relevance?",
            TERM,
        ),
        Wrong(
            "diversity_missing",
            "Nothing is subtracted for redundancy: these are the top k by relevance. With near duplicates in the "
            "collection, the prompt repeats one passage five times.",
            "Two copies of the best passage are in the collection. Do you return both?",
        ),
        Wrong(
            "not_normalised",
            "Dot products are used where cosines were asked for. Long vectors are then both more relevant and more "
            "redundant, and the two terms live on different scales. Normalise documents and query.",
            "Multiply one document's vector by ten. Does your choice change? Should it?",
        ),
    ),
    invariants=(
        Invariant(
            "no document is chosen twice",
            lambda args, out: (
                len(np.unique(out)) == args[3]
                and out[0] == int((args[0] @ args[1] / np.linalg.norm(args[0], axis=1)).argmax())
            ),
            "the k choices are distinct, and the first is the most relevant document",
        ),
    ),
    hints=(
        "Greedy: one choice at a time, and earlier ones are not revised.",
        ("Compute all cosines once: to the query, and among the documents."),
        ("Set the scores of chosen documents to minus infinity."),
    ),
    follow_ups=(
        "The greedy choice is not optimal. What does it guarantee?",
        "Would you diversify before or after a cross-encoder?",
        "How do you measure whether diversity helped the answers?",
    ),
    complexity="O(n² · d) with all pairs, or O(n · k · d) when similarities are computed for chosen documents only.",
    source="Carbonell, Goldstein 1998",
    minutes=15,
)
