"""Passages behind a move and behind advice; the interview never waits long for them, and never fails for them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from interviewer.events import Move
from interviewer.state import State
from knowledge.blocks import place_in_words
from knowledge.library import Library
from knowledge.models import Passage, Question

if TYPE_CHECKING:
    from knowledge.retrieval import Retriever

logger = logging.getLogger(__name__)

_Found = TypeVar("_Found")

PATIENCE_SECONDS = 2.0
"""How long a turn waits for an index that is still being opened."""

_CITING = frozenset({"probe", "challenge", "hint"})
REFERENCE = "reference"
"""The category of what a question refers to, outside the notes."""

_LOOKED_AT, _SHOWN = 8, 3
_SHARED = 0.3  # of the content words of what is looked up
_DRILL = "How it is asked"
"""Sections of the notes that say how a subject is asked about, not what is true of it."""

_WORD = re.compile(r"[a-z0-9][a-z0-9²³^+-]{2,}")
_COMMON = frozenset(
    """
    the and for that with this from are was were has have had not but you your they their them its our out into
    over under than then when what which who how why where would could should can may will does did been being
    each every some any all more most less least very also only just about after before between because there
    here such same other one two use used using make made get got per via
    """.split()  # noqa: SIM905 - a hundred quoted words would read worse
)


class Story(NamedTuple):
    """A story of the candidate's own notes, whole, and the lines of it that the answer left out, weightiest first."""

    passage: Passage
    left_out: tuple[str, ...]


class References:
    """Looks passages up on the engine's pool of threads."""

    def __init__(
        self, library: Library, retriever: Callable[[float], Awaitable[Retriever | None]], executor: Executor
    ) -> None:
        """`retriever` returns it within so many seconds, or None; `executor` runs the searches."""
        self._library = library
        self._retriever = retriever
        self._executor = executor

    async def __call__(self, state: State, move: Move) -> Sequence[Passage]:
        """Return the passages that a follow-up rests on, best first; for other moves none."""
        if move.kind not in _CITING or move.question_id is None:
            return ()
        question = self._library.question(move.question_id)
        if question.round == "behavioural":
            current = state.current
            if current is None or current.probed:
                return ()  # it is said once, with the first follow-up
            passage = await self._patiently(lambda retriever: _recognised(current.answer, retriever))
            return [passage] if passage else ()
        if move.kind != "probe" and about(question, move.target) == question.text:
            return ()  # a general hint and a failed check of the code rest on nothing that could be read
        found = await self.reading(question, move.target)
        return [passage for passage in found if passage.category != REFERENCE]  # a title says nothing to rest on

    async def own_story(self, answer: str) -> Story | None:
        """Return the story of the candidate's own notes that `answer` tells; None when it tells none of them."""
        return await self._patiently(lambda retriever: _recognise(answer, retriever)) if answer.strip() else None

    async def reading(self, question: Question, target: str) -> Sequence[Passage]:
        """Return what bears on a gap in an answer to `question`; only what shares enough of its terms."""
        query = about(question, target)
        found = await self._search(query, category="ours")
        return [
            one
            for one in found
            if _is_about(one, question, query) and overlap(query, f"{one.heading} {one.text}") >= _SHARED
        ][:_SHOWN]

    async def to_read(self, question: Question, target: str) -> Sequence[Passage]:
        """Return what the candidate can read about a gap afterwards; there is always something.

        Of a story, what its rubric asks is looked up; of an opening question, how one answers such. Where nothing of
        ours shares enough, it is what the question itself refers to: a good source beats the nearest passage.
        """
        query = about(question, target)
        if question.round == "behavioural":
            criteria = self._library.rubric_for(question).criteria
            query = next((f"{c.title}: {c.question}" for c in criteria if c.id == target), query)
        elif question.round == "warm-up":
            query = f"introductions and warm-up questions: {question.topic.replace('-', ' ')}"
        found = await self._search(query, category="ours")
        if query != question.text:
            found = [*found, *await self._search(question.text, category="ours")]
        near = [one for one in found if not one.heading.endswith(_DRILL) and _is_about(one, question, query)]
        return list({(one.source, one.line): one for one in near}.values())[:_SHOWN] or referred(question)

    async def _search(self, query: str, category: str) -> Sequence[Passage]:
        found = await self._patiently(lambda retriever: retriever.search(query, k=_LOOKED_AT, category=category))
        return found.passages if found is not None and found.near else ()

    async def _patiently(self, look: Callable[[Retriever], _Found]) -> _Found | None:
        """Return what is found, or None: an interview without citations is still an interview."""
        try:
            retriever = await self._retriever(PATIENCE_SECONDS)
            if retriever is None:
                return None
            future = asyncio.get_running_loop().run_in_executor(self._executor, look, retriever)
            return await asyncio.wait_for(future, PATIENCE_SECONDS)
        except TimeoutError:
            return None
        except Exception as error:
            logger.warning("no passages: %s", error)  # `interviewer doctor` shows what is wrong
            return None


def _recognised(answer: str, retriever: Retriever) -> Passage | None:
    from knowledge.stories import recognise

    return recognise(answer, retriever)


def _recognise(answer: str, retriever: Retriever) -> Story | None:
    from knowledge.stories import omissions

    passage = _recognised(answer, retriever)
    if passage is None:
        return None
    return Story(passage, tuple(omission.text for omission in omissions(answer, passage, retriever)))


def _is_about(passage: Passage, question: Question, query: str) -> bool:
    """Whether a passage is of the notes that the question names; where it names none, whether the two share words."""
    if question.notes is not None:
        return Path(passage.source).stem in question.notes
    text = f"{passage.heading} {passage.text}"
    return max(overlap(wanted, text) for wanted in (query, question.text)) >= _SHARED


def about(question: Question, target: str) -> str:
    """Return what to look up for a follow-up: the point or misconception it is about, else the question."""
    for point in question.key_points:
        if point.id == target:
            return point.text
    for wrong in question.misconceptions:
        if wrong.id == target:
            return wrong.correction
    return question.text


def referred(question: Question) -> list[Passage]:
    """Return what a question refers to, as something to read: the title, and where it is."""
    return [
        Passage(text=one.title, source=one.url or one.title, line=1, score=0.0, heading=one.title, category=REFERENCE)
        for one in question.references
    ]


def place(passage: Passage) -> str:
    """Return where a passage stands, for a person."""
    if passage.category == REFERENCE:
        return passage.heading if passage.source == passage.heading else f"{passage.heading}, {passage.source}"
    where = place_in_words(passage.source, passage.line)
    return f"{where} ({passage.heading})" if passage.heading else where


def overlap(wanted: str, text: str) -> float:
    """Return the share of the content words of `wanted` that occur in `text`, 0 to 1."""
    needed = content_words(wanted)
    return len(needed & content_words(text)) / len(needed) if needed else 0.0


def content_words(text: str) -> frozenset[str]:
    """Return the words that carry content, without a plural s."""
    return frozenset(w.rstrip("s") for w in _WORD.findall(text[:20_000].lower()) if w not in _COMMON)
