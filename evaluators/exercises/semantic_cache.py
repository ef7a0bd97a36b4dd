"""A semantic cache for a language model. Source: Bang, GPTCache, NLP-OSS 2023."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Value,
    Wrong,
)

TASK = """
A service answers questions with a language model and keeps its answers. Before it calls the model, it looks for a
cached question that means the same.

- `cached` is `(m, d)`: embeddings of cached questions, `queries` is `(n, d)`: embeddings of new ones; neither is
  normalised, none is zero
- similarity is the cosine
- a query hits when its most similar cached question has a similarity of at least `threshold`

Return, for each query, the index of its most similar cached question, or -1 for a miss: integers of shape `(n,)`.
"""


def reference(cached: Array, queries: Array, threshold: float, bugs: Bugs = NO_BUGS) -> Array:
    unit_cached = cached / np.linalg.norm(cached, axis=1, keepdims=True)
    unit_queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    similarity = unit_queries @ unit_cached.T  # (n, m)
    if "not_normalised" in bugs:
        similarity = queries @ cached.T
    hits = similarity >= threshold
    if "distance_compared" in bugs:
        hits = 1 - similarity > threshold
    if "euclidean_distance" in bugs:
        distance = np.linalg.norm(queries[:, None] - cached[None], axis=2)
        similarity, hits = -distance, distance < 1 - threshold
    if "first_hit" in bugs:
        return np.where(hits.any(axis=1), hits.argmax(axis=1), -1)
    best = similarity.argmax(axis=1)
    return np.where(hits[np.arange(len(queries)), best], best, -1)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(m: int, n: int, d: int, threshold: float) -> tuple[Value, ...]:
        cached = rng.normal(size=(m, d))
        near = cached[rng.integers(0, m, size=n)] + rng.normal(size=(n, d)) * rng.uniform(0.1, 1.2, size=(n, 1))
        cached, near = cached * rng.uniform(0.2, 3.0, size=(m, 1)), near * rng.uniform(0.2, 3.0, size=(n, 1))
        near[:4] = cached[:4] + 0.01 * rng.normal(size=(4, d))  # repeated almost word for word
        return cached, near, threshold

    apart = np.array([[1.0, 0.1], [-0.2, 1.0], [1.0, 0.9]]) * rng.uniform(1.5, 2.0)
    return [
        Case("several cached questions are near", (apart, np.array([[1.0, 1.0], [2.0, 0.5], [-1.0, -1.0]]), 0.7)),
        Case("forty queries", draw(12, 40, 6, 0.8)),
    ]


EXERCISE = Exercise(
    slug="semantic_cache",
    title="Semantic cache lookup",
    topic="systems",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.3], [1.0, 1.0]]), 0.9),
    wrong=(
        Wrong(
            "not_normalised",
            "The dot product is compared without normalising. Long vectors then match everything, short ones "
            "nothing, and the threshold has no meaning. Divide both sides by their lengths, or store unit "
            "vectors.",
            "A query equals a cached vector, at half its length. What similarity do you compute?",
        ),
        Wrong(
            "first_hit",
            "The first cached question above the threshold is returned, not the best. It works while hits are "
            "rare; as the cache fills, users get the answer to a neighbouring question. Look for the maximum, "
            "then compare.",
            "Two cached questions pass the threshold. Which one do you return, and does the order of insertion matter?",
            TERM,
        ),
        Wrong(
            "distance_compared",
            "The distance 1 - cosine is compared with the threshold, and large distances count as hits. "
            "Similarity and distance run in opposite directions: this cache answers with what is least alike. "
            "Compare the similarity.",
            "A query identical to a cached one: is it a hit?",
        ),
        Wrong(
            "euclidean_distance",
            "Euclidean distances of unnormalised vectors are compared with one minus the threshold. They "
            "depend on the lengths, and on unit vectors the relation to the cosine is quadratic: d² = 2 - "
            "2·cos. Most true matches are missed.",
            "Two unit vectors have a cosine of 0.9. How far apart are they?",
            TERM,
        ),
    ),
    hints=(
        "Normalise both sides once; then one matrix product gives all cosines.",
        "Best first, threshold second.",
        ("`np.where` turns misses into -1."),
    ),
    follow_ups=(
        "How do you choose the threshold, and what does a false hit cost compared with a miss?",
        "Two questions differ only in a number or a negation. What do embeddings make of it?",
        "Whose cache is it? What must not be shared between users, and when does an entry expire?",
    ),
    complexity="O(n · m · d); an approximate index for a large cache.",
    source="Bang 2023",
    minutes=10,
)
