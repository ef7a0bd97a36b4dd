"""Softmax with cross-entropy, through the probabilities. Source: Bishop, PRML, section 4.3.4."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import Bugs, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values
from evaluators.reference.softmax import softmax

TASK = """
Softmax regression, with the **mean** cross-entropy over the n rows:

    z = X @ W + b      p = softmax(z)      L = -(1/n) * sum over rows and classes of y * log(p)

Each row of y sums to 1; it may be one-hot or smoothed. Write first the gradient with respect to the probabilities, as
if they were free; then go through the Jacobian of the softmax to the logits; then to the parameters.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array]:
    n, d, c = (sizes[name] for name in "ndc")
    X, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, c)), rng.normal(size=c)
    y = 0.8 * np.eye(c)[rng.integers(0, c, size=n)] + 0.2 * rng.dirichlet(np.ones(c), size=n)
    z = X @ W + b
    return {"X": X, "y": y, "W": W, "b": b, "z": z, "p": softmax(z)}


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    X, y, p = values["X"], values["y"], values["p"]
    n = len(X)
    dp = -y / n if "logarithm_not_differentiated" in bugs else -y / p / n  # (n, c)
    dz = (p - y) / n
    if "jacobian_diagonal_only" in bugs:
        dz = -y * (1 - p) / n
    elif "softmax_differentiated_twice" in bugs:
        dz = (p - y) * p * (1 - p) / n
    elif "softmax_not_differentiated" in bugs:
        dz = -y / p / n
    elif "label_not_subtracted" in bugs:
        dz = p / n
    return {"dp": dp, "dz": dz, "dW": X.T @ dz, "db": dz.sum(axis=0)}


PROBLEM = Problem(
    slug="softmax_gradients",
    title="Gradients of softmax with cross-entropy",
    topic="neural networks",
    level="junior",
    task=TASK,
    symbols=(
        Symbol("X", ("n", "d"), "the inputs"),
        Symbol("y", ("n", "c"), "the target distributions"),
        Symbol("W", ("d", "c"), "weights"),
        Symbol("b", ("c",), "bias"),
        Symbol("z", ("n", "c"), "the logits"),
        Symbol("p", ("n", "c"), "the probabilities"),
        Symbol("n", (), "the number of rows"),
    ),
    targets=(
        Symbol("dp", ("n", "c"), "gradient of the probabilities"),
        Symbol("dz", ("n", "c"), "gradient of the logits"),
        Symbol("dW", ("d", "c"), "gradient of the weights"),
        Symbol("db", ("c",), "gradient of the bias"),
    ),
    sizes=({"n": 7, "d": 4, "c": 3}, {"n": 5, "d": 3, "c": 4}, {"n": 9, "d": 2, "c": 5}),
    draw=draw,
    gradients=gradients,
    wrong=(
        Wrong(
            "logarithm_not_differentiated",
            "The derivative of the logarithm, 1/p, is missing from dp. It is what makes a confident mistake "
            "expensive: the smaller the probability of the true class, the steeper the loss.",
            "How does the loss change when the probability of the true class falls from 0.1 to 0.01?",
        ),
        Wrong(
            "jacobian_diagonal_only",
            "Only the diagonal of the softmax Jacobian is used, p(1 - p). Raising one logit lowers every other "
            "probability, so there are off-diagonal terms -p_i·p_j; the wrong classes get a gradient from them alone.",
            "You raise the logit of one class. What happens to the probabilities of the others?",
        ),
        Wrong(
            "softmax_differentiated_twice",
            "There is a factor p(1 - p) too much: p - y has the Jacobian of the softmax in it already. With the "
            "factor, confident mistakes hardly learn.",
            "Go through the Jacobian once, for one row. What is left of -y/p afterwards?",
        ),
        Wrong(
            "softmax_not_differentiated",
            "dz is the gradient of the probabilities, passed on unchanged. Between the two lies the softmax, whose "
            "Jacobian is diag(p) - p pᵀ for each row. A check: the gradient of the logits of one row has to sum to "
            "zero.",
            "Adding the same number to all logits of a row changes nothing. What must the entries of its dz sum to?",
        ),
        Wrong(
            "label_not_subtracted",
            "The target is not in the gradient of the logits: every class is pushed down, the true one as well. What "
            "comes out of the Jacobian is p - y.",
            "What should dz be for a row with p = y?",
        ),
    ),
    hints=(
        "dp is the derivative of -(1/n)·y·log(p), entry by entry.",
        "For one row the Jacobian of the softmax is diag(p) - p pᵀ; multiply the row of dp by it.",
        "The row of dp times pᵀ is -1/n, as y sums to 1. What remains is (p - y) / n.",
    ),
    follow_ups=(
        "Where do you use that a row of y sums to 1? What is dz when it does not?",
        "Why do frameworks fuse the two operations instead of chaining their gradients?",
        "What is the Hessian with respect to the logits of one row, and why is the loss convex in them?",
    ),
    source="Bishop: Pattern Recognition and Machine Learning, 4.3.4",
)
