"""Text that cannot steer a terminal: a candidate's words may hold escape sequences and direction marks."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel

# C0 without tab and line feed, DEL, C1, and the marks that change the direction of what follows.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_Record = TypeVar("_Record", bound=BaseModel)


def printable(text: str) -> str:
    """Return `text` with every control and direction character replaced by U+FFFD."""
    return _STEERING.sub("\ufffd", text.replace("\r\n", "\n"))


def printable_record(record: _Record) -> _Record:
    """Return `record` with every text in it made printable."""
    return type(record).model_validate(_printable_value(record.model_dump()))


def _printable_value(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _printable_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printable_value(item) for item in value]
    return value
