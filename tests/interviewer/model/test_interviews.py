"""Whole interviews over the wire: every round, and forty-five minutes of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from interviewer.events import Answered, Asked, Called, Scored, Setup, Understood
from interviewer.state import replay
from knowledge.library import Library
from knowledge.models import Frozen

ANSWERS = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text(encoding="utf-8"))


class Held(Frozen):
    """An interview that was held: everything stored, and the scorecard."""

    events: tuple[Any, ...]
    report: Any

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


async def hold(engine: Any, setup: Setup) -> Held:
    """Answer by the file what is asked, and skip what it has no answer to, until it is over."""
    interview = await engine.create(setup)
    left = {question: {to: list(told) for to, told in answers.items()} for question, answers in ANSWERS.items()}
    for _ in range(40):
        state = await engine.state(interview)
        if state.ended is not None:
            break
        move = state.standing.move
        answers = left[state.current.question_id]
        waiting = answers.get("question" if move.kind == "question" else move.target) or answers.get("anything")
        text = waiting.pop(0) if waiting else "/skip"
        code = text.startswith("code:")
        async for _ in engine.reply(interview, text.removeprefix("code:").strip() if code else text, code=code):
            pass
    report = await engine.report(interview)
    return Held(events=tuple(await engine.events(interview)), report=report)


def check(held: Held, bank: Library) -> None:
    """What holds for every interview, whatever was said in it."""
    assert held.report.finished
    assert held.report.engine == "llm:relay"
    asked, answered = held.of(Asked), held.of(Answered)
    assert not [(event.notice, event.move) for event in asked if event.notice]
    assert all(event.voice == "llm:relay" for event in asked)
    assert len(asked) == len(answered) + 2  # the greeting and the first question come unasked
    for event in asked:
        if event.move.kind == "question":
            assert bank.question(event.move.question_id).text.strip() in event.text
    calls = held.of(Called)
    assert held.report.usage.calls == len(calls)
    assert held.report.usage.input_tokens == sum(call.input_tokens for call in calls) > 0
    assert all(call.prompt and call.finish_reason == "stop" and not call.fault for call in calls)
    state = replay(held.events)
    said = [event.text for event in answered]
    for question in held.report.questions:
        asked_of = state.question(question.id)
        assert asked_of is not None
        assert all(any(part in text for text in said) for part in asked_of.answer.split("\n\n"))
        answer = asked_of.answer
        for criterion in question.criteria:
            if criterion.criterion == "correctness":
                continue  # its evidence is code
            for evidence in criterion.evidence:
                assert answer[evidence.start : evidence.end] == evidence.quote
            assert not criterion.score or criterion.evidence


def kinds(held: Held) -> list[str]:
    """The kind of each answer, after a second look."""
    found: list[str] = []
    for event in held.events:
        if isinstance(event, Answered):
            found.append(event.kind)
        elif isinstance(event, Understood):
            found[-1] = event.kind
    return found


@pytest.mark.parametrize("round_", ["warm-up", "technical", "coding", "design", "behavioural"])
async def test_one_round(round_: str, wire: Any, open_wired: Any, bank: Library) -> None:
    async with open_wired(wire.settings()) as engine:
        held = await hold(engine, Setup(round=round_, minutes=20, seed=5, engine="llm"))
    check(held, bank)
    assert {question.round for question in held.report.questions} == {round_}
    ensembles = [event for event in held.of(Scored) if event.score.engine == "ensemble"]
    assert {event.question_id for event in ensembles} <= {question.id for question in held.report.questions}
    assert ensembles


async def test_forty_five_minutes_mixed(wire: Any, open_wired: Any, bank: Library) -> None:
    setup = Setup(round="mixed", minutes=45, seed=11, engine="llm", persona="bar-raiser")
    async with open_wired(wire.settings(price_input=1.0, price_output=4.0)) as engine:
        held = await hold(engine, setup)
    check(held, bank)
    assert len({question.round for question in held.report.questions}) == 5
    assert held.report.usage.cost_usd is not None
    assert held.report.usage.cost_usd > 0


async def test_prompts_begin_the_same_on_every_turn(wire: Any, open_wired: Any) -> None:
    async with open_wired(wire.settings()) as engine:
        held = await hold(engine, Setup(round="behavioural", minutes=6, seed=2, engine="llm", persona="warm"))
    assert all(event.voice == "llm:relay" for event in held.of(Asked))
    spoken = [r["messages"] for r in wire.requests if r.get("stream")]
    assert len({messages[0]["content"] for messages in spoken}) == 1
    judged = [r["messages"] for r in wire.requests if "judge_criterion" in r["messages"][0]["content"]]
    by_answer: dict[str, set[str]] = {}
    for messages in judged:
        before, answer = messages[1]["content"].split("</candidate>", 1)[0].split("<candidate>", 1)
        by_answer.setdefault(answer, set()).add(before)
    assert by_answer
    assert all(len(before) == 1 for before in by_answer.values())
    for messages in [*spoken, *judged]:
        assert [m["role"] for m in messages] == ["system", "user"]
