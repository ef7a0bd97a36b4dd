"""Batch normalisation, backward. Source: Ioffe and Szegedy 2015, section 3, arXiv:1502.03167."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import TERM, Bugs, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values

TASK = """
Batch normalisation in training, each of the d features over the n rows of the batch:

    mu = mean(x, axis=0)      var = mean((x - mu)**2, axis=0)      s = sqrt(var + eps)
    xhat = (x - mu) / s       out = gamma * xhat + beta

`dout` is the gradient that arrives at `out`. Write the gradients; `dx` is the whole derivative, through every path by
which x reaches the output.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array | float]:
    n, d = sizes["n"], sizes["d"]
    x = 2 * rng.normal(size=(n, d)) + rng.normal(size=d)
    mu, var, eps = x.mean(axis=0), x.var(axis=0), 0.1
    s = np.sqrt(var + eps)
    return {
        "x": x,
        "gamma": rng.uniform(1.5, 3.0, size=d),
        "beta": rng.normal(size=d),
        "eps": eps,
        "mu": mu,
        "var": var,
        "s": s,
        "xhat": (x - mu) / s,
        "dout": rng.normal(size=(n, d)) + 0.5,
    }


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    x, xhat, gamma, s, dout = (values[name] for name in ("x", "xhat", "gamma", "s", "dout"))
    dxhat = dout if "gamma_missing" in bugs else dout * gamma  # (n, d)
    reduce = np.sum if "sums_for_means" in bugs else np.mean
    mean_path, variance_path = reduce(dxhat, axis=0), xhat * reduce(dxhat * xhat, axis=0)
    if bugs & {"statistics_constant", "mean_path_missing"}:
        mean_path = np.zeros_like(mean_path)
    if bugs & {"statistics_constant", "variance_path_missing"}:
        variance_path = np.zeros_like(variance_path)
    spread = 1.0 if "spread_missing" in bugs else s
    if "variance_for_deviation" in bugs:
        spread = s**2
    scaled = x if "input_for_normalised" in bugs else xhat
    return {
        "dgamma": (dout * scaled).sum(axis=0),
        "dbeta": dout.sum(axis=0),
        "dxhat": dxhat,
        "dx": (dxhat - mean_path - variance_path) / spread,
    }


PROBLEM = Problem(
    slug="batch_norm_gradients",
    title="Batch normalisation, backward",
    topic="normalisation",
    level="staff",
    task=TASK,
    symbols=(
        Symbol("x", ("n", "d"), "the inputs"),
        Symbol("gamma", ("d",), "the scale, γ"),
        Symbol("beta", ("d",), "the shift, β"),
        Symbol("eps", (), "the constant under the root, ε"),
        Symbol("mu", ("d",), "the mean, μ"),
        Symbol("var", ("d",), "the variance, biased"),
        Symbol("s", ("d",), "the root of var + eps"),
        Symbol("xhat", ("n", "d"), "the normalised inputs"),
        Symbol("dout", ("n", "d"), "the gradient that arrives"),
        Symbol("n", (), "the number of rows"),
    ),
    targets=(
        Symbol("dgamma", ("d",), "gradient of the scale"),
        Symbol("dbeta", ("d",), "gradient of the shift"),
        Symbol("dxhat", ("n", "d"), "gradient of the normalised inputs"),
        Symbol("dx", ("n", "d"), "gradient of the inputs"),
    ),
    sizes=({"n": 7, "d": 4}, {"n": 5, "d": 3}, {"n": 10, "d": 6}),
    draw=draw,
    gradients=gradients,
    wrong=(
        Wrong(
            "statistics_constant",
            "Mean and variance are treated as constants. They are computed from the batch, so every row reaches the "
            "output of every other through them; two terms of dx are missing. At inference, with running statistics, "
            "this would be right.",
            "You add 1 to every row of a feature. How does the output change, and what does your dx claim?",
        ),
        Wrong(
            "mean_path_missing",
            "The path through the mean is missing from dx. Shifting a feature changes nothing in the output, so each "
            "column of dx has to sum to zero; this one does not.",
            "What must the entries of one column of dx sum to?",
            TERM,
        ),
        Wrong(
            "variance_path_missing",
            "The path through the variance is missing from dx. Scaling a centred feature changes nothing in the "
            "output (eps aside), so dx has to have no component along xhat; one term proportional to xhat is absent.",
            "You double every value of a centred feature. How does the output change?",
            TERM,
        ),
        Wrong(
            "gamma_missing",
            "gamma is not in the gradient that goes back to x. It scales the output, so the chain rule carries it "
            "along. At its start of 1 nothing shows.",
            "Suppose gamma is 0. How much does the output depend on x?",
            TERM,
        ),
        Wrong(
            "spread_missing",
            "The division by s is missing from dx. The input was divided by it on the way forward; a feature with a "
            "large spread gets a small gradient.",
            "You measure a feature in millimetres instead of metres. How does its gradient change?",
            TERM,
        ),
        Wrong(
            "variance_for_deviation",
            "dx is divided by the variance, not by its root. x enters xhat divided by s once; the second power "
            "appears only in the derivative of s, and there it is already part of xhat.",
            "By what was x divided on the way forward?",
            TERM,
        ),
        Wrong(
            "sums_for_means",
            "The two corrections in dx are sums over the batch where they should be means: mean and variance each "
            "carry a 1/n. With them, each column of dx sums to zero; check yours.",
            "With which weight does a single row enter the mean of the batch?",
            TERM,
        ),
        Wrong(
            "input_for_normalised",
            "dgamma is built from x. gamma multiplies the normalised input, so xhat stands in its gradient.",
            "What does gamma multiply?",
            TERM,
        ),
    ),
    hints=(
        "x reaches the output by three paths: directly, through mu, and through var.",
        "Go to xhat first, and express everything by xhat: the derivative of s by x is xhat / n.",
        "dx is dxhat, less its mean over the batch, less xhat times the mean of dxhat * xhat; the whole divided by s.",
    ),
    follow_ups=(
        "Name two properties of dx that can be tested without a second implementation.",
        "How does dx look at inference, with running statistics?",
        "What changes for layer norm?",
    ),
    source="Ioffe, Szegedy 2015, arXiv:1502.03167, section 3",
    minutes=15,
)
