"""Every answer to its evaluator, off the event loop; a broken judgement is not a bad answer."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol, TypeVar

from evaluators.score import Score
from evaluators.tasks import grade_task
from evaluators.verdict import Verdict
from interviewer.coding import coding_score
from interviewer.events import Answered, MessageKind, Ran, Scored
from interviewer.hearing import hands_in
from interviewer.state import SUBSTANCE, QuestionState, State, replay
from knowledge.errors import InterviewError
from knowledge.library import Library
from knowledge.models import Level, Question, Rubric

if TYPE_CHECKING:
    from evaluators.code import CodeGrader
    from evaluators.design import DesignEvaluator
    from evaluators.reliability.calibration import Calibration
    from evaluators.star import StarEvaluator
    from evaluators.technical import TechnicalEvaluator
    from evaluators.warm_up import WarmUpEvaluator
    from knowledge.encoder import TokenEncoder

logger = logging.getLogger(__name__)

_Evaluator = TypeVar("_Evaluator")

JUDGED: frozenset[MessageKind] = (SUBSTANCE - {"thinking_aloud"}) | {"code", "dont_know"}
"""Kinds of message after which the question is judged anew; thinking aloud is judged with the answer it leads to."""


class Assessor(Protocol):
    """Judges the pending message's question, and single answers."""

    async def assess(self, state: State) -> Sequence[Ran | Scored]:
        """Return what was found; never raises for a broken evaluator."""
        ...

    def grade(self, question: Question, text: str) -> Score:
        """Return the score of one text as the whole answer to a question, outside an interview."""
        ...

    def prepare(self, question_id: str, level: Level) -> None:
        """Read what answers to a question are measured against, so that the first answer does not wait for it."""
        ...


class Evaluate(Protocol):
    """One question's answer to a score, synchronously."""

    def __call__(self, question: Question, current: QuestionState, level: Level) -> Score: ...


