"""The one thing that lifts an answer, from its own words and its own gap. No advice that would fit any answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from evaluators.score import CriterionScore, Score
from evaluators.verdict import Verdict
from interviewer.gaps import THIN, unsaid
from interviewer.policy import GOOD
from interviewer.quoting import claim_in, first_words, harmless, is_beside, opening, shorten, taken_up
from interviewer.references import Story
from interviewer.retelling import RETOLD, Earlier
from interviewer.state import SUBSTANCE, QuestionState
from knowledge.blocks import place_in_words
from knowledge.models import LEVELS, KeyPoint, Level, Question, Rubric, Scenario


class Advice(NamedTuple):
    """What to say to the candidate, and what to look up for them."""

    text: str
    about: str
    """The criterion, key point, misconception or check that it is about; empty when there is none."""


_SHORT = 1.0  # minutes: nobody need cut a shorter answer
_NO_STORY = {
    "hypothetical": "tells what you would do",
    "philosophy": "tells what you believe, or usually do",
}


def advise(
    question: Question,
    rubric: Rubric,
    current: QuestionState,
    level: Level,
    story: Story | None = None,
    scenario: Scenario | None = None,
) -> Advice:
    """Return the advice on one answer.

    Args:
        question: what was asked.
        rubric: what scored it.
        current: what was said and how it was judged.
        level: the level that the candidate wants to be read at.
        story: the candidate's own note of the story, when the answer tells one of theirs.
        scenario: of a design question.
    """
    score = current.score
    knows_not = score is not None and "dont_know" in score.flags
    if question.exercise is not None and not current.verdicts and current.answer.strip() and not knows_not:
        return _on_no_code(question, current)
    if current.counted is not None and not current.counted[0].passed:
        return _on_code(current.counted[0])
    answered = any(message.kind in SUBSTANCE for message in current.messages)
    if not answered or knows_not:
        return _on_silence(question, current)
    if score is None or score.overall is None:
        return Advice("", "")  # it was answered and could not be judged: there is nothing to build advice on
    if score.misconceptions:
        found = score.misconceptions[0]
        quote = harmless(claim_in(found, question))
        return Advice(f"You said “{quote}”. {found.correction}", found.id)
    if score.flags and not score.overall:
        return _on_nothing(question, current, score)
    worst = lifting(score, question, rubric, level)
    if worst is not None:
        return _on_gap(worst, question, rubric, current, story, scenario)
    return _on_strength(question, current, score, level)


def on_retold(told: Earlier | None, question: Question) -> Advice:
    """Return the advice on a story that was told to an earlier question: it needs one of its own."""
    lead = f"You told this story when “{shorten(told.asked)}” was asked." if told else "You told this story before."
    start = next(iter(question.hints), "")
    return Advice(f"{lead} Have one of its own ready for this question. {start}".strip(), RETOLD)


def lifting(score: Score, question: Question, rubric: Rubric, level: Level) -> CriterionScore | None:
    """Return the criterion whose gap costs most; None when nothing is thin.

    The lowest cap comes first, since while it holds the score down nothing else would lift it; then core points, then
    the gap by its weight.
    """
    reached = {one.criterion: one.score for one in score.criteria if one.score is not None}
    caps = {cap.criterion: cap.overall for cap in rubric.caps if reached.get(cap.criterion, 5) <= cap.at_most}
    points = {p.id: p for p in question.key_points}
    reach = LEVELS.index(level)

    def counts(criterion: CriterionScore) -> bool:
        point = points.get(criterion.criterion)
        return (
            criterion.score is not None and criterion.score <= 3 and (not point or LEVELS.index(point.level) <= reach)
        )

    def cost(criterion: CriterionScore) -> tuple[float, bool, float]:
        point = points.get(criterion.criterion)
        gap = 5 - (criterion.score or 0)
        core = bool(point and point.core and gap >= 5 - THIN)
        return -caps.get(criterion.criterion, 5.0), core, gap * criterion.weight

    thin = [criterion for criterion in score.criteria if counts(criterion)]
    if score.delivery is not None and score.delivery.minutes < _SHORT:  # what is missing makes it longer, too
        thin = [criterion for criterion in thin if criterion.criterion != "concision"] or thin
    return max(thin, key=cost, default=None)


def _on_code(verdict: Verdict) -> Advice:
    if verdict.misconceptions:
        return Advice(verdict.misconceptions[0].explanation, verdict.misconceptions[0].id)
    if verdict.error:
        lead = "The code did not run to its end" if verdict.was_run else "The code could not be run"
        return Advice(f"{lead}: {verdict.error}", "")
    failed = next((c for c in verdict.checks if not c.passed), None)
    if failed is not None:
        first = failed.detail.strip().partition("\n")[0]
        return Advice(f"Work the failing case “{failed.name}” by hand{f': {first}' if first else ''}.", failed.name)
    return Advice("", "")


def _on_no_code(question: Question, current: QuestionState) -> Advice:
    from evaluators.tasks import is_derivation

    said, start = harmless(opening(current.answer)), next(iter(question.hints), "")
    formulas = question.exercise is not None and is_derivation(question.exercise)
    scored = "formulas that can be tried are" if formulas else "code that runs is"
    text = f"So far there is “{said}”, and only {scored} scored: hand in a first version, however rough. {start}"
    return Advice(text.strip(), _id(_centre(question)))


def _on_silence(question: Question, current: QuestionState) -> Advice:
    core = _centre(question)
    if current.counted is not None:
        about = f": “{harmless(core.text)}”" if core is not None else "."
        handed_in = harmless(first_words(current.counted[1]))
        return Advice(
            f"“{handed_in}” passes, and nothing was said about it. Say first why it is right{about}", _id(core)
        )
    if core is not None:
        return Advice(f"Start this one from its centre: {core.hint}", core.id)
    return Advice(f"Have one case ready for it. {question.hints[0]}" if question.hints else "", "")


def _on_nothing(question: Question, current: QuestionState, score: Score) -> Advice:
    """A gate stopped the answer: why, and with what to begin instead."""
    why = score.reason or (score.trace[-1].partition(": ")[2] if score.trace else "") or ", ".join(score.flags)
    core = _centre(question)
    start = core.hint if core is not None else next(iter(question.hints), "")
    said = harmless(opening(current.answer))
    lead = f"“{said}” earned nothing: {why}" if said else f"Nothing could be credited: {why}"
    return Advice(f"{lead.rstrip('.')}. {f'Begin with this: {start}' if start else ''}".strip(), _id(core))


def _on_gap(
    worst: CriterionScore,
    question: Question,
    rubric: Rubric,
    current: QuestionState,
    story: Story | None,
    scenario: Scenario | None,
) -> Advice:
    quote = harmless(taken_up(current.score, worst.criterion, current.answer))
    if (
        instead := next((_NO_STORY[flag] for flag in current.score.flags if flag in _NO_STORY), "")
        if current.score
        else ""
    ):
        start = next(iter(question.hints), "")
        return Advice(f"“{quote}” {instead}; this asks for one thing that happened. {start}".strip(), worst.criterion)
    if story is not None and story.left_out:
        left_out, passage = harmless(story.left_out[0]), story.passage
        where = place_in_words(passage.source, passage.line)
        text = f"Your own notes have what is missing ({where}): “{left_out}”. Say it."
        return Advice(text, worst.criterion)
    if scenario is not None and worst.criterion == "requirements":
        fact = next((f for f in scenario.facts if f.id in worst.missing), None)
        if fact is not None:
            return Advice(f"Before “{quote}” ask: “{fact.asked_by[0]}” What follows depends on it.", worst.criterion)
    if scenario is not None and worst.criterion == "estimates":
        estimate = next((e for e in scenario.estimates if e.id in worst.missing), None)
        if estimate is not None:
            text = f"Put a line of arithmetic under “{quote}”, {estimate.what}: {estimate.derivation}"
            return Advice(text, worst.criterion)
    half_said = (point for point in question.key_points if point.id == worst.criterion)
    point = next(iter(unsaid(question, current.score, worst.criterion)), None) or next(half_said, None)
    if point is not None:
        return Advice(_on_point(point, worst, quote, question, current), point.id)
    told = current.score.delivery if current.score is not None else None
    if worst.criterion == "concision" and told is not None and told.minutes < _SHORT:
        further = next(iter((*question.follow_ups, *question.hints)), "")
        return Advice(f"It is over with “{quote}”, and there is time left. Go on to this: {further}", worst.criterion)
    criterion = next((c for c in rubric.criteria if c.id == worst.criterion), None)
    if criterion is None:
        return Advice(worst.reason, worst.criterion)
    text = re.sub(r"[\"“']?\{quote\}[\"”']?", lambda _: f"“{quote}”", criterion.advice).strip()
    return Advice(text, worst.criterion)


def _on_point(point: KeyPoint, worst: CriterionScore, quote: str, question: Question, current: QuestionState) -> str:
    """Return what to say instead of, after, or more fully than the candidate's own words."""
    if question.round == "warm-up":  # its points say what is told, not how this candidate would tell it
        if worst.criterion == "relevance" and not worst.score:
            return f"“{quote}” does not answer the question yet. Begin with what it asks for. {point.hint}"
        return f"After “{quote}” this is still open. {point.hint}"
    if is_beside(current.score):
        return f"“{quote}” does not answer the question yet. The sentence to begin with: {point.text}"
    if worst.criterion == point.id and worst.evidence:
        said = harmless(first_words(worst.evidence[0].quote)) or quote
        how = "touches on it" if (worst.score or 0) <= THIN else "says it in part"
        return f"“{said}” {how}. The sentence that lifts this answer: {point.text}"
    return f"After “{quote}”, the sentence that lifts this answer: {point.text}"


