"""From what was said on one question to its score: a function of values, which any process can work out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from evaluators.score import Score
from interviewer.once import Once
from interviewer.quoting import shorten
from interviewer.retelling import RETOLD, Earlier, told_before, what_is_new
from interviewer.scoring.coding import coding_score
from interviewer.state import QuestionState
from knowledge.errors import InterviewError
from knowledge.models import Level, Question, Rubric, Scenario

if TYPE_CHECKING:
    from evaluators.design import DesignEvaluator
    from evaluators.reliability.calibration import Calibration
    from evaluators.reliability.voting import Panel
    from evaluators.star import StarEvaluator
    from evaluators.technical import TechnicalEvaluator
    from evaluators.warm_up import WarmUpEvaluator
    from knowledge.encoder import TokenEncoder

logger = logging.getLogger(__name__)

_Evaluator = TypeVar("_Evaluator")

KEPT = 32
"""Evaluators that are kept; our rubrics need five of them, a rubric or a calibration that changed another each."""


class Subject(NamedTuple):
    """What an answer is judged against; 15 kB when it is sent to another process."""

    question: Question
    rubric: Rubric
    scenario: Scenario | None
    level: Level
    calibration: Calibration | None = None
    """Moves technical scores onto the scale of a person who graded some answers."""
    earlier: tuple[Earlier, ...] = ()
    """The stories that were told to earlier questions."""

    @property
    def panel(self) -> Panel | None:
        """Who votes on key points by which weights; None for those that everybody starts with."""
        return self.calibration.panel if self.calibration is not None else None


class Evaluate(Protocol):
    """One question's answer to a score, synchronously."""

    def __call__(self, question: Question, current: QuestionState, level: Level) -> Score: ...


class Judging:
    """Our evaluators, which keep what they have read of questions and rubrics: one of each kind for a rubric."""

    def __init__(self, encoder: Callable[[], TokenEncoder], evaluate: Evaluate | None = None) -> None:
        """`encoder` may take long when first called; `evaluate` judges in the evaluators' stead."""
        self._encoder = encoder
        self._stand_in = evaluate
        self._kept: list[tuple[Rubric, Panel | None, object]] = []
        self._lock = threading.Lock()

    def score(self, subject: Subject, current: QuestionState) -> Score:
        """Return the score of all that was said and run on a question, hints included; never raises."""
        try:
            score = self._of_what_is_new(subject, current, self._evaluate(subject, current))
        except InterviewError as error:
            return not_scored(f"Not judged: {error.message}")
        except Exception:
            logger.exception("the evaluator of %s broke", subject.question.id)
            return not_scored("Not judged: the evaluator broke. This is our fault, not yours.")
        from evaluators.combine import apply_hints

        return _versioned(apply_hints(score, current.hints, subject.rubric), subject.rubric)

    def _of_what_is_new(self, subject: Subject, current: QuestionState, score: Score) -> Score:
        """Return the score of an answer with a story in it that was told before; any other keeps its own.

        All of it counts, flagged and under the rubric's cap, or what is new in it alone: whichever earns more.
        """
        from evaluators.combine import apply_flag_caps

        told = told_before(current, subject.earlier)
        if told is None:
            return score
        was = f"told before, when “{shorten(told.asked)}” was asked"
        flagged = {"flags": (*score.flags, RETOLD), "trace": (*score.trace, f"{RETOLD}: {was}")}
        again = apply_flag_caps(score.model_copy(update=flagged), subject.rubric)
        new = what_is_new(current, subject.earlier)
        if new == current or not new.answer.strip():
            return again
        alone = self._evaluate(subject, new)
        if (alone.overall or 0.0) <= (again.overall or 0.0):
            return again
        return alone.model_copy(update={"trace": (*alone.trace, f"left out: what was {was}")})

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
            return self._design(subject).score(current.answer, question, subject.scenario, current.facts_asked)
        kind = rubric.rubric if rubric.rubric in {"star", "technical", "warm_up"} else question.round
        if kind in {"star", "behavioural"}:
            return self._star(rubric).score(current.answer, question.text, current.follow_ups)
        if kind in {"warm_up", "warm-up"}:
            return self._warm_up(subject).score(current.answer, question)
        return self.talk(subject, current.answer)

    def _technical(self, subject: Subject) -> TechnicalEvaluator:
        from evaluators.technical import TechnicalEvaluator

        rubric, panel = subject.rubric, subject.panel
        return self._keep(TechnicalEvaluator, rubric, lambda: TechnicalEvaluator(self._encoder(), rubric, panel), panel)

    def _star(self, rubric: Rubric) -> StarEvaluator:
        from evaluators.star import StarEvaluator

        return self._keep(StarEvaluator, rubric, lambda: StarEvaluator(rubric, self._encoder()))

    def _design(self, subject: Subject) -> DesignEvaluator:
        from evaluators.design import DesignEvaluator

        rubric, panel = subject.rubric, subject.panel
        return self._keep(DesignEvaluator, rubric, lambda: DesignEvaluator(self._encoder(), rubric, panel), panel)

    def _warm_up(self, subject: Subject) -> WarmUpEvaluator:
        from evaluators.warm_up import WarmUpEvaluator

        rubric, panel = subject.rubric, subject.panel
        return self._keep(WarmUpEvaluator, rubric, lambda: WarmUpEvaluator(self._encoder(), rubric, panel), panel)

    def _keep(
        self,
        kind: type[_Evaluator],
        rubric: Rubric,
        make: Callable[[], _Evaluator],
        panel: Panel | None = None,
    ) -> _Evaluator:
        """Return the evaluator of this rubric, compared by value: from another process it comes anew each time.

        The last ones used are kept: rubrics that were promoted and rolled back since are not asked for again.
        """
        with self._lock:
            for position, (known, by, evaluator) in enumerate(self._kept):
                if isinstance(evaluator, kind) and known == rubric and by == panel:
                    self._kept.append(self._kept.pop(position))
                    return evaluator
            made = make()
            self._kept = [*self._kept[1 - KEPT :], (rubric, panel, made)]
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
