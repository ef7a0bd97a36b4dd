"""Frames and values on the wire: a JSON header and the raw bytes of arrays, nothing that can run when it is read.

A frame is `header length (u32), payload length (u64), header, payload`, little-endian. In the header a list is
`{"l": [...]}`, a tuple `{"t": [...]}`, a dictionary `{"d": [[key, value], ...]}`, an array `{"a": [dtype, shape]}` with
its bytes next in the payload, an array of strings `{"s": [shape, [...]]}`; scalars are themselves.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

PREFIX = struct.Struct("<IQ")
MOST_DEPTH = 24
MOST_HEADER = 4 << 20
MOST_DIMENSIONS = 16
DTYPES = {name: np.dtype("<" + name) for name in ("f8", "f4", "f2", "i8", "i4", "i2")} | {
    name: np.dtype(name) for name in ("i1", "u1", "b1")
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
CONTROL_CHARACTERS = dict.fromkeys({*range(32), *range(0x7F, 0xA0)} - {9, 10})
SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1


class UnsendableError(Exception):
    """The value is not one that may cross."""


class TooLargeError(UnsendableError):
    """The value is over the limit of what may cross."""


class MalformedError(Exception):
    """What arrived is not a frame, or not of values."""


def to_wire(value: Any, payload: list[bytes], depth: int = 0) -> Any:
    """The header's form of a value; the bytes of its arrays are appended to `payload`.

    Raises:
        UnsendableError: an object of another kind, a complex number, an integer beyond 64 bits, nested too deep.
    """
    if depth > MOST_DEPTH:
        raise UnsendableError(f"it is nested more than {MOST_DEPTH} levels deep")
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, np.generic):
        return _scalar(value.item())
    if isinstance(value, (int, float)):
        return _scalar(value)
    if isinstance(value, np.ndarray):
        return _array(value, payload)
    if isinstance(value, (list, range)):
        return {"l": [to_wire(item, payload, depth + 1) for item in value]}
    if isinstance(value, tuple):
        return {"t": [to_wire(item, payload, depth + 1) for item in value]}
    if isinstance(value, Mapping):
        return {"d": [[_key(key), to_wire(item, payload, depth + 1)] for key, item in value.items()]}
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        tensor = value.detach().resolve_conj().resolve_neg().cpu()
        return _array((tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy(), payload)
    raise UnsendableError(
        f"it is a {type(value).__name__}, not numbers, text, arrays, or lists or dictionaries of them"
    )


def _scalar(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if not SMALLEST <= value <= LARGEST:
            raise UnsendableError("it has an integer beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    raise UnsendableError(f"it has a {type(value).__name__} in it")


def _key(key: Any) -> str | int:
    key = key.item() if isinstance(key, np.generic) else key
    if isinstance(key, str):
        return str(key)
    if isinstance(key, int) and not isinstance(key, bool) and SMALLEST <= key <= LARGEST:
        return int(key)
    raise UnsendableError("it has a dictionary whose keys are neither strings nor integers")


def _array(value: np.ndarray[Any, Any], payload: list[bytes]) -> dict[str, Any]:
    array = np.asarray(value)
    if array.ndim > MOST_DIMENSIONS:
        raise UnsendableError(f"it has an array of more than {MOST_DIMENSIONS} dimensions")
    if array.dtype.kind == "U":
        return {"s": [list(array.shape), [str(item) for item in array.ravel().tolist()]]}
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype("<f8")
    elif array.dtype.kind == "u" and array.dtype.itemsize > 1:
        if array.size and int(array.max()) > LARGEST:
            raise UnsendableError("it has an integer beyond 64 bits")
        array = array.astype("<i8")
    name = NAMES.get(array.dtype.newbyteorder("<"))
    if name is None:
        raise UnsendableError(f"it has an array of dtype {array.dtype}")
    payload.append(array.astype(DTYPES[name], copy=False).tobytes())
    return {"a": [name, list(array.shape)]}


class Reader:
    """Reads values whose arrays lie one after the other in `payload`; every count is checked before it is used."""

    def __init__(self, payload: bytes | memoryview, convert: Callable[[Any], Any] | None = None) -> None:
        self.payload = memoryview(payload)
        self.offset = 0
        self.convert = convert

    def value(self, form: Any, depth: int = 0) -> Any:
        """The value of a header's form.

        Raises:
            MalformedError: anything unknown, too deep, too long or beyond the payload.
        """
        if depth > MOST_DEPTH:
            raise MalformedError("nested too deep")
        if form is None or isinstance(form, (bool, float)):
            return form
        if isinstance(form, str):
            return readable(form)
        if isinstance(form, int):
            return _checked(form)
        if not isinstance(form, dict) or len(form) != 1:
            raise MalformedError("unknown form")
        ((kind, content),) = form.items()
        if not isinstance(content, list):
            raise MalformedError("unknown form")
        if kind in ("l", "t"):
            items = [self.value(item, depth + 1) for item in content]
            return items if kind == "l" else tuple(items)
        if kind == "d":
            return dict(self._pair(pair, depth + 1) for pair in content)
        if kind in ("a", "s") and len(content) == 2:
            array = self._numbers(*content) if kind == "a" else _strings(*content)
            return array if self.convert is None else self.convert(array)
        raise MalformedError("unknown form")

    def finish(self) -> None:
        """Raises MalformedError when bytes are left over."""
        if self.offset != len(self.payload):
            raise MalformedError("bytes left over")

    def _pair(self, pair: Any, depth: int) -> tuple[Any, Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise MalformedError("not a pair")
        key = pair[0]
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise MalformedError("not a key")
        return (readable(key) if isinstance(key, str) else _checked(key)), self.value(pair[1], depth)

    def _numbers(self, name: Any, shape: Any) -> Any:
        dtype = DTYPES.get(name) if isinstance(name, str) else None
        if dtype is None:
            raise MalformedError("unknown dtype")
        count = _count(shape)
        size = count * dtype.itemsize
        if size > len(self.payload) - self.offset:
            raise MalformedError("more elements than bytes")
        raw = self.payload[self.offset : self.offset + size]
        self.offset += size
        # A byte of 2 would be a boolean that is neither true nor false.
        flat = np.frombuffer(raw, np.uint8) != 0 if dtype.kind == "b" else np.frombuffer(raw, dtype).copy()
        try:
            return flat.reshape(shape)
        except ValueError as error:  # (0, 2**40, 2**40) has no elements, and still no place in an address space
            raise MalformedError("not a shape") from error


def _strings(shape: Any, items: Any) -> Any:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items) or _count(shape) != len(items):
        raise MalformedError("not an array of strings")
    if len(items) * max(map(len, items), default=0) > MOST_HEADER:  # NumPy pads every string to the longest
        raise MalformedError("strings too long")
    return np.array([readable(item) for item in items], dtype=np.str_).reshape(shape)


def _count(shape: Any) -> int:
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS:
        raise MalformedError("not a shape")
    if not all(type(size) is int and 0 <= size < 1 << 40 for size in shape):
        raise MalformedError("not a shape")
    return math.prod(shape)


def _checked(number: int) -> int:
    if not SMALLEST <= number <= LARGEST:
        raise MalformedError("integer beyond 64 bits")
    return number


def readable(text: str) -> str:
    """The text without lone surrogates or control characters, which could break or steer whatever shows it."""
    return text.encode("utf-8", "replace").decode().translate(CONTROL_CHARACTERS)


def frame(header: Mapping[str, Any], payload: list[bytes]) -> bytes:
    """One frame, ready to be written."""
    text = json.dumps(header, separators=(",", ":")).encode()
    body = b"".join(payload)
    return PREFIX.pack(len(text), len(body)) + text + body


def header_of(text: bytes | memoryview) -> dict[str, Any]:
    """The header as a dictionary.

    Raises:
        MalformedError: not JSON, not an object, or nested beyond what JSON readers take.
    """
    try:
        header = json.loads(bytes(text))
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(header, dict):
        raise MalformedError("not an object")
    return header
