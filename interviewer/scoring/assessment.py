"""Every answer to its evaluator, off the event loop; a broken judgement is not a bad answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Protocol

from evaluators.score import Score
from evaluators.tasks import grade_task
from evaluators.verdict import Verdict
from interviewer.events import Answered, MessageKind, Ran, Scored
from interviewer.hearing import hands_in
from interviewer.process import ProcessError
from interviewer.retelling import Earlier, earlier_stories
from interviewer.scoring.judging import Evaluate, Judging, Subject, judge_here, not_scored
from interviewer.state import SUBSTANCE, QuestionState, State, numbered, replay
from knowledge.errors import InterviewError
from knowledge.library import Library
from knowledge.models import Level, Question

if TYPE_CHECKING:
    from evaluators.code import CodeGrader
    from evaluators.reliability.calibration import Calibration
    from knowledge.encoder import TokenEncoder

logger = logging.getLogger(__name__)

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
        """Begin to read what answers to a question are measured against, so that the first does not wait for it."""
        ...


class OfflineAssessor:
    """Runs our own evaluators and the code grader, off the event loop."""

    def __init__(
        self,
        library: Library,
        encoder: Callable[[], TokenEncoder],
        grader: Callable[[], CodeGrader],
        executor: Executor,
        evaluate: Evaluate | None = None,
        calibration: Calibration | None = None,
        beside: Executor | None = None,
    ) -> None:
        """`encoder` and `grader` may take long when first called; they are called on the pool only.

        Args:
            library: its questions and rubrics.
            encoder: what the evaluators read with.
            grader: runs code.
            executor: a small pool of threads.
            evaluate: judges in the evaluators' stead.
            calibration: moves technical scores onto the scale of a person who graded some answers.
            beside: another process, in which answers of an interview are judged; the pool steps in when it fails.
        """
        self._library = library
        self._grader = grader
        self._executor = executor
        self._calibration = calibration
        self._judging = Judging(encoder, evaluate)
        self._beside = beside

    async def assess(self, state: State) -> Sequence[Ran | Scored]:
        """Return a Ran for code, then a Scored of everything said on the question; nothing for other messages."""
        message, current = state.pending, state.current
        if message is None or current is None or message.kind not in JUDGED:
            return []
        question = self._library.question(message.question_id)
        found: list[Ran | Scored] = []
        if message.kind == "code" and question.exercise is not None:
            loop = asyncio.get_running_loop()
            verdict = await loop.run_in_executor(self._executor, self._run, question.exercise, message.text)
            if isinstance(verdict, str):
                stood = current.score or not_scored("Not judged: no code was run.")
                return [Scored(question_id=question.id, score=stood.model_copy(update={"notice": verdict}))]
            *_, (attempt, _) = numbered((*current.verdicts, verdict))
            found.append(Ran(question_id=question.id, attempt=attempt, verdict=verdict))
        said = replay(found, state).question(question.id)
        assert said is not None
        earlier = earlier_stories(state, question.id, self._library)
        score = await self._judged(self.subject(question, state.setup.level, earlier), said)
        return [*found, Scored(question_id=question.id, score=score)]

    async def _judged(self, subject: Subject, current: QuestionState) -> Score:
        loop = asyncio.get_running_loop()
        if self._beside is not None:
            try:
                return await loop.run_in_executor(self._beside, judge_here, subject, current)
            except ProcessError as error:
                logger.warning("%s is judged by the server itself: %s", subject.question.id, error)
        return await loop.run_in_executor(self._executor, self._judging.score, subject, current)

    def grade(self, question: Question, text: str) -> Score:
        """Return the score of one text as the whole answer to a question, outside an interview; code in it is run."""
        is_code = question.exercise is not None and hands_in(question.exercise, text)
        message = Answered(question_id=question.id, text=text, kind="code" if is_code else "answer")
        current = QuestionState(question_id=question.id, minutes=question.minutes, messages=(message,))
        if question.exercise is not None and is_code:
            verdict = self._run(question.exercise, text)
            if isinstance(verdict, str):
                return not_scored(verdict)
            current = current.model_copy(update={"verdicts": (verdict,), "graded": (0,)})
        elif question.exercise is not None:
            said = self._judging.talk(self.subject(question, question.level), text)
            if said.overall == 0:
                return said  # nothing that code would change
        return self.score(question, current, question.level)

    def prepare(self, question_id: str, level: Level) -> None:
        """Begin to read what answers to a question are measured against, so that the first does not wait for it."""
        question = self._library.questions.get(question_id)
        if question is None or question.exercise is not None:
            return
        blank = Answered(question_id=question_id, text="-", kind="answer")
        current = QuestionState(question_id=question_id, minutes=1.0, messages=(blank,))
        subject = self.subject(question, level)
        if self._beside is not None:
            self._beside.submit(judge_here, subject, current)
        else:
            self._executor.submit(self._judging.score, subject, current)

    def score(
        self, question: Question, current: QuestionState, level: Level, earlier: tuple[Earlier, ...] = ()
    ) -> Score:
        """Return the score of all that was said and run on a question, hints included; never raises.

        Args:
            question: the question.
            current: what was said and run.
            level: the level that the candidate wants to be read at.
            earlier: the stories that were told to earlier questions.
        """
        return self._judging.score(self.subject(question, level, earlier), current)

    def subject(self, question: Question, level: Level, earlier: tuple[Earlier, ...] = ()) -> Subject:
        scenario = self._library.scenarios[question.scenario] if question.scenario is not None else None
        return Subject(question, self._library.rubric_for(question), scenario, level, self._calibration, earlier)

    def _run(self, exercise: str, source: str) -> Verdict | str:
        """Return the verdict, or why there is none."""
        try:
            return grade_task(exercise, source, self._grader)
        except InterviewError as error:
            return f"The code was not run: {error.message}"
        except Exception:
            logger.exception("the grader of %s broke", exercise)
            return "The code was not run: the grader broke. This is our fault, not yours."
