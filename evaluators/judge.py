"""The judge: a language model that quotes, then reasons, then gives an integer, one criterion a call.

What it says is believed as far as it can be checked here: a quotation that does not stand in the answer voids the
points that rest on it, a false claim counts only with a source that shows it, and a control question, to which no
answer holds anything, shows whether the model grades or obeys. The overall score is none of its business.

Source: integers 0 to 5 agree best with people: arXiv 2601.03444.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from evaluators.prompt import load_prompt
from evaluators.score import CriterionScore, Evidence, MisconceptionFound
from evaluators.text.evidence import locate
from evaluators.text.language import content, stem
from evaluators.untrusted import MOST, clean, fence
from knowledge.errors import ModelError
from knowledge.models import Anchors, Frozen, Level

Role: TypeAlias = Literal["system", "human", "ai"]
_Schema = TypeVar("_Schema", bound=BaseModel)

AT_ONCE = 8  # calls of one judgement that run side by side
MOST_QUOTES = 3
SHOWN = 0.3  # share of a correction's content words that its source has to have

COULD_NOT = "The model could not judge it: "
"""How the reason of a criterion begins whose judgement could not be had."""

CONTROL = "control"
_CONTROL_ASK = "Does the answer name the three ingredients of the bread dough and the temperature of the oven?"
_CONTROL_ANCHORS = Anchors(
    one="One ingredient of the dough is named.",
    three="Two ingredients are named.",
    five="All ingredients and the temperature of the oven are named.",
)


class JudgeModel(Protocol):
    """What the judge needs of a language model; it is handed one."""

    @property
    def name(self) -> str:
        """The model's name, for the record."""
        ...

    async def structured(
        self, purpose: str, prompt: str, messages: Sequence[tuple[Role, str]], schema: type[_Schema]
    ) -> _Schema:
        """Return the schema filled; raises ModelError when that cannot be had."""
        ...


class CriterionJudgement(BaseModel):
    """One criterion of one answer."""

    model_config = ConfigDict(extra="forbid")

    quotes: list[str] = Field(description="Passages of the answer, word for word; empty when there are none.")
    reason: str = Field(description="What the quotations show, and what is missing.")
    score: Literal[0, 1, 2, 3, 4, 5]


class FalseClaim(BaseModel):
    """One false statement."""

    model_config = ConfigDict(extra="forbid")

    quote: str = Field(description="The claim, word for word.")
    correction: str
    source: int = Field(description="The number of the source that shows it.")


class FalseClaims(BaseModel):
    """All false statements of one answer."""

    model_config = ConfigDict(extra="forbid")

    claims: list[FalseClaim]


class Item(Frozen):
    """What one call decides: a criterion of a rubric or a key point."""

    id: str
    title: str
    ask: str
    anchors: Anchors
    weight: float = 1.0


class Fact(Frozen):
    """A statement that can show a claim to be false; `id` is the misconception that it corrects, if it does."""

    text: str
    where: str
    id: str = ""


