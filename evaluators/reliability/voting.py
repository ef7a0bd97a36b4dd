"""Several scorers, one vote: their weights are tuned on how well the vote tells good answers from poor ones.

The weights come from precision and recall on graded answers, by ensemble selection: beginning with six votes for each
scorer, half as many again are added, one at a time, to whichever lifts average precision most. Weights are never
negative, so that no scorer is paid for being wrong, and few answers move them little: see `shrunk`.

Source: Caruana et al. 2004, Ensemble selection from libraries of models, with its bag of sorted starts left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from evaluators.text.votes import SCORERS
from knowledge.errors import ContentError
from knowledge.models import Frozen

SHIPPED = Path(__file__).parent / "votes.json"
FIRST = 6  # votes of each scorer before tuning, which adds half as many: even votes are hard to beat on new questions
PRIOR = 300  # answers that the shipped weights stand for when a person's own are weighed against them
CUTS = (0.5, 0.75, 1.0)  # of a full mark: what counts as good is looked at from each of these on

Values = NDArray[np.float64]
Kind = Literal["reference", "point"]


class Scale(Frozen):
    """What a scorer shows of text about something else, and of answers with full marks."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """Return the value as a share of 1: no scorer outvotes the others by going beyond either end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


class Member(Frozen):
    """A scorer's weight, and its scale against a reference and against a key point."""

    weight: float = Field(ge=0)
    reference: Scale
    point: Scale

    def vote(self, value: float, kind: Kind) -> float:
        """Return the member's vote on what it sees, 0 to 1."""
        return (self.reference if kind == "reference" else self.point)(value)


class Panel(Frozen):
    """The scorers that vote, and where their weights come from."""

    members: dict[str, Member]
    sets: dict[str, int] = Field(description="The graded sets by name, and how many of their answers were voted on.")
    encoder: str
    precision_before: float = Field(description="Average precision with one vote each.")
    precision_after: float = Field(description="The same with these weights, on questions left out of the tuning.")
    made: str

    def vote(self, seen: Mapping[str, float], kind: Kind) -> float:
        """Return the vote, 0 to 1, on what the scorers see."""
        return sum(member.weight * member.vote(seen[name], kind) for name, member in self.members.items())

    def told(self, seen: Mapping[str, float], kind: Kind) -> str:
        """Return every member's vote of 5 with its weight, for the trace."""
        votes = (
            f"{name} {5 * member.vote(seen[name], kind):.1f} × {member.weight:.2f}"
            for name, member in self.members.items()
            if member.weight
        )
        return ", ".join(votes)

    def weighted(self, weights: Mapping[str, float]) -> Panel:
        """Return the panel with other weights."""
        members = {n: m.model_copy(update={"weight": weights.get(n, 0.0)}) for n, m in self.members.items()}
        return self.model_copy(update={"members": members})

    @property
    def weights(self) -> dict[str, float]:
        """The members' weights; their sum is 1."""
        return {name: member.weight for name, member in self.members.items()}


@cache
def shipped() -> Panel:
    """Return the panel that everybody starts with.

    Raises:
        ContentError: its file is damaged.
    """
    try:
        panel = Panel.model_validate_json(SHIPPED.read_text(encoding="utf-8"))
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{SHIPPED} is damaged.", "Install the package again.") from error
    if set(panel.members) != set(SCORERS):
        raise ContentError(f"{SHIPPED} names other scorers than there are.", "Install the package again.")
    return panel


class Ballots(Frozen):
    """The scorers' votes on the graded answers of one set: `votes[name][i]` and `grades[i]` from 0 to 1."""

    votes: dict[str, tuple[float, ...]]
    grades: tuple[float, ...]


def tuned(sets: Sequence[Ballots]) -> dict[str, float]:
    """Return the weights, of sum 1, by which the votes tell good answers from poor ones best over all sets."""
    names = list(SCORERS)
    columns = [np.array([one.votes[name] for name in names]) for one in sets]
    grades = [np.array(one.grades) for one in sets]
    sums = [FIRST * table.sum(axis=0) for table in columns]
    counts = Counter(dict.fromkeys(names, FIRST))
    for _ in range(FIRST * len(names) // 2):
        gains = [
            float(np.mean([precision(s + t[i], g) for s, t, g in zip(sums, columns, grades, strict=True)]))
            for i in range(len(names))
        ]
        if max(gains) == min(gains):
            break  # the grades are all alike: nothing to learn from them
        best = int(np.argmax(gains))
        counts[names[best]] += 1
        sums = [s + t[best] for s, t in zip(sums, columns, strict=True)]
    return {name: counts[name] / counts.total() for name in names}


def shrunk(own: Mapping[str, float], answers: int, start: Mapping[str, float]) -> dict[str, float]:
    """Return a person's own weights drawn towards those at the start: twenty move them a sixteenth of the way."""
    trust = answers / (answers + PRIOR)
    return {name: trust * own[name] + (1 - trust) * weight for name, weight in start.items()}


def precision(votes: Values, grades: Values) -> float:
    """Return the average precision of the votes, its mean over what may count as good; 0 where all are alike."""
    from sklearn.metrics import average_precision_score

    told = {tuple(good): good for cut in CUTS if (good := grades >= cut - 1e-9).any() and not good.all()}
    return float(np.mean([average_precision_score(good, votes) for good in told.values()])) if told else 0.0


def together(ballots: Ballots, weights: Mapping[str, float]) -> Values:
    """Return the weighted votes of a set."""
    return np.asarray(sum(weight * np.array(ballots.votes[name]) for name, weight in weights.items()), float)
