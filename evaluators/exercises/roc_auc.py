"""Area under the ROC curve. Source: Hanley and McNeil, Radiology 143 (1982)."""

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
    Growth,
    Invariant,
    Value,
    Wrong,
)

TASK = """
Compute the area under the ROC curve: the probability that a random positive scores higher than a random negative,
where a tie counts as half.

- `y` holds `n` labels 0 or 1, with at least one of each; `scores` is `(n,)`, real numbers on any scale, possibly
  tied

Return one number. It should work for 100,000 samples: aim for O(n log n).
"""


def reference(y: Array, scores: Array, bugs: Bugs = NO_BUGS) -> float:
    if "accuracy" in bugs:
        return float(np.mean((scores >= 0.5) == (y == 1)))
    positives, negatives = scores[y == 1], np.sort(scores[y == 0])
    below = np.searchsorted(negatives, positives, side="left")  # negatives that score less
    not_above = np.searchsorted(negatives, positives, side="right")
    wins = (below + not_above) / 2
    if "ties_lost" in bugs:
        wins = below
    if "ties_won" in bugs:
        wins = not_above
    area = float(np.mean(wins) / len(negatives))
    return 1 - area if "inverted" in bugs else area


def cases(rng: np.random.Generator) -> list[Case]:
    labels = np.array([1, 0, 1, 1, 0, 0, 1, 0])
    levels = np.sort(rng.normal(size=4))[[3, 3, 2, 1, 1, 0, 2, 2]]
    y = rng.integers(0, 2, size=40)
    y[:2] = 0, 1
    order = rng.permutation(8)
    return [
        Case("four samples", (np.array([1, 0, 1, 0]), np.sort(rng.uniform(0.5, 1, size=4))[[3, 2, 1, 0]])),
        Case("tied scores", (labels[order], levels[order])),
        Case("forty samples", (y, y + 1.5 * rng.normal(size=40))),
    ]


def grow(n: int, rng: np.random.Generator) -> tuple[Value, ...]:
    return np.concatenate([[0, 1], rng.integers(0, 2, size=n)]), rng.normal(size=n + 2)


EXERCISE = Exercise(
    slug="roc_auc",
    title="Area under the ROC curve",
    topic="model assessment",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1, 0, 1, 0]), np.array([0.9, 0.4, 0.4, 0.1])),
    wrong=(
        Wrong(
            "ties_lost",
            "A tie between a positive and a negative counts as lost. A model that gives everybody the same score "
            "then gets 0 instead of 0.5. With coarse scores, such as those of a shallow tree, the value comes out "
            "far too low. Count a tie as half a win.",
            "A model gives every sample the score 0.3. What is its area?",
            EDGE,
        ),
        Wrong(
            "ties_won",
            "A tie counts as won. A constant model then looks perfect with an area of 1, and coarse scores flatter "
            "any model. Usually it comes from a sort that happens to put positives first among equals. A tie is "
            "half a win.",
            "What happens to your value when the rows come in another order?",
            EDGE,
        ),
        Wrong(
            "inverted",
            "The ranking runs the wrong way: you computed one minus the area. A good model shows a value below one "
            "half. Look at which side of the comparison the positives are on, or at the direction of the sort.",
            "A perfect model: what do you return for it?",
            TERM,
        ),
        Wrong(
            "accuracy",
            "This is the accuracy at the threshold one half. The area has no threshold: it asks only for the order "
            "of the scores, and must not change when all of them are halved.",
            "Divide all scores by ten. Should the area change? Does yours?",
        ),
    ),
    invariants=(
        Invariant(
            "between all ties lost and all ties won",
            lambda args, out: (
                reference(args[0], args[1], frozenset({"ties_lost"})) - 1e-6
                <= out
                <= reference(args[0], args[1], frozenset({"ties_won"})) + 1e-6
            ),
            "it is outside even when every tie counts as lost, or every tie as won: the pairs are not counted right",
        ),
    ),
    hints=(
        "It is a statement about pairs: one positive, one negative.",
        "You do not need all pairs: for each positive, count the negatives below it in a sorted array.",
        "Two binary searches, left and right, tell how many are below and how many are tied.",
    ),
    follow_ups=(
        "Positives are 1 in 10,000. What does the area hide, and what would you show instead?",
        "How would you put a confidence interval on it?",
        "Two models have the same area and crossing curves. Which do you take?",
    ),
    complexity="O(n log n) time by sorting; all pairs would be O(n²).",
    source="Hanley, McNeil 1982",
    banned=("roc_auc_score", "auc"),
    growth=Growth("O(n log n)", 1.4, (10_000, 20_000, 40_000, 80_000), grow),
)
