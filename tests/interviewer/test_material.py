"""What is promoted is in force for the next interview, on a running server too; those under way keep theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from interviewer.assembly import Parts, open_engine
from interviewer.database import connected, trials
from interviewer.engine import Engine
from interviewer.equipment import Equipped
from interviewer.events import Scored, Setup, Started
from interviewer.material import Editions
from interviewer.scoring.canary import Canary
from interviewer.settings import Settings
from knowledge.data_files import HOME
from knowledge.library import Library

STORY = (
    "Last spring the checkout of our shop timed out for 8% of users. I had to halve that within a week. I profiled the "
    "ranking service, found that every request tokenised the query twice, and cached the tokens. Timeouts fell to 1%."
)


def promote(home: Path, version: int, database_url: str | None = None) -> None:
    """Put the star rubric in force under another version, as a terminal with that home would."""
    text = (HOME / "rubrics" / "star.yaml").read_text(encoding="utf-8")
    home.mkdir(exist_ok=True)
    path = home / f"star{version}.yaml"
    path.write_text(text.replace("\nversion: ", f"\nversion: {version}", 1), encoding="utf-8")
    canary = Canary(Settings(home=home, database_url=SecretStr(database_url) if database_url else None))
    rubric = Library.load().with_rubric(path).rubrics["star"]
    canary.start_rubric(path, rubric, 1.0)
    canary.promote()


async def rubrics_of(engine: Engine, interview_id: str) -> list[str]:
    events = await engine.events(interview_id)
    return [event.score.versions["rubric"] for event in events if isinstance(event, Scored)]


@pytest.mark.parametrize("many", [False, True], ids=["one at a time", "a process beside"])
async def test_a_running_engine_takes_a_promoted_rubric_up_and_interviews_under_way_keep_theirs(
    tmp_path: Path, many: bool
) -> None:
    settings, setup = Settings(home=tmp_path), Setup(round="behavioural", minutes=10, seed=1, engine="offline")
    ours = f"star@{Library.load().rubrics['star'].version}"
    async with open_engine(settings, parts=Parts(settings, many=many), warm=False) as engine:
        before = await engine.create(setup)
        promote(tmp_path, 71)
        during = await engine.create(setup)
        promote(tmp_path, 72)
        after = await engine.create(setup)
        for interview_id in (before, during, after):
            _ = [item async for item in engine.reply(interview_id, STORY)]
        found = [(await rubrics_of(engine, one))[0].partition("@")[2][:2] for one in (before, during, after)]
        assert (await rubrics_of(engine, before)) == [ours]
        assert found[1:] == ["71", "72"]
        begun = (await engine.events(during))[0]
        assert isinstance(begun, Started)
        assert "promoted star" in begun.versions
        assert "promoted star" not in (await engine.state(before)).versions
    async with open_engine(settings, warm=False) as again:  # another process goes on with it
        _ = [item async for item in again.reply(during, "I learned to profile before I guess.")]
        assert {rubric[:7] for rubric in await rubrics_of(again, during)} == {"star@71"}


async def test_of_two_servers_on_one_database_both_go_by_what_either_promotes(tmp_path: Path, url: str) -> None:
    setup = Setup(round="behavioural", minutes=10, seed=1, engine="offline")
    here, there = (Settings(home=tmp_path / name, database_url=SecretStr(url)) for name in ("here", "there"))
    async with open_engine(here, warm=False) as one, open_engine(there, warm=False) as other:
        before = await other.create(setup)
        await asyncio.to_thread(promote, here.home, 75, url)
        after = [await engine.create(setup) for engine in (one, other)]
        begun_at_one_told_to_other = after[0]
        for interview_id in (before, *after):
            _ = [item async for item in other.reply(interview_id, STORY)]
        rubrics = [(await rubrics_of(other, interview_id))[0][:7] for interview_id in (before, *after)]
        assert rubrics[0] != "star@75"
        assert rubrics[1:] == ["star@75"] * 2
        assert (await one.state(begun_at_one_told_to_other)).versions == (await other.state(after[1])).versions


def test_a_promoted_judge_judges_the_next_interview(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, model="openai:small", judge_model="openai:old")
    editions = Editions(settings)
    before = editions.in_force()
    canary = Canary(settings)
    canary.start_judge("openai:new", 1.0)
    assert editions.in_force() == before == {}
    canary.promote()
    after = editions.in_force()
    assert [editions.settings(one).judge_model for one in (before, after)] == ["openai:old", "openai:new"]
    canary.rollback()
    assert editions.settings(None).judge_model == "openai:old"
    assert editions.settings(after).judge_model == "openai:new"  # an interview under way keeps it


def test_equipment_is_made_once_for_each_edition(tmp_path: Path) -> None:
    parts = Parts(Settings(home=tmp_path))
    try:
        equipped = Equipped(parts)
        first = equipped(None)
        assert equipped(None) is first
        promote(tmp_path, 73)
        second = equipped(None)
        assert second is not first
        assert second.library.rubrics["star"].version != first.library.rubrics["star"].version
        assert equipped(first.versions) is first
        assert equipped({"package": "of another release"}) is first
    finally:
        parts.close()


def test_a_rubric_that_is_no_longer_kept_is_told_and_ours_stands_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    promote(tmp_path, 74)
    editions = Editions(Settings(home=tmp_path))
    edition = editions.in_force()
    Canary(Settings(home=tmp_path)).rollback()
    assert editions.library(edition).rubrics["star"].version != Library.load().rubrics["star"].version
    with connected(Settings(home=tmp_path).storage_url) as connection:
        connection.execute(delete(trials))
    assert editions.library(edition).rubrics["star"] == Library.load().rubrics["star"]
    assert "no longer kept" in caplog.text
