"""From criteria to one number, in plain code: weights, then caps, hints and gates, each step a line of the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from evaluators.score import CriterionScore, Delivery, MisconceptionFound, Score
from evaluators.text.gates import Finding, flags
from knowledge.models import Cap, Level, Rubric

VerdictName = Literal["strong hire", "hire", "no hire", "strong no hire", "not enough evidence"]

NOT_KNOWN = 0.5  # overall for saying openly that one does not know: above a bluff, under any attempt
NARROW, WIDE = 0.5, 1.0  # half width of the band with much evidence and with little


@dataclass(slots=True)
class Total:
    """A score in the making: the number so far, the lowest ceiling over it, and how it came about."""

    value: float
    trace: list[str] = field(default_factory=list)
    ceiling: float = 5.0

    def cap(self, limit: float, reason: str) -> None:
        """Lower the number to `limit` where it is above; neither it nor its band goes beyond that."""
        self.ceiling = min(self.ceiling, limit)
        if self.value > limit:
            self.value = limit
            self.trace.append(f"at most {limit:g}: {reason}")


def weighted(criteria: Sequence[CriterionScore], shares: Mapping[str, float] | None = None) -> Total | None:
    """Return the weighted mean of the judged criteria; None when nothing could be judged.

    Args:
        criteria: what was judged; unjudged ones are left out of the mean, never counted as zero.
        shares: per criterion a finer value from 0 to 5 in place of the integer, where the evaluator has one.
    """
    judged = [criterion for criterion in criteria if criterion.score is not None]
    if not judged:
        return None
    values = {c.criterion: (shares or {}).get(c.criterion, float(c.score or 0)) for c in judged}
    weight = sum(c.weight for c in judged)
    total = Total(sum(values[c.criterion] * c.weight for c in judged) / weight)
    for criterion in judged:
        where = f", “{_short(criterion.evidence[0].quote)}”" if criterion.evidence else ", nothing to quote"
        total.trace.append(f"{criterion.criterion}: {values[criterion.criterion]:.1f} × {criterion.weight:g}{where}")
    total.trace.append(f"weighted mean: {total.value:.2f}")
    return total


def apply_caps(total: Total, caps: Sequence[Cap], levels: Mapping[str, int | None]) -> None:
    """Apply the rubric's caps; `levels` holds the integer score of each criterion that caps refer to."""
    for cap in caps:
        level = levels.get(cap.criterion)
        if level is not None and level <= cap.at_most:
            total.cap(cap.overall, f"{cap.reason} ({cap.criterion} {level})")


def apply_hints(score: Score, hints: int, rubric: Rubric) -> Score:
    """Return the score under the price of the hints that were taken."""
    if hints <= 0 or score.overall is None or not rubric.hint_caps:
        return score
    limit = rubric.hint_caps[min(hints, len(rubric.hint_caps)) - 1]
    return _at_most(score, limit, f"{hints} hint{'s' if hints > 1 else ''} taken")


def apply_flag_caps(score: Score, rubric: Rubric) -> Score:
    """Return the score under the rubric's ceilings on answers that carry a flag."""
    for cap in rubric.flag_caps:
        if cap.flag in score.flags:
            score = _at_most(score, cap.overall, cap.reason)
    return score


def _at_most(score: Score, limit: float, reason: str) -> Score:
    """Return the score with its number and its band lowered to `limit` where they are above."""
    if score.overall is None:
        return score
    low, high = score.band or (score.overall, score.overall)
    changes: dict[str, object] = {
        "ceiling": min(score.ceiling, limit),
        "band": (min(low, limit), min(high, limit)),
    }
    if score.overall > limit:
        changes |= {"overall": limit, "trace": (*score.trace, f"at most {limit:g}: {reason}")}
    return score.model_copy(update=changes)


def finish(
    total: Total | None,
    criteria: Sequence[CriterionScore],
    findings: Sequence[Finding] = (),
    *,
    engine: str = "offline",
    misconceptions: Sequence[MisconceptionFound] = (),
    delivery: Delivery | None = None,
    spread: float = NARROW,
    versions: Mapping[str, str] | None = None,
) -> Score:
    """Return the score after the gates; `spread` is half the width of its band."""
    for finding in findings:
        if total is not None and finding.effect == "cap":
            total.cap(finding.cap, finding.reason)
    notes = [f"{f.flag}: {f.reason}" for f in findings if f.effect == "note"]
    overall = None if total is None else round(min(5.0, max(0.0, total.value)), 3)
    return Score(
        overall=overall,
        band=None if total is None or overall is None else band(overall, spread, total.ceiling),
        ceiling=5.0 if total is None else total.ceiling,
        criteria=tuple(criteria),
        flags=tuple(flags(findings)),
        misconceptions=tuple(misconceptions),
        delivery=delivery,
        trace=(*(total.trace if total is not None else ()), *notes),
        reason="" if total is not None else "No criterion could be judged.",
        engine=engine,
        versions=dict(versions or {}),
    )


def band(overall: float, spread: float, ceiling: float) -> tuple[float, float]:
    """Return the band around a number, which ends at the ceiling."""
    return round(max(0.0, overall - spread), 2), round(min(ceiling, overall + spread), 2)


def decided(
    findings: Sequence[Finding],
    criteria: Mapping[str, float],
    *,
    engine: str = "offline",
    delivery: Delivery | None = None,
    versions: Mapping[str, str] | None = None,
) -> Score | None:
    """Return the score when a gate decides it alone, None when the answer has to be judged.

    Args:
        findings: what the gates found.
        criteria: the criteria and their weights, each of which gets 0 or None with the gate's reason.
        engine, delivery, versions: as in `Score`.
    """
    final = next((finding for finding in findings if finding.effect in {"zero", "unscored"}), None)
    if final is None:
        return None
    unscored = final.effect == "unscored"
    overall = None if unscored else NOT_KNOWN if final.flag == "dont_know" else 0.0
    return Score(
        overall=overall,
        band=None if overall is None else (0.0, 1.0) if final.flag == "dont_know" else (overall, overall),
        criteria=tuple(
            CriterionScore(criterion=name, score=None if unscored else 0, reason=final.reason, weight=weight)
            for name, weight in criteria.items()
        ),
        flags=tuple(flags(findings)),
        delivery=delivery,
        trace=(f"{final.flag}: {final.reason}",),
        reason=final.reason if unscored else "",
        engine=engine,
        versions=dict(versions or {}),
    )


def verdict(overall: float | None, level: Level, rubric: Rubric) -> VerdictName:
    """Return what a panel at `level` would say of the number, by the rubric's three thresholds."""
    if overall is None:
        return "not enough evidence"
    no_hire, hire, strong_hire = rubric.verdicts[level]
    if overall >= strong_hire:
        return "strong hire"
    if overall >= hire:
        return "hire"
    return "no hire" if overall >= no_hire else "strong no hire"


def versions_of(rubric: Rubric, encoder: str) -> dict[str, str]:
    """Return what a score depends on, for drift and re-grading."""
    return {"rubric": f"{rubric.rubric}@{rubric.version}", "encoder": encoder}


def _short(text: str, most: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"
