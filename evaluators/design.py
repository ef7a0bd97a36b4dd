"""System design: the facts asked for, the numbers derived, the key points by what they are about, the choices made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluators import communication, estimates
from evaluators.combine import NARROW, WIDE, apply_caps, decided, finish, versions_of, weighted
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.technical import TechnicalEvaluator
from evaluators.text import gates, wording
from evaluators.text.evidence import quote, sentences
from evaluators.text.language import counted, words
from knowledge.models import Question, Rubric, Scenario

if TYPE_CHECKING:
    from evaluators.reliability.voting import Panel
    from knowledge.encoder import TokenEncoder

_NAMED = 3  # facts that the reason names
_CHOICE = re.compile(
    r"\b(?:trade-?offs?|instead of|rather than|because|over (?:a|the)\b|at the (?:cost|price|expense) of|"
    r"the (?:downside|drawback|cost|price)|"
    r"i(?:'d| would)? (?:choose|chose|prefer|pick)|alternatively|another option|if (?:we|the|latency|traffic)|"
    r"depends on|it costs|worth)\b",
    re.IGNORECASE,
)
_ASSUMED = re.compile(
    r"\b(?:assum\w+|suppose|let'?s say|say we have|given that|out of scope|i take it)\b", re.IGNORECASE
)

_SAYS_SOMETHING = 4  # words: a shorter sentence is quoted only where there is nothing else


class DesignEvaluator:
    """Scores a design by the rubric `design`; key points are aligned as in technical answers."""

    def __init__(self, encoder: TokenEncoder, rubric: Rubric, panel: Panel | None = None) -> None:
        """`panel` is who votes on the key points by which weights, None for the one that everybody starts with."""
        self._rubric = rubric
        self._encoder = encoder
        self._technical = TechnicalEvaluator(encoder, panel=panel)

    def score(self, answer: str, question: Question, scenario: Scenario, facts_asked: Sequence[str]) -> Score:
        """Return the score; `facts_asked` are the ids of the scenario's facts that the candidate asked for."""
        points = self._technical.score(answer, question)
        versions = versions_of(self._rubric, self._encoder.name)
        text, findings = gates.hear(answer, question.text, self._rubric.strong.answer)
        findings += wording.shown_by_encoder(points.flags)
        weights = {criterion.id: criterion.weight for criterion in self._rubric.criteria}
        if (score := decided(findings, weights, versions=versions)) is not None:
            return score
        judged: list[CriterionScore] = []
        for criterion in self._rubric.criteria:
            match criterion.id:
                case "requirements":
                    one = _requirements(text, scenario, facts_asked, criterion.weight)
                case "estimates":
                    one = _estimates(text, scenario, criterion.weight)
                case "trade_offs":
                    one = _trade_offs(text, criterion.weight)
                case "communication":
                    one = communication.communication(text, len(facts_asked), criterion.weight)
                case name:
                    one = _by_key_points(name, question, points, criterion.weight)
            judged.append(one)
        total = weighted(judged)
        if total is not None:
            apply_caps(total, self._rubric.caps, {c.criterion: c.score for c in judged})
            for wrong in points.misconceptions:
                total.cap(3.5, f"misconception {wrong.id}: “{wrong.evidence.quote}”")
        spread = WIDE if len(words(text)) < 150 else NARROW
        return finish(total, judged, findings, misconceptions=points.misconceptions, spread=spread, versions=versions)


def _by_key_points(name: str, question: Question, points: Score, weight: float) -> CriterionScore:
    about = {point.id: point for point in question.key_points if point.criterion == name}
    scored = [one for one in points.criteria if one.criterion in about and one.score is not None]
    if not scored:
        reason = "This problem does not turn on it, so it was not judged."
        return CriterionScore(criterion=name, score=None, reason=reason, weight=weight)
    total = sum(about[one.criterion].weight for one in scored)
    score = round(sum((one.score or 0) * about[one.criterion].weight for one in scored) / total)
    best = sorted(scored, key=lambda one: -(one.score or 0))
    evidence = tuple(dict.fromkeys(quotation for one in best for quotation in one.evidence))[:3]
    missing = tuple(one.criterion for one in scored if (one.score or 0) < 2)
    thin = min(scored, key=lambda one: (one.score or 0, -about[one.criterion].weight))
    how = "Not said" if (thin.score or 0) < 2 else "Only touched" if (thin.score or 0) < 4 else ""
    reason = f"{how}: {about[thin.criterion].text}" if how else "Its key points are there."
    return CriterionScore(
        criterion=name, score=score if evidence else 0, evidence=evidence, reason=reason, weight=weight, missing=missing
    )


