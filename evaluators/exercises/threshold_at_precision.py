"""Operating point at a required precision. Source: Davis and Goadrich, ICML 2006."""

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
A classifier's scores are to be turned into decisions. Choose the threshold with the highest recall among those
whose precision is at least `min_precision`.

- `y` holds `n` labels 0 or 1, with at least one 1; `scores` is `(n,)` and may contain ties
- a sample is predicted positive when `score >= threshold`; candidates for the threshold are the scores that occur
- if several thresholds reach that recall, take the highest of them

Return `(threshold, precision, recall)`, or `None` when no threshold is precise enough.
"""


def reference(y: Array, scores: Array, min_precision: float, bugs: Bugs = NO_BUGS) -> tuple[float, float, float] | None:
    candidates = np.sort(scores)[::-1] if "ties_separated" in bugs else np.unique(scores)[::-1]
    ranked = y[np.argsort(-scores, kind="stable")]
    best = None
    for position, threshold in enumerate(candidates, start=1):
        predicted = scores > threshold if "strictly_above" in bugs else scores >= threshold
        hits, size = np.sum(y[predicted]), np.sum(predicted)
        if "ties_separated" in bugs:
            hits, size = np.sum(ranked[:position]), position
        if size == 0:
            continue
        found = (float(threshold), float(hits / size), float(hits / np.sum(y)))
        if found[1] < min_precision:
            if "stops_at_first_violation" in bugs:
                break
            continue
        goal = 1 if "precision_maximised" in bugs else 2
        equal_replaces = "lowest_of_equals" in bugs and best is not None and found[goal] == best[goal]
        if best is None or found[goal] > best[goal] or equal_replaces:
            best = found
    return best


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(labels: list[int], levels: list[int], needed: float, shuffled: bool = True) -> tuple[Value, ...]:
        values = np.sort(rng.uniform(0, 1, size=max(levels) + 1))[::-1]
        order = rng.permutation(len(labels)) if shuffled else np.arange(len(labels))
        return np.array(labels)[order], values[np.array(levels)][order], needed

    return [
        Case("four scores", draw([1, 1, 0, 1], [0, 1, 2, 3], 0.7)),
        Case("precision dips and recovers", draw([1, 0, 1, 1, 1, 0, 0], [0, 1, 2, 3, 4, 5, 6], 0.75)),
        Case("tied scores", draw([1, 1, 0, 0, 1, 0], [0, 1, 1, 1, 2, 2], 0.7, shuffled=False)),
        Case("out of reach", draw([0, 0, 1, 0], [0, 1, 2, 3], 0.9)),
        Case("a tie that mixes labels at the top", draw([1, 0, 1, 1, 0], [0, 0, 1, 2, 3], 0.6)),
    ]


EXERCISE = Exercise(
    slug="threshold_at_precision",
    title="Decision threshold at a required precision",
    topic="model assessment",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.6]), 0.75),
    wrong=(
        Wrong(
            "precision_maximised",
            "The threshold is chosen for the highest precision. That is usually the single top score: almost "
            "nothing is flagged and nearly every positive is missed. Precision is the constraint here; recall "
            "is what is maximised.",
            "At your threshold, what share of the positives do you still find?",
        ),
        Wrong(
            "strictly_above",
            "A sample counts as positive only when its score is strictly above the threshold, so the sample "
            "that defines the threshold is left out. The reported threshold sits one step off, and deployed "
            "with >= it flags more than you measured.",
            "The threshold equals a sample's own score. Is that sample flagged?",
            EDGE,
        ),
        Wrong(
            "stops_at_first_violation",
            "The search ends at the first threshold that is not precise enough. Precision is not monotone: it "
            "dips at a high-scoring negative and recovers below. Everything behind the dip is lost, often most "
            "of the recall. Look at every candidate.",
            "Your second-highest score is a negative. Can a lower threshold still meet the requirement?",
            TERM,
        ),
        Wrong(
            "lowest_of_equals",
            "Of several thresholds with the same recall the lowest is returned. It finds no further positive and "
            "flags more negatives, so its precision is lower for nothing. Take the highest: compare with > when you "
            "go down, with >= when you go up.",
            "Two thresholds find the same positives. Which of them would you deploy?",
            EDGE,
        ),
        Wrong(
            "ties_separated",
            "Samples with the same score are treated one by one, as if a threshold could pass between them. "
            "The reported precision depends on the order of the rows, and no threshold reproduces it. Move "
            "over all samples of one score together.",
            "Two samples have the same score. Is there a threshold that flags exactly one of them?",
            TERM,
        ),
    ),
    hints=(
        "Only scores that occur need to be tried.",
        "For each distinct score: who is flagged, how many of them are right, how many positives are found.",
        "Precision can rise again at a lower threshold, so look at all of them and keep the best recall.",
    ),
    follow_ups=(
        "How do you choose the threshold on data that the metric is then reported on? What is wrong with that?",
        "The share of positives doubles in production. What happens to precision, and what to recall?",
        "How would you do it in O(n log n)?",
    ),
    complexity="O(n log n) with one sort and cumulative sums; O(n²) when each threshold looks at all samples.",
    source="Davis, Goadrich: The relationship between Precision-Recall and ROC curves, 2006",
    banned=("precision_recall_curve",),
    minutes=20,
)
