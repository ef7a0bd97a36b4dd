"""A residual block. Source: He et al., Deep Residual Learning, 2015, arXiv:1512.03385."""

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
Write a residual block of two linear layers, in the original form with the ReLU after the addition.

- `x` is `(n, d)`; `W1` is `(d, d)`, `W2` is `(d, d_out)`; a layer computes `x @ W`, without bias
- the residual branch is: first layer, ReLU, second layer
- the shortcut carries the block's input; when `P` is an array, `(d, d_out)`, it is projected by `x @ P`; when `P`
  is `None`, it is passed on as it is, and `d_out == d`
- branch and shortcut are added, and a ReLU follows

Return the output, shape `(n, d_out)`.
"""


def reference(x: Array, W1: Array, W2: Array, P: Array | None, bugs: Bugs = NO_BUGS) -> Array:
    hidden = np.maximum(x @ W1, 0)  # (n, d)
    branch = hidden @ W2  # (n, d_out)
    source = hidden if "skip_after_first_layer" in bugs else x
    shortcut = source if P is None else source @ P
    if "skip_missing" in bugs:
        return np.maximum(branch, 0)
    if "relu_before_addition" in bugs:
        return np.maximum(branch, 0) + shortcut
    out = branch + shortcut
    return out if "final_relu_missing" in bugs else np.maximum(out, 0)


def cases(rng: np.random.Generator) -> list[Case]:
    def draw(n: int, d: int) -> tuple[Array, Array]:
        return rng.normal(size=(n, d)), rng.normal(size=(d, d))

    return [
        Case("identity shortcut", (*draw(3, 3), 0.7 * rng.normal(size=(3, 3)), None)),
        Case("projected shortcut", (*draw(5, 4), 0.7 * rng.normal(size=(4, 6)), rng.normal(size=(4, 6)))),
    ]


EXERCISE = Exercise(
    slug="residual_block",
    title="Residual block",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([[1.0, -1.0]]), np.eye(2), np.array([[0.5, 0.0], [0.0, 0.5]]), None),
    wrong=(
        Wrong(
            "skip_missing",
            "Nothing is added: the block is two plain layers. It works when shallow; stacked fifty deep, gradients "
            "have to pass every weight matrix and fade. The shortcut gives them a way around.",
            "Set both weight matrices to zero. What should the block return for a positive x?",
        ),
        Wrong(
            "relu_before_addition",
            "The ReLU is applied to the branch, and the sum is left as it is. The branch can then only add, never "
            "subtract, and activations grow from block to block. In the original form the ReLU comes after the "
            "addition.",
            "Can your branch make an activation smaller?",
            TERM,
        ),
        Wrong(
            "skip_after_first_layer",
            "The shortcut starts behind the first layer. The input then still has to pass one weight matrix, and "
            "the identity, the reason for the shortcut, is not available. It must carry what entered the block.",
            "Which array does your shortcut carry, and has it been transformed already?",
        ),
        Wrong(
            "final_relu_missing",
            "The sum leaves the block without a ReLU. That is near the pre-activation design of the follow-up "
            "paper, but this block is defined with one at its end, and the next block would receive negative "
            "values.",
            "Can your block's output be negative? Should it, in the original form?",
            TERM,
        ),
    ),
    hints=(
        "Two ways from input to output: branch and shortcut.",
        "Only the shortcut depends on whether P is given.",
        "There are two ReLUs: one inside the branch, one at the very end.",
    ),
    follow_ups=(
        "Differentiate the block with respect to x. Which term keeps the gradient alive?",
        "Pre-activation or post-activation: what changes for very deep nets?",
        "Why does the loss surface get smoother?",
    ),
    complexity="O(n · d · (d + d_out)).",
    source="He, Zhang, Ren, Sun 2015, arXiv:1512.03385, equation 2",
    minutes=8,
)
