"""The two notations agree, and no text does more than be a formula or be refused."""

from __future__ import annotations

import builtins
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.derivation.expression import FUNCTIONS, evaluate
from evaluators.derivation.grading import grade_derivation
from evaluators.derivation.parser import parse_formula
from knowledge.errors import InterviewError, TooLargeError, UnreadableError

SIZES = {"n": 5, "d": 3, "c": 4}
RNG = np.random.default_rng(0)
VALUES = {
    "X": RNG.normal(size=(5, 3)),
    "W_1": RNG.normal(size=(3, 4)),
    "b": RNG.normal(size=4),
    "x_hat": RNG.normal(size=(5, 3)),
    "gamma": RNG.uniform(1, 2, size=3),
    "lam": np.asarray(0.5),
    "n": np.asarray(5.0),
    "d": np.asarray(3.0),
    "ones": np.ones(5),
}
X, W, B, HAT, GAMMA = (VALUES[name] for name in ("X", "W_1", "b", "x_hat", "gamma"))


def value(formula: str) -> np.ndarray:
    return evaluate(parse_formula(f"out = {formula}", VALUES).expression, VALUES, SIZES)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("X @ W1", X @ W),
        ("X W_1", X @ W),
        ("XW1", X @ W),
        (r"X W_{1}", X @ W),
        (r"\mathbf{X} W^{(1)}", X @ W),
        (r"X \cdot W_1", X @ W),
        ("X.dot(W_1)", X @ W),
        ("np.matmul(X, W1)", X @ W),
        ("X.T", X.T),
        (r"X^\top", X.T),
        (r"X^{\top}", X.T),
        ("X^T x_hat", X.T @ HAT),
        ("X'", X.T),
        ("Xᵀ X", X.T @ X),
        (r"\frac{1}{n} X", X / 5),
        (r"\frac1n X", X / 5),
        (r"\frac12 X", X / 2),
        (r"\dfrac{X}{2 n}", X / 10),
        ("1/n X", X / 5),
        ("2 lam X", X),
        ("-X + 2 * X", X),
        ("-X^2", -(X**2)),
        ("X**2", X**2),
        ("2**-1 * X", X / 2),
        (r"(X^2)^{1/2}", np.abs(X)),
        (r"X \odot \hat{x}", X * HAT),
        (r"X ⊙ \hat{x}", X * HAT),
        ("x_hat * gamma", HAT * GAMMA),
        (r"\gamma \odot \hat{x}", HAT * GAMMA),
        (r"\sqrt{d} X", np.sqrt(3) * X),
        (r"X / \sqrt{d}", X / np.sqrt(3)),
        ("sum(X, axis=0)", X.sum(axis=0)),
        ("np.sum(X, 0)", X.sum(axis=0)),
        ("X.sum(axis=0, keepdims=True)", X.sum(axis=0, keepdims=True)),
        ("X.mean(0)", X.mean(axis=0)),
        (r"\mathbf{1}^\top X", X.sum(axis=0)),
        (r"\mathbf{1}^\top (X + 1)", (X + 1).sum(axis=0)),
        ("rowsum(X)", X.sum(axis=1, keepdims=True)),
        ("X * (X > 0)", np.maximum(X, 0)),
        ("X * (X > 0).astype(float)", np.maximum(X, 0)),
        (r"X \odot \mathbb{1}[X > 0]", np.maximum(X, 0)),
        (r"X \odot \mathbb{1}_{X > 0}", np.maximum(X, 0)),
        ("X * 1[X > 0]", np.maximum(X, 0)),
        ("relu(X)", np.maximum(X, 0)),
        ("relu'(X)", (X > 0).astype(float)),
        (r"\mathrm{ReLU}(X)", np.maximum(X, 0)),
        (r"\sigma(X)", 1 / (1 + np.exp(-X))),
        ("σ'(X)", np.exp(-X) / (1 + np.exp(-X)) ** 2),
        (r"\tanh(X)", np.tanh(X)),
        (r"\mathrm{softmax}(X)", np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)),
        (r"\lambda \left( X - \hat{x} \right)", 0.5 * (X - HAT)),
        ("X.shape[0] * X", 5 * X),
        ("len(X) * X", 5 * X),
        ("maximum(X, 0)", np.maximum(X, 0)),
        ("1e-3 * X", 1e-3 * X),
        ("X − 1", X - 1),
    ],
)
def test_means_what_it_says(formula: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(value(formula), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("left", "name"),
    [
        ("dW2", "dW2"),
        ("dW_2", "dW2"),
        ("dW_{2}", "dW2"),
        ("dL/dW2", "dW2"),
        (r"\partial L / \partial W_2", "dW2"),
        (r"\frac{\partial L}{\partial W_2}", "dW2"),
        (r"\dfrac{\partial \mathcal{L}}{\partial W_{2}}", "dW2"),
        (r"\nabla_{W_2} L", "dW2"),
        (r"\nabla_{W_2} \mathcal{L}", "dW2"),
        ("∂L/∂W2", "dW2"),
        (r"d\hat{x}", "dxhat"),
        (r"d\gamma", "dgamma"),
        (r"\delta_2", "delta2"),
    ],
)
def test_left_sides(left: str, name: str) -> None:
    assert parse_formula(f"{left} = X", VALUES).name == name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("X @ W1", "a formula defines one name"),
        ("a = b = X", "a second `=`"),
        ("a = X @", "is expected"),
        ("a = (X", "')' is expected"),
        ("a = X)", "not expected here"),
        ("a = unknown + 1", "'unknown' is not defined"),
        ("a = __import__('os')", "is not understood"),
        ("a = X.__class__", "is not understood"),
        ("a = X.tofile(n)", "there is no method .tofile"),
        ("a = np.load(n)", "there is no function 'load'"),
        ("a = open(n)", "'open' is not defined"),
        ("a = lambda", "is not defined"),
        (r"a = \input{x}", r"the command \input is not understood"),
        (r"a = \sum_i X", "write a sum as sum(x, axis=0)"),
        ("a = X[0]", "not expected here"),
        ("a = sum(X, axis=7)", "an axis is 0, 1 or -1"),
        ("a = exp(X, axis=0)", "exp takes no axis"),
        ("a = matmul(X)", "matmul takes 2 arguments"),
        ("a = 'X'", "is expected"),
    ],
)
def test_says_what_is_wrong_and_where(line: str, message: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        parse_formula(line, VALUES)
    assert message in raised.value.message
    assert raised.value.message.startswith("column ")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("X @ X", "(n, d) @ (n, d): the inner axes differ"),
        ("n @ X", "@ multiplies matrices"),
        ("X * W1", "cannot be combined entry by entry with *"),
        ("2 ** X", "the exponent is an array"),
        ("sum(b, axis=1)", "there is no axis 1 in (c,)"),
    ],
)
def test_says_which_shapes_do_not_fit(formula: str, message: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        value(formula)
    assert message in raised.value.message


@pytest.mark.parametrize(
    "formula",
    [
        "(" * 200 + "X",
        "X" + "'" * 900,
        "-" * 900 + "X",
        "+".join(["X"] * 400),
        "2" + "^2" * 100,
        r"\frac{" * 100 + "X",
        "exp(" * 100 + "X" + ")" * 100,
        "X" * 5000,
        "\\sqrt{" * 60 + "2" + "}" * 60,
    ],
)
def test_deep_or_long_formulas_are_refused(formula: str) -> None:
    with pytest.raises(TooLargeError):
        value(formula)


def test_the_largest_formula_that_is_read_can_be_evaluated() -> None:
    assert np.all(np.isfinite(value("+".join(["X"] * 120))))
    assert value("X" + "'" * 120).shape == X.shape


def test_outer_products_do_not_grow_without_end() -> None:
    with pytest.raises(UnreadableError, match="entries"):
        value("outer(outer(X, X), outer(X, outer(X, b)))")


SYNTAX = ["**", "^T", ".T", "1", "2.5", "1e9", "axis=0", "keepdims=True", "np.", "dW2 =", "\n", "∂", "𝟙", "é", "\x00"]
COMMANDS = ["frac", "top", "sqrt", "mathbf{1}", "hat", "nabla", "partial", "mathbb", "begin{align}", "\\"]
HARMFUL = ["__import__", "eval", "import os", "lambda:", "exec("]
PIECES = st.sampled_from(
    [*VALUES, *FUNCTIONS, *"+-*/@^()[]{},.'=<>_\\&|! ", *SYNTAX, *HARMFUL, *(f"\\{command}" for command in COMMANDS)]
)
HOSTILE = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join), st.lists(PIECES).map(" ".join))


@given(HOSTILE)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_formula_or_is_refused(text: str) -> None:
    try:
        formula = parse_formula(f"out = {text}", VALUES)
        out = evaluate(formula.expression, VALUES, SIZES)
    except InterviewError:
        return
    else:
        assert out.dtype == np.float64
        assert out.size <= 100_000


@given(HOSTILE)
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_graded_or_is_refused(text: str) -> None:
    try:
        verdict = grade_derivation("two_layer_gradients", text, seed=0)
    except InterviewError:
        return
    assert not verdict.passed
    assert 0 <= verdict.score < 1


@pytest.mark.parametrize(
    "text",
    [
        "dW2 = __import__('os').system('touch {path}')",
        "dW2 = open('{path}', 'w')",
        "dW2 = eval('1')",
        "dW2 = (lambda: exec('1'))()",
        "import os",
        r"\write18{touch {path}}",
    ],
)
def test_nothing_is_executed(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the candidate's text was executed")

    grade_derivation("two_layer_gradients", "", seed=0)  # imports what it needs
    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(builtins, name, forbidden)
    path = tmp_path / "touched"
    verdict = grade_derivation("two_layer_gradients", text.replace("{path}", str(path)), seed=0)
    assert not path.exists()
    assert verdict.score == 0.0
