"""The shapes of the prep material. Every data file under `knowledge/` is one of these, checked on load."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Round = Literal["warm-up", "technical", "coding", "design", "behavioural"]
Level = Literal["junior", "senior", "staff"]

ROUNDS: tuple[Round, ...] = ("warm-up", "technical", "coding", "design", "behavioural")
LEVELS: tuple[Level, ...] = ("junior", "senior", "staff")

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=64)]


class Frozen(BaseModel):
    """An immutable record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyPoint(Frozen):
    """One thing that a good answer says."""

    id: Slug
    text: str = Field(description="The point as a full statement; an answer is aligned with it by meaning.")
    also: tuple[str, ...] = Field(
        (),
        max_length=4,
        description="Other ways in which people say it, each enough by itself: in plain words, by an example.",
    )
    anchors: tuple[str, ...] = Field(
        (), description="Terms, names or formulas, any of which shows the point literally."
    )
    weight: float = Field(1.0, gt=0)
    core: bool = Field(False, description="Without a core point the answer is capped.")
    level: Level = Field("junior", description="From which level on the point is expected.")
    probe: str = Field(description="The follow-up question that opens the way to the point without giving it away.")
    hint: str = Field(description="One step towards the point, for a candidate who is stuck.")
    criterion: Slug | None = Field(
        None, description="In system design: the criterion of the rubric that the point speaks to."
    )


def _says_something(sign: str) -> str:
    parts = [part for one in sign.split(" | ") for part in one.split(" + ")]
    if not all(part.removeprefix("not ").removeprefix("~").strip(" |+") for part in parts):
        raise PydanticCustomError("sign", "Each alternative of a sign needs a word: “a | not b | c + d”")
    return sign


Sign = Annotated[str, AfterValidator(_says_something)]


class Misconception(Frozen):
    """A wrong statement that candidates really make."""

    id: Slug
    statement: str = Field(description="The wrong claim, as a candidate would say it.")
    correction: str = Field(description="What is true instead, and why, in one or two sentences.")
    challenge: str = Field(description="The interviewer's question that makes the candidate look again.")
    signs: tuple[Sign, ...] = Field(
        (), description="Words that give it away: of each sign one alternative (“a | not b | c + d”) in one sentence."
    )
    unless: tuple[Sign, ...] = Field((), description="Words that show the sentence to be right in spite of the signs.")


class Source(Frozen):
    """Where a fact can be read."""

    title: str
    url: str | None = None


class Ladder(Frozen):
    """What a strong candidate of each level says on this question."""

    junior: str
    senior: str
    staff: str


class Question(Frozen):
    """One question of the bank."""

    id: Slug
    round: Round
    topic: Slug
    level: Level
    text: str
    minutes: float = Field(gt=0, le=45)
    rubric: Slug = Field(description="The rubric file that scores it.")
    key_points: tuple[KeyPoint, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    hints: tuple[str, ...] = Field((), description="From a nudge to nearly the answer.")
    follow_ups: tuple[str, ...] = Field((), description="Asked in this order once the answer stands; each goes deeper.")
    ladder: Ladder | None = None
    references: tuple[Source, ...] = ()
    notes: tuple[str, ...] | None = Field(
        None, description="Our notes that it is about, `knowledge/notes/<name>.md`; left out, all are searched."
    )
    exercise: Slug | None = Field(None, description="The coding exercise, or the derivation, behind a coding question.")
    scenario: Slug | None = Field(None, description="The scenario behind a design question.")


class Pack(Frozen):
    """A file of questions: `knowledge/packs/<name>.yaml`."""

    pack: Slug
    title: str
    questions: tuple[Question, ...] = Field(min_length=1)


class Anchors(Frozen):
    """What an answer looks like at 1, 3 and 5 of a criterion's scale 0 to 5; 0 is no evidence."""

    one: str
    three: str
    five: str


class Criterion(Frozen):
    """One line of a rubric."""

    id: Slug
    title: str
    weight: float = Field(gt=0)
    question: str = Field(description="What the judge has to decide, as one question.")
    anchors: Anchors
    probes: tuple[str, ...] = Field(
        min_length=1,
        description="Follow-ups when the evidence is missing; `{quote}` is filled in. "
        "Of those without it, the first is the plainest: it is asked where nothing was said.",
    )
    advice: str = Field(description="How to lift this criterion; `{quote}` is filled with the candidate's own words.")


class Cap(Frozen):
    """A ceiling on the overall score: when `criterion` is at or under `at_most`, overall is at most `overall`."""

    criterion: Slug
    at_most: int = Field(ge=0, le=5)
    overall: float = Field(ge=0, le=5)
    reason: str


class FlagCap(Frozen):
    """A ceiling on the overall score of an answer that carries a flag, such as `story_retold`."""

    flag: Slug
    overall: float = Field(ge=0, le=5)
    reason: str


class Sample(Frozen):
    """A sample answer and the overall score it must get, within a band."""

    answer: str
    overall: tuple[float, float]
    question: Slug | None = Field(None, description="The question answered, where the criteria are its key points.")


class Rubric(Frozen):
    """A file of criteria: `knowledge/rubrics/<name>.yaml`."""

    rubric: Slug
    version: int = Field(ge=1)
    title: str
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    caps: tuple[Cap, ...] = ()
    flag_caps: tuple[FlagCap, ...] = ()
    hint_caps: tuple[float, ...] = Field(
        (4.0, 3.0, 2.0), description="The best overall score left after 1, 2, 3 hints."
    )
    verdicts: dict[Level, tuple[float, float, float]] = Field(
        description="Per level the least overall for no hire, hire and strong hire; under the first: strong no hire."
    )
    strong: Sample
    weak: Sample


class Fact(Frozen):
    """A scenario fact that is told only when the candidate asks for it."""

    id: Slug
    asked_by: tuple[str, ...] = Field(min_length=1, description="Ways in which candidates ask for it.")
    answer: str
    weight: float = Field(1.0, gt=0, description="How much asking for it counts.")


class Estimate(Frozen):
    """A number that a candidate should derive, with the derivation."""

    id: Slug
    what: str
    value: float
    unit: str
    derivation: str
    tolerance_factor: float = Field(3.0, gt=1, description="Right when within this factor of `value`.")


class Scenario(Frozen):
    """A system-design scenario: `knowledge/scenarios/<name>.yaml`."""

    scenario: Slug
    title: str
    brief: str
    facts: tuple[Fact, ...] = Field(min_length=1)
    estimates: tuple[Estimate, ...] = ()


class Passage(Frozen):
    """A piece of indexed text."""

    text: str
    source: str = Field(description="The file it came from, as the user named it or a name of ours.")
    line: int = Field(ge=1, description="The first line of the passage in the source (the page for a PDF).")
    score: float = Field(description="Fused relevance, higher is better; comparable within one search only.")
    heading: str = Field("", description="The headings above the passage, joined by ` › `.")
    category: str = Field("", description="ours, or the candidate's own: stories, notes.")
