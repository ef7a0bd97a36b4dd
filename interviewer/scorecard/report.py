"""The scorecard of an interview: what `practice --json` prints and the API returns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from evaluators.score import CriterionScore, Delivery
from evaluators.verdict import Verdict
from knowledge.models import Frozen, Ladder, Level, Passage

VerdictName = Literal["strong hire", "hire", "no hire", "strong no hire", "not enough evidence"]


class Turn(Frozen):
    role: Literal["interviewer", "candidate"]
    kind: str
    text: str


class Grading(Frozen):
    """A judgement that counted until the next one."""

    at: datetime
    score: float | None
    band: tuple[float, float] | None
    versions: dict[str, str]


class QuestionReport(Frozen):
    id: str
    round: str
    topic: str
    level: Level
    text: str
    score: float | None
    band: tuple[float, float] | None
    reason: str = ""
    notice: str = Field("", description="One line when a judgement that was wanted could not be had.")
    turns: tuple[Turn, ...]
    criteria: tuple[CriterionScore, ...]
    labels: dict[str, str] = Field({}, description="What each criterion is called, for a person.")
    flags: tuple[str, ...] = ()
    hints: int = 0
    verdicts: tuple[Verdict, ...] = Field((), description="One for each code attempt, in order.")
    delivery: Delivery | None = None
    advice: str = Field("", description="The one thing that lifts this answer, in the candidate's own facts.")
    ladder: Ladder | None = None
    next_on_the_ladder: dict[Level, str] = Field(
        {}, description="What a junior, a senior, a staff engineer would have said next, after this very answer."
    )
    reading: tuple[Passage, ...] = ()
    trace: tuple[str, ...] = ()
    gradings: tuple[Grading, ...] = Field(
        (), description="When it was graded again: every judgement, the first to the one that counts."
    )

    def label(self, criterion: str) -> str:
        """Return what a criterion is called; its id in words where the question has left the bank."""
        return self.labels.get(criterion) or criterion.replace("_", " ").replace("-", " ")

    @property
    def ceiling(self) -> str:
        """Why the score is under what its parts would give, "at most 3: …"; empty when nothing holds it down."""
        return next((line for line in reversed(self.trace) if line.startswith("at most ")), "")


class Practice(Frozen):
    """What to practise next, and why."""

    topic: str
    question_id: str
    why: str
    reading: Passage | None = None


class Usage(Frozen):
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Report(Frozen):
    interview_id: str
    engine: str
    round: str
    level: Level
    minutes: float
    seed: int
    finished: bool
    verdict: VerdictName
    verdict_reason: str
    overall: float | None
    band: tuple[float, float] | None
    questions: tuple[QuestionReport, ...]
    next_practice: tuple[Practice, ...]
    usage: Usage = Usage()
