"""When is a candidate's output the expected one? Exact structure and shape; numbers within a stated tolerance.

|got - expected| <= 1e-4 * (|expected| + 1e-2 * max|expected|) + 1e-9, entry by entry; nan and inf only where they are
expected; integers and booleans exactly. On the catalogue's cases the weakest wrong version lies outside this and a
float32 answer inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELATIVE, FLOOR, ABSOLUTE = 1e-4, 1e-2, 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an output first leaves the expected one. `structural`: wrong type, length or shape, not a wrong number."""

    message: str
    structural: bool


def difference(expected: Any, got: Any, where: str = "result") -> Difference | None:
    """What differs first, or None when the output is the expected one."""
    if isinstance(expected, dict):
        return _dict_difference(expected, got, where)
    if _is_sequence(expected):
        return _sequence_difference(expected, got, where)
    if expected is None or isinstance(expected, str):
        if got is expected or (isinstance(got, str) and got == expected):
            return None
        structural = expected is None or not isinstance(got, str)
        said = _kind(got) if structural else repr(got)
        return Difference(f"{where} should be {expected!r}; got {said}", structural)
    return _array_difference(np.asarray(expected), got, where)


def same(expected: Any, got: Any) -> bool:
    """Whether the output is the expected one."""
    return difference(expected, got) is None


def close(expected: NDArray[Any], got: NDArray[Any]) -> NDArray[np.bool_]:
    """Entry by entry, whether `got` is `expected` within the tolerance; both of one shape."""
    with np.errstate(all="ignore"):
        finite = np.isfinite(expected)
        scale = np.max(np.abs(expected), where=finite, initial=0.0)
        near = np.abs(got - expected) <= RELATIVE * (np.abs(expected) + FLOOR * scale) + ABSOLUTE
        alike = (expected == got) | (np.isnan(expected) & np.isnan(got))
    right: NDArray[np.bool_] = np.where(finite, near, alike)
    return right


def _dict_difference(expected: dict[str, Any], got: Any, where: str) -> Difference | None:
    if not isinstance(got, dict) or set(got) != set(expected):
        keys = ", ".join(map(repr, expected))
        return Difference(f"{where} should be a dict with the keys {keys}; got {_kind(got)}", structural=True)
    found = (difference(value, got[key], f"{where}[{key!r}]") for key, value in expected.items())
    return next((each for each in found if each is not None), None)


def _sequence_difference(expected: Sequence[Any], got: Any, where: str) -> Difference | None:
    if isinstance(got, np.ndarray) and got.ndim > 0 and _stackable(expected):
        got = list(got)
    if not isinstance(got, list | tuple):
        return Difference(f"{where} should be a sequence of {len(expected)} values; got {_kind(got)}", structural=True)
    if len(got) != len(expected):
        return Difference(f"{where} should have {len(expected)} parts, got {len(got)}", structural=True)
    found = (
        difference(one, other, f"{where}[{index}]")
        for index, (one, other) in enumerate(zip(expected, got, strict=True))
    )
    differences = [each for each in found if each is not None]
    return next((each for each in differences if each.structural), differences[0] if differences else None)


def _array_difference(expected: NDArray[Any], got: Any, where: str) -> Difference | None:
    array = as_numbers(got)
    if array is None:
        return Difference(f"{where} should be {_described(expected)}; got {_kind(got)}", structural=True)
    if expected.ndim == 0 and array.size == 1:
        array = array.reshape(())
    if array.shape != expected.shape:
        return Difference(f"{where} {shape_message(expected.shape, array.shape)}{_consolation(expected, array)}", True)
    if expected.dtype.kind in "biu":  # labels, indices and counts are exact
        right = expected == array
    else:
        right = close(expected.astype(np.float64), array.astype(np.float64))
    if right.all():
        return None
    return Difference(_wrong_entry(expected, array, right, where), structural=False)


def _consolation(expected: NDArray[Any], got: NDArray[Any]) -> str:
    """What is right about an array of the wrong shape."""
    for turned in (got.squeeze(), got.T):
        target = expected if turned.shape == expected.shape else expected.squeeze()
        if turned.shape == target.shape and target.size > 1 and close(target.astype(float), turned.astype(float)).all():
            return "; the numbers themselves are right"
    return ""


