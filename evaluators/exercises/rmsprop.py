"""RMSProp. Source: Hinton's Coursera lecture 6e, 2012."""

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
Apply RMSProp for a given sequence of gradients.

- `w` is `(d,)`; `grads` is `(steps, d)`, one gradient per step
- the running mean of squared gradients starts at zero: `v = rho * v + (1 - rho) * g**2`
- the step is `lr * g / (sqrt(v) + eps)`; adding `eps` inside the square root is accepted as another convention

Return the weights after the last step. Leave `w` itself unchanged.
"""


def reference(w: Array, grads: Array, lr: float, rho: float, eps: float, bugs: Bugs = NO_BUGS) -> Array:
    v = np.zeros_like(w)
    old, new = (1 - rho, rho) if "decay_swapped" in bugs else (rho, 1 - rho)
    if "never_forgets" in bugs:
        old, new = 1.0, 1.0
    for g in grads:
        v = old * v + new * g**2
        root = np.sqrt(v + eps) if "eps_inside_root" in bugs else np.sqrt(v) + eps
        if "root_missing" in bugs:
            root = v + eps
        w = w - lr * g / root
    return w


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            "two steps, unequal scales",
            (rng.normal(size=2), (rng.normal(size=(2, 2)) + 3) * np.array([0.2, 4.0]), 0.1, 0.9, 1e-8),
        ),
        Case(
            "six steps, small gradients, a visible eps",
            (rng.normal(size=3), 0.02 * rng.normal(size=(6, 3)), 0.01, 0.8, 1e-3),
        ),
    ]


EXERCISE = Exercise(
    slug="rmsprop",
    title="RMSProp",
    topic="optimisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0, 1.0]), np.array([[1.0, 10.0]]), 0.1, 0.9, 1e-8),
    wrong=(
        Wrong(
            "root_missing",
            "The gradient is divided by the mean square, not by its root. Then the step has the unit of one over a "
            "gradient: small gradients give huge steps and large ones hardly any. With the root, scaling all "
            "gradients by ten leaves the steps as they were.",
            "You multiply the loss by 100. How should the steps change, and how do yours?",
        ),
        Wrong(
            "never_forgets",
            "Squared gradients are summed and never forgotten: that is Adagrad. The step size can only shrink, and "
            "a long training run stalls. RMSProp was proposed to fix exactly this, with a running mean.",
            "After a million steps with gradients of size 1, how large is your v, and what step is left?",
        ),
        Wrong(
            "decay_swapped",
            "The weights of old and new have changed places: with rho = 0.9 you keep a tenth of the past. v then "
            "follows the last gradient, and each step is close to lr times its sign, noise included.",
            "With rho = 0.9, how many past gradients does your average remember?",
            TERM,
        ),
    ),
    conventions=(Convention("eps_inside_root", "eps is added inside the square root"),),
    hints=(
        "One state vector: a running mean of squared gradients.",
        "Each weight has its own step size: lr over the root of that mean.",
        "Multiply all gradients by ten: apart from eps, the result should not change.",
    ),
    follow_ups=(
        "What does Adam add, and why does it need a bias correction that RMSProp does without?",
        "What does the very first step look like here?",
        "Why does eps matter more in half precision?",
    ),
    complexity="O(d) time a step and d numbers of state.",
    source="Hinton, Srivastava, Swersky: Neural Networks for Machine Learning, lecture 6e, 2012",
    banned=("RMSprop",),
    minutes=10,
)