def _on_strength(question: Question, current: QuestionState, score: Score, level: Level) -> Advice:
    """Nothing is thin: the next level's answer is what is left to learn."""
    above = LEVELS.index(level) + (1 if score.overall is not None and score.overall >= GOOD else 0)
    wanted = LEVELS[min(above, len(LEVELS) - 1)]
    stands = f"“{harmless(taken_up(score, '', current.answer))}” stands at your level"
    beyond = [point for point in unsaid(question, score) if point.level == wanted]
    if beyond:
        return Advice(f"{stands}. At {wanted} level, add: {beyond[0].text}", beyond[0].id)
    if question.ladder is not None:
        return Advice(f"{stands}. Hold it beside a {wanted} answer: {getattr(question.ladder, wanted)}", "")
    return Advice("", "")


def next_on_the_ladder(question: Question, score: Score | None) -> dict[Level, str]:
    """Return what each level would have said next, after this answer; levels of which nothing is missing are left out.

    Without key points there is no telling which part of a level's answer was said.
    """
    found: dict[Level, str] = {}
    for point in unsaid(question, score):
        found.setdefault(point.level, point.text)
    return {level: found[level] for level in LEVELS if level in found}


def _centre(question: Question) -> KeyPoint | None:
    return next((p for p in question.key_points if p.core), next(iter(question.key_points), None))


def _id(point: KeyPoint | None) -> str:
    return point.id if point is not None else ""
