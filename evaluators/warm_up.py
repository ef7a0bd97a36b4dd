"""Opening questions: introductions, a project, a paper, staying current."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evaluators.combine import NARROW, WIDE, apply_caps, decided, finish, versions_of, weighted
from evaluators.communication import structure
from evaluators.delivery import delivery
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.story import figures
from evaluators.technical import TechnicalEvaluator
from evaluators.text import anchors, gates, wording
from evaluators.text.evidence import Span, quote, sentences
from evaluators.text.language import counted, word_list, words
from knowledge.models import Question, Rubric

if TYPE_CHECKING:
    from evaluators.reliability.voting import Panel
    from knowledge.encoder import TokenEncoder

_NAME = re.compile(
    r"(?<=[a-z,;:(] )[A-Z][\w+./-]+|\b[A-Z]{2,}[\w-]*|\b[a-z]+(?:-[a-z]+)+\b|\b[A-Z][a-z]+[A-Z]\w*|“[^”]+”|"
    r"\"[^\"]{4,60}\""
)
_ANYWHERE = frozenset({"from", "to", "now", "today", "because", "before", "since", "not", "more", "if", "when", "data"})
_COMMON = word_list("no_names")
_REASON = re.compile(
    r"\b(?:because|so that|which is why|that is (?:one |the )?(?:reason|why)|the reason|taught me|convinced me|"
    r"since it|what i (?:liked|like|learned)|"
    r"it (?:showed|matters|mattered)|i (?:chose|prefer|found|realised|realized)|therefore|in order to)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:but|however|although|the (?:limit|weakness|downside|catch)|less (?:visible|of)|where it (?:fails|breaks)|"
    r"does(?:n't| not)|distrust|"
    r"would (?:do|have)|differently|trade-?off|instead of|rather than|only|bias|doubt|what i have done less)\b",
    re.IGNORECASE,
)


class WarmUpEvaluator:
    """Scores an opening answer by the rubric `warm_up`."""

    def __init__(self, encoder: TokenEncoder, rubric: Rubric, panel: Panel | None = None) -> None:
        """`panel` is who votes on the key points by which weights, None for the one that everybody starts with."""
        self._rubric = rubric
        self._encoder = encoder
        self._technical = TechnicalEvaluator(encoder, panel=panel)

    def score(self, answer: str, question: Question) -> Score:
        """Return the five criteria with quotations, the flags, and the delivery apart."""
        told_how = delivery(answer[: gates.READ], min(0.5, question.minutes), question.minutes)
        versions = versions_of(self._rubric, self._encoder.name)
        points = self._technical.score(answer, question)
        text, findings = gates.hear(answer, question.text, self._rubric.strong.answer)
        findings += wording.shown_by_encoder(points.flags)
        weights = {criterion.id: criterion.weight for criterion in self._rubric.criteria}
        if (score := decided(findings, weights, delivery=told_how, versions=versions)) is not None:
            return score
        rules: dict[str, Callable[[str, Question, Score, float], CriterionScore]] = {
            "relevance": _relevance,
            "specificity": _specificity,
            "substance": _substance,
            "structure": lambda text, question, points, weight: structure(text, weight),
            "concision": _concision,
        }
        judged = [
            rules[criterion.id](text, question, points, criterion.weight)
            if criterion.id in rules
            else _unjudged(criterion.id, criterion.weight)
            for criterion in self._rubric.criteria
        ]
        total = weighted(judged)
        if total is not None:
            apply_caps(total, self._rubric.caps, {c.criterion: c.score for c in judged})
        spread = WIDE if len(words(text)) < 50 else NARROW
        return finish(total, judged, findings, delivery=told_how, spread=spread, versions=versions)


def _unjudged(name: str, weight: float) -> CriterionScore:
    return CriterionScore(criterion=name, score=None, reason="The offline scorer has no rule for it.", weight=weight)


def _relevance(text: str, question: Question, points: Score, weight: float) -> CriterionScore:
    words_of = {point.id: point.anchors for point in question.key_points}
    signs = {c.criterion: _telling(words_of.get(c.criterion, ()), text) for c in points.criteria}
    touched = [c for c in points.criteria if _answers(c.score or 0, signs[c.criterion])]
    nearly = [c for c in points.criteria if c.score in {1, 2} and c not in touched]
    score = min(5, 2 * len(touched) + bool(nearly)) if touched else min(2, len(nearly))
    if len(touched) == 1 and len(points.criteria) > 1:
        score = 3 if (touched[0].score or 0) > 3 else 2
    said = [e for c in (*touched, *nearly) for e in (c.evidence or _where(signs[c.criterion], text))]
    evidence = tuple(dict.fromkeys(said))[:3]
    missing = tuple(c.criterion for c in points.criteria if c not in touched)
    hints = [point.hint.rstrip(".") for point in question.key_points if point.id in missing]
    reason = f"{len(touched)} of {len(points.criteria)} parts of the question are answered"
    reason += f", {len(nearly)} touched in passing." if nearly else "."
    reason += f" Open: {'. '.join(hints)}." if hints else ""
    score = score if evidence else 0
    return CriterionScore(
        criterion="relevance", score=score, evidence=evidence, reason=reason, weight=weight, missing=missing
    )


def _telling(signs: Sequence[str], text: str) -> list[str]:
    """Return the signs of a part that stand in the text, without those that stand in any text."""
    return [sign for sign in anchors.find(tuple(signs), text) if sign not in _ANYWHERE]


def _answers(score: int, signs: Sequence[str]) -> bool:
    """Whether a part is answered.

    Its text speaks of any project, paper or bug, so a good answer may share few of its words; then it is known by
    signs: "I used to", "looking back", "the hard part", or two single words.
    """
    return score >= 3 or (score == 2 and bool(signs)) or len(signs) > 1 or any(" " in sign for sign in signs)


def _where(signs: Sequence[str], text: str) -> list[Evidence]:
    return [quote(text, *s) for s in sentences(text) if anchors.find(tuple(signs), text[slice(*s)])][:1]


def _specificity(text: str, question: Question, points: Score, weight: float) -> CriterionScore:
    names = {match[0].lower() for match in _NAME.finditer(text)} - _COMMON
    amounts = figures.quantities(text)
    if len(names) >= 3 and amounts:
        score = 5
    elif len(names) >= 2:
        score = 4 if amounts else 3
    else:
        score = 2 if names or amounts else 1
    there = [
        span
        for span in sentences(text)
        if figures.quantities(text[slice(*span)]) or len(_NAME.findall(text[slice(*span)])) > 1
    ]
    found = f"{counted(len(names), 'name')} of a system, a method or a team, {counted(len(amounts), 'number')}"
    reason = f"{found[0].upper()}{found[1:]}."
    return _judged("specificity", score, text, there or sentences(text)[:1], reason, weight)


def _substance(text: str, question: Question, points: Score, weight: float) -> CriterionScore:
    spans = sentences(text)
    reasons = [span for span in spans if _REASON.search(text, *span)]
    limits = [span for span in spans if _LIMIT.search(text, *span)]
    if not reasons:
        score, reason = (2 if limits else 1), "No reason is given for anything in it."
    elif not limits:
        score, reason = 3 + (len(reasons) > 1), "There are reasons, but no limit, doubt or judgement beside them."
    else:
        score, reason = 4 + (len(reasons) > 1 or len(limits) > 1), "There are reasons, and a judgement or a limit."
    return _judged("substance", score, text, [*reasons, *limits] or spans[:1], reason, weight)


def _concision(text: str, question: Question, points: Score, weight: float) -> CriterionScore:
    count = len(words(text))
    limit = 150 * question.minutes
    if count < 25 or count > 2 * limit:
        score = 1
    elif count < 50 or count > 1.25 * limit:
        score = 3
    else:
        score = 5 if 60 <= count <= limit else 4
    reason = f"{counted(count, 'word')} for {question.minutes:g} minutes."
    return _judged("concision", score, text, sentences(text)[:1], reason, weight)


def _judged(name: str, score: int, text: str, spans: Sequence[Span], reason: str, weight: float) -> CriterionScore:
    evidence = tuple(quote(text, *span) for span in spans[:3])
    return CriterionScore(
        criterion=name, score=score if evidence else 0, evidence=evidence, reason=reason, weight=weight
    )
