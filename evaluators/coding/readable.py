"""Values as a person reads them: short, four significant digits, arrays on as few lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SMALL = 24
"""An array of at most this many elements is written out; a larger one is described."""


def value_text(value: Any, *, small: int = SMALL) -> str:
    """A value as text; arrays of more than `small` elements as shape and first entries."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.ndarray):
        return _array_text(value, small)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        return f"{float(value):.5g}"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, tuple):
        inner = ", ".join(value_text(item, small=small) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return "[" + _sequence_text(value, small) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {value_text(item, small=small)}" for key, item in value.items()) + "}"
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _sequence_text(items: Sequence[Any], small: int) -> str:
    shown = [value_text(item, small=small) for item in items[:small]]
    return ", ".join(shown) + (f", ... {len(items)} in all" if len(items) > small else "")


def _array_text(array: np.ndarray, small: int) -> str:
    if array.size > small:
        flat = ", ".join(_entry_text(entry) for entry in array.ravel()[:4])
        return f"<array of shape {array.shape}: {flat}, ...>"
    return _nested_text(array)


def _nested_text(array: np.ndarray) -> str:
    if array.ndim == 0:
        return _entry_text(array[()])
    return "[" + ", ".join(_nested_text(np.asarray(row)) for row in array) + "]"


def _entry_text(entry: Any) -> str:
    if isinstance(entry, np.bool_ | bool):
        return str(bool(entry))
    if isinstance(entry, np.integer | int):
        return str(int(entry))
    if isinstance(entry, np.floating | float):
        return f"{float(entry):.4g}"
    return repr(entry)


def call_text(function: str, parameters: Sequence[str], args: Sequence[Any]) -> str:
    """A call as one would type it: `ridge(X=[[1, 2]], y=[1], lam=0.5)`."""
    return (
        f"{function}("
        + ", ".join(f"{name}={value_text(value)}" for name, value in zip(parameters, args, strict=True))
        + ")"
    )


def entries(value: Any) -> int:
    """The number of scalars in a value: the size of a failing input."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, list | tuple):
        return sum(entries(item) for item in value)
    if isinstance(value, dict):
        return sum(entries(item) for item in value.values())
    return 1
