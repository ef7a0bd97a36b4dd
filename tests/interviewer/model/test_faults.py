"""Everything that goes wrong with a model, on the wire: the interview goes on, the candidate is told in one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import written

from interviewer.bench.endpoint import Completion, serving
from interviewer.events import Answered, Asked, Called, Scored, Setup, Understood
from interviewer.settings import Settings

ANSWER = (
    "L1 adds the sum of absolute values of the weights and L2 the sum of their squares, so L1 drives some weights"
    " exactly to zero and L2 shrinks all of them."
)
SETUP = Setup(round="technical", minutes=20, seed=0, engine="llm")

Reply = Callable[[str, Mapping[str, Any]], Completion]


def prompt_of(request: Mapping[str, Any]) -> str:
    return str(request["messages"][0]["content"]).split("[prompt ", 1)[1].split("@", 1)[0]


def always(prompt: str, completion: Completion) -> Reply:
    """The fault for every call with this prompt, once the interview has begun; everything else goes well."""

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        begun = "L1 adds the sum" in json.dumps(request["messages"])
        return completion if begun and prompt_of(request) == prompt else written.respond(path, request)

    return respond


def once(prompt: str, *completions: Completion) -> Reply:
    """These completions first, then all goes well."""
    left = list(completions)

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        begun = "L1 adds the sum" in json.dumps(request["messages"])
        if begun and prompt_of(request) == prompt and left:
            return left.pop(0)
        return written.respond(path, request)

    return respond


def error(status: int, message: str, **more: Any) -> Completion:
    return Completion(status=status, body={"error": {"message": message, "type": "error"}}, **more)


SPOKEN = {
    "401": (error(401, "Incorrect API key provided"), "key was refused"),
    "404": (error(404, "The model does not exist"), "does not know this model"),
    "429": (error(429, "Rate limit reached", headers={"Retry-After": "0.05"}), "limits the rate"),
    "500": (error(500, "The server had an error"), "server failed (500)"),
    "content_filter": (Completion("", finish="content_filter"), "content filter"),
    "empty": (Completion(""), "answered with nothing"),
    "huge": (Completion("and then there is more to say about it " * 800, piece=200), "went on and on"),
    "wrong_language": (
        Completion(
            "Danke für Ihre Antwort, aber das ist noch nicht alles, was man dazu sagen kann und sollte.", piece=8
        ),
        "another language",
    ),
}
"""Faults while the words are found: what the server sends, and what the candidate's line says."""


def speaking(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.respond.with_args(always("words", SPOKEN[name][0])), id=name)


async def one_turn(engine: Any) -> tuple[list[Any], str]:
    """Answer the first question; the events of the turn, and the words as they were streamed."""
    interview = await engine.create(SETUP)
    items = [item async for item in engine.reply(interview, ANSWER)]
    stored = await engine.events(interview)
    assert sum(isinstance(event, Answered) for event in stored) == 1
    assert isinstance(stored[-1], Asked)
    streamed = "".join(item.text for item in items if not hasattr(item, "type"))
    return stored, streamed


@pytest.mark.parametrize("name", [speaking(name) for name in SPOKEN])
async def test_fault_while_speaking(name: str, wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings()) as engine:
        events, streamed = await one_turn(engine)
        offline = Setup(round="technical", minutes=20, seed=0, engine="offline")
        twin = await engine.create(offline)
        _ = [item async for item in engine.reply(twin, ANSWER)]
        expected = (await engine.events(twin))[-1]
    asked = events[-1]
    assert asked.voice == "offline"
    assert SPOKEN[name][1] in asked.notice
    assert "\n" not in asked.notice
    assert asked.move == expected.move
    assert asked.text == expected.text == streamed
    failed = [e for e in events if isinstance(e, Called) and e.purpose.startswith("words") and "lead" not in e.purpose]
    assert failed[-1].fault or failed[-1].finish_reason


UNDERSTOOD = {
    "prose": Completion("I would say that this is an answer to the question."),
    "cut_off_json": Completion('{"kind": "ans', finish="length"),
    "wrong_enum": Completion('{"kind": "monologue"}'),
    "wrong_shape": Completion('{"category": "answer"}'),
}


def understanding(name: str, wrap: Any) -> Any:
    return pytest.param(name, marks=pytest.mark.respond.with_args(wrap("understand", UNDERSTOOD[name])), id=name)


@pytest.mark.parametrize("name", [understanding(name, once) for name in UNDERSTOOD])
async def test_bad_json_is_repaired(name: str, wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings(json_mode="json_mode")) as engine:
        events, _ = await one_turn(engine)
    asked = events[-1]
    assert asked.voice == "llm:relay"
    assert not asked.notice
    purposes = [e.purpose for e in events if isinstance(e, Called)]
    assert "understand, repaired" in purposes