def _wrong_entry(expected: NDArray[Any], got: NDArray[Any], right: NDArray[np.bool_], where: str) -> str:
    if expected.ndim == 0:
        return f"{where}: expected {expected[()]:.6g}, got {got[()]:.6g}"
    index = tuple(int(axis[0]) for axis in np.nonzero(~right))
    place = ", ".join(map(str, index))
    broken = int((~right).sum())
    text = f"{where}: at [{place}] expected {expected[index]:.6g}, got {got[index]:.6g}"
    text += f"; {broken} of {right.size} entries differ" if right.size > 1 else ""
    if np.isnan(got).any() and not np.isnan(expected).any():
        text += "; nan appears: look for 0/0, inf - inf or the log of zero"
    elif np.isinf(got).any() and not np.isinf(expected).any():
        text += "; inf appears: look for an overflowing exp or a division by zero"
    return text


def as_numbers(got: Any) -> NDArray[Any] | None:
    """`got` as a real numeric array, or None when it is not one."""
    if got is None or isinstance(got, str | dict):
        return None
    try:
        array = np.asarray(got)
    except ValueError:  # ragged nested lists
        return None
    return array if array.dtype.kind in "biuf" else None


def as_expected(expected: Any, got: Any) -> Any:
    """`got` with its numbers as arrays wherever `expected` has an array; a list of numbers may stand for one."""
    if isinstance(expected, np.ndarray):
        array = as_numbers(got)
        return got if array is None else array
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple) and len(got) == len(expected):
        return [as_expected(one, other) for one, other in zip(expected, got, strict=True)]
    if isinstance(expected, dict) and isinstance(got, dict):
        return {key: as_expected(expected.get(key), value) for key, value in got.items()}
    return got


def shape_message(expected: tuple[int, ...], got: tuple[int, ...]) -> str:
    """A wrong shape explained by its axes."""
    said = f"should have shape {expected}, got {got}"
    if got == expected[::-1] and len(got) > 1:
        return f"{said}: the axes are in the opposite order, a transpose is missing or one too many"
    if sorted(got) == sorted(expected):
        return f"{said}: the right axes in another order"
    squeezed = _squeezed(got) == _squeezed(expected)
    if len(got) > len(expected):
        return f"{said}: {'an axis of length 1 is left over (keepdims?)' if squeezed else 'an axis was not reduced'}"
    if len(got) < len(expected):
        return f"{said}: {'an axis of length 1 was dropped' if squeezed else 'one axis too many was reduced'}"
    axes = [axis for axis, (one, other) in enumerate(zip(expected, got, strict=True)) if one != other]
    named = " and ".join(f"axis {axis} is {got[axis]} instead of {expected[axis]}" for axis in axes)
    return f"{said}: {named}"


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)


def _is_sequence(expected: Any) -> bool:
    """A list or tuple that is compared part by part; a flat list of numbers is compared as one array."""
    if isinstance(expected, tuple):
        return True
    return isinstance(expected, list) and not all(isinstance(item, int | float | np.number) for item in expected)


def _stackable(parts: Sequence[Any]) -> bool:
    """Whether these parts could come as one array: all of one shape, or all sequences, looked at one by one."""
    nested = [isinstance(part, list | tuple | dict) for part in parts]
    return all(nested) if any(nested) else len({np.shape(part) for part in parts}) == 1


def _described(expected: NDArray[Any]) -> str:
    return "a number" if expected.ndim == 0 else f"an array of shape {expected.shape}"


def _kind(got: Any) -> str:
    if got is None:
        return "None (is a return missing?)"
    if isinstance(got, np.ndarray):
        return f"an array of shape {got.shape}"
    if isinstance(got, list | tuple):
        return f"a {type(got).__name__} of {len(got)}"
    if isinstance(got, dict):
        return f"a dict with the keys {', '.join(map(repr, got)) or '(none)'}"
    return f"{type(got).__name__} {got!r}"[:80]
