"""Activation functions and their derivatives. Sources: Hendrycks and Gimpel 2016 (GELU), Elfwing et al. 2017 (SiLU)."""

from __future__ import annotations

import math

import numpy as np

from evaluators.coding.exercise import (
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
Write five functions that every deep-learning code needs, elementwise on an array `x` of any shape. Return a dict
with exactly these keys, each an array of the shape of `x`:

- `"gelu"`: the GELU `x · Φ(x)`, with the normal distribution function Φ (`math.erf` helps); its tanh
  approximation is accepted
- `"leaky_relu"`: slope 0.01 on the negative side
- `"sigmoid_gradient"`: the derivative of the sigmoid at `x`
- `"tanh_gradient"`: the derivative of tanh at `x`
- `"silu_gradient"`: the derivative of SiLU, `x · sigmoid(x)`, at `x`
"""


def reference(x: Array, bugs: Bugs = NO_BUGS) -> dict[str, Array]:
    sigmoid, tanh = 1 / (1 + np.exp(-x)), np.tanh(x)
    phi = 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))
    if "gelu_by_tanh" in bugs:
        phi = 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    leaky = np.where(x > 0, 0.01 * x, x) if "leak_on_positive_side" in bugs else np.where(x > 0, x, 0.01 * x)
    silu_gradient = sigmoid + x * sigmoid * (1 - sigmoid)
    if "silu_product_rule" in bugs:
        silu_gradient = sigmoid * (1 - sigmoid)
    return {
        "gelu": x * phi,
        "leaky_relu": leaky,
        "sigmoid_gradient": sigmoid if "sigmoid_itself" in bugs else sigmoid * (1 - sigmoid),
        "tanh_gradient": 1 - x**2 if "tanh_from_input" in bugs else 1 - tanh**2,
        "silu_gradient": silu_gradient,
    }


def cases(rng: np.random.Generator) -> list[Case]:
    grid = np.array([-3.0, -1.5, -0.4, 0.6, 1.7, 2.5])
    return [
        Case("six numbers", (grid + rng.uniform(-0.2, 0.2, size=6),)),
        Case("a matrix", (1.5 * rng.normal(size=(3, 4)),)),
    ]


EXERCISE = Exercise(
    slug="activations",
    title="Activation functions and their derivatives",
    topic="neural networks",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(np.array([-1.0, 0.0, 2.0]),),
    wrong=(
        Wrong(
            "tanh_from_input",
            "The derivative of tanh is written as 1 - x². The square belongs to tanh(x), not to x: the "
            "shortcut 1 - t² is meant for code that has the activation at hand. Far from zero your derivative "
            "is negative, although tanh rises everywhere.",
            "Is tanh ever falling? What does your derivative say at x = 2?",
            TERM,
        ),
        Wrong(
            "sigmoid_itself",
            "The sigmoid itself is returned where its derivative was asked for. It approaches 1 for large "
            "inputs, where the true derivative vanishes: exactly the region in which gradients die. The "
            "derivative is largest at zero, with 0.25.",
            "How steep is the sigmoid at x = 10?",
            TERM,
        ),
        Wrong(
            "silu_product_rule",
            "SiLU is a product, x times sigmoid(x), and only the second factor was differentiated. The product "
            "rule has two terms. At large x the derivative should approach 1, where yours goes to 0.",
            "For large x SiLU is nearly the identity. What is its derivative there?",
        ),
        Wrong(
            "leak_on_positive_side",
            "The small slope sits on the positive side: positive inputs are scaled down and negative ones "
            "pass. The condition or the two branches of the `where` are swapped.",
            "What should leaky ReLU return for x = 5?",
            TERM,
        ),
    ),
    conventions=(Convention("gelu_by_tanh", "GELU by its tanh approximation"),),
    invariants=(
        Invariant(
            "the sigmoid's derivative lies in (0, 0.25]",
            lambda args, out: np.all((out["sigmoid_gradient"] > 0) & (out[("sigmoid_gradient")] <= 0.25 + 1e-9)),
            "the sigmoid rises everywhere, and most steeply at zero, with slope 0.25",
        ),
        Invariant(
            "tanh rises",
            lambda args, out: np.all(out["tanh_gradient"] > 0),
            "tanh is increasing, so its derivative is positive everywhere",
        ),
    ),
    hints=(
        "Write the sigmoid first; three of the five need it.",
        "The derivatives of sigmoid and tanh can be expressed by their own values.",
        "`math.erf` takes one number: `np.vectorize` lifts it to arrays.",
    ),
    follow_ups=(
        "Why do deep networks with sigmoids stop learning?",
        "What is a dead ReLU, how does it happen, and does GELU have the problem?",
        "Which of these saves memory in the backward pass, because the output is enough?",
    ),
    complexity="O(size of x).",
    source="Hendrycks, Gimpel 2016, arXiv:1606.08415; Elfwing, Uchibe, Doya 2017",
    banned=("gelu", "silu", "leaky_relu", "GELU", "SiLU", "LeakyReLU", "backward", "grad"),
    minutes=10,
)
