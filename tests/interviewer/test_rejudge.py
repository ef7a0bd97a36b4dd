"""Judging again keeps both judgements, starts from the offline score, and says what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluators.judge import CONTROL, Judge
from interviewer.events import Scored, Setup
from interviewer.rejudge import rejudge
from interviewer.second_opinion import SecondOpinion
from interviewer.store import Store
from knowledge.errors import ModelError

ANSWER = "I think that it has to do with zebras and their stripes in the sun."


class FakeModel:
    """Gives every criterion the same score, with words of the answer."""

    def __init__(self, name: str, score: int | None, control: int = 0) -> None:
        self.name = name
        self._score, self._control = score, control

    async def structured(self, purpose: str, prompt: str, messages: Any, schema: Any) -> Any:
        if self._score is None:
            raise ModelError("The server is down.")
        if purpose == "judge false claims":
            return schema.model_validate({"claims": []})
        score = self._control if purpose == f"judge {CONTROL}" else self._score
        return schema.model_validate({"quotes": ["zebras"], "reason": "There.", "score": score})


def opinion(library: Any, model: FakeModel) -> SecondOpinion:
    return SecondOpinion(library, lambda: Judge(model))


async def held(open_fake_engine: Any, **changes: Any) -> str:
    async with open_fake_engine(**changes) as engine:
        interview: str = await engine.create(Setup(round="technical", minutes=30, seed=1, engine="auto"))
        _ = [item async for item in engine.reply(interview, ANSWER)]
        await engine.end(interview, "stopped")
        await engine.report(interview)
    return interview


async def scores(tmp_path: Path, interview: str) -> list[Any]:
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        return [event.score for event in await store.read(interview) if isinstance(event, Scored)]


async def test_both_judgements_are_kept_and_compared(open_fake_engine: Any, library: Any, tmp_path: Path) -> None:
    interview = await held(open_fake_engine, opinion=opinion(library, FakeModel("first", 4)))
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        result = await rejudge(store, interview, opinion(library, FakeModel("second", 3)))
    one = result.questions[0]
    assert one.before.versions["judge"] == "first"
    assert one.after.versions["judge"] == "second"
    assert one.criteria["cause"] == (4, 3)
    kept = await scores(tmp_path, interview)
    assert [score.engine for score in kept] == ["offline", "ensemble", "ensemble"]


async def test_it_starts_from_the_offline_score_every_time(open_fake_engine: Any, library: Any, tmp_path: Path) -> None:
    """Else each round could lift the score by as much again."""
    interview = await held(open_fake_engine, opinion=opinion(library, FakeModel("first", 2)))
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        for _ in range(3):
            result = await rejudge(store, interview, opinion(library, FakeModel("again", 2)))
    # The word for `cost` was never said: the offline score of it is 0, and stays the base.
    assert result.questions[0].criteria == {}
    kept = await scores(tmp_path, interview)
    assert len({score.overall for score in kept[1:]}) == 1


async def test_a_model_that_fails_leaves_the_offline_score(open_fake_engine: Any, library: Any, tmp_path: Path) -> None:
    interview = await held(open_fake_engine)
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        result = await rejudge(store, interview, opinion(library, FakeModel("down", None)))
    assert result.questions[0].after.overall == result.questions[0].before.overall
    assert "server is down" in (await scores(tmp_path, interview))[-1].trace[-1]


async def test_judging_goes_on_behind_the_next_question(open_fake_engine: Any, library: Any) -> None:
    judge = opinion(library, FakeModel("behind", 4))
    async with open_fake_engine(opinion=judge) as engine:
        interview = await engine.create(Setup(round="technical", minutes=30, seed=1, engine="auto"))
        for text in (ANSWER, "/skip", "/repeat", "/repeat"):
            _ = [item async for item in engine.reply(interview, text)]
        events = await engine.events(interview)
    judged = [n for n, event in enumerate(events) if isinstance(event, Scored) and event.score.engine == "ensemble"]
    assert len(judged) == 1
    assert any(event.type == "asked" for event in events[judged[0] :])


async def test_an_offline_interview_is_never_sent_to_a_model(open_fake_engine: Any, library: Any) -> None:
    judge = opinion(library, FakeModel("never", 4))
    async with open_fake_engine(opinion=judge) as engine:
        interview = await engine.create(Setup(round="technical", minutes=30, seed=1, engine="offline"))
        for text in (ANSWER, "/skip", "/repeat"):
            _ = [item async for item in engine.reply(interview, text)]
        await engine.end(interview, "stopped")
        await engine.report(interview)
        events = await engine.events(interview)
    assert not any(isinstance(event, Scored) and event.score.engine == "ensemble" for event in events)
