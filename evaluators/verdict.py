"""The outcome of grading a code answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from knowledge.models import Frozen

IsolationLevel = Literal[0, 1, 2, 3, 4]


UNREADABLE_FILE, BORROWED_ANSWER, FORMULAS = "the file can be graded", "your own work", "every line is a formula"
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

    @property
    def was_run(self) -> bool:
        """Whether it was run, rather than refused after a look at it."""
        return all(check.name not in NOT_RUN for check in self.checks)

    @property
    def unreadable(self) -> bool:
        """Whether nothing of it could be read: a slip of the pen, such as a bracket that is left open."""
        failed = [check.name for check in self.checks if not check.passed]
        return UNREADABLE_FILE in failed or (FORMULAS in failed and len(failed) == len(self.checks))
