"""The scorecard: from the events of an interview, in plain code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from evaluators.score import Score
from interviewer.events import STOPPED, Answered, AnyEvent, Asked, Called, Scored, Understood
from interviewer.policy import GOOD
from interviewer.quoting import first_words
from interviewer.references import Story
from interviewer.retelling import RETOLD, earlier_stories, told_before
from interviewer.scorecard.coach import Advice, advise, lifting, next_on_the_ladder, on_retold
from interviewer.scorecard.markdown import render_markdown
from interviewer.scorecard.report import Grading, Practice, QuestionReport, Report, Turn, Usage
from interviewer.scoring.verdicts import Judged, conclude
from interviewer.state import QuestionState, State, replay
from knowledge.library import Library
from knowledge.models import LEVELS, Passage, Question

__all__ = ["Reading", "build_report", "next_practice", "render_markdown"]

MOST_PRACTICE = 3
_SOMETHING = 2.0
"""From this score on something is known that another question on the topic can build on."""

_LABEL_WORDS = 8


class Reading(Protocol):
    """Where passages come from; never raises."""

    async def to_read(self, question: Question, target: str) -> Sequence[Passage]:
        """Return what can be read about a gap in an answer to `question`."""
        ...

    async def own_story(self, answer: str) -> Story | None:
        """Return the candidate's own note of the story that `answer` tells."""
        ...


async def build_report(
    interview_id: str, history: Sequence[AnyEvent], library: Library, reading: Reading | None = None
) -> Report:
    """Return the report of an interview that has ended or is under way.

    Args:
        interview_id: its id.
        history: all its events.
        library: where its questions and rubrics are; a question that has left it is reported without a ladder.
        reading: looks passages up; without it the report has none.
    """
    state = replay(history)
    turns = _turns(history)
    questions = await asyncio.gather(
        *(_question_report(q, turns.get(q.question_id, ()), state, library, reading) for q in state.questions)
    )
    gradings = _gradings(history)
    questions = [q.model_copy(update={"gradings": gradings.get(q.id, ())}) for q in questions]
    outcome = conclude(
        [_judged(q, library) for q in state.questions], state.setup.level, sum(p.minutes for p in state.plan)
    )
    return Report(
        interview_id=interview_id,
        engine=_engine(history),
        round=state.setup.round,
        level=state.setup.level,
        minutes=round(state.minutes, 1),
        seed=state.setup.seed,
        finished=state.ended is not None and state.ended not in STOPPED,
        verdict=outcome.verdict,
        verdict_reason=outcome.reason,
        overall=outcome.overall,
        band=outcome.band,
        questions=tuple(questions),
        next_practice=await _with_reading(next_practice(state, library), questions, library, reading),
        usage=_usage(history),
    )


def next_practice(state: State, library: Library) -> tuple[Practice, ...]:
    """Return what to practise next, the weakest topic first: another question on it if there is one."""
    asked = {q.question_id for q in state.questions}
    weak = sorted((q for q in state.questions if _is_weak(q)), key=lambda q: (q.score and q.score.overall) or 0.0)
    practice: list[Practice] = []
    for current in weak:
        question = library.questions.get(current.question_id)
        if question is None or question.topic in {p.topic for p in practice}:
            continue
        scored = current.score is not None and (current.score.overall or 0.0) >= _SOMETHING
        other = _another(question, asked | {p.question_id for p in practice}, library, same=not scored)
        practice.append(
            Practice(
                topic=question.topic,
                question_id=other.id,
                why=_why(question, current, state, library),
            )
        )
    return tuple(practice[:MOST_PRACTICE])


async def _with_reading(
    practice: Sequence[Practice], reports: Sequence[QuestionReport], library: Library, reading: Reading | None
) -> tuple[Practice, ...]:
    """Return the same with something to read for each, other than what stands at the questions that were asked."""
    if reading is None:
        return tuple(practice)
    shown = {(passage.source, passage.line) for report in reports for passage in report.reading}
    found = []
    for one in practice:
        passages = await reading.to_read(library.question(one.question_id), "")
        fresh = [passage for passage in passages if (passage.source, passage.line) not in shown]
        shown |= {(passage.source, passage.line) for passage in fresh[:1]}
        found.append(one.model_copy(update={"reading": next(iter(fresh), None)}))
    return tuple(found)


def _is_weak(current: QuestionState) -> bool:
    if current.score is None or current.score.overall is None:
        return current.skipped or current.count("dont_know") > 0
    return current.score.overall < GOOD


def _why(question: Question, current: QuestionState, state: State, library: Library) -> str:
    score = current.score
    if score is None or score.overall is None:
        return "You skipped it." if current.skipped else "You said that you did not know it."
    if score.misconceptions:
        return f"{score.overall:.1f} of 5; a wrong claim stood in the answer."
    gap = lifting(score, question, library.rubric_for(question), state.setup.level)
    if gap is None:
        return f"{score.overall:.1f} of 5."
    point = next((point for point in question.key_points if point.id == gap.criterion), None)
    if point is not None:
        return f"{score.overall:.1f} of 5; missing or thin: {first_words(point.text)}."
    title = next((c.title for c in library.rubric_for(question).criteria if c.id == gap.criterion), gap.criterion)
    return f"{score.overall:.1f} of 5; missing or thin: {title.lower()}."


def _another(question: Question, taken: set[str], library: Library, *, same: bool) -> Question:
    """Return a question on the same topic that was not asked, the one with most notes and then the level in common.

    A topic is wide: where hardly anything was known (`same`) and no note is shared, it is the question itself again.
    """
    others = [
        q
        for q in library.questions.values()
        if q.topic == question.topic and q.round == question.round and q.id not in taken
    ]
    at, notes = LEVELS.index(question.level), set(question.notes or ())
    shared = {q.id: len(notes & set(q.notes or ())) for q in others}
    if same:
        others = [q for q in others if shared[q.id]]
    return min(others, key=lambda q: (-shared[q.id], abs(LEVELS.index(q.level) - at), q.id), default=question)