class Subject(Frozen):
    """Everything that a judgement needs beside the answer."""

    question: str
    level: Level
    items: tuple[Item, ...]
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One criterion as the model sees it, with the least and the most of its samples."""

    criterion: CriterionScore
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class Judgement:
    """What the model found, as far as it could be checked.

    Attributes:
        criteria: by id; a criterion whose call failed has the score None and the reason.
        claims: false claims with their corrections.
        void: why none of it may be used; empty when it may.
        model: the model's name.
        prompts: labels of the prompts used.
        unchecked: why nobody looked for false claims, where that was wanted and failed.
    """

    criteria: dict[str, Judged]
    claims: tuple[MisconceptionFound, ...]
    void: str
    model: str
    prompts: tuple[str, ...]
    unchecked: str = ""


class Judge:
    """Judges answers with a model that it is handed."""

    def __init__(self, model: JudgeModel, *, samples: int = 1) -> None:
        """`samples`: calls for each criterion; the median counts, and their spread is the band."""
        self._model = model
        self._samples = samples
        self._criterion = load_prompt("judge_criterion")
        self._claims = load_prompt("judge_claims")

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    async def judge(self, answer: str, subject: Subject) -> Judgement:
        """Return the judgement of every item, all calls side by side; never raises for a model that fails."""
        room = asyncio.Semaphore(AT_ONCE)
        read = answer[:MOST]
        control = Item(id=CONTROL, title="Bread", ask=_CONTROL_ASK, anchors=_CONTROL_ANCHORS)

        async def limited(item: Item) -> Judged:
            async with room:
                return await self._item(read, subject, item, 1 if item is control else self._samples)

        async def claims() -> tuple[tuple[MisconceptionFound, ...], str]:
            async with room:
                try:
                    return await self._false_claims(read, subject), ""
                except ModelError as error:
                    return (), error.message

        # The first call alone would warm a provider's cache for the others, at the price of waiting for it.
        *judged, checked = await asyncio.gather(*(limited(item) for item in (*subject.items, control)))
        found, unchecked = await claims() if subject.facts else ((), "")
        void = ""
        if checked.criterion.score is None:
            void = f"the control question got no answer: {checked.criterion.reason.removeprefix(COULD_NOT)}"
        elif checked.high > 0:
            void = "injection: the model gave points where there is nothing to give points for"
        return Judgement(
            criteria={one.criterion.criterion: one for one in judged},
            claims=found,
            void=void,
            model=self._model.name,
            prompts=(self._criterion.label, *([self._claims.label] if subject.facts else [])),
            unchecked=unchecked,
        )

    async def _item(self, answer: str, subject: Subject, item: Item, samples: int) -> Judged:
        prompt = self._criterion
        messages: list[tuple[Role, str]] = [
            ("system", prompt.system),
            ("human", prompt.fill("question", level=subject.level, question=subject.question)),
            ("human", prompt.fill("answer", answer=fence(answer))),
            ("human", _criterion_text(item)),
        ]
        calls = (
            self._model.structured(f"judge {item.id}", prompt.label, messages, CriterionJudgement)
            for _ in range(samples)
        )
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for one in answers:
            if isinstance(one, BaseException) and not isinstance(one, ModelError):
                raise one
        filled = [one for one in answers if isinstance(one, CriterionJudgement)]
        if not filled:
            reason = f"{COULD_NOT}{answers[0]}"
            return Judged(CriterionScore(criterion=item.id, score=None, reason=reason[:300], weight=item.weight))
        if item.id == CONTROL:  # whether or not its quotations stand in the answer
            high = max(one.score for one in filled)
            return Judged(CriterionScore(criterion=CONTROL, score=0, reason=""), 0, high)
        return _of_samples([_checked(one, answer, item) for one in filled])

    async def _false_claims(self, answer: str, subject: Subject) -> tuple[MisconceptionFound, ...]:
        prompt = self._claims
        sources = "\n".join(f"{number}. {clean(fact.text)}" for number, fact in enumerate(subject.facts, 1))
        messages: list[tuple[Role, str]] = [
            ("system", prompt.system),
            ("human", prompt.fill("question", question=subject.question, sources=sources)),
            ("human", prompt.fill("answer", answer=fence(answer))),
        ]
        found = await self._model.structured("judge false claims", prompt.label, messages, FalseClaims)
        shown = [_shown(number, claim, answer, subject) for number, claim in enumerate(found.claims[:5], 1)]
        unique = {(one.id, one.evidence.start): one for one in shown if one is not None}
        return tuple(unique.values())


def _criterion_text(item: Item) -> str:
    anchors = item.anchors
    return load_prompt("judge_criterion").fill(
        "criterion", title=item.title, ask=item.ask, one=anchors.one, three=anchors.three, five=anchors.five
    )


def _checked(said: CriterionJudgement, answer: str, item: Item) -> CriterionScore:
    """The judgement with the quotations that stand in the answer; without any of them there are no points."""
    found = [locate(clean(quoted).strip(), answer) for quoted in said.quotes[:MOST_QUOTES]]
    evidence = tuple(dict.fromkeys(e for e in found if e is not None and _worth(e)))
    reason = " ".join(clean(said.reason).split())[:300] or "No reason was given."
    score: int = said.score
    if score and not evidence:
        score = 0
        reason = f"No quotation of the model's stands in the answer, so its {said.score} counts for nothing."
    return CriterionScore(criterion=item.id, score=score, evidence=evidence, reason=reason, weight=item.weight)


def _worth(evidence: Evidence) -> bool:
    """Whether a quotation holds anything: “the” stands in every answer."""
    return len(content(evidence.quote)) >= 1 and len(evidence.quote) >= 4


def _of_samples(samples: Sequence[CriterionScore]) -> Judged:
    """The sample at the median, the lower of two, with the spread of all."""
    scores = sorted(one.score or 0 for one in samples)
    middle = statistics.median_low(scores)
    chosen = next(one for one in samples if (one.score or 0) == middle)
    return Judged(chosen, scores[0], scores[-1])


def _shown(number: int, claim: FalseClaim, answer: str, subject: Subject) -> MisconceptionFound | None:
    """The claim if it was made and its source shows the correction; else None."""
    evidence = locate(clean(claim.quote).strip(), answer)
    if evidence is None or not 1 <= claim.source <= len(subject.facts):
        return None
    fact = subject.facts[claim.source - 1]
    said = {stem(word) for word in content(claim.correction)}
    there = {stem(word) for word in content(fact.text)}
    shown = len(said & there) / len(said) if said else 0.0
    if shown < SHOWN:
        return None
    correction = f"{' '.join(clean(claim.correction).split())[:400]} ({fact.where})"
    return MisconceptionFound(
        id=fact.id or f"false_claim_{number}", evidence=evidence, correction=correction, confidence=round(shown, 2)
    )
