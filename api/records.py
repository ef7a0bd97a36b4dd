"""What goes over the wire that is not already a record of the product."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from interviewer.events import AnyEvent, EngineName, Persona, Setup
from knowledge.models import Frozen, Level, Passage, Round

Seed = Annotated[int, Field(ge=0, lt=2**31)]


class NewInterview(Frozen):
    """What to practise. Everything has a default; without a seed each interview is another."""

    round: Round | Literal["mixed"] = "mixed"
    level: Level = "senior"
    minutes: float = Field(45, ge=1, le=180)
    engine: EngineName = "auto"
    persona: Persona = "neutral"
    seed: Seed | None = Field(None, description="The same seed and answers give the same interview.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"round": "technical", "level": "senior", "minutes": 20}]}
    )


class Message(Frozen):
    """The candidate's message."""

    text: str = Field(
        min_length=1,
        max_length=1_000_000,
        pattern=r"\S",
        description="An answer, a question, or a command such as /hint; to send nothing would spend a turn.",
    )
    code: bool = Field(False, description="The text is code to be run and graded.")
    seconds: float = Field(
        0, ge=0, le=86_400, description="How long the candidate took; left out, the time since the interviewer spoke."
    )
    after: int | None = Field(
        None, ge=0, le=2**31 - 1, description="The number of the last event you have seen; 409 if there are newer."
    )

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "I would start from the confusion matrix.", "after": 3}]}
    )


class InterviewSummary(Frozen):
    """One line of the list of interviews."""

    interview_id: str
    created_at: datetime
    updated_at: datetime
    setup: Setup
    events: int
    ended: str = Field(description="Why it ended; empty while it can go on.")


class Interview(Frozen):
    """An interview: how it was set up, and everything that happened."""

    interview_id: str
    setup: Setup
    last: int = Field(description="The number of the last event; numbers start at 1.")
    ended: str | None
    standing: str = Field(description="What the candidate is to answer now; empty when it is over.")
    events: tuple[AnyEvent, ...] = Field(description="All events, or those after the number that was asked for.")


class Passages(Frozen):
    near: bool = Field(
        description="Whether any of the material is near the query; if not, the passages answer nothing."
    )
    passages: tuple[Passage, ...]


class QuestionSummary(Frozen):
    """A question as the candidate may see it: key points and misconceptions stay with the interviewer."""

    id: str
    round: Round
    topic: str
    level: Level
    text: str


class ExerciseSummary(Frozen):
    slug: str
    title: str
    topic: str
    level: Level


class ExerciseDetail(Frozen):
    slug: str
    statement: str
    signature: str
    starter: str


class Submission(Frozen):
    source: str = Field(max_length=200_000, description="A Python file that defines the exercise's function.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "def ridge(X, y, lam):\n    ..."}]})


class DerivationSummary(Frozen):
    slug: str
    title: str
    topic: str
    level: Level


class DerivationDetail(Frozen):
    slug: str
    statement: str = Field(description="Markdown: what is given, what is wanted, and how to write it.")
    terms: tuple[str, ...] = Field(description="The names that the submission has to define.")
    starter: str


class DerivationSubmission(Frozen):
    formulas: str = Field(max_length=20_000, description="One formula a line, in Python's notation or in LaTeX.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"formulas": "dw = 2 / n * X.T @ e + 2 * lam * w\ndb = 2 * mean(e)"}]}
    )


class StarAnswer(Frozen):
    answer: str = Field(max_length=1_000_000)
    question: str = Field("", max_length=10_000)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answer": "Our fraud model flagged too many good customers. I …"}]}
    )


class TechnicalAnswer(Frozen):
    answer: str = Field(max_length=1_000_000)
    question: str = Field(max_length=200, description="The question's id.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answer": "L1 sets weights to zero …", "question": "l1_vs_l2"}]}
    )


class Health(Frozen):
    status: Literal["ok"] = "ok"
    version: str


class Readiness(Frozen):
    """Whether interviews can be held, and how safely other people's code runs."""

    status: Literal["ready"] = "ready"
    isolation_level: int | None = Field(description="0 to 4; null until the sandbox has been started.")
