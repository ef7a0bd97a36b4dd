"""Gradient clipping by global norm. Source: Pascanu, Mikolov and Bengio, ICML 2013, arXiv:1211.5063."""

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
    Wrong,
)

TASK = """
Clip the gradients of a model by their global norm.

- `gradients` is a list of arrays of any shapes: the gradient of each parameter
- the global norm is the Euclidean norm of all entries of all arrays together
- if it exceeds `max_norm`, every gradient is multiplied by the same factor, so that the global norm becomes
  `max_norm`; otherwise nothing changes

Return `(clipped, norm)`: the list of gradients, in order, and the global norm *before* clipping. Do not change
the arguments in place.
"""


def reference(gradients: list[Array], max_norm: float, bugs: Bugs = NO_BUGS) -> tuple[list[Array], float]:
    norm = float(np.sqrt(sum(np.sum(g**2) for g in gradients)))
    factor = max_norm / norm if norm > max_norm or "always_rescaled" in bugs else 1.0
    clipped = [g * factor for g in gradients]
    if "each_separately" in bugs:
        clipped = [g * min(1.0, max_norm / max(float(np.linalg.norm(g)), 1e-12)) for g in gradients]
    if "by_value" in bugs:
        clipped = [np.clip(g, -max_norm, max_norm) for g in gradients]
    if "norm_after_clipping" in bugs:
        norm = float(np.sqrt(sum(np.sum(g**2) for g in clipped)))
    return clipped, norm


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(size: float, max_norm: float) -> tuple[list[Array], float]:
        return [
            size * rng.normal(size=(2, 3)),
            5 * size * (rng.normal(size=4) + 1.0),
            size * rng.normal(size=(1, 2)),
        ], max_norm

    return [Case("too large", draw(2.0, 1.0)), Case("small enough", draw(0.05, 10.0))]


EXERCISE = Exercise(
    slug="clip_gradient_norm",
    title="Gradient clipping by global norm",
    topic="optimisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=([np.array([3.0]), np.array([4.0])], 1.0),
    wrong=(
        Wrong(
            "each_separately",
            "Every tensor is clipped by its own norm. Large and small ones are then shrunk by different factors, "
            "so the step no longer points along the gradient. One norm over everything, and one factor.",
            "Does your clipped step point in the direction of the gradient?",
        ),
        Wrong(
            "by_value",
            "Each entry is clipped on its own. That bends the direction towards the corners, where all entries are "
            "equally large. It is a method too, but not this one: here only the length changes.",
            "Two entries are 10 and 100, the limit is 1. What is their ratio afterwards?",
        ),
        Wrong(
            "always_rescaled",
            "Gradients are scaled to max_norm even when they are shorter. Near a minimum, where gradients fade, "
            "every step is blown up to full length, and training never settles. Scale only when the norm exceeds "
            "the limit.",
            "The norm is a tenth of the limit. What should happen?",
            TERM,
        ),
        Wrong(
            "norm_after_clipping",
            "The returned norm is that of the clipped gradients. In a log it sits at the limit for ever and hides "
            "the spikes that it should reveal. Return the norm from before.",
            "You watch this norm to find exploding gradients. What do you see when they explode?",
            EDGE,
        ),
    ),
    invariants=(
        Invariant(
            "the result is no longer than max_norm",
            lambda args, out: np.sqrt(sum(np.sum(np.square(g)) for g in out[0])) <= args[1] * (1 + 1e-4),
            "after clipping, the norm over all gradients together must not exceed max_norm",
        ),
    ),
    hints=(
        "Sum of squares over everything, then one square root.",
        "One factor for all arrays.",
        ("The factor is never larger than 1."),
    ),
    follow_ups=(
        "Where does clipping go with gradient accumulation and mixed precision?",
        "Which limit do you choose, and what do you look at to choose it?",
        "How is it done when the parameters are sharded over GPUs?",
    ),
    complexity="O(number of parameters).",
    source="Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063",
    banned=("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm"),
    minutes=6,
)
