"""Sinusoidal positional encoding. Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Build the table of sinusoidal positional encodings of the original transformer.

- `length` positions, counted from 0; `d` features, an even number
- feature `2i` of position `pos` is `sin(pos / 10000**(2i / d))`, feature `2i + 1` is the cosine of the same angle
- all sines first and then all cosines (half and half) is accepted as another convention

Return an array of shape `(length, d)`.
"""


def reference(length: int, d: int, bugs: Bugs = NO_BUGS) -> Array:
    positions = np.arange(length) + (1 if "starts_at_one" in bugs else 0)
    pair = np.arange(d // 2)
    exponent = pair / d if "exponent_halved" in bugs else 2 * pair / d
    angles = positions[:, None] / (1000.0 if "base_too_small" in bugs else 10000.0) ** exponent  # (length, d / 2)
    first, second = np.sin(angles), np.cos(angles)
    if "sine_and_cosine_swapped" in bugs:
        first, second = second, first
    if "halves" in bugs:
        return np.concatenate([first, second], axis=1)
    return np.stack([first, second], axis=2).reshape(length, d)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("three positions, four features", (int(rng.integers(2, 5)), 4)),
        Case("a longer table", (int(rng.integers(20, 60)), int(2 * rng.integers(4, 20)))),
    ]


EXERCISE = Exercise(
    slug="sinusoidal_positions",
    title="Sinusoidal positional encoding",
    topic="attention",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(2, 4),
    wrong=(
        Wrong(
            "exponent_halved",
            "The exponent runs with the pair's number instead of the feature's, so it only reaches one half: the "
            "slowest wave has a period of some 600 positions, not 60,000. Far-apart positions start to look alike. "
            "The exponent of pair i is 2i / d.",
            "What is the period of your slowest feature, and what should it be?",
            TERM,
        ),
        Wrong(
            "starts_at_one",
            "Positions are counted from 1. Position 0 should have sines of 0 and cosines of 1, which is a quick "
            "check; a model trained with the other table sees every token shifted by one.",
            "What is the first row of your table?",
            EDGE,
        ),
        Wrong(
            "base_too_small",
            "The base is 1000, not 10000. Wavelengths then end ten times earlier, and long texts wrap around. It "
            "is a hyperparameter in principle, but the statement and every pretrained table fix it.",
            "Which number sets the longest wavelength, and what is it in your code?",
            EDGE,
        ),
        Wrong(
            "sine_and_cosine_swapped",
            "Cosines sit on the even features and sines on the odd ones. Nothing is lost mathematically, but the "
            "table no longer agrees with anyone else's. At position 0 the even features should be 0.",
            "At position 0, what are your even features?",
            EDGE,
        ),
    ),
    conventions=(Convention("halves", "sines in the first half of the features, cosines in the second"),),
    invariants=(
        Invariant(
            "each position has the same length",
            lambda args, out: np.allclose((out**2).sum(axis=1), args[1] / 2, atol=1e-4),
            "sine and cosine of one angle square to 1, so every row's squared length is d / 2",
        ),
    ),
    hints=(
        "One angle per position and pair of features.",
        ("Positions as a column, frequencies as a row: their product is a table of angles."),
        ("Slices with a step, `table[:, 0::2]`, fill the even features."),
    ),
    follow_ups=(
        "Why does this encoding let attention express relative positions?",
        "What happens beyond the length seen in training?",
        "What did rotary embeddings change, and why did they win?",
    ),
    complexity="O(length · d).",
    source="Vaswani et al. 2017, arXiv:1706.03762, 3.5",
    minutes=8,
)
