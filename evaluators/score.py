"""A score, and the evidence it rests on. Every evaluator returns these and nothing else."""

from __future__ import annotations

from pydantic import Field, model_validator

from knowledge.models import Frozen


class Evidence(Frozen):
    """A quotation from the candidate's text: `text[start:end] == quote`, offsets in characters."""

    quote: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class CriterionScore(Frozen):
    """One criterion on the anchored scale 0 to 5; `score` is None when it could not be judged: `reason` says why."""

    criterion: str
    score: int | None = Field(ge=0, le=5)
    evidence: tuple[Evidence, ...] = ()
    reason: str
    weight: float = 1.0
    missing: tuple[str, ...] = Field((), description="Ids of its parts that were not said, where it has several.")

    @model_validator(mode="after")
    def _points_need_a_quotation(self) -> CriterionScore:
        if self.score and not self.evidence:
            raise ValueError(f"criterion {self.criterion}: {self.score} points without a quotation")
        return self


class MisconceptionFound(Frozen):
    """A known wrong claim, where the candidate made it, and what is true."""

    id: str
    evidence: Evidence
    correction: str
    confidence: float = Field(ge=0, le=1)


class Delivery(Frozen):
    """How it was told; reported apart and never part of a score."""

    words: int
    minutes: float = Field(description="Spoken at 150 words a minute.")
    fillers: int
    note: str


class Score(Frozen):
    """An answer's score: weights, then caps, in plain code, with a trace."""

    overall: float | None = Field(ge=0, le=5)
    band: tuple[float, float] | None
    ceiling: float = Field(5.0, ge=0, le=5, description="The lowest of the caps over it, in force or not.")
    criteria: tuple[CriterionScore, ...] = ()
    flags: tuple[str, ...] = Field(
        (), description="What is odd about the answer: gibberish, question_copied, injection…"
    )
    misconceptions: tuple[MisconceptionFound, ...] = ()
    delivery: Delivery | None = None
    trace: tuple[str, ...] = Field((), description="How the number came about, a step a line.")
    reason: str = Field("", description="Why it is not scored, when overall is None.")
    notice: str = Field("", description="One line for the candidate when a judgement that was wanted could not be had.")
    engine: str = Field(description="Which evaluator gave it: offline, llm:MODEL, ensemble.")
    versions: dict[str, str] = Field(default_factory=dict, description="Rubric, prompt, model, encoder.")

    @property
    def weakest(self) -> CriterionScore | None:
        """The judged criterion with the lowest score, the heaviest first among equals."""
        judged = [c for c in self.criteria if c.score is not None]
        return min(judged, key=lambda c: (c.score, -c.weight), default=None)
