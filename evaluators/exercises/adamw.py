"""AdamW. Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, arXiv:1711.05101."""

from __future__ import annotations

import numpy as np

from evaluators.coding.exercise import (
    NO_BUGS,
    TERM,
    Array,
    Bugs,
    Case,
    Convention,
    Exercise,
    Wrong,
)

TASK = """
Apply AdamW, Adam with decoupled weight decay, for a given sequence of gradients.

- `w` is `(d,)`; `grads` is `(steps, d)`; moments start at zero and the first step is t = 1
- the moments and their bias correction are Adam's, with `eps` added to the square root
- the decay shrinks the weights by the factor `1 - lr * weight_decay` before the Adam step, as PyTorch does;
  shrinking after it is accepted

Return the weights after the last step. Leave `w` itself unchanged.
"""


def reference(
    w: Array, grads: Array, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, bugs: Bugs = NO_BUGS
) -> Array:
    m, v = np.zeros_like(w), np.zeros_like(w)
    coupled = "decay_in_gradient" in bugs
    shrink = 1 - weight_decay * (1.0 if "decay_without_rate" in bugs else lr)
    if coupled or "decay_ignored" in bugs:
        shrink = 1.0
    for t, g in enumerate(grads, start=1):
        if coupled:
            g = g + weight_decay * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        w = (w - step) * shrink if "decay_after_step" in bugs else w * shrink - step
    return w


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("two steps", (rng.normal(size=2) + 3, rng.normal(size=(2, 2)), 0.1, 0.9, 0.999, 1e-8, 0.3)),
        Case(
            "five steps, unequal scales",
            (3 * rng.normal(size=4), rng.normal(size=(5, 4)) * np.array([0.1, 1, 10, 50.0]), 0.2, 0.8, 0.95, 1e-8, 0.5),
        ),
    ]


EXERCISE = Exercise(
    slug="adamw",
    title="AdamW",
    topic="optimisation",
    level="senior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([2.0]), np.array([[1.0]]), 0.1, 0.9, 0.999, 1e-8, 0.5),
    wrong=(
        Wrong(
            "decay_in_gradient",
            "The decay is added to the gradient and goes through the moments. Adam then divides it by the root of "
            "v like everything else, so weights with large gradients are hardly decayed: that is L2 in Adam, the "
            "very thing AdamW was written to separate. Shrink the weights directly.",
            "Two weights are equally large, one has gradients a hundred times larger. How strongly does your "
            "method decay each?",
        ),
        Wrong(
            "decay_without_rate",
            "The decay is not multiplied by the learning rate. Each step then shrinks by weight_decay itself, far "
            "too much, and a schedule that lowers lr leaves the decay at full strength. In the paper's reading and "
            "in PyTorch both fall together.",
            "At lr = 1e-4 and weight_decay = 0.01, by how much do the weights shrink in 1000 steps with your code?",
            TERM,
        ),
        Wrong(
            "decay_ignored",
            "weight_decay never changes the result: this is plain Adam. Check that the argument is used, and that "
            "the shrunk weights are what the step is subtracted from.",
            "Set all gradients to zero. What should happen to the weights?",
            TERM,
        ),
    ),
    conventions=(Convention("decay_after_step", "the decay is applied after the Adam step"),),
    hints=(
        "Start from Adam. The decay does not touch the moments at all.",
        "With all gradients zero, only the decay acts: each step multiplies by one constant.",
        "That constant is 1 - lr · weight_decay.",
    ),
    follow_ups=(
        "Which parameters do you leave out of the decay, and why?",
        "Why are L2 and weight decay the same for SGD and different for Adam?",
        "How does a learning-rate schedule interact with the decay?",
    ),
    complexity="O(d) time a step and 2·d numbers of state.",
    source="Loshchilov, Hutter 2019, arXiv:1711.05101, algorithm 2",
    banned=("AdamW", "Adam", "adamw"),
)
