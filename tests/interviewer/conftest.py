"""A bank of three questions, a scorer of twenty lines, and an engine on them: no encoder, no index, no sandbox."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from evaluators.score import CriterionScore, Evidence, MisconceptionFound, Score
from evaluators.verdict import Check, Verdict
from interviewer.engine import Engine, Equipment
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.speaking import Speaker
from interviewer.state import QuestionState, State
from interviewer.store import Store
from interviewer.voices.offline import OfflineVoice
from knowledge.library import Library
from knowledge.models import (
    Anchors,
    Criterion,
    Fact,
    KeyPoint,
    Ladder,
    Misconception,
    Question,
    Rubric,
    Sample,
    Scenario,
)


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database of this test's own: SQLite, then PostgreSQL in a schema that is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/deep/er/interviews.db"
        return
    base = request.getfixturevalue("postgres_url")
    schema = f"test_{secrets.token_hex(6)}"
    admin = create_async_engine(base)
    async with admin.begin() as connection:
        await connection.execute(text(f"CREATE SCHEMA {schema}"))
    joint = "&" if "?" in base else "?"
    yield f"{base}{joint}options=-csearch_path%3D{schema}"
    async with admin.begin() as connection:
        await connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    await admin.dispose()


def make_rubric(name: str, *criteria: str, **changes: Any) -> Rubric:
    fields: dict[str, Any] = {
        "rubric": name,
        "version": 1,
        "title": name,
        "criteria": tuple(
            Criterion(
                id=c,
                title=c,
                weight=1,
                question=f"Is there {c}?",
                anchors=Anchors(one="1", three="3", five="5"),
                probes=(f"You said “{{quote}}”. What was the {c}?", f"What was the {c}?"),
                advice=f"Put the {c} after “{{quote}}”.",
            )
            for c in criteria
        ),
        "verdicts": {"junior": (1, 2, 4), "senior": (1.5, 3, 4.2), "staff": (2, 3.5, 4.5)},
        "strong": Sample(answer="s", overall=(4, 5)),
        "weak": Sample(answer="w", overall=(0, 1)),
    }
    return Rubric(**{**fields, **changes})


def make_question(name: str, **changes: Any) -> Question:
    fields: dict[str, Any] = {
        "id": name,
        "round": "technical",
        "topic": name.replace("_", "-"),
        "level": "senior",
        "text": f"Explain {name}.",
        "minutes": 6,
        "rubric": "technical",
        "key_points": (
            KeyPoint(id="cause", text="The cause is zebras.", core=True, probe="Why does it happen?", hint="Stripes."),
            KeyPoint(id="cost", text="The cost is lions.", weight=2, probe="What does it cost?", hint="Roar."),
            KeyPoint(
                id="beyond", text="Beyond are whales.", level="staff", weight=3, probe="What is beyond?", hint="Sea."
            ),
        ),
        "misconceptions": (
            Misconception(
                id="horses", statement="It is horses.", correction="It is zebras.", challenge="Do horses have stripes?"
            ),
        ),
        "hints": ("Think of Africa.", "Think of stripes."),
        "follow_ups": ("And at night?", "And in the rain?", "And in space?"),
        "ladder": Ladder(junior="zebras", senior="lions", staff="whales"),
    }
    return Question(**{**fields, **changes})


SCENARIO = Scenario(
    scenario="zoo",
    title="Zoo",
    brief="Design a zoo.",
    facts=(
        Fact(id="visitors", asked_by=("How many visitors are there?",), answer="Two thousand a day."),
        Fact(id="budget", asked_by=("What is the budget?",), answer="One million."),
    ),
)


def make_library(*questions: Question) -> Library:
    rubrics = [
        make_rubric("technical", "coverage"),
        make_rubric("star", "situation", "action", "result", "concision"),
        make_rubric("design", "requirements"),
        make_rubric("warm_up", "relevance"),
        make_rubric("coding", "correctness", "explanation"),
    ]
    return Library({q.id: q for q in questions}, {r.rubric: r for r in rubrics}, {"zoo": SCENARIO})


@pytest.fixture
def library() -> Library:
    return make_library(
        make_question("first"),
        make_question("second"),
        make_question("third"),
        make_question("easy", level="junior"),
        make_question("hard", level="staff"),
        make_question("story", round="behavioural", rubric="star", key_points=(), misconceptions=(), minutes=5),
        make_question("zoo", round="design", rubric="design", scenario="zoo", minutes=15),
        make_question("code", round="coding", rubric="coding", exercise="adam", minutes=12),
        make_question("hello", round="warm-up", rubric="warm_up", minutes=2, key_points=(), misconceptions=()),
    )


WORDS = {
    "cause": "zebras",
    "cost": "lions",
    "beyond": "whales",
    "situation": "once",
    "action": "i did",
    "result": "won",
}


def keyword_score(question: Question, current: QuestionState, level: str) -> Score:
    """Five points for each criterion whose word is in the answer."""
    answer = current.answer
    names = [p.id for p in question.key_points] or ["situation", "action", "result"]
    criteria = []
    for name in names:
        at = answer.lower().find(WORDS[name])
        evidence = () if at < 0 else (Evidence(quote=answer[at : at + 5], start=at, end=at + 5),)
        criteria.append(CriterionScore(criterion=name, score=5 if evidence else 0, evidence=evidence, reason="by word"))
    wrong = answer.find("horses")
    found = () if wrong < 0 else (Evidence(quote="horses", start=wrong, end=wrong + 6),)
    overall = sum(c.score or 0 for c in criteria) / len(criteria)
    return Score(
        overall=overall,
        band=(max(0, overall - 0.5), min(5, overall + 0.5)),
        criteria=tuple(criteria),
        flags=("gibberish",) if "qwxz" in answer else (),
        misconceptions=tuple(
            MisconceptionFound(id="horses", evidence=e, correction="It is zebras.", confidence=1) for e in found
        ),
        engine="offline",
    )


class FakeGrader:
    """Passes code that says `right`."""

    def grade(self, slug: str, source: str) -> Verdict:
        right = "right" in source
        checks = (Check(name="runs", passed=True), Check(name="mask", passed=right, detail="Expected 0, got 7"))
        return Verdict(exercise=slug, passed=right, score=1.0 if right else 0.5, checks=checks, isolation_level=4)


def words_of_facts(text: str) -> tuple[str, ...]:
    return tuple(fact for fact in ("visitors", "budget") if fact in text)


@pytest.fixture
def open_fake_engine(library: Library, tmp_path: Path) -> Any:
    """`async with open_fake_engine(...) as engine`; every keyword replaces a part; always the same database."""

    @asynccontextmanager
    async def opened(evaluate: Any = keyword_score, **changes: Any) -> AsyncIterator[Engine]:
        executor = ThreadPoolExecutor(2)
        offline = OfflineVoice(library)
        assessor = OfflineAssessor(
            library,
            encoder=_absent,
            grader=FakeGrader,
            executor=executor,
            evaluate=evaluate,
        )

        async def find(state: State, move: Any) -> Sequence[Any]:
            return ()

        async def facts(state: State) -> Sequence[str]:
            return words_of_facts(state.pending.text if state.pending else "")

        parts: dict[str, Any] = {
            "voice": lambda setup: offline,
            "find": find,
            "facts": facts,
        }
        async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
            parts |= changes
            speaker = Speaker(library, parts.pop("voice"), offline, parts.pop("statement", None))
            held_with = Equipment(library, speaker, assessor, parts.pop("opinion", None))
            engine = Engine(store, lambda versions: held_with, **parts)
            try:
                yield engine
            finally:
                await engine.close()
                executor.shutdown()

    return opened


def _absent() -> Any:
    raise AssertionError("no encoder in these tests")
