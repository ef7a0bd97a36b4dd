"""Scaled dot-product attention, backward. Source: Vaswani et al. 2017; Dao et al. 2022, appendix B."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluators.coding.exercise import Bugs, Convention, Wrong
from evaluators.derivation.expression import Array
from evaluators.derivation.problem import Problem, Sizes, Symbol, Values
from evaluators.reference.softmax import softmax

TASK = """
One head of attention, t queries and m keys:

    S = Q @ K.T / sqrt(d)      P = softmax(S)  (each row sums to 1)      O = P @ V

`dO` is the gradient that arrives at the output. `S` is after the scaling, and `dS` is its gradient. Write the
gradients.
"""


def draw(rng: np.random.Generator, sizes: Sizes) -> Mapping[str, Array]:
    t, m, d, v = (sizes[name] for name in "tmdv")
    Q, K, V = rng.normal(size=(t, d)), rng.normal(size=(m, d)), rng.normal(size=(m, v))
    S = Q @ K.T / np.sqrt(d)  # (t, m)
    P = softmax(S)
    return {"Q": Q, "K": K, "V": V, "S": S, "P": P, "O": P @ V, "dO": rng.normal(size=(t, v))}


def gradients(values: Values, bugs: Bugs) -> dict[str, Array]:
    Q, K, V, P, dO = (values[name] for name in ("Q", "K", "V", "P", "dO"))
    root = np.sqrt(Q.shape[1])
    dP = dO @ V.T  # (t, m)
    dS = _through_softmax(P, dP, bugs)
    dQ, dK = dS @ K / root, dS.T @ Q / root
    if "scores_for_weights" in bugs:
        return {"dV": values["S"].T @ dO, "dP": dP, "dS": dS, "dQ": dQ, "dK": dK}
    if "scale_in_ds" in bugs:
        dS = dS / root
    return {"dV": P.T @ dO, "dP": dP, "dS": dS, "dQ": dQ, "dK": dK}


def _through_softmax(P: Array, dP: Array, bugs: Bugs) -> Array:
    """The Jacobian of each row, diag(p) - p pᵀ, or what is written in its place."""
    weighted = P * dP
    out: Array = P * (dP - weighted.sum(axis=-1, keepdims=True))
    if "softmax_not_differentiated" in bugs:
        out = dP
    elif "row_term_missing" in bugs:
        out = weighted
    elif "jacobian_diagonal_only" in bugs:
        out = weighted * (1 - P)
    elif "weight_missing_outside" in bugs:
        out = dP - weighted.sum(axis=-1, keepdims=True)
    elif "summed_over_queries" in bugs:
        out = P * (dP - weighted.sum(axis=0, keepdims=True))
    elif "row_term_unweighted" in bugs:
        out = P * (dP - dP.sum(axis=-1, keepdims=True))
    return out


PROBLEM = Problem(
    slug="attention_gradients",
    title="Scaled dot-product attention, backward",
    topic="attention",
    level="staff",
    task=TASK,
    symbols=(
        Symbol("Q", ("t", "d"), "the queries"),
        Symbol("K", ("m", "d"), "the keys"),
        Symbol("V", ("m", "v"), "the values"),
        Symbol("S", ("t", "m"), "the scaled scores"),
        Symbol("P", ("t", "m"), "the weights"),
        Symbol("O", ("t", "v"), "the output"),
        Symbol("dO", ("t", "v"), "the gradient that arrives"),
        Symbol("d", (), "the width of queries and keys"),
    ),
    targets=(
        Symbol("dV", ("m", "v"), "gradient of the values"),
        Symbol("dP", ("t", "m"), "gradient of the weights"),
        Symbol("dS", ("t", "m"), "gradient of the scaled scores"),
        Symbol("dQ", ("t", "d"), "gradient of the queries"),
        Symbol("dK", ("m", "d"), "gradient of the keys"),
    ),
    sizes=(
        {"t": 5, "m": 7, "d": 6, "v": 3},
        {"t": 4, "m": 6, "d": 9, "v": 5},
        {"t": 6, "m": 5, "d": 3, "v": 2},
    ),
    draw=draw,
    gradients=gradients,
    scale="d",
    conventions=(
        Convention("scale_in_ds", "dS is the gradient of the scores before the scaling, so it holds 1/sqrt(d)"),
    ),
    wrong=(
        Wrong(
            "softmax_not_differentiated",
            "The gradient of the weights is passed on as that of the scores: the Jacobian of the softmax is missing. A "
            "check: a row of dS has to sum to zero, since adding a constant to a row of scores changes nothing.",
            "You add 5 to every score of one query. What changes, and what does your dS say?",
        ),
        Wrong(
            "row_term_missing",
            "Only the first part of the Jacobian is there, diag(p). The weights of a row sum to 1, so what one key "
            "gains the others lose: from each row its weighted mean of dP has to be subtracted.",
            "What must the entries of one row of dS sum to?",
        ),
        Wrong(
            "jacobian_diagonal_only",
            "Only the diagonal of the Jacobian is used, p(1 - p), as if each weight were a sigmoid of its own score. "
            "The off-diagonal terms -p_i·p_j tie the keys of a row together.",
            "You raise the score of one key. What happens to the weights of the others?",
        ),
        Wrong(
            "weight_missing_outside",
            "The weighted mean is subtracted, but the result is not multiplied by P. A key with a weight near zero "
            "then gets as much gradient as the one that is attended to.",
            "How much does the loss depend on the score of a key whose weight is 1e-9?",
        ),
        Wrong(
            "summed_over_queries",
            "The sum runs over the queries. The softmax normalises each query over its keys, so the term belongs to a "
            "row: the last axis, kept for broadcasting.",
            "Over which axis do the weights sum to 1?",
        ),
        Wrong(
            "row_term_unweighted",
            "What is subtracted from each row is the plain sum of dP; it has to be weighted by P. Only the weighted "
            "mean makes a row of dS sum to zero.",
            "Let dP be 1 everywhere. What should dS be?",
        ),
        Wrong(
            "scores_for_weights",
            "dV is built from the scores. The output is P @ V, so the weights after the softmax stand in the gradient.",
            "Which matrix multiplied V on the way forward?",
        ),
    ),
    hints=(
        "Go backwards through three steps: O = P V, P = softmax(S), S = Q Kᵀ / sqrt(d).",
        "Both factors of O = P V get a gradient: dV = Pᵀ dO, and dP the other way round.",
        "For each row, dS = P * (dP - the sum of dP * P over the row); then the scale goes into dQ and dK.",
    ),
    follow_ups=(
        "Show that the row term equals the row sum of dO * O. Why does FlashAttention use that?",
        "What do a causal mask and dropout on the weights change in these five lines?",
        "Which matrices of size t by m have to be kept, and how are they avoided?",
    ),
    source="Vaswani et al. 2017, arXiv:1706.03762; Dao et al. 2022, arXiv:2205.14135, appendix B",
    minutes=15,
)
