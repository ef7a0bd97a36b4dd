"""What a change of the index did, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from knowledge.errors import InterviewError

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("Reading", "Encoding"), how much is done and how much there is."""


class Failure(NamedTuple):
    """A file that could not be indexed, and why."""

    name: str
    error: InterviewError


@dataclass
class Outcome:
    """What a change of the index did, by the names of files."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    passages: int = 0