@pytest.mark.parametrize("name", [understanding(name, always) for name in UNDERSTOOD])
async def test_bad_json_twice_leaves_the_turn_to_the_offline_voice(name: str, wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings(json_mode="json_mode")) as engine:
        events, streamed = await one_turn(engine)
    asked = events[-1]
    assert asked.voice == "offline"
    assert "does not fit" in asked.notice
    assert asked.text == streamed
    assert not any(isinstance(event, Understood) for event in events)


@pytest.mark.respond.with_args(once("words", *[error(429, "Rate limit reached", headers={"Retry-After": "0.05"})] * 2))
async def test_429_is_tried_again_after_the_time_that_the_provider_names(wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings(model_retries=2)) as engine:
        events, _ = await one_turn(engine)
    assert events[-1].voice == "llm:relay"
    assert not events[-1].notice


@pytest.mark.respond.with_args(once("understand", error(500, "The server had an error")))
async def test_500_is_tried_again(wire: Any, open_wired: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    async with open_wired(wire.settings(model_retries=1)) as engine:
        events, _ = await one_turn(engine)
    assert not events[-1].notice


@pytest.mark.respond.with_args(always("judge_criterion", error(500, "The server had an error")))
async def test_a_judge_that_fails_leaves_the_offline_score_and_says_so(wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings()) as engine:
        interview = await engine.create(SETUP)
        for text in (ANSWER, "/skip"):
            _ = [item async for item in engine.reply(interview, text)]
        await engine.end(interview, "stopped")
        report = await engine.report(interview)
        scores = [e.score for e in await engine.events(interview) if isinstance(e, Scored)]
    assert scores[-1].overall == scores[-2].overall
    assert scores[-1].engine == "offline"
    assert "server failed (500)" in scores[-1].trace[-1]
    assert report.questions[0].score == scores[-1].overall


# What a recording cannot hold is served live, on loopback.


def live(url: str, **changes: Any) -> Settings:
    return Settings(base_url=f"{url}/v1", model="openai:relay", model_retries=0, **changes)  # type: ignore[arg-type]


async def test_reset_in_mid_stream(open_wired: Any) -> None:
    broken = Completion("Thank you for that. Which of the two would you take here, and why?", reset_after=6)
    with serving(always("words", broken)) as url:
        async with open_wired(live(url)) as engine:
            events, streamed = await one_turn(engine)
    asked = events[-1]
    assert asked.voice == "offline"
    assert "broke off" in asked.notice
    assert asked.text == streamed


async def test_time_out(open_wired: Any) -> None:
    slow = Completion("Thank you.", delay_s=30)
    with serving(always("words", slow)) as url:
        async with open_wired(live(url, model_timeout_s=0.5)) as engine:
            events, _ = await one_turn(engine)
    assert events[-1].voice == "offline"
    assert "did not answer in time" in events[-1].notice


async def test_no_server_at_all(open_wired: Any) -> None:
    with serving(written.respond) as url:
        pass
    async with open_wired(live(url)) as engine:
        events, _ = await one_turn(engine)
    assert "cannot be reached" in events[-1].notice


async def test_a_listener_who_leaves_in_mid_stream_loses_nothing(open_wired: Any) -> None:
    slow = Completion("Thank you for that. Which of the two would you take here, and why? Say it.", pause_s=0.02)
    with serving(always("words", slow)) as url:
        async with open_wired(live(url)) as engine:
            interview = await engine.create(SETUP)
            turn = engine.reply(interview, ANSWER)
            await anext(turn)
            await turn.aclose()
            for _ in range(200):
                if (await engine.state(interview)).pending is None:
                    break
                await asyncio.sleep(0.05)
            events = await engine.events(interview)
    assert sum(isinstance(event, Answered) for event in events) == 1
    assert isinstance(events[-1], Asked)
    assert events[-1].text.endswith("?") or events[-1].text.endswith("Say it.")


async def test_ctrl_c_in_mid_turn_is_finished_on_resume_once(open_wired: Any) -> None:
    stuck = Completion("Thank you.", delay_s=60)
    with serving(always("words", stuck)) as url:
        async with open_wired(live(url)) as engine:
            interview = await engine.create(SETUP)
            task = asyncio.create_task(anext(engine.reply(interview, ANSWER)))
            await asyncio.sleep(0.5)
            task.cancel()
            await engine.close(patience=0.1)
    with serving(written.respond) as url:
        async with open_wired(live(url)) as engine:
            _ = [item async for item in engine.resume(interview)]
            events = await engine.events(interview)
    assert sum(isinstance(event, Answered) for event in events) == 1
    assert sum(isinstance(event, Asked) for event in events) == 3
    assert events[-1].voice == "llm:relay"
