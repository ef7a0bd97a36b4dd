"""K-fold cross-validation indices. Source: Hastie, Tibshirani and Friedman, section 7.10."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import EDGE, NO_BUGS, Array, Bugs, Case, Convention, Exercise, Invariant, Value, Wrong

TASK = """
Split `n` samples into `k` folds for cross-validation, without shuffling: the folds are contiguous blocks of
`0..n-1` in order. When `k` does not divide `n`, the first `n % k` folds hold one sample more; putting the whole
remainder into the last fold is accepted too.

- `2 <= k <= n`

Return a list of `k` pairs `(train, test)` of integer index arrays, each in ascending order.

"""


def reference(n: int, k: int, bugs: Bugs = NO_BUGS) -> list[tuple[Array, Array]]:
    sizes = np.full(k, n // k)
    if "remainder_in_last_fold" in bugs:
        sizes[-1] += n % k
    elif "remainder_dropped" not in bugs and "remainder_never_tested" not in bugs:
        sizes[: n % k] += 1
    ends = np.cumsum(sizes)
    everyone = np.arange(n if "remainder_never_tested" in bugs else ends[-1])
    pairs = []
    for fold, (start, end) in enumerate(zip(ends - sizes, ends, strict=True)):
        test = everyone[fold::k] if "interleaved" in bugs else everyone[start:end]
        train = everyone if "test_left_in_train" in bugs else np.setdiff1d(everyone, test)
        pairs.append((test, train) if "train_and_test_swapped" in bugs else (train, test))
    return pairs


def observe(args: tuple[Value, ...], output: Value) -> list[tuple[Array, Array]]:
    """The index sets of each fold, sorted: their order within a fold does not matter."""
    return [(np.sort(np.asarray(train)), np.sort(np.asarray(test))) for train, test in output]


def cases(rng: np.random.Generator) -> list[Case]:
    k = int(rng.integers(3, 7))
    return [
        Case("six samples, three folds", (6, 3)),
        Case("k does not divide n", (11, 4)),
        Case("leave one out", (5, 5)),
        Case("a larger n", (int(k * rng.integers(8, 20) + rng.integers(2, k)), k)),
    ]


def each_tested_once(args: tuple[Value, ...], out: list[tuple[Array, Array]]) -> bool:
    """The test folds together are every sample exactly once."""
    return bool(np.array_equal(np.sort(np.concatenate([test for _, test in out])), np.arange(args[0])))


def disjoint(args: tuple[Value, ...], out: list[tuple[Array, Array]]) -> bool:
    """No fold tests a sample that it trained on, and none loses one."""
    return all(len(np.intersect1d(*pair)) == 0 and len(np.union1d(*pair)) == args[0] for pair in out)


EXERCISE = Exercise(
    slug="k_fold",
    title="K-fold cross-validation indices",
    topic="model assessment",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(5, 2),
    wrong=(
        Wrong(
            "remainder_dropped",
            "When k does not divide n, the last n mod k samples are in no fold at all: `n // k` is the size of "
            "every fold and nothing collects the rest. No error appears; a few samples are neither trained on "
            "nor tested.",
            "You have 11 samples and 4 folds. Add up the sizes of your test folds.",
            EDGE,
        ),
        Wrong(
            "remainder_never_tested",
            "When k does not divide n, the last samples are always in training and never in a test fold: every "
            "fold has `n // k` samples and nobody takes the rest. The estimate then rests on fewer samples "
            "than you have.",
            "You have 11 samples and 4 folds. Which samples does no model ever predict?",
            EDGE,
        ),
        Wrong(
            "train_and_test_swapped",
            "Each pair holds the test block first. Whoever unpacks `train, test` then trains on one fold and "
            "tests on the other k - 1: estimates get pessimistic and noisy, and nothing crashes.",
            "With ten folds, how many samples out of a hundred should the model be trained on in each round?",
        ),
        Wrong(
            "test_left_in_train",
            "The training indices still contain the fold that is tested. The model has seen its exam: scores "
            "look excellent, and a nearest-neighbour model scores a perfect 1. Remove the block from the "
            "training side.",
            "What would a one-nearest-neighbour classifier score under your splits?",
        ),
        Wrong(
            "interleaved",
            "Each fold takes every k-th sample instead of a contiguous block. All samples are tested once, so "
            "it is a valid split, but not the one that was asked for, and on time series it puts neighbours of "
            "every test sample into training.",
            "The rows are hourly measurements. What does your model know about the hour before each test hour?",
            EDGE,
        ),
    ),
    conventions=(Convention("remainder_in_last_fold", "the last fold takes the whole remainder"),),
    invariants=(
        Invariant("every sample is tested exactly once", each_tested_once, "the test folds do not add up to 0..n-1"),
        Invariant("train and test share no sample", disjoint, "a fold trains on what it tests, or loses samples"),
    ),
    hints=(
        "Fix the sizes of the folds first; they must sum to n.",
        "Boundaries are the cumulative sums of the sizes. A fold is one slice, the training set is the rest.",
        "`divmod(n, k)` gives the base size and how many folds are one larger.",
    ),
    follow_ups=(
        "The data are sorted by class. What goes wrong, and what do you use instead?",
        "Several rows belong to one patient. What is the leak, and how do you split?",
        "How do you cross-validate a time series?",
    ),
    complexity="O(n·k) in all, since every fold lists its training indices.",
    source="Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 7.10",
    banned=("KFold",),
    minutes=10,
)
