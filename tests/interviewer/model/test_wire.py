"""What goes over the wire to servers whose chat template takes the roles in strict alternation only."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from evaluators.judge import Item, Judge, Subject
from interviewer.bench.endpoint import Completion, serving
from interviewer.model.llm import MODES, open_model
from interviewer.model.wire import in_turns
from interviewer.settings import Settings
from knowledge.models import Anchors

MESSAGES = [("system", "Be brief."), ("human", "The settings."), ("human", "The message."), ("human", "Say it.")]


class Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: str


def refusal_of(request: Mapping[str, Any]) -> str:
    """What such a template says: `system` first or nowhere, then user and assistant in turn, a user at the end."""
    roles = [message["role"] for message in request["messages"]]
    if roles[:1] == ["system"]:
        roles = roles[1:]
    if roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        return "Conversation roles must alternate user/assistant/user/assistant/..."
    return ""


def strict(*completions: str) -> tuple[Any, list[Mapping[str, Any]]]:
    """A server that refuses anything else, and the requests that it took."""
    left, taken = list(completions), []

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        if said := refusal_of(request):
            return Completion(status=400, body={"error": {"message": said, "type": "BadRequestError"}})
        taken.append(request)
        return Completion(left.pop(0) if len(left) > 1 else left[0])

    return respond, taken


def model_at(url: str, **changes: Any) -> Any:
    return open_model(Settings(base_url=f"{url}/v1", model="openai:local", model_retries=0, **changes))


async def test_streaming() -> None:
    respond, taken = strict("I am ready.")
    with serving(respond) as url:
        said = "".join([piece async for piece in model_at(url).stream("words", "none", MESSAGES)])
    assert said == "I am ready."
    assert taken[0]["messages"][1]["content"] == "The settings.\n\nThe message.\n\nSay it."


@pytest.mark.parametrize("mode", MODES)
async def test_every_way_to_get_json_and_its_repair(mode: str) -> None:
    respond, taken = strict('{"color": "red"}', '{"colour": "red"}')
    with serving(respond) as url:
        filled = await model_at(url, json_mode=mode).structured("test", "none", MESSAGES, Colour)
    assert filled.colour == "red"
    assert [m["role"] for m in taken[1]["messages"]] == ["system", "user", "assistant", "user"]


async def test_the_criteria_of_one_answer_begin_the_same_up_to_its_end() -> None:
    respond, taken = strict('{"quotes": [], "reason": "Nothing.", "score": 0}')
    anchors = Anchors(one="1", three="3", five="5")
    items = tuple(Item(id=name, title=name, ask=f"Is there {name}?", anchors=anchors) for name in ("cause", "cost"))
    with serving(respond) as url:
        judge = Judge(model_at(url, json_mode="json_mode"))
        await judge.judge("It is zebras.", Subject(question="Why?", level="senior", items=items))
    told = [request["messages"][1]["content"] for request in taken]
    shared = {text[: text.index("</candidate>")] for text in told}
    assert len(told) == 3
    assert len(shared) == 1
    assert "It is zebras." in shared.pop()


@given(
    st.lists(st.tuples(st.sampled_from(["human", "ai"]), st.text(max_size=5)), max_size=8),
    st.lists(st.tuples(st.sampled_from(["human", "ai"]), st.text(max_size=5)), max_size=3),
)
def test_roles_alternate_nothing_is_lost_and_beginnings_stay(messages: Any, more: Any) -> None:
    turns = in_turns(messages)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(turns))
    assert [c for _, text in messages for c in text if c != "\n"] == [c for _, text in turns for c in text if c != "\n"]
    longer = in_turns([*messages, *more])
    if turns:
        assert longer[: len(turns) - 1] == turns[:-1]
        assert longer[len(turns) - 1][0] == turns[-1][0]
        assert longer[len(turns) - 1][1].startswith(turns[-1][1])
