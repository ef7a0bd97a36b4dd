"""Backpropagation through one hidden layer, by hand. Source: Rumelhart, Hinton and Williams, Nature 323 (1986)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import Bugs, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values
from evaluators.reference.activations import relu
from evaluators.reference.softmax import softmax

TASK = """
A batch goes through a linear layer, ReLU, a second linear layer and softmax; the loss is the **mean** cross-entropy
over the n rows:

    z1 = X @ W1 + b1      a1 = relu(z1)      z2 = a1 @ W2 + b2      p = softmax(z2)
    L  = -(1/n) * sum over rows and classes of y * log(p)

Write the gradient of L with respect to every parameter, in the shape of the parameter.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array]:
    n, d, h, c = (sizes[name] for name in "ndhc")
    X, W1, b1 = rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)
    W2, b2 = rng.normal(size=(h, c)), rng.normal(size=c)
    y = np.eye(c)[rng.integers(0, c, size=n)]
    z1 = X @ W1 + b1  # (n, h)
    a1 = relu(z1)
    z2 = a1 @ W2 + b2  # (n, c)
    return {"X": X, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "z1": z1, "a1": a1, "z2": z2, "p": softmax(z2)}


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    X, y, p, z1, a1 = (values[name] for name in ("X", "y", "p", "z1", "a1"))
    dz2 = p / len(X) if "label_not_subtracted" in bugs else (p - y) / len(X)  # (n, c)
    if "softmax_differentiated_twice" in bugs:
        dz2 = dz2 * p * (1 - p)
    dz1 = dz2 @ values["W2"].T  # (n, h)
    if "relu_mask_from_gradient" in bugs:
        dz1 = dz1 * (dz1 > 0)
    elif "activation_for_its_derivative" in bugs:
        dz1 = dz1 * a1
    elif "activation_derivative_missing" not in bugs:
        dz1 = dz1 * (z1 > 0)
    hidden = z1 if "pre_activation_in_dw2" in bugs else a1
    return {"dW1": X.T @ dz1, "db1": dz1.sum(axis=0), "dW2": hidden.T @ dz2, "db2": dz2.sum(axis=0)}


PROBLEM = Problem(
    slug="two_layer_gradients",
    title="Gradients of a two-layer network",
    topic="neural networks",
    level="junior",
    task=TASK,
    symbols=(
        Symbol("X", ("n", "d"), "the inputs"),
        Symbol("y", ("n", "c"), "the labels, one-hot"),
        Symbol("W1", ("d", "h"), "first weights"),
        Symbol("b1", ("h",), "first bias"),
        Symbol("W2", ("h", "c"), "second weights"),
        Symbol("b2", ("c",), "second bias"),
        Symbol("z1", ("n", "h"), "before the ReLU"),
        Symbol("a1", ("n", "h"), "after the ReLU"),
        Symbol("z2", ("n", "c"), "the logits"),
        Symbol("p", ("n", "c"), "the probabilities"),
        Symbol("n", (), "the number of rows"),
    ),
    targets=(
        Symbol("dW2", ("h", "c"), "gradient of the second weights"),
        Symbol("db2", ("c",), "gradient of the second bias"),
        Symbol("dW1", ("d", "h"), "gradient of the first weights"),
        Symbol("db1", ("h",), "gradient of the first bias"),
    ),
    sizes=({"n": 7, "d": 4, "h": 5, "c": 3}, {"n": 5, "d": 3, "h": 6, "c": 4}, {"n": 9, "d": 2, "h": 4, "c": 5}),
    draw=draw,
    gradients=gradients,
    wrong=(
        Wrong(
            "activation_derivative_missing",
            "The derivative of the ReLU is missing: the gradient passes units that were switched off. Where z1 was "
            "negative, the unit put out 0 whatever its weights, so nothing may come back through it. The second layer "
            "is not affected, which is the sign to look for.",
            "A hidden unit was at -3 for some row. How much does that row change its weights?",
        ),
        Wrong(
            "activation_for_its_derivative",
            "The gradient is multiplied by the activation itself instead of by its derivative. The derivative of ReLU "
            "is 1 where the unit was active, not its value; only an exponential is its own derivative.",
            "How steep is ReLU at 0.1, and at 10?",
        ),
        Wrong(
            "relu_mask_from_gradient",
            "The mask looks at the sign of the gradient that arrives. Whether a unit lets it through was decided on "
            "the way forward, by the sign of z1.",
            "When is it decided whether a unit is active: on the way forward or on the way back?",
        ),
        Wrong(
            "pre_activation_in_dw2",
            "dW2 is built from what went into the ReLU. The second layer multiplied a1, so a1 stands in its gradient; "
            "the negative entries of z1 now contribute although the layer saw zeros.",
            "Which array did the second layer receive?",
        ),
        Wrong(
            "label_not_subtracted",
            "The label is not in the gradient of the logits. Softmax and cross-entropy together give p - y: the true "
            "class is pushed up, the others down. With p alone every class is pushed down.",
            "What should the gradient of the logits be for a row that is predicted perfectly?",
        ),
        Wrong(
            "softmax_differentiated_twice",
            "There is a factor p(1 - p) too much. p - y is the derivative of softmax and cross-entropy together, the "
            "Jacobian of the softmax is already in it. With the factor, rows that are confidently wrong hardly learn.",
            "A row is predicted with p = 0.999 for a wrong class. How large is your gradient?",
        ),
    ),
    hints=(
        "Go backwards: from the loss to z2, to W2 and b2, to a1, to z1, to W1 and b1.",
        "Softmax and mean cross-entropy together give (p - y) / n at the logits.",
        "For `z = a @ W + b`: dW is a.T @ dz, db is dz summed over the rows, and da is dz @ W.T.",
    ),
    follow_ups=(
        "How would you check these four lines numerically, and where does the check fail for ReLU?",
        "What changes when the loss is a sum instead of a mean, and what does it do to the learning rate?",
        "Which of the given arrays have to be kept in memory for the way back?",
    ),
    source="Rumelhart, Hinton, Williams 1986; Goodfellow, Bengio, Courville: Deep Learning, 6.5",
)
