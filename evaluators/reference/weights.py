"""Reads safetensors files without copying them.

Source: https://github.com/huggingface/safetensors (format: 8-byte little-endian header length, JSON header, raw data).
"""

from __future__ import annotations

import json
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.errors import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1"}
_LONGEST_HEADER = 100_000_000  # the limit of the official reader


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors as read-only views of the mapped file: only pages that are used are read.

    Raises:
        UnreadableError: the file is not a safetensors file, or a tensor of it lies outside the file.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise UnreadableError(f"{path} is empty", "A safetensors file is expected.") from error
    length = int.from_bytes(mapped[:8], "little")
    if length > min(_LONGEST_HEADER, len(mapped) - 8):
        raise UnreadableError(f"{path} is not a safetensors file", "Its header is longer than the file.")
    try:
        header = json.loads(mapped[8 : 8 + length])
        header.pop("__metadata__", None)
        return {name: _view(mapped, 8 + length, **entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{path} is not a safetensors file: {error}", "Fetch the file again.") from error


def _view(mapped: mmap.mmap, base: int, dtype: str, shape: list[int], data_offsets: list[int]) -> NDArray[Any]:
    start, end = data_offsets
    kind = np.dtype(_TYPES[dtype])
    count = int(np.prod(shape, dtype=np.int64))
    if start < 0 or end - start != count * kind.itemsize:
        raise ValueError(f"{end - start} bytes for shape {shape} of {dtype}")
    return np.frombuffer(mapped, kind, count, base + start).reshape(shape)
