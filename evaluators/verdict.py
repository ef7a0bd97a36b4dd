"""The outcome of grading a code answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from knowledge.models import Frozen

IsolationLevel = Literal[0, 1, 2, 3, 4]


UNREADABLE_FILE, BORROWED_ANSWER = "the file can be graded", "your own work"
NOT_RUN = frozenset({UNREADABLE_FILE, BORROWED_ANSWER})
"""Names of the checks of a file that was looked at, and not run."""


class Check(Frozen):
    """One check of an exercise. `detail` is for the candidate: the smallest failing input, expected, got."""

    name: str
    passed: bool
    detail: str = ""


class MisconceptionSeen(Frozen):
    """A known wrong version whose outputs the candidate's match."""

    id: str
    explanation: str
    confidence: float = Field(ge=0, le=1)
    probe: str = Field("", description="What to ask about it, without giving the fix away.")


class Verdict(Frozen):
    """What a code answer did in the sandbox, compared with the reference."""

    exercise: str
    passed: bool
    score: float = Field(ge=0, le=1)
    checks: tuple[Check, ...]
    misconceptions: tuple[MisconceptionSeen, ...] = ()
    conventions: tuple[str, ...] = ()
    isolation_level: IsolationLevel
    error: str = Field("", description="The exception with the candidate's own line, when the code broke.")
    output: str = Field("", description="What the code printed, at most 4 KB; never read as a result.")
    seconds: float = 0.0
    complexity: str = Field("", description="How time grew with n, where the exercise asks.")
