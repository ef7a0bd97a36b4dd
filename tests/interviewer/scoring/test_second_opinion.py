"""A language model judges behind the interview, or later: from the offline score, and both judgements are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluators.judge import CONTROL, Judge
from evaluators.score import CriterionScore, Score
from interviewer.events import Scored, Setup
from interviewer.scoring.regrading import Regraded, Regrader, regrade
from interviewer.scoring.second_opinion import SecondOpinion
from interviewer.state import QuestionState
from interviewer.store import Store
from knowledge.errors import ModelError
from knowledge.library import Library
from knowledge.models import Question

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


async def again(library: Library, tmp_path: Path, interview: str, model: FakeModel) -> Regraded:
    """Judge every answer of an interview with a model, from the score that our evaluators gave in it."""
    first = (await scores(tmp_path, interview))[0]

    def offline(question: Question, current: QuestionState, level: str, earlier: object = ()) -> Score:
        return first

    regrader = Regrader(library, offline, opinion(library, model), always=True)
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        (one,) = [found async for found in regrade(store, [interview], regrader)]
    return one


async def test_both_judgements_are_kept_and_compared(open_fake_engine: Any, library: Library, tmp_path: Path) -> None:
    interview = await held(open_fake_engine, opinion=opinion(library, FakeModel("first", 4)))
    one = await again(library, tmp_path, interview, FakeModel("second", 3))
    assert one.after is not None
    assert [one.before.versions["judge"], one.after.versions["judge"]] == ["first", "second"]
    assert one.criteria["cause"] == (4, 3)
    assert [score.engine for score in await scores(tmp_path, interview)] == ["offline", "ensemble", "ensemble"]


async def test_it_starts_from_the_offline_score_every_time(
    open_fake_engine: Any, library: Library, tmp_path: Path
) -> None:
    """Else each round could lift the score by as much again."""
    interview = await held(open_fake_engine, opinion=opinion(library, FakeModel("again", 2)))
    found = [await again(library, tmp_path, interview, FakeModel("again", 2)) for _ in range(3)]
    # The word for `cost` was never said: the offline score of it is 0, and stays the base.
    assert not any(one.criteria for one in found)
    assert len({score.overall for score in (await scores(tmp_path, interview))[1:]}) == 1


async def test_a_model_that_fails_leaves_the_score_and_says_why(
    open_fake_engine: Any, library: Library, tmp_path: Path
) -> None:
    interview = await held(open_fake_engine)
    one = await again(library, tmp_path, interview, FakeModel("down", None))
    assert one.after is None
    assert "server is down" in one.why_not
    assert len(await scores(tmp_path, interview)) == 1


async def test_what_a_gate_now_stops_needs_no_model(open_fake_engine: Any, library: Library, tmp_path: Path) -> None:
    """A newer evaluator sees that it is gibberish: the model's old praise does not outlive that."""
    interview = await held(open_fake_engine, opinion=opinion(library, FakeModel("first", 5)))

    def strict(question: Question, current: QuestionState, level: str, earlier: object = ()) -> Score:
        nothing = CriterionScore(criterion="cause", score=0, reason="")
        return Score(overall=0.0, band=(0, 0), criteria=(nothing,), flags=("gibberish",), engine="offline")

    regrader = Regrader(library, strict, opinion(library, FakeModel("first", 5)))
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        (one,) = [found async for found in regrade(store, [interview], regrader)]
    assert one.after is not None
    assert one.after.overall == 0
    assert not one.calls


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
