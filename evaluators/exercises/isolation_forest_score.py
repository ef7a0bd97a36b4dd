"""Anomaly score of an isolation forest. Source: Liu, Ting and Zhou, ICDM 2008."""

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
Turn the path lengths of an isolation forest into anomaly scores, as in the paper.

- `depths` is `(trees, n)`: the depth of the leaf that each sample reached in each tree
- `leaf_sizes` is `(trees, n)`: the number of training samples in that leaf
- each tree was built on `subsample` samples (at least 3)
- `c(m)`, the average path length of an unsuccessful search in a binary search tree of `m` samples, is `2·H(m-1) -
  2·(m-1)/m` with `H(i) = ln(i) + 0.5772156649` for m > 2, and `c(2) = 1`, `c(1) = 0`
- the path length of a sample in a tree is its depth plus `c` of its leaf's size; the score is `2**(-mean path /
  c(subsample))`

Return the scores, shape `(n,)`: near 1 means anomalous.
"""


def reference(depths: Array, leaf_sizes: Array, subsample: int, bugs: Bugs = NO_BUGS) -> Array:
    paths = depths + (0.0 if "leaf_ignored" in bugs else _average_path(leaf_sizes, bugs))  # (trees, n)
    normal = np.log2(subsample) if "log2_normaliser" in bugs else _average_path(np.array(subsample), bugs)
    exponent = paths.mean(axis=0) / normal
    return 2.0 ** (exponent if "sign_flipped" in bugs else -exponent)


def _average_path(sizes: Array, bugs: Bugs) -> Array:
    gamma = 0.0 if "gamma_dropped" in bugs else 0.5772156649
    m = np.maximum(sizes, 3).astype(float)
    path = 2 * (np.log(m - 1) + gamma) - 2 * (m - 1) / m
    return np.where(sizes > 2, path, np.where(sizes == 2, 1.0, 0.0))


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(trees: int, n: int, subsample: int) -> tuple[Value, ...]:
        sizes = rng.choice([1, 1, 2, 5, 9], size=(trees, n))
        sizes[0, 0] = 6
        return rng.integers(1, 9, size=(trees, n)), sizes, subsample

    return [Case("two trees", draw(2, 2, 16)), Case("twenty trees", draw(20, 6, 256))]


EXERCISE = Exercise(
    slug="isolation_forest_score",
    title="Anomaly score of an isolation forest",
    topic="data",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[2, 6], [1, 7]]), np.array([[1, 4], [1, 1]]), 64),
    wrong=(
        Wrong(
            "leaf_ignored",
            "A leaf that still holds several samples counts as if it held one. Trees are cut at a maximal depth, "
            "and a crowded leaf there means that the sample was *not* isolated; without the correction, normal "
            "samples in dense regions look as anomalous as lonely ones at the same depth.",
            "Two samples reach depth 8: one alone, one with 50 others. Should their scores be equal?",
            TERM,
        ),
        Wrong(
            "gamma_dropped",
            "The harmonic number is approximated by the logarithm alone, without Euler's constant. The average "
            "path comes out too short by more than one level, so all scores are shifted and the paper's rule of "
            "thumb, 0.5 for an ordinary sample, no longer holds.",
            "What is the third harmonic number exactly, and what does your approximation give?",
            EDGE,
        ),
        Wrong(
            "sign_flipped",
            "The exponent is positive: long paths get high scores, and values exceed 1. An anomaly is isolated "
            "*early*; the score has to fall with the path length.",
            "Which sample is easier to isolate, an outlier or a typical one, and which gets your higher score?",
        ),
        Wrong(
            "log2_normaliser",
            "Path lengths are divided by log2 of the sample size, the height of a balanced tree. Random splits do "
            "not balance: the average unsuccessful search is longer, about 2·ln(n). Scores of different subsample "
            "sizes are then not comparable.",
            "Is a tree of random splits balanced? How long is its average path?",
            TERM,
        ),
    ),
    invariants=(
        Invariant(
            "between 0 and 1",
            lambda args, out: np.all((out > 0) & (out < 1)),
            "a path has positive length, so 2 to a negative power lies between 0 and 1",
        ),
    ),
    hints=(
        "Three steps: path length per tree, mean over trees, then the exponential.",
        "A leaf with several samples would have been split further: c(size) estimates how far.",
        "c works on arrays: mind sizes 1 and 2, where the logarithm's formula does not apply.",
    ),
    follow_ups=(
        "Why does a subsample of 256 suffice, and what is swamping and masking?",
        "How do you choose the threshold without labels?",
        "What do axis-parallel splits miss?",
    ),
    complexity="O(trees · n).",
    source="Liu, Ting, Zhou: Isolation Forest, 2008, equations 1 and 2",
    banned=("IsolationForest",),
)
