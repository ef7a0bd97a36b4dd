"""Trials in the database: one at a time, decided once, in both databases, also when two processes try."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import exc, insert, text

from interviewer.database import connected, trials
from interviewer.promotion.table import Trials
from interviewer.promotion.trial import Trial
from interviewer.settings import Settings
from interviewer.store import Store
from knowledge.errors import ConflictError, StorageError


@pytest.fixture
def settings(tmp_path: Path, url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=SecretStr(url))


def judge(name: str) -> Trial:
    return Trial(name=name, kind="judge", subject="judge", share=0.5, started=datetime.now(UTC))


async def test_of_many_that_begin_a_trial_at_once_one_does(settings: Settings) -> None:
    begun = [asyncio.to_thread(Trials(settings).add, judge(f"openai:{number}")) for number in range(6)]
    outcomes = await asyncio.gather(*begun, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["ConflictError"] * 5 + ["NoneType"]
    assert len(Trials(settings).read()) == 1


def test_the_database_itself_refuses_a_second_running_trial(settings: Settings) -> None:
    table = Trials(settings)
    table.add(judge("openai:one"))
    row = {"number": 2, "status": "running", "record": judge("openai:two").model_dump_json(), "rubric": ""}
    with pytest.raises(exc.IntegrityError), connected(settings.storage_url) as connection:
        connection.execute(insert(trials), row)


def test_the_second_decision_on_a_trial_is_told_no(settings: Settings) -> None:
    table = Trials(settings)
    table.add(judge("openai:one"))
    (kept,) = table.read()
    table.decide(kept.number, "running", kept.trial.model_copy(update={"status": "promoted"}))
    with pytest.raises(ConflictError, match="Somebody else"):
        table.decide(kept.number, "running", kept.trial.model_copy(update={"status": "rolled back"}))
    assert [one.trial.status for one in table.read()] == ["promoted"]


async def test_a_database_of_the_version_before_gets_the_table_and_keeps_its_interviews(settings: Settings) -> None:
    async with Store.open(settings.storage_url):
        pass
    with connected(settings.storage_url) as connection:
        connection.execute(text("DROP TABLE trials"))
        connection.execute(text("DELETE FROM migrations WHERE number = 2"))
    assert await asyncio.to_thread(Trials(settings).read) == []
    async with Store.open(settings.storage_url) as store:
        assert await store.list() == []


def test_a_record_of_another_version_is_told(settings: Settings) -> None:
    table = Trials(settings)
    table.add(judge("openai:one"))
    with connected(settings.storage_url) as connection:
        connection.execute(text("UPDATE trials SET record = '{}'"))
    with pytest.raises(StorageError, match="cannot be read back"):
        table.read()
