"""Rotary position embedding. Source: Su et al., RoFormer, 2021, arXiv:2104.09864."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    EDGE,
    NO_BUGS,
    TERM,
    UNDONE,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Invariant,
    Wrong,
)

TASK = """
Apply rotary position embeddings to queries or keys.

- `x` is `(..., t, d)` with even `d`; `positions` is `(t,)`: the position of each row, which need not start at 0
- features `2i` and `2i + 1` form a pair, which is rotated counter-clockwise by the angle `position / 10000**(2i /
  d)`
- two other conventions are accepted, if kept throughout: pairs of features `i` and `i + d/2`, and rotation the
  other way round

Return an array of the shape of `x`.
"""


def reference(x: Array, positions: Array, bugs: Bugs = NO_BUGS) -> Array:
    d = x.shape[-1]
    if "not_rotated" in bugs:
        return x.copy()
    if "offset_ignored" in bugs:
        positions = np.arange(len(positions))
    base = 1000.0 if "base_too_small" in bugs else 10000.0
    exponent = np.zeros(d // 2) if "one_angle" in bugs else 2 * np.arange(d // 2) / d
    angles = positions[:, None] / base**exponent  # (t, d / 2)
    cos, sin = np.cos(angles), np.sin(angles) * (-1 if "clockwise" in bugs else 1)
    halves = "half_split" in bugs
    first, second = (x[..., : d // 2], x[..., d // 2 :]) if halves else (x[..., 0::2], x[..., 1::2])
    rotated = first * cos - second * sin, first * sin + second * cos
    return np.concatenate(rotated, axis=-1) if halves else np.stack(rotated, axis=-1).reshape(x.shape)


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("three positions from 0", (rng.normal(size=(3, 4)), np.arange(3))),
        Case("positions with an offset", (rng.normal(size=(2, 4, 8)), np.arange(4) + int(rng.integers(5, 50)))),
        Case("positions with gaps", (rng.normal(size=(3, 6)), np.array([2, 7, 30]))),
    ]


EXERCISE = Exercise(
    slug="rotary_positions",
    title="Rotary position embedding",
    topic="attention",
    level="staff",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]]), np.array([0, 1])),
    wrong=(
        Wrong(
            "not_rotated",
            "The vectors come back as they went in. Attention then knows nothing of order, and since norms are "
            "preserved either way, a check of norms alone does not notice. Compare the dot product of a query "
            "and a key at different distances.",
            "Does the score between a query and a key depend on their distance in your code?",
            UNDONE,
        ),
        Wrong(
            "one_angle",
            "All pairs turn by the same angle. Then there is a single frequency, and positions that differ by "
            "a full turn cannot be told apart. Each pair has its own speed, from one radian per token down to "
            "almost none.",
            "At which distance do two positions look exactly alike in your encoding?",
        ),
        Wrong(
            "base_too_small",
            "The base is 1000 instead of 10000, so slow pairs turn too fast, and the range over which "
            "positions are distinct shrinks. Some models do change the base on purpose, but then for longer "
            "contexts and upwards.",
            "How far does your slowest pair turn over 2000 tokens?",
            EDGE,
        ),
        Wrong(
            "offset_ignored",
            "Positions are counted from 0 whatever is passed. In a whole text it makes no difference; when a "
            "token is decoded with a cache, its query is rotated as if it were the first, and all distances "
            "are wrong. Use the given positions.",
            "You decode token 500 alone, with cached keys. By which angle is its query rotated?",
            TERM,
        ),
    ),
    conventions=(
        Convention("half_split", "feature i is paired with i + d/2 (NeoX)"),
        Convention("clockwise", "pairs are rotated clockwise"),
    ),
    invariants=(
        Invariant(
            "lengths are kept",
            lambda args, out: np.allclose(np.linalg.norm(out, axis=-1), np.linalg.norm(args[0], axis=-1), rtol=1e-4),
            "a rotation does not change the length of a vector",
        ),
    ),
    hints=(
        "Each pair of features is a point in a plane. Turn it by an angle that grows with the position.",
        "A table of angles, (t, d/2), then its cosine and sine.",
        "New first = first·cos - second·sin; new second = first·sin + second·cos.",
    ),
    follow_ups=(
        "Show that the score of a query and a key depends on the difference of their positions only.",
        "Why are values not rotated?",
        "How is the context extended after training: interpolation, NTK, YaRN?",
    ),
    complexity="O(size of x); the table of angles is shared.",
    source="Su et al. 2021, arXiv:2104.09864, equation 34",
    minutes=20,
)
