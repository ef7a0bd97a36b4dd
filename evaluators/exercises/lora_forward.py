"""Low-rank adaptation. Source: Hu et al., LoRA, 2021, arXiv:2106.09685."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
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
Apply a linear layer with a LoRA adapter.

- `x` is `(n, d)`, `W` is `(out, d)`: the frozen weight; the layer computes `x @ W.T`
- `A` is `(r, d)`, `B` is `(out, r)`: the adapter, whose update of the weight is `(alpha / r) * B @ A`
- do not build the `(out, d)` update

Return the output, shape `(n, out)`.
"""


def reference(x: Array, W: Array, A: Array, B: Array, alpha: float, bugs: Bugs = NO_BUGS) -> Array:
    scale = alpha / len(A)
    if "scale_missing" in bugs:
        scale = 1.0
    if "scaled_by_alpha" in bugs:
        scale = alpha
    base, update = x @ W.T, x @ A.T @ B.T  # both (n, out)
    if "base_scaled" in bugs:
        return scale * (base + update)
    return scale * update if "base_dropped" in bugs else base + scale * update


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int, out: int, r: int, alpha: float) -> tuple[Value, ...]:
        return (
            rng.normal(size=(n, d)),
            rng.normal(size=(out, d)),
            rng.normal(size=(r, d)),
            rng.normal(size=(out, r)),
            alpha,
        )

    return [Case("rank 2", draw(2, 3, 2, 2, 8.0)), Case("rank 4", draw(5, 8, 6, 4, 6.0))]


EXERCISE = Exercise(
    slug="lora_forward",
    title="LoRA adapter",
    topic="transformers",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, 2.0]]), np.eye(2), np.array([[1.0, 0.0]]), np.array([[0.0], [1.0]]), 2.0),
    wrong=(
        Wrong(
            "scale_missing",
            "The update is not scaled by alpha / r. Its strength then changes whenever the rank does, and an "
            "adapter trained elsewhere is loaded at the wrong strength. Multiply the low-rank path by the factor.",
            "You double the rank. How should the size of the update change?",
            TERM,
        ),
        Wrong(
            "scaled_by_alpha",
            "The update is scaled by alpha, without dividing by the rank. At rank 16 it is sixteen times too "
            "strong; training diverges at learning rates that others use. The factor is alpha / r.",
            "At alpha = 16 and r = 16, what is your factor?",
            TERM,
        ),
        Wrong(
            "base_scaled",
            "The factor is applied to the frozen layer as well. With an untrained adapter, whose B is zero, the "
            "layer should behave exactly as before, and yours is rescaled. Only the low-rank path gets the factor.",
            "B is all zeros, as at the start of training. Does your layer equal the original one?",
        ),
        Wrong(
            "base_dropped",
            "Only the adapter's path is returned. At the start, with B zero, the layer outputs nothing but zeros, "
            "and all that was pre-trained is gone. The adapter is added to the frozen layer.",
            "B is all zeros, as at the start of training. What does your layer output?",
        ),
    ),
    hints=(
        "Two paths, added.",
        "Multiply x by A first: the narrow matrix in the middle is what makes it cheap.",
        ("r is the number of rows of A."),
    ),
    follow_ups=(
        "Why is B initialised to zero and A not?",
        "How many parameters are trained for a 4096 × 4096 layer at rank 8?",
        "How do you serve a hundred adapters on one base model?",
    ),
    complexity="O(n · (out · d + r · (d + out))).",
    source="Hu et al. 2021, arXiv:2106.09685, equation 3",
    minutes=6,
)
