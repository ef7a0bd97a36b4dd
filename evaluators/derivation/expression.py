"""The tree that a formula becomes, and its value on arrays. These operations are all there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluators.reference.activations import relu, sigmoid
from evaluators.reference.softmax import softmax
from knowledge.errors import UnreadableError

Array: TypeAlias = NDArray[np.float64]

LARGEST = 100_000
"""Entries of an intermediate array. The problems' own arrays have some dozens."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`operator` is `-` or `T`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of + - * / @ ^ > < >= <= and `·`, which multiplies matrices or scales by a number."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`; `axis` and `keepdims` belong to reductions and softmax."""

    function: str
    arguments: tuple[Expression, ...]
    axis: int | None = None
    keepdims: bool = False


Expression: TypeAlias = Number | Name | Unary | Binary | Call

ELEMENTWISE: Mapping[str, Callable[[Array], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "square": np.square,
    "abs": np.abs,
    "sign": np.sign,
    "sigmoid": sigmoid,
    "relu": relu,
    "relu'": lambda x: x > 0,
    "sigmoid'": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "tanh'": lambda x: 1 - np.tanh(x) ** 2,
    "oneslike": np.ones_like,
    "zeroslike": np.zeros_like,
}
REDUCTIONS: Mapping[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max, "var": np.var}
OF_TWO: Mapping[str, str] = {"dot": "@", "matmul": "@", "multiply": "*"}
FUNCTIONS = frozenset({*ELEMENTWISE, *REDUCTIONS, *OF_TWO, "softmax", "rowsum", "maximum", "outer", "transpose", "len"})
ALIASES = {"ln": "log", "sigma": "sigmoid", "ReLU": "relu", "Softmax": "softmax"}


def evaluate(expression: Expression, values: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
    """The value of an expression.

    Args:
        expression: what the parser made of a formula.
        values: by name, arrays and 0-dimensional numbers.
        sizes: the axes by name, to say shapes in letters; no two of one size.

    Raises:
        UnreadableError: shapes do not fit, or a name is unknown.
    """
    return _Evaluation(values, sizes).value(expression)


def shape_text(shape: tuple[int, ...], sizes: Mapping[str, int]) -> str:
    """A shape in the letters of the problem: (n, h)."""
    letters = {size: name for name, size in sizes.items()}
    if not shape:
        return "a number"
    inside = ", ".join(letters.get(size, str(size)) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


class _Evaluation:
    def __init__(self, values: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self._values = values
        self._sizes = sizes

    def value(self, expression: Expression) -> Array:
        with np.errstate(all="ignore"):
            out: Array = np.asarray(self._raw(expression), dtype=np.float64)
        if out.size > LARGEST:
            raise UnreadableError(f"an intermediate result has {out.size:,} entries.", "Check what is broadcast.")
        return out

    def _raw(self, expression: Expression) -> Any:
        if isinstance(expression, Number):
            return expression.value
        if isinstance(expression, Name):
            return self._values[expression.text]
        if isinstance(expression, Unary):
            operand = self.value(expression.operand)
            return (
                -operand
                if expression.operator == "-"
                else np.swapaxes(operand, -1, -2)
                if operand.ndim > 1
                else operand
            )
        if isinstance(expression, Binary):
            return self._binary(expression.operator, self.value(expression.left), self.value(expression.right))
        return self._call(expression)

    def _binary(self, operator: str, left: Array, right: Array) -> Any:
        if operator == "@" and not (left.ndim and right.ndim):
            raise UnreadableError("@ multiplies matrices, and one side is a number.", "Use * to scale.")
        if operator == "·":
            operator = "@" if left.ndim and right.ndim else "*"
        if operator == "@":
            return self._product(left, right)
        if operator == "^" and right.ndim:
            raise UnreadableError("the exponent is an array; powers are of each entry, by a number.")
        try:
            np.broadcast_shapes(left.shape, right.shape)
        except ValueError:
            shapes = f"{shape_text(left.shape, self._sizes)} and {shape_text(right.shape, self._sizes)}"
            raise UnreadableError(
                f"{shapes} cannot be combined entry by entry with {operator}.", "Is a matrix product or a sum missing?"
            ) from None
        return _ENTRY_BY_ENTRY[operator](left, right)

    def _product(self, left: Array, right: Array) -> Any:
        inner = right.shape[-2] if right.ndim > 1 else right.shape[0]
        if left.shape[-1] != inner:
            shapes = f"{shape_text(left.shape, self._sizes)} @ {shape_text(right.shape, self._sizes)}"
            raise UnreadableError(
                f"{shapes}: the inner axes differ.", "Which side has to be transposed, or which order is right?"
            )
        return left @ right

    def _call(self, call: Call) -> Any:
        arguments = [self.value(argument) for argument in call.arguments]
        first = arguments[0]
        if call.function in ELEMENTWISE:
            return ELEMENTWISE[call.function](first)
        if call.function in REDUCTIONS:
            self._check_axis(call.axis, first)
            return REDUCTIONS[call.function](first, axis=call.axis, keepdims=call.keepdims)
        if call.function == "rowsum":
            self._check_axis(-1, first)
            return first.sum(axis=-1, keepdims=True)
        if call.function == "softmax":
            axis = -1 if call.axis is None else call.axis
            self._check_axis(axis, first)
            return softmax(first, axis)
        if call.function == "transpose":
            return first.T
        if call.function == "len":
            self._check_axis(0, first)
            return len(first)
        if call.function == "outer":
            return np.multiply.outer(first.ravel(), arguments[1].ravel())
        if call.function == "maximum":
            return self._binary("max", first, arguments[1])
        return self._binary(OF_TWO[call.function], first, arguments[1])

    def _check_axis(self, axis: int | None, array: Array) -> None:
        if axis is not None and not -array.ndim <= axis < array.ndim:
            shape = shape_text(array.shape, self._sizes)
            raise UnreadableError(f"there is no axis {axis} in {shape}.", "Axes count from 0.")


_ENTRY_BY_ENTRY: Mapping[str, Callable[[Array, Array], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": lambda base, exponent: np.power(base, exponent),
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "max": np.maximum,
}
