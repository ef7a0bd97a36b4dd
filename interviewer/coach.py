"""The one thing that lifts an answer, from its own words and its own gap. No advice that would fit any answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from evaluators.score import CriterionScore, Score
from evaluators.verdict import NOT_RUN
from interviewer.policy import GOOD, THIN
from interviewer.quoting import first_words, harmless, quote_for
from interviewer.references import Story
from interviewer.state import SUBSTANCE, QuestionState
from knowledge.models import LEVELS, Level, Question, Rubric


class Advice(NamedTuple):
    """What to say to the candidate, and what to look up for them."""

    text: str
    about: str
    """The criterion, key point, misconception or check that it is about; empty when there is none."""


def advise(
    question: Question, rubric: Rubric, current: QuestionState, level: Level, story: Story | None = None
) -> Advice:
    """Return the advice on one answer.

    Args:
        question: what was asked.
        rubric: what scored it.
        current: what was said and how it was judged.
        level: the level that the candidate wants to be read at.
        story: the candidate's own note of the story, when the answer tells one of theirs.
    """
    score = current.score
    if current.verdicts and not current.verdicts[-1].passed:
        return _on_code(current)
    answered = any(message.kind in SUBSTANCE for message in current.messages)
    if not answered or (score is not None and "dont_know" in score.flags):
        return _on_silence(question, current)
    if score is None or score.overall is None:
        return Advice("", "")  # it was answered and could not be judged: there is nothing to build advice on
    if score.misconceptions:
        found = score.misconceptions[0]
        quote = harmless(first_words(found.evidence.quote))
        return Advice(f"You said “{quote}”. {found.correction}", found.id)
    if score.flags and not score.overall:
        return Advice(score.reason or f"Nothing could be credited: {', '.join(score.flags)}.", "")
    worst = lifting(score, question, level)
    if worst is not None:
        return Advice(_on_gap(worst, question, rubric, current, story), worst.criterion)
    return _on_strength(question, score, level)


def lifting(score: Score, question: Question, level: Level) -> CriterionScore | None:
    """Return the criterion whose gap costs most: core points first, then by weight; None when nothing is thin."""
    points = {p.id: p for p in question.key_points}
    reach = LEVELS.index(level)

    def counts(criterion: CriterionScore) -> bool:
        point = points.get(criterion.criterion)
        return (
            criterion.score is not None and criterion.score <= 3 and (not point or LEVELS.index(point.level) <= reach)
        )

    def cost(criterion: CriterionScore) -> tuple[bool, float]:
        point = points.get(criterion.criterion)
        gap = 5 - (criterion.score or 0)
        return bool(point and point.core and gap >= 5 - THIN), gap * criterion.weight

    return max(filter(counts, score.criteria), key=cost, default=None)


def _on_code(current: QuestionState) -> Advice:
    verdict = current.verdicts[-1]
    if verdict.misconceptions:
        return Advice(verdict.misconceptions[0].explanation, verdict.misconceptions[0].id)
    if verdict.error:
        ran = all(check.name not in NOT_RUN for check in verdict.checks)
        lead = "The code did not run to its end" if ran else "The code could not be run"
        return Advice(f"{lead}: {verdict.error}", "")
    failed = next((c for c in verdict.checks if not c.passed), None)
    if failed is not None:
        first = failed.detail.strip().partition("\n")[0]
        return Advice(f"Work the failing case “{failed.name}” by hand{f': {first}' if first else ''}.", failed.name)
    return Advice("", "")


def _on_silence(question: Question, current: QuestionState) -> Advice:
    core = next((p for p in question.key_points if p.core), next(iter(question.key_points), None))
    if current.verdicts:
        return Advice(
            "The code passes; nothing was said about it. Explain it aloud once, shapes and cost included.", ""
        )
    if core is not None:
        return Advice(f"Start this one from its centre: {core.hint}", core.id)
    return Advice(f"Have one case ready for it. {question.hints[0]}" if question.hints else "", "")


def _on_gap(
    worst: CriterionScore, question: Question, rubric: Rubric, current: QuestionState, story: Story | None
) -> str:
    quote = harmless(quote_for(current.score, worst.criterion, current.answer))
    point = next((p for p in question.key_points if p.id == worst.criterion), None)
    if point is not None:
        lead = f"After “{quote}”, the" if quote else "The"
        return f"{lead} sentence that lifts this answer: {point.text}"
    if story is not None and story.left_out:
        left_out, passage = harmless(story.left_out[0]), story.passage
        return f"Your own notes have what is missing ({passage.source}, line {passage.line}): “{left_out}”. Say it."
    criterion = next((c for c in rubric.criteria if c.id == worst.criterion), None)
    if criterion is None:
        return worst.reason
    template = criterion.advice
    if quote:
        return re.sub(r"[\"“']?\{quote\}[\"”']?", lambda _: f"“{quote}”", template).strip()
    return re.sub(r"[\"“']?\{quote\}[\"”']?", "what you said", template).strip()


def _on_strength(question: Question, score: Score, level: Level) -> Advice:
    """Nothing is thin: the next level's answer is what is left to learn."""
    above = LEVELS.index(level) + (1 if score.overall is not None and score.overall >= GOOD else 0)
    wanted = LEVELS[min(above, len(LEVELS) - 1)]
    beyond = [p for p in question.key_points if p.level == wanted and not _reached(score, p.id)]
    if beyond:
        return Advice(f"It stands at your level. At {wanted} level, add: {beyond[0].text}", beyond[0].id)
    if question.ladder is not None:
        return Advice(f"It stands. A {wanted} answer has this as well: {getattr(question.ladder, wanted)}", "")
    return Advice("", "")


def _reached(score: Score, criterion: str) -> bool:
    return any(c.criterion == criterion and (c.score or 0) > THIN for c in score.criteria)
