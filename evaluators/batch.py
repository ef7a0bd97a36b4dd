"""Many answers at once: each against its own reference, key points, or a question of the library found by meaning."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from threadpoolctl import threadpool_limits

from evaluators.reliability.calibration import Calibration
from evaluators.score import CriterionScore, Score
from evaluators.star import StarEvaluator
from evaluators.technical import TechnicalEvaluator
from evaluators.text.language import content
from evaluators.text.target import FEWEST_WORDS, Point, Target, Wrong, from_question, from_reference
from knowledge.encoder import TokenEncoder
from knowledge.library import Library
from knowledge.models import Frozen, Level, Question, Sign

CHUNK = 256  # answers whose scores are awaited together: little memory, and a progress that moves
PART = 16  # answers of like length that one worker takes at a time
MOST_WORKERS = 4
SAME_QUESTION = 0.60  # cosine from which two questions are taken for one


def _worded(text: str) -> str:
    if not any(letter.isalnum() for letter in text):
        raise PydanticCustomError("worded", "There is no word in it")
    return text


Said = Annotated[str, AfterValidator(_worded)]


def _listed(value: Any) -> Any:
    """Take a plain statement for a point with nothing but its text."""
    if isinstance(value, str):
        return [{"text": value, "statement": value}]
    if isinstance(value, list):
        return [{"text": one, "statement": one} if isinstance(one, str) else one for one in value]
    return value


class GivenPoint(Frozen):
    """A key point of an item: its text suffices."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str = ""
    text: Said
    also: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    weight: float = Field(1.0, gt=0)
    core: bool = False
    level: Level = "junior"


class GivenWrong(Frozen):
    """A misconception of an item: its statement suffices; signs as in the packs find it in other words, too."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str = ""
    statement: Said
    correction: str = ""
    signs: tuple[Sign, ...] = ()
    unless: tuple[Sign, ...] = ()


class Item(Frozen):
    """One answer to be scored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str | int
    kind: Literal["star", "technical"]
    question: str = ""
    reference: str | None = None
    key_points: Annotated[tuple[GivenPoint, ...] | None, BeforeValidator(_listed)] = None
    misconceptions: Annotated[tuple[GivenWrong, ...] | None, BeforeValidator(_listed)] = None
    answer: str | None = Field(None, description="None is scored as an answer with nothing in it.")


class Scored(Frozen):
    """The score of one item.

    Among the flags stand also `misconception:ID` for each that was found, `question:ID` when the item was measured by a
    question of the library, and `no_question_found` or `reference_says_nothing` when there was nothing to
    measure it by.
    """

    id: str | int
    overall: float | None
    band: tuple[float, float] | None
    criteria: tuple[CriterionScore, ...]
    flags: tuple[str, ...]


class _Begun(NamedTuple):
    """A chunk in the workers' hands: `scores` is filled when all that is waited for is done."""

    items: Sequence[Item]
    flags: Sequence[tuple[str, ...]]
    scores: list[Score | None]
    waiting: Sequence[Future[None]]