class OfflineAssessor:
    """Runs our own evaluators and the code grader on a small pool of threads."""

    def __init__(
        self,
        library: Library,
        encoder: Callable[[], TokenEncoder],
        grader: Callable[[], CodeGrader],
        executor: Executor,
        evaluate: Evaluate | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """`encoder` and `grader` may take long when first called; they are called on the pool only.

        `calibration` moves technical scores onto the scale of a person who graded some answers.
        """
        self._library = library
        self._encoder = encoder
        self._grader = grader
        self._executor = executor
        self._evaluate = evaluate or self._by_rubric
        self._calibration = calibration
        self._evaluators: dict[tuple[str, type], object] = {}
        self._lock = threading.Lock()

    async def assess(self, state: State) -> Sequence[Ran | Scored]:
        """Return a Ran for code, then a Scored of everything said on the question; nothing for other messages."""
        message, current = state.pending, state.current
        if message is None or current is None or message.kind not in JUDGED:
            return []
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._judge, state)

    def grade(self, question: Question, text: str) -> Score:
        """Return the score of one text as the whole answer to a question, outside an interview; code in it is run."""
        is_code = question.exercise is not None and hands_in(question.exercise, text)
        message = Answered(question_id=question.id, text=text, kind="code" if is_code else "answer")
        current = QuestionState(question_id=question.id, minutes=question.minutes, messages=(message,))
        if question.exercise is not None and is_code:
            verdict = self._run(question.exercise, text)
            if isinstance(verdict, str):
                return not_scored(verdict)
            current = current.model_copy(update={"verdicts": (verdict,)})
        elif question.exercise is not None:
            said = self._talk(question, text, question.level)
            if said.overall == 0:
                return said  # nothing that code would change
        return self.score(question, current, question.level)

    def prepare(self, question_id: str, level: Level) -> None:
        """Read what answers to a question are measured against, so that the first answer does not wait for it."""
        question = self._library.questions.get(question_id)
        if question is None or question.exercise is not None:
            return
        blank = Answered(question_id=question_id, text="-", kind="answer")
        self.score(question, QuestionState(question_id=question_id, minutes=1.0, messages=(blank,)), level)

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
        found.append(Scored(question_id=question.id, score=self.score(question, current, state.setup.level)))
        return found

    def _run(self, exercise: str, source: str) -> Verdict | str:
        """Return the verdict, or why there is none."""
        try:
            return grade_task(exercise, source, self._grader)
        except InterviewError as error:
            return f"The code was not run: {error.message}"
        except Exception:
            logger.exception("the grader of %s broke", exercise)
            return "The code was not run: the grader broke. This is our fault, not yours."

    def score(self, question: Question, current: QuestionState, level: Level) -> Score:
        """Return the score of all that was said and run on a question, hints included; never raises."""
        try:
            score = self._evaluate(question, current, level)
        except InterviewError as error:
            return not_scored(f"Not judged: {error.message}")
        except Exception:
            logger.exception("the evaluator of %s broke", question.id)
            return not_scored("Not judged: the evaluator broke. This is our fault, not yours.")
        from evaluators.combine import apply_hints, apply_pasted

        rubric = self._library.rubric_for(question)
        score = apply_pasted(score, current.answer, rubric)
        return self._versioned(apply_hints(score, current.hints, rubric), rubric)

    def _versioned(self, score: Score, rubric: Rubric) -> Score:
        """Return the score with everything that it depends on, for drift and for grading it again."""
        versions = {"rubric": f"{rubric.rubric}@{rubric.version}", **score.versions, "package": _package()}
        return score.model_copy(update={"versions": versions})

    def _by_rubric(self, question: Question, current: QuestionState, level: Level) -> Score:
        rubric = self._library.rubric_for(question)
        if question.exercise is not None:
            talk = question.key_points and current.answer.strip()
            said = self._talk(question, current.answer, level) if talk else None
            return coding_score(rubric, current, said)
        if question.scenario is not None:
            scenario = self._library.scenarios[question.scenario]
            return self._design(rubric).score(current.answer, question, scenario, current.facts_asked)
        kind = rubric.rubric if rubric.rubric in {"star", "technical", "warm_up"} else question.round
        if kind in {"star", "behavioural"}:
            return self._star(rubric).score(current.answer, question.text)
        if kind in {"warm_up", "warm-up"}:
            return self._warm_up(rubric).score(current.answer, question)
        return self._talk(question, current.answer, level)

    def _talk(self, question: Question, answer: str, level: Level) -> Score:
        score = self._technical(self._library.rubric_for(question)).score(answer, question, level)
        return self._calibration.apply(score) if self._calibration is not None else score

    # Evaluators keep what they have read of questions and rubrics, so there is one of each kind for a rubric.

    def _technical(self, rubric: Rubric) -> TechnicalEvaluator:
        from evaluators.technical import TechnicalEvaluator

        panel = self._calibration.panel if self._calibration is not None else None
        return self._kept(rubric, TechnicalEvaluator, lambda: TechnicalEvaluator(self._encoder(), rubric, panel))

    def _star(self, rubric: Rubric) -> StarEvaluator:
        from evaluators.star import StarEvaluator

        return self._kept(rubric, StarEvaluator, lambda: StarEvaluator(rubric, self._encoder()))

    def _design(self, rubric: Rubric) -> DesignEvaluator:
        from evaluators.design import DesignEvaluator

        return self._kept(rubric, DesignEvaluator, lambda: DesignEvaluator(self._encoder(), rubric))

    def _warm_up(self, rubric: Rubric) -> WarmUpEvaluator:
        from evaluators.warm_up import WarmUpEvaluator

        return self._kept(rubric, WarmUpEvaluator, lambda: WarmUpEvaluator(self._encoder(), rubric))

    def _kept(self, rubric: Rubric, kind: type[_Evaluator], make: Callable[[], _Evaluator]) -> _Evaluator:
        with self._lock:
            evaluator = self._evaluators.get((rubric.rubric, kind))
            if evaluator is None:
                evaluator = self._evaluators[rubric.rubric, kind] = make()
        assert isinstance(evaluator, kind)
        return evaluator


@cache
def _package() -> str:
    return version("ml-mock-interviewer")


def not_scored(reason: str) -> Score:
    """Return the score of an answer that could not be judged."""
    return Score(overall=None, band=None, reason=reason, engine="offline")