def _requirements(text: str, scenario: Scenario, facts_asked: Sequence[str], weight: float) -> CriterionScore:
    """Return the share of the scenario's facts that were asked for, and what was assumed aloud."""
    whole = sum(fact.weight for fact in scenario.facts)
    asked = sum(fact.weight for fact in scenario.facts if fact.id in set(facts_asked))
    assumed = [quote(text, *span) for span in sentences(text) if _ASSUMED.search(text, *span)]
    share = min(1.0, asked / whole / 0.6 + 0.12 * len(assumed))  # nobody asks for everything: six tenths are all
    asking = communication.clarifying_questions(text)
    evidence: tuple[Evidence, ...] = (*asking[:2], *assumed[:2])
    if not evidence and asked and text.strip():
        said = sorted(sentences(text)[:5], key=lambda span: len(words(text[slice(*span)])) < _SAYS_SOMETHING)
        evidence = (quote(text, *said[0]),) if said else ()
    never = [fact for fact in scenario.facts if fact.id not in set(facts_asked)]
    reason = (
        f"{len(set(facts_asked))} of {len(scenario.facts)} facts asked for, {counted(len(assumed), 'assumption')} aloud"
    )
    reason += f"; never asked: {' '.join(f'“{fact.asked_by[0]}”' for fact in never[:_NAMED])}" if never else "."
    score = round(5 * share) if evidence else 0
    return CriterionScore(
        criterion="requirements",
        score=score,
        evidence=evidence,
        reason=reason,
        weight=weight,
        missing=tuple(fact.id for fact in never),
    )


def _estimates(text: str, scenario: Scenario, weight: float) -> CriterionScore:
    if not scenario.estimates:
        return CriterionScore(criterion="estimates", score=None, reason="The scenario asks for none.", weight=weight)
    found = {e.id: span for e in scenario.estimates if (span := estimates.reached(e, text)) is not None}
    wrong = estimates.wrong_arithmetic(text)
    share = len(found) / min(3, len(scenario.estimates))
    score = min(5, round(2 + 3 * min(1.0, share))) if found else int(bool(estimates.amounts(text)))
    evidence = tuple(quote(text, *span) for span in found.values())[:3]
    if not evidence and score:
        evidence = tuple(quote(text, *span) for span in sentences(text) if estimates.amounts(text[slice(*span)]))[:1]
    missing = [estimate for estimate in scenario.estimates if estimate.id not in found]
    reason = f"{len(found)} of {len(scenario.estimates)} estimates are right within their tolerance"
    reason += f"; missing: {missing[0].what}." if missing else "."
    for span, right in wrong[:1]:
        score = max(0, score - 1)
        reason += f" “{text[slice(*span)]}” does not come out: it is {right:,.4g}."
    return CriterionScore(
        criterion="estimates",
        score=score if evidence else 0,
        evidence=evidence,
        reason=reason,
        weight=weight,
        missing=tuple(estimate.id for estimate in missing),
    )


def _trade_offs(text: str, weight: float) -> CriterionScore:
    spans = [span for span in sentences(text) if _CHOICE.search(text, *span)]
    score = min(5, (1 if len(spans) == 1 else 0) + (len(spans) if len(spans) > 1 else 0) + bool(len(spans) > 1))
    evidence = tuple(quote(text, *span) for span in spans[:3])
    reason = f"{counted(len(spans), 'choice').capitalize()} with a reason, a price or a condition."
    return CriterionScore(
        criterion="trade_offs", score=score if evidence else 0, evidence=evidence, reason=reason, weight=weight
    )
