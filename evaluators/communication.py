"""How well an answer can be followed: its structure, the clarifying questions asked, the thinking said aloud."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluators.score import CriterionScore, Evidence
from evaluators.text.evidence import Span, quote, sentences
from evaluators.text.language import counted

_ORDER = re.compile(
    r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|after that|finally|to begin|to start|let me start|"
    r"in short|to sum up|"
    r"overall|before that|at the end|on the one hand|on the other|for example|in particular|because of that|"
    r"step \d)\b|^\s*(?:\d+[.)]|[-*•])\s",
    re.IGNORECASE | re.MULTILINE,
)
_OPENING = re.compile(
    r"\b(?:i(?:'m| am)|today i|currently|in short|the (?:main|key|short|one)|there are (?:two|three|four|several)|"
    r"i(?:'d| would|'ll| will) "
    r"(?:start|begin|split|first)|let me|my (?:favou?rite|answer|plan)|it depends on|what i)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:so (?:in short|overall|that)|in short|to sum up|overall|that is why|that'?s why|i can go deeper|happy to|"
    r"happy to go|shall i|"
    r"what i (?:want|would like)|next i|looking (?:for|forward)|interests? me|(?:want|would like|hope) to|"
    r"if i had to|in the end|the result)\b",
    re.IGNORECASE,
)
_ALOUD = re.compile(
    r"\b(?:let me think|i(?:'m| am) (?:thinking|assuming|not sure|wondering)|i(?:'ll| will)? assume|assuming|"
    r"my (?:assumption|guess|first thought)|"
    r"the reason|i would (?:check|verify|want to know)|on second thought|wait|actually, no|that would mean|"
    r"which means|suppose|say we|"
    r"let'?s (?:say|assume|start|see)|trade-?off|one option|another option|alternatively|so far|to check)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:what|how|which|who|when|where|do|does|is|are|can|should|may|would|could)\b[^.!?\n]{3,}\?", re.IGNORECASE
)


def structure(text: str, weight: float = 1.0, name: str = "structure") -> CriterionScore:
    """Return how well a listener could repeat the line of the answer: an opening, an order, a close."""
    spans = sentences(text)
    if not spans:
        return CriterionScore(criterion=name, score=0, reason="Nothing was said.", weight=weight)
    opening = _OPENING.search(text, spans[0].start, spans[0].end)
    closing = _CLOSING.search(text, spans[-1].start, spans[-1].end) if len(spans) > 2 else None
    steps = _holding(text, spans, _ORDER)
    score = min(5, (1 if len(spans) > 1 else 0) + min(2, len(steps)) + bool(opening) + bool(closing))
    told = [*([spans[0]] if opening else []), *steps, *([spans[-1]] if closing else [])] or list(spans[:1])
    parts = (("an opening", opening), ("an order", steps), ("a close", closing))
    there, lacking = ([part for part, seen in parts if bool(seen) is wanted] for wanted in (True, False))
    lacks = f", but not {' or '.join(lacking)}" if lacking and score < 4 else ""
    reason = f"It has {', '.join(there)}{lacks}." if there else "No sentence announces, orders or closes anything."
    return CriterionScore(criterion=name, score=score, evidence=_quotes(text, told), reason=reason, weight=weight)


def clarifying_questions(text: str) -> list[Evidence]:
    """Return the questions that the candidate asked."""
    return [quote(text, *match.span()) for match in _ASKS.finditer(text)]


def communication(text: str, asked: int = 0, weight: float = 1.0, name: str = "communication") -> CriterionScore:
    """Return structure, clarifying questions and thinking aloud as one criterion.

    Args:
        text: everything the candidate said on the question.
        asked: clarifying questions that the interviewer has already answered.
        weight: of the criterion.
        name: of the criterion.
    """
    shape = structure(text)
    questions = clarifying_questions(text)
    aloud = _holding(text, sentences(text), _ALOUD)
    score = min(5, min(3, shape.score or 0) + bool(questions or asked) + bool(aloud))
    evidence = (*shape.evidence[:1], *questions[:1], *_quotes(text, aloud)[:1])
    reason = (
        f"{shape.reason} {counted(max(len(questions), asked), 'clarifying question').capitalize()}; "
        f"{counted(len(aloud), 'sentence')} of thinking aloud."
    )
    return CriterionScore(
        criterion=name, score=score if evidence else 0, evidence=evidence, reason=reason, weight=weight
    )


def _holding(text: str, spans: Sequence[Span], pattern: re.Pattern[str]) -> list[Span]:
    return [span for span in spans if pattern.search(text, span.start, span.end)]


def _quotes(text: str, spans: Sequence[Span]) -> tuple[Evidence, ...]:
    return tuple(quote(text, span.start, span.end) for span in spans[:3])
