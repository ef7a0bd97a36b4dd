"""The model's judgement and the offline score as one, in plain code.

Gates decide first. Where the two are far apart nobody knows who is right, so the one that cannot be talked into
anything stands, and the band says how far the other is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluators.combine import NARROW, Total, apply_caps, apply_flag_caps, apply_hints, finish, weighted
from evaluators.judge import COULD_NOT, Fact, Item, Judged, Judgement, Subject
from evaluators.score import CriterionScore, MisconceptionFound, Score
from evaluators.text.gates import Finding
from evaluators.untrusted import suspicion
from knowledge.models import LEVELS, Anchors, Level, Passage, Question, Rubric, Scenario

FAR = 2  # a gap of more points than this is a disagreement
BEYOND = 0.5  # what a point above the asked level weighs, as in the technical evaluator
WRONG_DESIGN = 3.5  # the best overall score of a design with a false claim in it

_STANDS = frozenset(
    {
        "injection",
        "empty",
        "no_words",
        "skeleton",
        "dont_know",
        "question_copied",
        "gibberish",
        "keyword_list",
        "other_language",
        "word_salad",
        "reference_pasted",
        "sample_pasted",
        "repetition",
        "too_long",
        "off_topic",
    }
)
"""What a gate found that no second opinion changes."""

_COUNTED = frozenset({"concision", "requirements"})
"""Criteria that count words or facts asked for: code counts better, and the judge does not see the questions asked."""


def refusal(answer: str, offline: Score) -> str:
    """Return why the model is not asked about this answer; empty when it is."""
    for flag in offline.flags:
        if flag in _STANDS:
            return f"{flag}: the gates decide"
    if not answer.strip():
        return "empty: the gates decide"
    if odd := suspicion(answer):
        return f"injection: {odd}"
    return ""


def standing(offline: Score, why: str) -> Score:
    """Return the offline score with the reason why it stands alone."""
    flags = offline.flags
    if why.startswith("injection") and "injection" not in flags:
        flags = (*flags, "injection")
    trace = (*offline.trace, f"the language model was not used: {why}")
    return offline.model_copy(update={"flags": flags, "trace": trace})


def unjudged(offline: Score, question: Question, why: str) -> Score:
    """Return the offline score with one line for the candidate: the model was asked, and its judgement is missing."""
    notice = _notice(question, why, "the answer", "the offline score stands")
    return standing(offline, why).model_copy(update={"notice": notice})


def _notice(question: Question, why: str, what: str, stands: str) -> str:
    reason = " ".join(why.removeprefix("injection: ").split()).rstrip(".")[:200]
    return f"The model could not judge {what} on {question.topic} ({reason}); {stands}."


def subject_of(
    question: Question,
    rubric: Rubric,
    level: Level,
    *,
    scenario: Scenario | None = None,
    passages: Sequence[Passage] = (),
) -> Subject:
    """Return what the judge is to decide about an answer: key points, or the criteria of the rubric."""
    by_points = question.round in {"technical", "coding"} and bool(question.key_points)
    text = question.text if scenario is None else f"{question.text}\n\n{scenario.brief}"
    facts = [Fact(text=m.correction, where="question bank", id=m.id) for m in question.misconceptions]
    facts += [Fact(text=p.text, where="question bank") for p in question.key_points]
    facts += [Fact(text=p.text[:1200], where=f"{p.source}:{p.line}") for p in passages]
    return Subject(
        question=text.strip(),
        level=level,
        items=tuple(_point_items(question, level) if by_points else _criterion_items(rubric)),
        facts=tuple(facts) if question.round in {"technical", "coding", "design"} else (),
    )


def _point_items(question: Question, level: Level) -> list[Item]:
    reach = LEVELS.index(level)
    return [
        Item(
            id=point.id,
            title=f"the point “{point.text}”",
            ask="Does the answer state this point, in whatever words?",
            anchors=Anchors(
                one="Touches on it, names a term of it, or states it circularly.",
                three="States the main part correctly; a part, its reason or its condition is missing.",
                five="States all of it correctly.",
            ),
            weight=point.weight * (BEYOND if LEVELS.index(point.level) > reach else 1.0),
        )
        for point in question.key_points
    ]


def _criterion_items(rubric: Rubric) -> list[Item]:
    return [
        Item(id=c.id, title=c.title, ask=c.question, anchors=c.anchors, weight=c.weight)
        for c in rubric.criteria
        if c.id not in _COUNTED
    ]


def combine(
    offline: Score, judgement: Judgement, question: Question, rubric: Rubric, level: Level, *, hints: int = 0
) -> Score:
    """Return the score of both; the overall is computed anew by weights, caps and the price of hints."""
    if judgement.void:
        return unjudged(offline, question, judgement.void)
    merged = [_merge(one, judgement.criteria.get(one.criterion)) for one in offline.criteria]
    criteria = [one for one, _, _ in merged]
    if not any(used for _, _, used in merged):
        return unjudged(offline, question, _failure(judgement))
    claims = _claims(offline.misconceptions, judgement.claims)
    total = _total(criteria, claims, question, rubric, level)
    findings = [Finding(flag, "note", "See the offline score.") for flag in offline.flags]
    if any(gap for _, gap, _ in merged):
        findings.append(Finding("judges disagree", "note", "The model and the offline score are far apart."))
    score = finish(
        total,
        criteria,
        findings,
        engine="ensemble",
        misconceptions=claims,
        delivery=offline.delivery,
        versions={**offline.versions, "judge": judgement.model, "prompts": ", ".join(judgement.prompts)},
    )
    score = _uncalibrated(score.model_copy(update={"notice": _gaps(judgement, question)}))
    return apply_hints(apply_flag_caps(_banded(score, offline, judgement, merged), rubric), hints, rubric)


def _uncalibrated(score: Score) -> Score:
    """Return the score without a claim to the user's scale: it mends our scorer's leniency, and a model has its own."""
    if "calibration" not in score.versions:
        return score
    versions = {name: version for name, version in score.versions.items() if name != "calibration"}
    trace = (*score.trace, "not calibrated: the graded answers tell how lenient our scorer is, not the model")
    return score.model_copy(update={"versions": versions, "trace": trace})


def _gaps(judgement: Judgement, question: Question) -> str:
    """Return one line about what is missing of a judgement that counts; empty when it is whole."""
    failed = [j.criterion.reason for j in judgement.criteria.values() if j.criterion.score is None]
    if failed:
        what = f"{len(failed)} of {len(judgement.criteria)} parts of the answer"
        stands = "there the offline score stands"
        return _notice(question, failed[0].removeprefix(COULD_NOT), what, stands)
    if judgement.unchecked:
        return _notice(question, judgement.unchecked, "whether there are false claims", "the listed ones are checked")
    return ""


def _merge(offline: CriterionScore, judged: Judged | None) -> tuple[CriterionScore, int, bool]:
    """The criterion that counts, how far the model is from it when they disagree, and whether the model was used."""
    if judged is None:
        return offline, 0, False
    theirs = judged.criterion
    if theirs.score is None:
        return offline.model_copy(update={"reason": f"{offline.reason} ({theirs.reason})"}), 0, False
    if offline.score is not None and abs(theirs.score - offline.score) > FAR:
        reason = f"{offline.reason} The model says {theirs.score}: {theirs.reason}"
        return offline.model_copy(update={"reason": reason}), theirs.score - offline.score, True
    return theirs.model_copy(update={"weight": offline.weight, "missing": offline.missing}), 0, True


def _failure(judgement: Judgement) -> str:
    failed = [j.criterion.reason for j in judgement.criteria.values() if j.criterion.score is None]
    return failed[0].removeprefix(COULD_NOT) if failed else "it shares no criterion with the offline score"


def _claims(ours: Sequence[MisconceptionFound], theirs: Sequence[MisconceptionFound]) -> tuple[MisconceptionFound, ...]:
    known = {one.id for one in ours}
    new = [
        one
        for one in theirs
        if one.id not in known
        and not any(o.evidence.start < one.evidence.end and one.evidence.start < o.evidence.end for o in ours)
    ]
    return (*ours, *new)


def _total(
    criteria: Sequence[CriterionScore],
    claims: Sequence[MisconceptionFound],
    question: Question,
    rubric: Rubric,
    level: Level,
) -> Total | None:
    total = weighted(criteria)
    if total is None:
        return None
    levels: dict[str, int | None] = {one.criterion: one.score for one in criteria}
    points = {point.id: point for point in question.key_points}
    if points and all(one.criterion in points for one in criteria):
        reach = LEVELS.index(level)
        share = {one.criterion: (one.score or 0) / 5 * points[one.criterion].weight for one in criteria}
        beyond = {name for name in share if LEVELS.index(points[name].level) > reach}
        expected = sum(points[name].weight for name in share if name not in beyond)
        if expected:
            inside = sum(share[name] for name in share if name not in beyond)
            bonus = BEYOND * sum(share[name] for name in beyond)
            total.value = 5 * min(1.0, (inside + bonus * (1 - inside / expected)) / expected)
        cores = [one.score or 0 for one in criteria if points[one.criterion].core]
        levels |= {"core": min(cores) if cores else None, "correctness": max(0, 5 - 2 * len(claims))}
    elif claims:
        total.cap(WRONG_DESIGN, f"a false claim: “{claims[0].evidence.quote}”")
    apply_caps(total, rubric.caps, levels)
    return total


def _banded(
    score: Score, offline: Score, judgement: Judgement, merged: Sequence[tuple[CriterionScore, int, bool]]
) -> Score:
    """The band of the offline score's width, wider by the spread of the samples and up to where the model stands."""
    if score.overall is None or score.band is None:
        return score
    half = NARROW
    if offline.band and offline.overall is not None:
        half = min(half, max(offline.overall - offline.band[0], offline.band[1] - offline.overall))
    low, high = score.overall - half, min(score.overall + half, score.band[1])
    spreads = {name: one for name, one in judgement.criteria.items() if one.criterion.score is not None}
    weight = sum(one.weight for one, _, _ in merged if one.score is not None) or 1.0
    for one, gap, _ in merged:
        part = one.weight / weight
        if gap:
            low, high = (low + gap * part, high) if gap < 0 else (low, high + gap * part)
        elif one.criterion in spreads:
            sample = spreads[one.criterion]
            low -= ((one.score or 0) - sample.low) * part
            high += (sample.high - (one.score or 0)) * part
    return score.model_copy(update={"band": (round(max(0.0, low), 2), round(min(5.0, high), 2))})


def compare(before: Score, after: Score) -> Mapping[str, tuple[int | None, int | None]]:
    """Return the criteria on which two judgements of one answer differ, with both scores."""
    old = {one.criterion: one.score for one in before.criteria}
    new = {one.criterion: one.score for one in after.criteria}
    names = dict.fromkeys([*old, *new])
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
