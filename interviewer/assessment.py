"""Every answer to its evaluator, off the event loop; a broken judgement is not a bad answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Protocol

from evaluators.score import Score
from evaluators.verdict import Verdict
from interviewer.events import MessageKind, Ran, Scored
from interviewer.state import SUBSTANCE, QuestionState, State, replay
from knowledge.errors import InterviewError
from knowledge.library import Library
from knowledge.models import Question, Rubric, Scenario

if TYPE_CHECKING:
    from evaluators.code import CodeGrader
    from knowledge.encoder import TokenEncoder

logger = logging.getLogger(__name__)

JUDGED: frozenset[MessageKind] = (SUBSTANCE - {"thinking_aloud"}) | {"code", "dont_know"}
"""Kinds of message after which the question is judged anew; thinking aloud is judged with the answer it leads to."""


class Assessor(Protocol):
    """Judges the pending message's question."""

    async def assess(self, state: State) -> Sequence[Ran | Scored]:
        """Return what was found; never raises for a broken evaluator."""
        ...


class Evaluate(Protocol):
    """One question's answer to a score, synchronously."""

    def __call__(self, question: Question, current: QuestionState) -> Score: ...


class OfflineAssessor:
    """Runs our own evaluators and the code grader on a small pool of threads."""

    def __init__(
        self,
        library: Library,
        encoder: Callable[[], TokenEncoder],
        grader: Callable[[], CodeGrader],
        executor: Executor,
        evaluate: Evaluate | None = None,
    ) -> None:
        """`encoder` and `grader` may take long when first called; they are called on the pool only."""
        self._library = library
        self._encoder = encoder
        self._grader = grader
        self._executor = executor
        self._evaluate = evaluate or self._by_rubric

    async def assess(self, state: State) -> Sequence[Ran | Scored]:
        """Return a Ran for code, then a Scored of everything said on the question; nothing for other messages."""
        message, current = state.pending, state.current
        if message is None or current is None or message.kind not in JUDGED:
            return []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._judge, state)

    def _judge(self, state: State) -> list[Ran | Scored]:
        message = state.pending
        assert message is not None
        question = self._library.question(message.question_id)
        found: list[Ran | Scored] = []
        if message.kind == "code" and question.exercise is not None:
            verdict = self._run(question.exercise, message.text)
            if isinstance(verdict, str):
                return [Scored(question_id=question.id, score=not_scored(verdict))]
            attempt = len(state.current.verdicts) + 1 if state.current else 1
            found.append(Ran(question_id=question.id, attempt=attempt, verdict=verdict))
        current = replay(found, state).question(question.id)
        assert current is not None
        found.append(Scored(question_id=question.id, score=self._score(question, current)))
        return found

    def _run(self, exercise: str, source: str) -> Verdict | str:
        """Return the verdict, or why there is none."""
        try:
            return self._grader().grade(exercise, source)
        except InterviewError as error:
            return f"The code was not run: {error.message}"
        except Exception:
            logger.exception("the grader of %s broke", exercise)
            return "The code was not run: the grader broke. This is our fault, not yours."

    def _score(self, question: Question, current: QuestionState) -> Score:
        try:
            score = self._evaluate(question, current)
        except InterviewError as error:
            return not_scored(f"Not judged: {error.message}")
        except Exception:
            logger.exception("the evaluator of %s broke", question.id)
            return not_scored("Not judged: the evaluator broke. This is our fault, not yours.")
        return with_hint_price(score, self._library.rubric_for(question), current.hints)

    def _by_rubric(self, question: Question, current: QuestionState) -> Score:
        rubric = self._library.rubric_for(question)
        if question.exercise is not None:
            return self._score_coding(question, rubric, current)
        if question.scenario is not None:
            from evaluators.design import DesignEvaluator

            scenario: Scenario = self._library.scenarios[question.scenario]
            design = DesignEvaluator(self._encoder(), rubric)
            return design.score(current.answer, question, scenario, current.facts_asked)
        kind = rubric.rubric if rubric.rubric in {"star", "technical", "warm_up"} else question.round
        if kind in {"star", "behavioural"}:
            from evaluators.star import StarEvaluator

            return StarEvaluator(rubric, self._encoder()).score(current.answer, question.text)
        if kind in {"warm_up", "warm-up"}:
            from evaluators.warm_up import WarmUpEvaluator

            return WarmUpEvaluator(self._encoder(), rubric).score(current.answer, question)
        from evaluators.technical import TechnicalEvaluator

        return TechnicalEvaluator(self._encoder(), rubric).score(current.answer, question)

    def _score_coding(self, question: Question, rubric: Rubric, current: QuestionState) -> Score:
        from interviewer.coding import coding_score

        talk: Score | None = None
        if question.key_points and current.answer.strip():
            from evaluators.technical import TechnicalEvaluator

            talk = TechnicalEvaluator(self._encoder(), rubric).score(current.answer, question)
        return coding_score(rubric, current, talk)


def not_scored(reason: str) -> Score:
    """Return the score of an answer that could not be judged."""
    return Score(overall=None, band=None, reason=reason, engine="offline")


def with_hint_price(score: Score, rubric: Rubric, hints: int) -> Score:
    """Return the score under the ceiling that the hints taken leave."""
    if not hints or score.overall is None or not rubric.hint_caps:
        return score
    ceiling = rubric.hint_caps[min(hints, len(rubric.hint_caps)) - 1]
    if score.overall <= ceiling:
        return score
    band = score.band and (min(score.band[0], ceiling), min(score.band[1], ceiling))
    step = f"{hints} hint{'s' if hints > 1 else ''} taken: at most {ceiling:g} (was {score.overall:.2f})"
    return score.model_copy(update={"overall": ceiling, "band": band, "trace": (*score.trace, step)})
