"""The score of a coding question: what the code did, and what was said about it."""

from __future__ import annotations

import re

from evaluators.combine import Total, apply_caps, band
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.verdict import Verdict
from interviewer.state import QuestionState
from knowledge.models import Rubric

CORRECTNESS = "correctness"
_DEFINITION = re.compile(r"^[ \t]*def\s+\w+\([^\n]*", re.MULTILINE)


def coding_score(rubric: Rubric, current: QuestionState, talk: Score | None) -> Score:
    """Return the score of a coding question after its latest attempt.

    Args:
        rubric: its criterion `correctness` is measured; the others are left to the talk.
        current: the question with its attempts; without one, nothing can be scored.
        talk: what the technical evaluator made of the words said about the code, if there were any; alone, they make no
            score, and are shown.
    """
    counted = current.counted
    if counted is None:
        reason = "Not judged: no code was handed in."
        if talk is None:
            return Score(overall=None, band=None, reason=reason, engine="offline")
        return talk.model_copy(update={"overall": None, "band": None, "reason": reason})
    correctness = _correctness(rubric, *counted, current.attempts)
    said = talk.criteria if talk is not None else ()
    weights = {c.id: c.weight for c in rubric.criteria}
    talk_weight = sum(w for name, w in weights.items() if name != CORRECTNESS)
    trace = [f"{CORRECTNESS}: {correctness.score}/5, weight {correctness.weight:g}: {correctness.reason}"]
    total = Total(float(correctness.score or 0), trace)
    if talk is not None and talk.overall is not None:
        whole = correctness.weight + talk_weight
        total.value = (total.value * correctness.weight + talk.overall * talk_weight) / whole
        trace.append(f"explanation: {talk.overall:.2f}/5, weight {talk_weight:g}")
    else:
        trace.append("explanation: not judged, nothing was said about the code; left out of the mean")
    apply_caps(total, rubric.caps, {CORRECTNESS: correctness.score})
    overall = round(total.value, 2)
    return Score(
        overall=overall,
        band=band(overall, 0.5 if talk is None else 0.3, total.ceiling),
        ceiling=total.ceiling,
        criteria=(correctness, *said),
        flags=talk.flags if talk else (),
        misconceptions=talk.misconceptions if talk else (),
        trace=tuple(trace),
        engine="offline",
        versions={**(talk.versions if talk else {}), "rubric": f"{rubric.rubric}@{rubric.version}"},
    )


def _correctness(rubric: Rubric, verdict: Verdict, source: str, attempts: int) -> CriterionScore:
    passed = sum(check.passed for check in verdict.checks)
    points = 5 if verdict.passed else min(4, round(5 * verdict.score))
    if verdict.passed and attempts > 1:
        points = max(3, 6 - attempts)  # a fix after a failed check is worth a little less than a clean start
    match = _DEFINITION.search(source) or re.search(r"\S[^\n]*", source)
    evidence = (Evidence(quote=match.group(), start=match.start(), end=match.end()),) if match else ()
    weight = next((c.weight for c in rubric.criteria if c.id == CORRECTNESS), 1.0)
    reason = verdict.error or f"{passed} of {len(verdict.checks)} checks pass on attempt {attempts}"
    return CriterionScore(
        criterion=CORRECTNESS,
        score=points if evidence else 0,
        evidence=evidence if points else (),
        reason=reason[:300],
        weight=weight,
    )