async def _question_report(
    current: QuestionState, turns: Sequence[Turn], state: State, library: Library, reading: Reading | None
) -> QuestionReport:
    question, score = library.questions.get(current.question_id), current.score
    advice = Advice("", "")
    passages: Sequence[Passage] = ()
    if question is not None:
        advice, passages = await _advice(current, question, state, library, reading)
    asked = next((t.text for t in turns if t.kind == "question"), "")
    return QuestionReport(
        id=current.question_id,
        round=question.round if question else "unknown",
        topic=question.topic if question else "unknown",
        level=question.level if question else state.setup.level,
        text=question.text if question else asked,
        score=score.overall if score else None,
        band=score.band if score else None,
        reason=_reason(current, score),
        notice=score.notice if score else "",
        turns=tuple(turns),
        criteria=score.criteria if score else (),
        labels=_labels(question, score, library) if question and score else {},
        flags=score.flags if score else (),
        hints=current.hints,
        verdicts=current.verdicts,
        delivery=score.delivery if score else None,
        advice=advice.text,
        ladder=question.ladder if question else None,
        next_on_the_ladder=next_on_the_ladder(question, score) if question else {},
        reading=tuple(passages),
        trace=score.trace if score else (),
    )


async def _advice(
    current: QuestionState, question: Question, state: State, library: Library, reading: Reading | None
) -> tuple[Advice, Sequence[Passage]]:
    story = None
    if reading is not None and question.round == "behavioural" and current.answer:
        story = await reading.own_story(current.answer)
    own = (story.passage,) if story else ()
    scenario = library.scenarios.get(question.scenario) if question.scenario else None
    if current.score is not None and RETOLD in current.score.flags:
        told = told_before(current, earlier_stories(state, question.id, library))
        return on_retold(told, question), own
    advice = advise(question, library.rubric_for(question), current, state.setup.level, story, scenario)
    if reading is None or not advice.text:
        return advice, own
    return advice, (*own, *(await reading.to_read(question, advice.about))[:2])


def _labels(question: Question, score: Score, library: Library) -> dict[str, str]:
    """Return for each criterion its title, and for each key point how its statement begins."""
    titles = {criterion.id: criterion.title for criterion in library.rubric_for(question).criteria}
    titles |= {point.id: f"{first_words(point.text, _LABEL_WORDS)}…" for point in question.key_points}
    return {one.criterion: titles[one.criterion] for one in score.criteria if one.criterion in titles}


def _reason(current: QuestionState, score: Score | None) -> str:
    if score is not None:
        return score.reason
    return "Skipped; not judged." if current.skipped else "Not answered."


def _judged(current: QuestionState, library: Library) -> Judged:
    question, score = library.questions.get(current.question_id), current.score
    return Judged(
        question_id=current.question_id,
        round=question.round if question else "unknown",
        minutes=current.minutes,
        overall=score.overall if score else None,
        band=score.band if score else None,
        rubric=library.rubric_for(question) if question else None,
    )


def as_first_graded(history: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return the events of the interview itself, without the gradings that came later."""
    return [event for event in history if not (isinstance(event, Scored) and event.occasion != "turn")]


def _gradings(history: Sequence[AnyEvent]) -> dict[str, tuple[Grading, ...]]:
    """Return the judgements of the questions that were graded again: the last of each occasion, in order."""
    counted: dict[str, list[Scored]] = {}
    for event in history:
        if isinstance(event, Scored) and event.occasion != "canary":
            earlier = counted.setdefault(event.question_id, [])
            if earlier and earlier[-1].occasion == event.occasion == "turn":
                earlier.pop()
            earlier.append(event)
    return {
        question_id: tuple(
            Grading(at=e.at, score=e.score.overall, band=e.score.band, versions=e.score.versions) for e in events
        )
        for question_id, events in counted.items()
        if len(events) > 1
    }


def _turns(history: Sequence[AnyEvent]) -> dict[str, list[Turn]]:
    """Return what was said on each question, in order; the greeting is with the first, the goodbye with the last."""
    turns: dict[str, list[Turn]] = {}
    waiting: list[Turn] = []
    here: str | None = None
    for position, event in enumerate(history):
        match event:
            case Asked():
                turn = Turn(role="interviewer", kind=event.move.kind, text=event.text)
                here = event.move.question_id or here
            case Answered():
                after = history[position + 1] if position + 1 < len(history) else None
                kind = after.kind if isinstance(after, Understood) else event.kind
                turn = Turn(role="candidate", kind=kind, text=event.text)
                here = event.question_id
            case _:
                continue
        if here is None:
            waiting.append(turn)
            continue
        turns.setdefault(here, waiting[:]).append(turn)
        waiting.clear()
    return turns


def _engine(history: Sequence[AnyEvent]) -> str:
    voices = [e.voice for e in history if isinstance(e, Asked)]
    return next((voice for voice in voices if voice != "offline"), "offline")


def _usage(history: Sequence[AnyEvent]) -> Usage:
    calls = [e for e in history if isinstance(e, Called)]
    costs = [c.cost_usd for c in calls if c.cost_usd is not None]
    return Usage(
        calls=len(calls),
        input_tokens=sum(c.input_tokens for c in calls),
        output_tokens=sum(c.output_tokens for c in calls),
        cost_usd=round(sum(costs), 6) if costs else None,
    )
