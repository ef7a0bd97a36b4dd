"""From stored interviews to records, and the commands that watch them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from typer.testing import CliRunner, Result

from evaluators.reliability.drift import Record
from evaluators.score import Score
from interviewer.cli import app
from interviewer.events import AnyEvent, Called, Ended, Scored, Setup, Started
from interviewer.scoring.scores import Calls, read_records
from interviewer.store import Store
from knowledge.library import Library

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def score(overall: float | None, rubric: str = "technical@1", engine: str = "offline", **versions: str) -> Score:
    return Score(overall=overall, band=None, engine=engine, versions={"rubric": rubric, **versions}, reason="r")


def given(question: str, overall: float | None, day: int = 0, **more: str) -> Scored:
    return Scored(question_id=question, score=score(overall, **more), at=START + timedelta(days=day))


def started(level: str = "senior") -> Started:
    return Started(setup=Setup.model_validate({"level": level}), plan=(), at=START)


async def records(path: Path, library: Library, *histories: Sequence[AnyEvent], regraded: bool = False) -> list[Record]:
    async with Store.open(f"sqlite:///{path}/s.db") as store:
        for history in histories:
            await store.create(history)
        found, _ = await read_records(store, library, regraded=regraded)
        return found


async def test_the_last_judgement_of_each_question_is_one_record(library: Library, tmp_path: Path) -> None:
    history = [
        started("staff"),
        given("first", 1.0),
        given("first", 3.0, day=1),
        given("story", None),
        given("gone", 2),
    ]
    found = await records(tmp_path, library, history)
    assert [one.overall for one in found] == [3.0, None, 2.0]
    assert found[0].at == START + timedelta(days=1)
    assert found[0].segments == {
        "round": "technical",
        "topic": "first",
        "level": "staff",
        "engine": "offline",
        "model": "none",
    }
    assert found[1].segments["round"] == "behavioural"
    assert found[2].segments["round"] == found[2].segments["topic"] == "unknown"
    assert found[0].versions == {"rubric": "technical@1"}
    assert len({one.interview for one in found}) == 1


async def test_a_later_grading_is_taken_when_asked_for_at_the_time_of_the_answer(
    library: Library, tmp_path: Path
) -> None:
    again = given("first", 1.0, day=90, rubric="technical@2").model_copy(update={"occasion": "regrade"})
    trial = given("first", 5.0, day=91).model_copy(update={"occasion": "canary"})
    history = [started(), given("first", 4.0), Ended(reason="finished"), again, trial]
    (first,) = await records(tmp_path, library, history)
    assert first.overall == 4.0
    (counting,) = await records(tmp_path, library, regraded=True)
    assert counting.overall == 1.0
    assert counting.at == START
    assert counting.versions == {"rubric": "technical@2"}


async def test_calls_of_the_model_and_the_judge_are_told(library: Library, tmp_path: Path) -> None:
    call = Called(purpose="judge", model="m", prompt="p@1", latency_s=1.0)
    broken = call.model_copy(update={"fault": "timeout"})
    judged = given("first", 3.0, engine="ensemble", judge="m-1")
    async with Store.open(f"sqlite:///{tmp_path}/s.db") as store:
        await store.create([started(), call, broken, judged])
        await store.create([started()])
        found, calls = await read_records(store, library)
    assert calls == Calls(made=2, failed=1)
    assert found[0].segments["engine"] == "ensemble"
    assert found[0].segments["model"] == "m-1"


def fill(home: Path, weeks: int, count: int, fall_from: int) -> None:
    async def write() -> None:
        chance = np.random.default_rng(0)
        async with Store.open(f"sqlite:///{home}/interviews.db") as store:
            for week in range(weeks):
                for number in range(count):
                    overall = float(np.clip(chance.normal(2.0 if week >= fall_from else 3.4, 0.6), 0, 5))
                    rubric = "technical@2" if week >= fall_from else "technical@1"
                    day = 7 * week + number % 7
                    await store.create([started(), given("q", overall, day, rubric=rubric), Ended(reason="finished")])

    asyncio.run(write())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_lasting_shift_is_shown_with_its_cause_and_an_exit_status(home: Path) -> None:
    fill(home, weeks=8, count=22, fall_from=6)
    shown = run("monitor")
    assert shown.exit_code == 3
    assert "Shift since 2026-02-16: all scores: -1." in shown.output
    assert "rubric technical@2" in shown.output
    document = json.loads(run("monitor", "--json").stdout)
    assert document["compared"] is True
    assert [alert["what"] for alert in document["alerts"]] == ["scores"]


def test_the_newest_week_alone_is_told_and_is_no_alert(home: Path) -> None:
    fill(home, weeks=2, count=22, fall_from=1)
    shown = run("monitor")
    assert shown.exit_code == 0
    assert "Not lasting yet, since 2026-01-12: all scores: -1." in shown.output
    assert "No lasting shift." in shown.output
    assert json.loads(run("monitor", "--json").stdout)["alerts"] == []


def test_too_few_interviews_are_said_to_be_too_few(home: Path) -> None:
    fill(home, weeks=8, count=3, fall_from=6)
    shown = run("monitor")
    assert shown.exit_code == 0
    assert "Too few interviews" in shown.output
    assert json.loads(run("monitor", "--json").stdout)["compared"] is False


def test_nothing_scored_yet(home: Path) -> None:
    assert "No answer has been scored yet" in run("monitor").output
