"""SGD with momentum. Sources: Polyak 1964, in PyTorch's form; Sutskever et al., ICML 2013, with the rate inside."""

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
Apply stochastic gradient descent with (heavy-ball) momentum for a given sequence of gradients and learning rates.

- `w` is `(d,)`; `grads` is `(steps, d)`, one gradient per step, whatever the weights are by then
- `lrs` is `(steps,)`: the learning rate of each step; `mu` is the momentum
- the velocity starts at zero and accumulates `velocity = mu * velocity + gradient`; the step is `lr * velocity`.
  Keeping the learning rate inside the velocity is accepted as another convention

Return the weights after the last step. Leave `w` itself unchanged.
"""


def reference(w: Array, grads: Array, lrs: Array, mu: float, bugs: Bugs = NO_BUGS) -> Array:
    velocity = np.zeros_like(w)
    for g, lr in zip(grads, lrs, strict=True):
        if "rate_in_velocity" in bugs:
            g, lr = lr * g, 1.0
        velocity = mu * velocity + ((1 - mu) * g if "averaged" in bugs else g)
        step = g + mu * velocity if "nesterov" in bugs else velocity
        w = w - lr * (g if "momentum_ignored" in bugs else step)
    return w


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("two steps, one weight", (rng.normal(size=1), rng.normal(size=(2, 1)) + 2, np.array([0.1, 0.02]), 0.9)),
        Case(
            "five steps, a falling rate",
            (rng.normal(size=3), rng.normal(size=(5, 3)), np.array([0.5, 0.4, 0.2, 0.1, 0.05]), 0.8),
        ),
    ]


EXERCISE = Exercise(
    slug="sgd_momentum",
    title="SGD with momentum",
    topic="optimisation",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([1.0]), np.array([[1.0], [1.0]]), np.array([0.1, 0.1]), 0.9),
    wrong=(
        Wrong(
            "averaged",
            "The velocity is an exponential average: the gradient comes in with weight 1 - mu. Steps are then "
            "about 1/(1 - mu) times shorter, ten times at mu = 0.9, and learning rates tuned for the classical "
            "form stop working. The accumulating form adds the whole gradient.",
            "The gradient is constantly 1. To which value does your velocity converge, and to which should it?",
            TERM,
        ),
        Wrong(
            "nesterov",
            "The step looks one update ahead: gradient plus mu times the new velocity. That is Nesterov's variant, "
            "a fine method under another name. Heavy-ball momentum steps along the velocity itself.",
            "How does your very first step differ from plain SGD's? Should it?",
            TERM,
        ),
        Wrong(
            "momentum_ignored",
            "The velocity is computed but not used, or mu never enters: the result is plain SGD. Along a long flat "
            "valley nothing accelerates. Check which variable the weight update reads.",
            "The gradient is the same for ten steps. Does your tenth step differ from the first?",
        ),
    ),
    conventions=(
        Convention("rate_in_velocity", "the learning rate is inside the velocity, so a changed rate acts with delay"),
    ),
    hints=(
        "One state vector besides the weights; it starts at zero.",
        "Update the velocity first, then step along it.",
        "With mu = 0 the result must equal plain SGD: use that as a test.",
    ),
    follow_ups=(
        "The rate drops by ten in mid-training. What differs between the two conventions?",
        "What is the effective step size for a constant gradient?",
        "Why does momentum help in narrow valleys?",
    ),
    complexity="O(d) time a step and d numbers of state.",
    source="Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum, 2013",
    banned=("SGD",),
    minutes=10,
)
