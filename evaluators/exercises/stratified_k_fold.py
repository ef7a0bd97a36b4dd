"""Stratified k-fold assignment. Source: Kohavi, A Study of Cross-Validation and Bootstrap, IJCAI 1995."""

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
    Value,
    Wrong,
)

TASK = """
Assign every sample to one of `k` folds so that each fold mirrors the class proportions.

- `y` holds `n` integer labels, in any order; every class has at least `k` samples
- within each class, the numbers of samples in any two folds differ by at most one
- the sizes of any two folds, over all classes, differ by at most one as well

Return an integer array of shape `(n,)`: the fold, `0..k-1`, of each sample. Any assignment with these properties
is right; it is graded by its properties.
"""


def reference(y: Array, k: int, bugs: Bugs = NO_BUGS) -> Array:
    n = len(y)
    if "contiguous" in bugs:
        return np.arange(n) * k // n
    order = np.argsort(y, kind="stable")
    folds = np.empty(n, dtype=int)
    folds[order] = np.arange(n) % k  # dealt like cards, class after class, without starting again
    if "sorted_blocks" in bugs:
        folds[order] = np.arange(n) * k // n
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        each = len(members) // k
        if "dealt_from_the_first_fold" in bugs:
            folds[members] = np.arange(len(members)) % k
        if "remainder_in_first_fold" in bugs or "remainder_dropped" in bugs:
            folds[members] = -1 if "remainder_dropped" in bugs else 0
            folds[members[: each * k]] = np.arange(each * k) % k
    return folds


def observe(args: tuple[Value, ...], output: Value) -> dict[str, Value]:
    """How unevenly each class and the whole are spread, and how many samples have no fold."""
    y, k = args
    folds = np.asarray(output).astype(int)
    if folds.shape != y.shape:
        raise ValueError("one fold for each sample")
    counts = np.array([[np.sum((y == label) & (folds == fold)) for fold in range(k)] for label in np.unique(y)])
    return {
        "largest difference between folds, per class": np.ptp(counts, axis=1),
        "largest difference between fold sizes": int(np.ptp(counts.sum(axis=0))),
        "samples without a fold": int(len(y) - counts.sum()),
    }


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(counts: list[int], k: int) -> tuple[Array, int]:
        return rng.permutation(np.repeat(rng.permutation(len(counts)), counts)), k

    return [
        Case("two classes, one rare", draw([9, 4], 3)),
        Case("remainders in every class", draw([13, 10, 7], 4)),
        Case("five folds", draw([31, 22, 8, 7], 5)),
    ]


EXERCISE = Exercise(
    slug="stratified_k_fold",
    title="Stratified k-fold assignment",
    topic="model assessment",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([0, 0, 0, 1, 1, 0]), 2),
    observe=observe,
    wrong=(
        Wrong(
            "contiguous",
            "The folds are plain contiguous blocks and never look at the labels. If the file is sorted by class, "
            "one fold holds nothing else, and its model has never seen that class. Deal each class out over the "
            "folds.",
            "The file is sorted by label. What is in your last fold?",
        ),
        Wrong(
            "sorted_blocks",
            "Samples are sorted by class and then cut into blocks, which gathers each class in as few folds as "
            "possible: the opposite of stratifying. After sorting, neighbours must go to different folds.",
            "After your sort, which samples land in the first fold?",
        ),
        Wrong(
            "dealt_from_the_first_fold",
            "Every class starts dealing at fold 0. Each class alone is fair, but the extra samples of all classes "
            "meet in the first folds, which end up larger. Carry on with the next class where the last one stopped.",
            "You have ten classes of 11 samples and ten folds. How large is your first fold?",
            EDGE,
        ),
        Wrong(
            "remainder_in_first_fold",
            "What is left of each class after dividing by k goes to one fold. That fold then has up to k - 1 samples "
            "more of every class, and of a rare class most of what there is. Deal the remainder out as well, one "
            "sample a fold.",
            "A class has 14 samples and there are five folds. How many of them are in your largest fold?",
            TERM,
        ),
        Wrong(
            "remainder_dropped",
            "What is left of each class after dividing by k gets no fold. Rare classes suffer most: of 14 samples "
            "in 5 folds, four vanish. Every sample has to be tested once.",
            "How many of your samples are in no fold at all?",
            TERM,
        ),
    ),
    hints=(
        "Think of dealing cards: one sample to each fold in turn.",
        "Deal class after class, and do not start again at fold 0 for each class.",
        "A stable argsort of the labels, and positions modulo k.",
    ),
    follow_ups=(
        "Several samples come from the same user. Why is stratification alone not enough?",
        "How do you stratify for a regression target?",
        "A class has fewer samples than folds. What do you do?",
    ),
    complexity="O(n log n) for the sort, or O(n) with a counter per class.",
    source="Kohavi 1995",
    banned=("StratifiedKFold",),
    minutes=12,
)
