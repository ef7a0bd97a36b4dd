"""From what was said on one question to its score: a function of values, which any process can work out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from evaluators.score import Score
from interviewer.coding import coding_score
from interviewer.once import Once
from interviewer.state import QuestionState
from knowledge.errors import InterviewError
from knowledge.models import Level, Question, Rubric, Scenario

if TYPE_CHECKING:
    from evaluators.design import DesignEvaluator
    from evaluators.reliability.calibration import Calibration
    from evaluators.star import StarEvaluator
    from evaluators.technical import TechnicalEvaluator
    from evaluators.warm_up import WarmUpEvaluator
    from knowledge.encoder import TokenEncoder

logger = logging.getLogger(__name__)

_Evaluator = TypeVar("_Evaluator")


class Subject(NamedTuple):
    """What an answer is judged against; 15 kB when it is sent to another process."""

    question: Question
    rubric: Rubric
    scenario: Scenario | None
    level: Level
    calibration: Calibration | None = None
    """Moves technical scores onto the scale of a person who graded some answers."""


class Evaluate(Protocol):
    """One question's answer to a score, synchronously."""

    def __call__(self, question: Question, current: QuestionState, level: Level) -> Score: ...


class Judging:
    """Our evaluators, which keep what they have read of questions and rubrics: one of each kind for a rubric."""

    def __init__(self, encoder: Callable[[], TokenEncoder], evaluate: Evaluate | None = None) -> None:
        """`encoder` may take long when first called; `evaluate` judges in the evaluators' stead."""
        self._encoder = encoder
        self._stand_in = evaluate
        self._kept: list[tuple[Rubric, Calibration | None, object]] = []
        self._lock = threading.Lock()

    def score(self, subject: Subject, current: QuestionState) -> Score:
        """Return the score of all that was said and run on a question, hints included; never raises."""
        try:
            score = self._evaluate(subject, current)
        except InterviewError as error:
            return not_scored(f"Not judged: {error.message}")
        except Exception:
            logger.exception("the evaluator of %s broke", subject.question.id)
            return not_scored("Not judged: the evaluator broke. This is our fault, not yours.")
        from evaluators.combine import apply_hints, apply_pasted

        score = apply_pasted(score, current.answer, subject.rubric)
        return _versioned(apply_hints(score, current.hints, subject.rubric), subject.rubric)

    def talk(self, subject: Subject, answer: str) -> Score:
        """Return the score of words about a technical matter, before hints."""
        score = self._technical(subject).score(answer, subject.question, subject.level)
        return subject.calibration.apply(score) if subject.calibration is not None else score

    def _evaluate(self, subject: Subject, current: QuestionState) -> Score:
        question, rubric = subject.question, subject.rubric
        if self._stand_in is not None:
            return self._stand_in(question, current, subject.level)
        if question.exercise is not None:
            talk = question.key_points and current.answer.strip()
            return coding_score(rubric, current, self.talk(subject, current.answer) if talk else None)
        if subject.scenario is not None:
            return self._design(rubric).score(current.answer, question, subject.scenario, current.facts_asked)
        kind = rubric.rubric if rubric.rubric in {"star", "technical", "warm_up"} else question.round
        if kind in {"star", "behavioural"}:
            return self._star(rubric).score(current.answer, question.text)
        if kind in {"warm_up", "warm-up"}:
            return self._warm_up(rubric).score(current.answer, question)
        return self.talk(subject, current.answer)

    def _technical(self, subject: Subject) -> TechnicalEvaluator:
        from evaluators.technical import TechnicalEvaluator

        rubric, calibration = subject.rubric, subject.calibration
        panel = calibration.panel if calibration is not None else None
        return self._keep(
            TechnicalEvaluator, rubric, lambda: TechnicalEvaluator(self._encoder(), rubric, panel), calibration
        )

    def _star(self, rubric: Rubric) -> StarEvaluator:
        from evaluators.star import StarEvaluator

        return self._keep(StarEvaluator, rubric, lambda: StarEvaluator(rubric, self._encoder()))

    def _design(self, rubric: Rubric) -> DesignEvaluator:
        from evaluators.design import DesignEvaluator

        return self._keep(DesignEvaluator, rubric, lambda: DesignEvaluator(self._encoder(), rubric))

    def _warm_up(self, rubric: Rubric) -> WarmUpEvaluator:
        from evaluators.warm_up import WarmUpEvaluator

        return self._keep(WarmUpEvaluator, rubric, lambda: WarmUpEvaluator(self._encoder(), rubric))

    def _keep(
        self,
        kind: type[_Evaluator],
        rubric: Rubric,
        make: Callable[[], _Evaluator],
        calibration: Calibration | None = None,
    ) -> _Evaluator:
        """Return the evaluator of this rubric, compared by value: from another process it comes anew each time."""
        with self._lock:
            for known, by, evaluator in self._kept:
                if isinstance(evaluator, kind) and known == rubric and by == calibration:
                    return evaluator
            made = make()
            self._kept.append((rubric, calibration, made))
            return made


def judge_here(subject: Subject, current: QuestionState) -> Score:
    """Return the score, by evaluators that this process makes and keeps; what a process beside the server runs."""
    return _of_this_process().score(subject, current)


def warm_here() -> None:
    """Load what `judge_here` needs."""
    warm_evaluators()
    _encoder_here()


@cache
def _of_this_process() -> Judging:
    return Judging(_encoder_here)


def warm_evaluators() -> None:
    """Import what the evaluators import."""
    import evaluators.star
    import evaluators.technical  # noqa: F401


def load_encoder() -> TokenEncoder:
    """Return the encoder of conversations."""
    from threadpoolctl import threadpool_limits

    from evaluators.reference.minilm import MiniLM

    encoder = MiniLM.load().packed()
    # Two workers encode at once already. With a thread of its own for each core, OpenBLAS waits by spinning: on two
    # busy cores a turn of 200 words took 4 s of CPU time instead of 0.2 s.
    threadpool_limits(limits=1, user_api="blas")
    return encoder


_encoder_here: Once[TokenEncoder] = Once(load_encoder)


def _versioned(score: Score, rubric: Rubric) -> Score:
    """Return the score with everything that it depends on, for drift and for grading it again."""
    versions = {"rubric": f"{rubric.rubric}@{rubric.version}", **score.versions, "package": _package()}
    return score.model_copy(update={"versions": versions})


@cache
def _package() -> str:
    return version("ml-mock-interviewer")


def not_scored(reason: str) -> Score:
    """Return the score of an answer that could not be judged."""
    return Score(overall=None, band=None, reason=reason, engine="offline")
