"""SMOTE: synthetic samples for a minority class. Source: Chawla et al., JAIR 16 (2002)."""

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
Create synthetic minority samples. The random choices are given, so the result is determined.

- `minority` is `(n, d)`, `majority` is `(m, d)`; distances are Euclidean
- the neighbours of a minority sample are its `k` nearest *other* minority samples, nearest first
- synthetic sample `i` starts from `minority[base[i]]`, goes towards that sample's neighbour number `choice[i]` (0
  is the nearest), and stops after the share `gap[i]`, in [0, 1], of the way

Return the synthetic samples, shape `(len(base), d)`.
"""


def reference(
    minority: Array, majority: Array, k: int, base: Array, choice: Array, gap: Array, bugs: Bugs = NO_BUGS
) -> Array:
    pool = np.vstack([minority, majority]) if "all_classes" in bugs else minority
    distances = np.linalg.norm(minority[:, None] - pool[None], axis=-1)  # (n, pool)
    order = np.argsort(distances, axis=1, kind="stable")
    neighbours = order[:, :k] if "self_as_neighbour" in bugs else order[:, 1 : k + 1]
    start, end = minority[base], pool[neighbours[base, choice]]
    share = gap[:, None]
    if "extrapolates" in bugs:
        share = 2 * share - 1
    if "midpoint" in bugs:
        share = np.full_like(share, 0.5)
    return start + share * (end - start)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, m: int, d: int, k: int, count: int) -> tuple[Value, ...]:
        minority = 4 * rng.normal(size=(n, d))
        close = minority[rng.integers(0, n, size=m)] + 0.3 * rng.normal(size=(m, d))
        close[:n] = minority[:m] + 0.2 * rng.normal(size=(min(n, m), d))
        return (
            minority,
            close,
            k,
            rng.integers(0, n, size=count),
            rng.integers(0, k, size=count),
            rng.uniform(0.1, 0.4, size=count),
        )

    return [
        Case("three minority samples", draw(3, 3, 2, 1, 2)),
        Case("a crowded neighbourhood", draw(8, 10, 3, 3, 9)),
    ]


EXERCISE = Exercise(
    slug="smote",
    title="SMOTE",
    topic="data",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(
        np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0]]),
        np.array([[0.5, 0.0]]),
        1,
        np.array([0, 1]),
        np.array([0, 0]),
        np.array([0.5, 0.25]),
    ),
    wrong=(
        Wrong(
            "self_as_neighbour",
            "Each sample counts as its own nearest neighbour, at distance zero. One choice in k then copies the "
            "sample unchanged, and the farthest true neighbour is never used. Leave the sample itself out of its "
            "neighbour list.",
            "Which is the nearest neighbour of a point in a list that contains the point?",
            TERM,
        ),
        Wrong(
            "extrapolates",
            "Some synthetic samples lie on the far side of their base, away from the neighbour: the share of the "
            "way is negative. SMOTE stays on the segment between two minority samples; beyond its ends nothing "
            "supports the new point.",
            "Where on the line through the two samples may a new sample lie?",
            TERM,
        ),
        Wrong(
            "all_classes",
            "Neighbours are searched among all samples, majority included. New 'minority' points are then placed "
            "on the way into the majority class, which blurs the boundary that they were meant to sharpen.",
            "Your base sample is surrounded by the majority class. Towards what are you interpolating?",
        ),
        Wrong(
            "midpoint",
            "Every synthetic sample is the midpoint of its pair; the given gap is ignored. The variety comes from "
            "the random share, and with few pairs you otherwise create the same points again and again.",
            "Draw the same pair twice. Do you get two different samples?",
            TERM,
        ),
    ),
    hints=(
        "First the neighbour table: for each minority sample, the indices of its k nearest others.",
        "Sort each row of the distance matrix; the first entry is the sample itself.",
        "A point on a segment: start + share · (end - start).",
    ),
    follow_ups=(
        "Where in a cross-validation does SMOTE belong, and what happens when it comes before the split?",
        "What does SMOTE do with categorical features, or in 10,000 dimensions?",
        "When are class weights the better answer? And what happens to calibration?",
    ),
    complexity="O(n² · d) for the distances; a tree or an approximate index for large n.",
    source="Chawla, Bowyer, Hall, Kegelmeyer: SMOTE, 2002",
    banned=("SMOTE",),
)
