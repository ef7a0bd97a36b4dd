"""Soft voting of classifiers. Source: Kuncheva, Combining Pattern Classifiers, chapter 5."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Exercise,
    Wrong,
)

TASK = """
Combine several classifiers by weighted soft voting: average their predicted probabilities with the given weights,
then predict the class with the highest average.

- `probabilities` has shape `(models, n, classes)`; each row over classes sums to 1
- `weights` is `(models,)`, positive, not necessarily summing to 1

Return the predicted class of each sample, integers of shape `(n,)`.
"""


def reference(probabilities: Array, weights: Array, bugs: Bugs = NO_BUGS) -> Array:
    if "weights_ignored" in bugs:
        weights = np.ones_like(weights)
    if "most_confident_model" in bugs:
        best = probabilities.max(axis=2).argmax(axis=0)  # (n,)
        return probabilities[best, np.arange(probabilities.shape[1])].argmax(axis=-1)
    labels = probabilities.argmax(axis=2)  # (models, n)
    if "labels_averaged" in bugs:
        return np.rint(np.average(labels, axis=0, weights=weights)).astype(int)
    if "hard_vote" in bugs:
        votes = np.eye(probabilities.shape[2])[labels]  # (models, n, classes)
        return np.tensordot(weights, votes, axes=1).argmax(axis=1)
    return np.tensordot(weights, probabilities, axes=1).argmax(axis=1)


def cases(rng: np.random.Generator) -> list[Case]:
    sure, unsure = rng.uniform(0.85, 0.95), rng.uniform(0.52, 0.58)
    binary = np.array([[[1 - sure, sure]], [[unsure, 1 - unsure]], [[unsure, 1 - unsure]]])
    many = rng.dirichlet(0.7 * np.ones(4), size=(3, 60))
    return [
        Case("two unsure models against a sure one", (binary, np.ones(3))),
        Case("four classes, unequal weights", (many, np.array([1.0, 2.5, 0.6]))),
    ]


EXERCISE = Exercise(
    slug="soft_voting",
    title="Weighted soft voting",
    topic="ensembles",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[[0.1, 0.9]], [[0.6, 0.4]], [[0.55, 0.45]]]), np.array([1.0, 1.0, 1.0])),
    wrong=(
        Wrong(
            "hard_vote",
            "Each model casts one vote for its favourite class, however sure it is. Two models at 51 % then "
            "overrule one at 99 %. Soft voting keeps the probabilities until after the average.",
            "Two models say class 0 with 51 %, one says class 1 with 99 %. What do you predict?",
        ),
        Wrong(
            "weights_ignored",
            "All models count the same: the weights do not change the result. They are usually chosen on "
            "validation data, and a weak model then drags the good ones down. Check that the average is weighted.",
            "Give one model all the weight. Do you get that model's predictions?",
            TERM,
        ),
        Wrong(
            "labels_averaged",
            "Class numbers are averaged as if they were quantities. Between votes for class 0 and class 2, the "
            "average is class 1, which nobody chose; the numbering of classes carries no order.",
            "Half of the models say class 0, half class 2. What do you predict, and who voted for it?",
        ),
        Wrong(
            "most_confident_model",
            "The single most confident model decides alone. The least calibrated model, the one that always says "
            "0.99, then wins every time, and the averaging that reduces variance is gone.",
            "One model is always 99 % sure, and often wrong. How often does it decide?",
        ),
    ),
    hints=(
        "Average first, decide last.",
        "The average runs over the axis of the models.",
        "Dividing by the sum of the weights does not change which class wins.",
    ),
    follow_ups=(
        "What must be true of the models for averaging to help? Put it in terms of error correlation.",
        "The models are differently calibrated. What do you do before averaging?",
        "How does stacking choose the weights, and how does it leak if done carelessly?",
    ),
    complexity="O(models · n · classes).",
    source="Kuncheva: Combining Pattern Classifiers, 5",
    banned=("VotingClassifier",),
    minutes=8,
)
