"""A trial of a rubric or a judge, and what is in force after all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from knowledge.models import Frozen

Status = Literal["running", "promoted", "rolled back"]


class Trial(Frozen):
    """One candidate and what became of it."""

    name: str = Field(description="rubric@version-digest, or the judge's model; on every score that it gave.")
    kind: Literal["rubric", "judge"]
    subject: str = Field(description="The rubric that it would replace, or `judge`.")
    share: float = Field(gt=0, le=1)
    status: Status = "running"
    started: datetime
    decided: datetime | None = None
    replaced: str = Field("", description="The candidate of an earlier trial that it replaced when it was promoted.")


class Kept(NamedTuple):
    """A trial as it is stored.

    Attributes:
        number: the first one is 1; none is ever removed.
        trial: the record.
        text: the candidate's rubric file, whole; of a judge "".
    """

    number: int
    trial: Trial
    text: str

    @property
    def version(self) -> str:
        """What tells this candidate from others of its subject: a digest of the rubric, or the model."""
        return digest(self.text) if self.trial.kind == "rubric" else self.trial.name


def digest(text: str) -> str:
    """Return what tells one text of a rubric from another, short enough to read."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def in_force(kept: Sequence[Kept]) -> dict[str, Kept]:
    """Return the promoted candidates that count now, by subject; `kept` in the order of their numbers."""
    found = {one.trial.subject: one for one in kept if one.trial.status == "promoted"}
    return dict(sorted(found.items()))
