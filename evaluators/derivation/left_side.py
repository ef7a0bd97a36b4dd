"""The left side of a formula: which name it defines, in the notations in which derivatives are written."""

from __future__ import annotations

from evaluators.derivation.cursor import Cursor


def defined(cursor: Cursor) -> str:
    """`dW2`, `dL/dW2`, `\\partial L / \\partial W_2`, `\\frac{\\partial L}{\\partial W_2}`, `\\nabla_{W_2} L`."""
    if cursor.take("∇"):
        return _nabla(cursor)
    if cursor.now.text in ("\\frac", "∂"):
        return derivative(cursor)
    name = cursor.name("the name that is defined")
    if cursor.take("/"):  # dL/dW2
        return cursor.name("a name such as dW2")
    return name


def _nabla(cursor: Cursor) -> str:
    braced = cursor.take("{")
    name = cursor.name("a name after the nabla")
    if braced:
        cursor.expect("}")
    if cursor.now.kind == "name":
        cursor.advance()  # the loss
    return f"d{name}"


def derivative(cursor: Cursor) -> str:
    """The name of a derivative that is written as a fraction."""
    fraction = cursor.take("\\frac")
    if fraction:
        cursor.expect("{")
    cursor.expect("∂")
    if cursor.now.kind == "name":
        cursor.advance()
    if fraction:
        cursor.expect("}")
        cursor.expect("{")
    else:
        cursor.expect("/")
    cursor.expect("∂")
    name = cursor.name("what is differentiated by")
    if fraction:
        cursor.expect("}")
    return f"d{name}"
