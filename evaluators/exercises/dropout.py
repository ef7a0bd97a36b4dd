"""Inverted dropout. Source: Srivastava et al., JMLR 15 (2014)."""

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
Write (inverted) dropout. The random numbers are given, so the result is determined.

- `x` is an array of any shape; `u` has the same shape, uniform numbers in [0, 1)
- an entry is dropped (set to zero) when `u < p`; `p` is the probability of dropping, `0 <= p < 1`
- in training the survivors are rescaled so that the expectation of each entry is unchanged
- with `training=False` the input is returned as it is

Return an array of the shape of `x`.
"""


def reference(x: Array, u: Array, p: float, training: bool, bugs: Bugs = NO_BUGS) -> Array:
    if not training and "dropping_at_inference" not in bugs:
        return x * (1 - p) if "scaled_at_inference" in bugs else x.copy()
    kept = u < p if "p_keeps" in bugs else u >= p
    if "mask_reversed" in bugs:
        kept = u < 1 - p
    scale = 1 / (1 - p)
    if "survivors_not_scaled" in bugs or "scaled_at_inference" in bugs:
        scale = 1.0
    if "scaled_by_p" in bugs or "p_keeps" in bugs:
        scale = 1 / p
    return x * kept * scale


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(shape: tuple[int, ...], p: float, training: bool) -> tuple[Value, ...]:
        u = rng.uniform(size=shape)
        u.flat[:3] = 0.05, 0.95, 0.45
        return rng.normal(size=shape) + 3.0, u, p, training

    return [
        Case("training, p = 0.2", draw((4,), 0.2, True)),
        Case("training, a matrix", draw((4, 5), 0.3, True)),
        Case("inference", draw((2, 3), 0.3, False)),
    ]


EXERCISE = Exercise(
    slug="dropout",
    title="Inverted dropout",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.9, 0.3, 0.2]), 0.25, True),
    wrong=(
        Wrong(
            "survivors_not_scaled",
            "The survivors keep their size, so the layer's output shrinks by 1 - p in training and is "
            "full-sized at inference. The next layer meets inputs that it has never seen. Divide the survivors "
            "by the probability of surviving.",
            "What is the expected value of one output entry in training, and what is it at inference?",
        ),
        Wrong(
            "scaled_by_p",
            "The survivors are divided by the probability of being dropped. It is right only at p = 0.5, which "
            "is the value in every tutorial; at 0.1 activations grow tenfold. What should be undone is the "
            "chance of surviving.",
            "At p = 0.1, by how much do your survivors grow, and by how much should they?",
            TERM,
        ),
        Wrong(
            "scaled_at_inference",
            "The scaling happens at inference instead of in training. It was the original formulation, and "
            "consistent in itself, but the statement asks for the inverted form: inference must be the "
            "identity, so that a served model needs no dropout code at all.",
            "What does your layer do at inference, and what did the statement ask for?",
            TERM,
        ),
        Wrong(
            "p_keeps",
            "p is read as the probability of keeping. At p = 0.1 ninety percent of the activations vanish, and "
            "training crawls. TensorFlow 1 had it that way round; here p is the share that is dropped.",
            "With p = 0.1, which share of the entries survives in your code?",
        ),
        Wrong(
            "mask_reversed",
            "The entries with u below 1 - p are kept. The rate is right, the entries are others: the statement drops "
            "where u lies below p. With random numbers of your own nobody would notice; with given ones the masks of "
            "two implementations have to agree.",
            "u is 0.05 and p is 0.2. Does the entry survive by the statement, and does it in your code?",
            EDGE,
        ),
        Wrong(
            "dropping_at_inference",
            "Entries are still dropped at inference. Predictions become random and worse, a classic when "
            "`model.eval()` is forgotten. With training=False the input passes through.",
            "You predict twice on the same input. Do you get the same answer?",
        ),
    ),
    hints=(
        "A mask from u and p, a scale, and nothing at inference.",
        ("Which entries survive: those with u below or above p?"),
        ("The expectation of mask · scale must be 1."),
    ),
    follow_ups=(
        "What does dropout approximate, and how is Monte Carlo dropout used?",
        "Why does dropout before batch normalisation cause trouble?",
        "Why have large language models mostly given it up?",
    ),
    complexity="O(size of x).",
    source="Srivastava et al. 2014",
    banned=("dropout", "Dropout"),
    minutes=8,
)
