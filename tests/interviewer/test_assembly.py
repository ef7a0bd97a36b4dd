"""The wired engine: the real encoder, index, evaluators and bank, in a home of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from interviewer.assembly import Parts, open_engine
from interviewer.events import Answered, Asked, Scored, Setup
from interviewer.once import Once
from interviewer.settings import read_settings
from knowledge.errors import ContentError, InterviewError, StorageError


def test_a_part_is_made_once_by_many_threads() -> None:
    made: list[int] = []

    def make() -> int:
        time.sleep(0.01)
        made.append(1)
        return len(made)

    part = Once(make)
    assert part.made is None
    threads = [threading.Thread(target=part) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, part(), part.made) == ([1], 1, 1)


async def test_a_part_that_fails_is_not_waited_for_and_not_tried_at_once_again() -> None:
    tries: list[int] = []

    def make() -> int:
        tries.append(1)
        raise StorageError("The index is damaged.")

    part = Once(make)
    assert await part.within(5) is None
    assert await part.within(5) is None
    assert tries == [1]
    with pytest.raises(StorageError):
        part()


async def test_a_slow_part_is_not_waited_for() -> None:
    release = threading.Event()

    def make() -> int:
        release.wait(10)
        return 7

    part = Once(make)
    assert await part.within(0.05) is None
    assert part.begun
    release.set()
    assert await part.within(5) == 7


async def test_a_malformed_pack_of_the_user_is_named(home: Path) -> None:
    (home / "packs").mkdir()
    (home / "packs" / "mine.yaml").write_text("pack: mine\ntitle: Mine\nquestions: 7\n")
    with pytest.raises(ContentError, match=r"mine\.yaml:3"):
        async with open_engine(read_settings(), warm=False):
            pass


async def test_a_model_that_is_asked_for_and_not_set_up_is_the_users_to_mend() -> None:
    async with open_engine(read_settings(), warm=False) as engine:
        with pytest.raises(InterviewError, match="language model"):
            await engine.create(Setup(engine="llm"))


async def test_a_damaged_index_costs_the_citations_and_nothing_else(home: Path) -> None:
    (home / "index").mkdir()
    (home / "index" / "catalogue.sqlite").write_bytes(b"no database " * 100)
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round="technical", minutes=20))
        items = [item async for item in engine.reply(interview, "Averaging lowers the variance of the trees.")]
        assert any(isinstance(item, Scored) for item in items)
        asked = next(item for item in items if isinstance(item, Asked))
        assert asked.citation is None
    assert (home / "index" / "catalogue.sqlite").read_bytes().startswith(b"no database")


async def test_a_technical_question_is_scored_probed_and_cited() -> None:
    settings = read_settings()
    parts = Parts(settings)
    await asyncio.to_thread(parts.retriever)
    async with open_engine(settings, parts=parts, warm=False) as engine:
        interview = await engine.create(Setup(round="technical", level="senior", minutes=20, seed=3))
        state = await engine.state(interview)
        assert state.current is not None
        question = engine.library.question(state.current.question_id)
        point = question.key_points[1]
        items = [item async for item in engine.reply(interview, f"I would say this. {point.text}")]
        score = next(item for item in items if isinstance(item, Scored)).score
        assert next(c.score for c in score.criteria if c.criterion == point.id) in {4, 5}
        answered = next(item for item in items if isinstance(item, Answered))
        for criterion in score.criteria:
            for evidence in criterion.evidence:
                assert answered.text[evidence.start : evidence.end] == evidence.quote
        asked = next(item for item in items if isinstance(item, Asked))
        assert asked.move.kind in {"probe", "challenge"}
        assert asked.move.target != point.id


async def test_a_scenarios_facts_are_found_by_meaning() -> None:
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round="design", minutes=30, seed=1))
        state = await engine.state(interview)
        assert state.current is not None
        question = engine.library.question(state.current.question_id)
        assert question.scenario is not None
        fact = engine.library.scenarios[question.scenario].facts[0]
        items = [item async for item in engine.reply(interview, f"Before I start: {fact.asked_by[0].lower()}")]
        asked = next(item for item in items if isinstance(item, Asked))
        assert asked.move.target == fact.id
        assert fact.answer.strip() in asked.text
