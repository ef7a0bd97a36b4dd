"""From the scores of questions to one verdict, in plain code, by the thresholds in the rubrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from interviewer.scorecard.report import VerdictName
from knowledge.models import Level, Rubric

LADDER: tuple[VerdictName, ...] = ("strong no hire", "no hire", "hire", "strong hire")
LEAST_JUDGED = 2
"""One answer is an anecdote."""

LEAST_SHARE = 0.5
"""Of the minutes that were planned, so many must have been judged."""


class Judged(NamedTuple):
    """One question's part in the verdict."""

    question_id: str
    round: str
    minutes: float
    """Its weight: what was planned for more time says more."""
    overall: float | None
    band: tuple[float, float] | None
    rubric: Rubric | None


class Outcome(NamedTuple):
    """The verdict, and how it came about."""

    verdict: VerdictName
    reason: str
    overall: float | None
    band: tuple[float, float] | None


def conclude(questions: Sequence[Judged], level: Level, planned_minutes: float) -> Outcome:
    """Return the verdict over the questions asked.

    The mean is weighted by minutes, and so are the rubrics' thresholds. A round on its own caps it: for a hire none may
    be a strong no hire, for a strong hire none may be under hire. Without enough judged there is no verdict.
    """
    judged = [q for q in questions if q.overall is not None and q.rubric is not None]
    if not judged:
        return Outcome("not enough evidence", "Nothing could be judged.", None, None)
    overall, band = _mean(judged)
    minutes = sum(q.minutes for q in judged)
    if len(judged) < LEAST_JUDGED:
        return Outcome(
            "not enough evidence",
            f"One question was judged ({overall:.1f} of 5); a verdict needs at least {LEAST_JUDGED}: take more time.",
            overall,
            band,
        )
    if minutes < LEAST_SHARE * planned_minutes:
        return Outcome(
            "not enough evidence",
            f"{len(judged)} questions were judged, {minutes:.0f} of {planned_minutes:.0f} planned minutes; "
            "a verdict needs half of them.",
            overall,
            band,
        )
    place, thresholds = _place(judged, overall, level)
    reason = f"{overall:.1f} of 5 over {len(judged)} judged questions"
    place, capped = _capped(place, judged, level)
    if capped:
        return Outcome(LADDER[place], f"{reason}; {capped}", overall, band)
    if place < len(LADDER) - 1:
        reason += f"; {LADDER[place + 1]} at {level} level begins at {thresholds[place]:.1f}"
    return Outcome(LADDER[place], f"{reason}.", overall, band)


def _mean(judged: Sequence[Judged]) -> tuple[float, tuple[float, float]]:
    total = sum(q.minutes for q in judged) or 1.0
    overall = sum((q.overall or 0.0) * q.minutes for q in judged) / total
    bands = [q.band or (q.overall or 0.0, q.overall or 0.0) for q in judged]
    low = sum(band[0] * q.minutes for band, q in zip(bands, judged, strict=True)) / total
    high = sum(band[1] * q.minutes for band, q in zip(bands, judged, strict=True)) / total
    return round(overall, 2), (round(low, 2), round(high, 2))


def _place(judged: Sequence[Judged], overall: float, level: Level) -> tuple[int, tuple[float, float, float]]:
    total = sum(q.minutes for q in judged) or 1.0
    sums = [0.0, 0.0, 0.0]
    for question in judged:
        assert question.rubric is not None
        for position, least in enumerate(question.rubric.verdicts[level]):
            sums[position] += least * question.minutes / total
    thresholds = (sums[0], sums[1], sums[2])
    return sum(overall >= least for least in thresholds), thresholds


def _capped(place: int, judged: Sequence[Judged], level: Level) -> tuple[int, str]:
    """Return the place under the caps of single rounds, and the reason when one applies."""
    rounds = list(dict.fromkeys(q.round for q in judged))
    if len(rounds) < 2:
        return place, ""
    for name in rounds:
        own = [q for q in judged if q.round == name]
        overall, _ = _mean(own)
        reached, _ = _place(own, overall, level)
        most = 1 if reached == 0 else 2 if reached == 1 else 3
        if most < place:
            return most, f"the {name} round alone is a {LADDER[reached]} ({overall:.1f}), which caps the verdict."
    return place, ""
