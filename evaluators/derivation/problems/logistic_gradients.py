"""Logistic regression with an L2 penalty. Source: Bishop, PRML, section 4.3.2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import TERM, Bugs, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values
from evaluators.reference.activations import sigmoid

TASK = """
Logistic regression with labels 0 and 1, the **mean** log-loss over the n rows, and a penalty on the weights, not on the
intercept:

    z = X @ w + b      p = sigmoid(z)
    L = -(1/n) * sum of (y * log(p) + (1 - y) * log(1 - p)) + (lam / 2) * sum of w**2

Write the gradients.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array | float]:
    n, d = sizes["n"], sizes["d"]
    X, w, b = rng.normal(size=(n, d)), rng.normal(size=d), rng.normal()
    y = np.arange(n) % 2
    z = X @ w + b
    return {"X": X, "y": rng.permutation(y), "w": w, "b": b, "z": z, "p": sigmoid(z), "lam": rng.uniform(0.3, 0.8)}


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    X, y, p, w, lam = (values[name] for name in ("X", "y", "p", "w", "lam"))
    n = len(X)
    dz = (p - y) / n  # (n,)
    if "gradient_of_squared_error" in bugs:
        dz = dz * p * (1 - p)
    if "logit_for_probability" in bugs:
        dz = (values["z"] - y) / n
    penalty = lam * w
    if "penalty_missing" in bugs:
        penalty = np.zeros_like(w)
    elif "penalty_divided_by_n" in bugs:
        penalty = lam * w / n
    elif "penalty_doubled" in bugs:
        penalty = 2 * lam * w
    elif "penalty_subtracted" in bugs:
        penalty = -lam * w
    db = dz.sum()
    if "intercept_penalised" in bugs:
        db = db + lam * values["b"]
    return {"dz": dz, "dw": X.T @ dz + penalty, "db": db}


PROBLEM = Problem(
    slug="logistic_gradients",
    title="Gradients of logistic regression",
    topic="linear models",
    level="junior",
    task=TASK,
    symbols=(
        Symbol("X", ("n", "d"), "the inputs"),
        Symbol("y", ("n",), "the labels, 0 or 1"),
        Symbol("w", ("d",), "weights"),
        Symbol("b", (), "intercept"),
        Symbol("z", ("n",), "the logits"),
        Symbol("p", ("n",), "the probabilities"),
        Symbol("lam", (), "the strength of the penalty, λ"),
        Symbol("n", (), "the number of rows"),
    ),
    targets=(
        Symbol("dz", ("n",), "gradient of the logits"),
        Symbol("dw", ("d",), "gradient of the weights"),
        Symbol("db", (), "gradient of the intercept"),
    ),
    sizes=({"n": 7, "d": 4}, {"n": 5, "d": 3}, {"n": 10, "d": 6}),
    draw=draw,
    gradients=gradients,
    wrong=(
        Wrong(
            "gradient_of_squared_error",
            "There is a factor p(1 - p) too much, which belongs to the squared error. With the log-loss the "
            "derivative of the sigmoid cancels against the derivative of the logarithm; that is why confident "
            "mistakes still learn.",
            "A row has label 1 and p = 0.001. How large is your gradient, and how large should it be?",
        ),
        Wrong(
            "logit_for_probability",
            "The label is subtracted from the logit, not from the probability. That is the gradient of linear "
            "regression; the sigmoid has been lost.",
            "What should the gradient be for a row with label 1 and a logit of 30?",
        ),
        Wrong(
            "penalty_missing",
            "The derivative of the penalty is missing from dw. On separable data the weights then grow without end; "
            "the penalty is what holds them.",
            "What does (lam / 2)·w² become when you differentiate it, and which of your lines has it?",
            TERM,
        ),
        Wrong(
            "penalty_divided_by_n",
            "The penalty is divided by n along with the data term. In the loss as it is stated only the log-loss is a "
            "mean; the penalty stands outside.",
            "Which part of the loss is inside the mean?",
            TERM,
        ),
        Wrong(
            "penalty_doubled",
            "The penalty has a factor 2 too much: the loss has lam/2, whose 2 cancels against the square's.",
            "What is the derivative of (lam / 2)·w²?",
            TERM,
        ),
        Wrong(
            "penalty_subtracted",
            "The penalty pulls the wrong way: it is subtracted, so each step lets the weights grow. It is added to "
            "the loss, and its derivative is added to the gradient.",
            "With no data at all, in which direction does your step move a positive weight?",
            TERM,
        ),
        Wrong(
            "intercept_penalised",
            "The intercept is penalised as well. The loss penalises w alone; shrinking the intercept would pull the "
            "mean prediction towards one half, whatever the share of positives.",
            "Which parameters stand in the penalty of the loss?",
            TERM,
        ),
    ),
    hints=(
        "Differentiate the log-loss with respect to p, then p with respect to z; simplify before you go on.",
        "The derivative of the sigmoid is p(1 - p), and it cancels. What is left of one row is p - y.",
        "Then z = X @ w + b. And do not forget the second part of the loss.",
    ),
    follow_ups=(
        "What is the Hessian, and what does it say about convexity?",
        "How do these lines change for labels -1 and 1?",
        "What happens to w on separable data with lam = 0?",
    ),
    source="Bishop: Pattern Recognition and Machine Learning, 4.3.2",
    minutes=8,
)
