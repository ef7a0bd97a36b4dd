"""The language model's judgement of a question, put together with the offline one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from evaluators.ensemble import combine, refusal, standing, subject_of, unjudged
from evaluators.judge import Judge
from evaluators.score import Score
from interviewer.events import Called, Scored
from interviewer.model.ledger import start_collecting
from interviewer.retelling import RETOLD, earlier_stories, what_is_new
from interviewer.scoring.coding import CORRECTNESS, coding_score
from interviewer.state import QuestionState, State
from knowledge.errors import InterviewError
from knowledge.library import Library
from knowledge.models import Passage, Question

logger = logging.getLogger(__name__)

Sources = Callable[[Question, str], Awaitable[Sequence[Passage]]]
"""Passages about a question; never raises."""


class SecondOpinion:
    """Judges a finished question with a model; the offline score is what it starts from and falls back on."""

    def __init__(self, library: Library, judge: Callable[[], Judge], sources: Sources | None = None) -> None:
        """`judge` may take long when first called, and raises an InterviewError when there is no model."""
        self._library = library
        self._judge = judge
        self._sources = sources

    async def __call__(self, state: State, question_id: str, offline: Score | None = None) -> Sequence[Called | Scored]:
        """Return the calls made and the new score; nothing when there is nothing to judge.

        Args:
            state: the interview.
            question_id: the question.
            offline: the offline score, when the question's latest score is not that.
        """
        calls = start_collecting()
        current = state.question(question_id)
        question = self._library.questions.get(question_id)
        first = offline or (current.score if current else None)
        if state.setup.engine == "offline" or current is None or question is None or first is None:
            return []
        try:
            score = await self._score(state, question, current, first)
        except InterviewError as error:
            score = unjudged(first, question, error.message)
        except Exception:
            logger.exception("the judgement of %s broke", question_id)
            score = unjudged(first, question, "the judgement broke, which is our fault")
        return [] if score is None else [*calls, Scored(question_id=question_id, score=score)]

    async def _score(self, state: State, question: Question, current: QuestionState, first: Score) -> Score | None:
        """The score of both; None when nothing was said that a model could judge."""
        answer, rubric, level = current.answer, self._library.rubric_for(question), state.setup.level
        if RETOLD not in first.flags:  # what was told before does not count, where there is enough beside it
            answer = what_is_new(current, earlier_stories(state, question.id, self._library)).answer
        coding = question.exercise is not None
        offline = _talk(first, question) if coding else first
        if offline is None or not offline.criteria:
            return None
        if why := refusal(answer, offline):
            return standing(first, why)
        scenario = self._library.scenarios.get(question.scenario) if question.scenario else None
        sources = await self._sources(question, "") if self._sources else ()
        subject = subject_of(question, rubric, level, scenario=scenario, passages=sources)
        judge = self._judge()
        judgement = await judge.judge(answer, subject)
        if not coding:
            return combine(offline, judgement, question, rubric, level, hints=current.hints)
        both = combine(offline, judgement, question, rubric.model_copy(update={"caps": ()}), level)
        if both.engine != "ensemble":
            told = {"trace": (*first.trace, both.trace[-1]), "flags": both.flags, "notice": both.notice}
            return first.model_copy(update=told)
        from evaluators.combine import apply_hints

        score = coding_score(rubric, current, both)
        score = score.model_copy(update={"engine": both.engine, "notice": both.notice})
        return apply_hints(
            score.model_copy(update={"versions": {**score.versions, **both.versions}}), current.hints, rubric
        )


def _talk(score: Score, question: Question) -> Score | None:
    """What the offline score of a coding question says of the words about the code; None when nothing was said."""
    points = {point.id for point in question.key_points}
    said = tuple(one for one in score.criteria if one.criterion in points and one.criterion != CORRECTNESS)
    return score.model_copy(update={"criteria": said}) if said else None
