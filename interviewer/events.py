"""What happens in an interview, as an append-only list. The state is `replay(events)`; saving is appending."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from evaluators.score import Score
from evaluators.verdict import Verdict
from knowledge.models import Frozen, Level, Passage, Round

EngineName = Literal["auto", "offline", "llm"]
Persona = Literal["warm", "neutral", "bar-raiser"]
MessageKind = Literal[
    "answer",
    "thinking_aloud",
    "clarifying_question",
    "dont_know",
    "hint",
    "repeat",
    "skip",
    "stop",
    "code",
    "pushback",
    "off_topic",
    "time",
    "help",
    "identity",
]
MoveKind = Literal[
    "greet",
    "question",
    "probe",
    "challenge",
    "answer",
    "hint",
    "encourage",
    "repeat",
    "time",
    "help",
    "identity",
    "wrap",
]


class Setup(Frozen):
    """What the candidate asked for."""

    round: Round | Literal["mixed"] = "mixed"
    level: Level = "senior"
    minutes: float = Field(45, gt=0, le=180)
    seed: int = 0
    engine: EngineName = "auto"
    persona: Persona = "neutral"


class Planned(Frozen):
    """A question with the minutes it may take."""

    question_id: str
    minutes: float


class Move(Frozen):
    """What the policy decided that the interviewer does next. It has no words yet."""

    kind: MoveKind
    question_id: str | None = None
    target: str = Field(
        "", description="The missing criterion or key point, the misconception, the fact, or the failed check."
    )
    quote: str = Field("", description="The candidate's own words that the move takes up.")
    hint_level: int = 0
    minutes: float = Field(0.0, description="Of a question, how long it may take; 0 where the plan says so.")
    reason: str = Field("", description="Why this move, for the record and the report.")


class Event(Frozen):
    """What every event has."""

    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Started(Event):
    type: Literal["started"] = "started"
    setup: Setup
    plan: tuple[Planned, ...]
    versions: dict[str, str] = Field(default_factory=dict)


class Answered(Event):
    """The candidate's message, kept as it came; `kind` is a first look, which an Understood may correct."""

    type: Literal["answered"] = "answered"
    question_id: str
    text: str
    kind: MessageKind
    seconds: float = Field(0.0, ge=0, description="Time spent on the message; 0 when unknown.")
    idempotency_key: str | None = None


class Understood(Event):
    """A better look at what kind the last message is; what was typed is stored before it is looked at."""

    type: Literal["understood"] = "understood"
    kind: MessageKind
    voice: str = "offline"


class Scored(Event):
    """A judgement of everything said so far on one question; the latest counts, earlier ones are kept."""

    type: Literal["scored"] = "scored"
    question_id: str
    score: Score
    occasion: Literal["turn", "regrade", "canary"] = Field(
        "turn",
        description="In the interview; later, under other versions; or by a rubric or judge on trial, never counted.",
    )


class Ran(Event):
    """A code answer was graded."""

    type: Literal["ran"] = "ran"
    question_id: str
    attempt: int
    verdict: Verdict


class Asked(Event):
    """The interviewer spoke."""

    type: Literal["asked"] = "asked"
    move: Move
    text: str
    voice: str = Field("offline", description="offline, or llm:MODEL.")
    citation: Passage | None = Field(None, description="The passage that the words rest on.")
    notice: str = Field(
        "", description="One line for the candidate when something went wrong: which voice spoke, and why."
    )


class Called(Event):
    """A call of the language model, for the ledger."""

    type: Literal["called"] = "called"
    purpose: str
    model: str
    prompt: str = Field(description="Prompt file and version.")
    latency_s: float
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    finish_reason: str = ""
    fault: str = ""


class Ended(Event):
    type: Literal["ended"] = "ended"
    reason: Literal["finished", "stopped", "out_of_time", "out_of_answers"]


class Resumed(Event):
    """The candidate came back to an interview that was stopped."""

    type: Literal["resumed"] = "resumed"


STOPPED = frozenset({"stopped", "out_of_answers"})
"""Reasons for an end after which the interview can go on."""

AnyEvent = Annotated[
    Started | Answered | Understood | Scored | Ran | Asked | Called | Ended | Resumed,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
