"""Learning-rate warm-up with cosine decay. Source: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983."""

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
    Value,
    Wrong,
)

TASK = """
Compute a learning-rate schedule: linear warm-up, then a cosine decay.

- `steps` is an integer array: the steps, from 0, at which the rate is wanted
- before step `warmup` (at least 1), the rate is `highest * step / warmup`; counting `step + 1` here is accepted
- from `warmup` to `total` it falls from `highest` to `lowest` along half a cosine
- after `total` it stays at `lowest`

Return the rates, an array of the shape of `steps`.
"""


def reference(steps: Array, total: int, warmup: int, highest: float, lowest: float, bugs: Bugs = NO_BUGS) -> Array:
    floor = 0.0 if "lowest_ignored" in bugs else lowest
    rising = highest * (steps + (1 if "warmup_from_one" in bugs else 0)) / warmup
    progress = steps / total if "warmup_not_subtracted" in bugs else (steps - warmup) / (total - warmup)
    if "rises_again" not in bugs:
        progress = np.clip(progress, 0, 1)
    falling = floor + 0.5 * (highest - floor) * (1 + np.cos(np.pi * progress))
    return np.where(steps < warmup, rising, falling)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(total: int, warmup: int) -> tuple[Value, ...]:
        steps = np.unique(np.concatenate([[0, 1, warmup, total], rng.integers(0, int(1.6 * total), size=12)]))
        return steps, total, warmup, float(rng.uniform(0.5, 2.0)), 0.1

    return [Case("a short run", draw(10, 2)), Case("a longer run, and beyond its end", draw(200, 30))]


EXERCISE = Exercise(
    slug="warmup_cosine",
    title="Warm-up and cosine decay",
    topic="optimisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([0, 1, 2, 6, 10, 12]), 10, 2, 1.0, 0.1),
    wrong=(
        Wrong(
            "warmup_not_subtracted",
            "The cosine's progress counts from step 0, not from the end of the warm-up. The rate then jumps "
            "down where warm-up ends, and never quite gets the peak that it climbed to. Progress is 0 at "
            "`warmup` and 1 at `total`.",
            "What is the rate just before the warm-up ends, and just after?",
            TERM,
        ),
        Wrong(
            "lowest_ignored",
            "The decay goes to zero instead of to the lowest rate. Training then stands still in its last "
            "steps; a floor keeps it moving. Let the cosine span the range between lowest and highest.",
            "What is the rate at the last step?",
            TERM,
        ),
        Wrong(
            "rises_again",
            "After `total` the cosine goes on, and the rate climbs back to its peak. A run that is prolonged "
            "by a few epochs wrecks the model at the end. Clip the progress at 1.",
            "Someone trains ten percent longer than planned. What does the rate do?",
            EDGE,
        ),
    ),
    conventions=(Convention("warmup_from_one", "the warm-up counts step + 1"),),
    invariants=(
        Invariant(
            "stays at the lowest rate after `total`",
            lambda args, out: np.allclose(out[args[0] >= args[1]], args[4], atol=1e-6),
            "from `total` on the rate is the lowest one",
        ),
    ),
    hints=(
        "Three ranges of steps, two formulas and a constant.",
        ("Progress through the decay: 0 where the warm-up ends, 1 at `total`."),
        ("Half a cosine: 0.5 · (1 + cos(π · progress)) falls from 1 to 0."),
    ),
    follow_ups=(
        "Why does warm-up help, with Adam in particular?",
        "You do not know how long you will train. Which schedule do you take?",
        "The batch gets eight times larger. What do you do with the peak and the warm-up?",
    ),
    complexity="O(number of steps).",
    source="Loshchilov, Hutter 2017, arXiv:1608.03983, equation 5",
    banned=("CosineAnnealingLR", "LambdaLR", "OneCycleLR", "SequentialLR"),
    minutes=8,
)
