"""Ridge regression. Source: Hoerl and Kennard 1970; Hastie, Tibshirani and Friedman, ESL, section 3.4.1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import TERM, Bugs, Convention, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values

TASK = """
Linear regression with the **mean** squared error and a penalty on the weights, not on the intercept:

    e = X @ w + b - y
    L = (1/n) * sum of e**2 + lam * sum of w**2

There is no 1/2 in this loss. Who is used to half of it may leave the factor 2 out, everywhere. Write the gradients.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array | float]:
    n, d = sizes["n"], sizes["d"]
    X, w, b, y = rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(), rng.normal(size=n)
    return {"X": X, "y": y, "w": w, "b": b, "e": X @ w + b - y, "lam": rng.uniform(0.3, 0.8)}


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    X, w, e, lam = (values[name] for name in ("X", "w", "e", "lam"))
    n = len(X)
    if "intercept_left_out" in bugs:
        e = e - values["b"]
    half = 1.0 if "half_loss" in bugs else 2.0
    data = (1.0 if "data_term_without_two" in bugs else half) / n * X.T @ e
    penalty = half * lam * w
    if "penalty_missing" in bugs:
        penalty = np.zeros_like(w)
    elif "penalty_without_two" in bugs:
        penalty = lam * w
    elif "penalty_divided_by_n" in bugs:
        penalty = half * lam * w / n
    elif "penalty_subtracted" in bugs:
        penalty = -half * lam * w
    db = half * e.mean()
    if "intercept_penalised" in bugs:
        db = db + half * lam * values["b"]
    return {"dw": data + penalty, "db": db}


PROBLEM = Problem(
    slug="ridge_gradients",
    title="Gradients of ridge regression",
    topic="linear models",
    level="junior",
    task=TASK,
    symbols=(
        Symbol("X", ("n", "d"), "the inputs"),
        Symbol("y", ("n",), "the targets"),
        Symbol("w", ("d",), "weights"),
        Symbol("b", (), "intercept"),
        Symbol("e", ("n",), "the errors"),
        Symbol("lam", (), "the strength of the penalty, λ"),
        Symbol("n", (), "the number of rows"),
    ),
    targets=(
        Symbol("dw", ("d",), "gradient of the weights"),
        Symbol("db", (), "gradient of the intercept"),
    ),
    sizes=({"n": 7, "d": 4}, {"n": 5, "d": 3}, {"n": 10, "d": 6}),
    draw=draw,
    gradients=gradients,
    conventions=(Convention("half_loss", "half of the loss as it is stated, so that no term has the factor 2"),),
    wrong=(
        Wrong(
            "penalty_missing",
            "The derivative of the penalty is missing from dw: this is ordinary least squares. The weights of nearly "
            "collinear columns then grow against each other, which is what the penalty is there to stop.",
            "What does lam·w² become when you differentiate it, and which of your lines has it?",
            TERM,
        ),
        Wrong(
            "penalty_without_two",
            "The data term has its factor 2 and the penalty has not. Relative to each other they are now out of "
            "balance: it is the gradient of a loss with half the lam that was stated.",
            "Does the loss have a 1/2 in front of the penalty?",
            TERM,
        ),
        Wrong(
            "data_term_without_two",
            "The penalty has its factor 2 and the data term has not. Leave it out everywhere or nowhere: as it "
            "stands, the penalty weighs twice as much as in the loss.",
            "Both parts of the loss are squares. Which derivative does each have?",
            TERM,
        ),
        Wrong(
            "penalty_divided_by_n",
            "The penalty is divided by n. In the loss as it is stated only the squared error is a mean. Libraries "
            "differ here, so the same lam means another thing in each; the statement decides.",
            "Which part of the loss is inside the mean?",
            TERM,
        ),
        Wrong(
            "penalty_subtracted",
            "The penalty is subtracted: each step lets the weights grow. It is added to the loss, so its derivative "
            "is added to the gradient.",
            "With no data at all, in which direction does your step move a positive weight?",
            TERM,
        ),
        Wrong(
            "intercept_penalised",
            "The intercept is penalised as well. The loss penalises w alone; with a penalised intercept, predictions "
            "change when a constant is added to all targets.",
            "You measure the target in kelvin instead of degrees. What should change?",
            TERM,
        ),
        Wrong(
            "intercept_left_out",
            "The intercept is not in the errors: they are X @ w - y. The gradient then belongs to a line through the "
            "origin.",
            "What is the prediction for a row of zeros?",
            TERM,
        ),
    ),
    hints=(
        "Differentiate the square first: 2e times the derivative of e.",
        "e depends on w through X and on b directly: X.T @ e for the weights, a sum of e for the intercept.",
        "The loss has two parts; b is only in the first.",
    ),
    follow_ups=(
        "Set dw to zero and solve for w. Which matrix is inverted, and why is it always invertible for lam > 0?",
        "What does the penalty do to each singular direction of X?",
        "Why should the columns be standardised before?",
    ),
    source="Hoerl, Kennard 1970; Hastie, Tibshirani, Friedman: ESL, 3.4.1",
    minutes=6,
)