class Batch:
    """Scores items in chunks on a few workers; questions that come again are read once."""

    def __init__(
        self,
        library: Library,
        encoder: TokenEncoder,
        calibration: Calibration | None = None,
        workers: int | None = None,
    ) -> None:
        """`workers` is how many threads score at once; None for one a processor, four at most."""
        self._workers = workers or min(MOST_WORKERS, os.cpu_count() or 1)
        self._library = library
        self._encoder = encoder
        self._calibration = calibration
        self._star = StarEvaluator(library.rubrics["star"], encoder)
        panel = calibration.panel if calibration is not None else None
        self._technical = TechnicalEvaluator(encoder, library.rubrics["technical"], panel)
        self._known: tuple[list[Question], Any] | None = None
        self._found: dict[str, Question | None] = {}

    def score(self, items: Sequence[Item], progress: Callable[[int], None] = lambda done: None) -> Generator[Scored]:
        """Yield the scores in the order of the items; `progress` hears how many are done."""
        chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
        begun: deque[_Begun] = deque()
        done = 0
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="scorer")
        try:
            # Several threads of OpenBLAS a worker would wait for each other by spinning: four times the work.
            with threadpool_limits(limits=1, user_api="blas"):
                while chunks or begun:
                    # One chunk ahead, so that no worker waits for another at a chunk's end.
                    while chunks and len(begun) < 2:
                        begun.append(self._begin(pool, chunks.pop(0), first=not begun and not done))
                    chunk = begun.popleft()
                    yield from self._finish(chunk)
                    done += len(chunk.items)
                    progress(done)
        finally:
            pool.shutdown(cancel_futures=True)

    def _begin(self, pool: ThreadPoolExecutor, items: Sequence[Item], *, first: bool) -> _Begun:
        """Hand a chunk to the workers; they take parts of like length, the longest first."""
        self._look_up(items)
        targets = [self._target(item) for item in items]
        scores: list[Score | None] = [None] * len(items)

        def technical(part: Sequence[int]) -> None:
            asked = [(items[i].answer or "", target) for i in part if (target := targets[i][0]) is not None]
            for i, score in zip(part, self._technical.score_many(asked), strict=True):
                scores[i] = score

        def star(part: Sequence[int]) -> None:
            for i in part:
                scores[i] = self._star.score(items[i].answer or "", items[i].question)

        # While no worker is at work yet, reading the questions may have all the processors.
        with threadpool_limits(limits=self._workers if first else 1, user_api="blas"):
            self._technical.prepare([target for target, _ in targets if target is not None])
        order = sorted(range(len(items)), key=lambda i: -len(items[i].answer or ""))
        chosen = [(technical, [i for i in order if targets[i][0] is not None])]
        chosen.append((star, [i for i in order if items[i].kind == "star"]))
        waiting = [
            pool.submit(work, places[start : start + PART])
            for work, places in chosen
            for start in range(0, len(places), PART)
        ]
        return _Begun(items, [flags for _, flags in targets], scores, waiting)

    def _finish(self, chunk: _Begun) -> Iterator[Scored]:
        for one in chunk.waiting:
            one.result()
        for item, score, flags in zip(chunk.items, chunk.scores, chunk.flags, strict=True):
            yield self._scored(item, score, flags)

    def _scored(self, item: Item, score: Score | None, flags: tuple[str, ...]) -> Scored:
        if score is None:
            return Scored(id=item.id, overall=None, band=None, criteria=(), flags=flags)
        if self._calibration is not None and item.kind == "technical":
            score = self._calibration.apply(score)
        wrong = tuple(f"misconception:{one.id}" for one in score.misconceptions)
        return Scored(
            id=item.id,
            overall=score.overall,
            band=score.band,
            criteria=score.criteria,
            flags=(*score.flags, *wrong, *flags),
        )

    def _target(self, item: Item) -> tuple[Target | None, tuple[str, ...]]:
        if item.kind == "star":
            return None, ()
        wrongs = tuple(
            Wrong(one.id or f"misconception_{number}", one.statement, one.correction, one.signs, one.unless)
            for number, one in enumerate(item.misconceptions or (), 1)
        )
        if item.key_points:
            points = tuple(_point(point, number) for number, point in enumerate(item.key_points, 1))
            return Target(item.question, points, wrongs), ()
        if item.reference and item.reference.strip():
            target = from_reference(item.question, item.reference, wrongs)
            return (target, ()) if target.points else (None, ("reference_says_nothing",))
        question = self._found.get(item.question)
        if question is None:
            return None, ("no_question_found",)
        target = from_question(question)
        return replace(target, wrongs=target.wrongs + wrongs), (f"question:{question.id}",)

    def _look_up(self, items: Sequence[Item]) -> None:
        """Find the library's questions nearest to the items' own, where they come without anything to score by."""
        wanted = list(
            dict.fromkeys(
                item.question
                for item in items
                if item.kind == "technical"
                and not item.key_points
                and not (item.reference or "").strip()
                and item.question not in self._found
            )
        )
        if not wanted:
            return
        if self._known is None:
            questions = [q for q in self._library.questions.values() if q.key_points]
            self._known = questions, self._encoder.encode([question.text for question in questions])
        questions, vectors = self._known
        asked = [text for text in wanted if text.strip()]
        self._found.update(dict.fromkeys(wanted))
        if asked:
            nearness = self._encoder.encode(asked) @ vectors.T  # (asked, questions)
            for text, row in zip(asked, nearness, strict=True):
                best = int(np.argmax(row))
                if row[best] >= SAME_QUESTION:
                    self._found[text] = questions[best]


def _point(given: GivenPoint, number: int) -> Point:
    """Return the point; a wording too short to be a statement is a term, which any answer may hold: an anchor."""
    said = tuple(text for text in given.also if len(content(text)) >= FEWEST_WORDS)
    terms = tuple(text for text in given.also if text not in said and text.strip())
    name = given.id or f"point_{number}"
    return Point(name, given.text, (*given.anchors, *terms), given.weight, given.core, given.level, said)
