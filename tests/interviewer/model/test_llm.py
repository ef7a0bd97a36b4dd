"""The seam on a wire: streaming, and JSON in each way that servers have, down to none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from interviewer.bench.endpoint import Completion
from interviewer.model.ledger import start_collecting
from interviewer.model.llm import MODES, open_model
from interviewer.settings import Settings
from knowledge.errors import ModelError


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str
    size: int


MESSAGES = [("system", "You sort animals."), ("human", "A horse.")]
FILLED = '{"kind": "mammal", "size": 3}'


def respond(path: str, request: Mapping[str, Any]) -> Completion:
    return Completion(FILLED if not request.get("stream") else "A horse is a mammal, of a fair size.")


def only(*known: str) -> Any:
    """A server that refuses every way of asking for JSON but these."""

    def answer(path: str, request: Mapping[str, Any]) -> Completion:
        wanted = (request.get("response_format") or {}).get("type", "function" if request.get("tools") else "plain")
        if wanted in known:
            text = FILLED if wanted != "plain" else f"Here you are:\n```json\n{FILLED}\n```"
            return Completion(text)
        message = f"'{'tools' if wanted == 'function' else 'response_format'}' of type {wanted} is not supported"
        return Completion(status=400, body={"error": {"message": message, "type": "invalid_request_error"}})

    return answer


@pytest.mark.respond.with_args(respond)
async def test_streaming(wire: Any) -> None:
    calls = start_collecting()
    pieces = [piece async for piece in open_model(wire.settings()).stream("test", "test@1", MESSAGES)]
    assert "".join(pieces) == "A horse is a mammal, of a fair size."
    assert len(pieces) > 3
    assert wire.requests[0]["stream"] is True
    assert calls[0].input_tokens > 0
    assert calls[0].output_tokens > 0
    assert calls[0].finish_reason == "stop"


@pytest.mark.respond.with_args(respond)
@pytest.mark.parametrize("mode", MODES)
async def test_structured_output(mode: str, wire: Any) -> None:
    model = open_model(wire.settings(json_mode=mode))
    assert await model.structured("test", "test@1", MESSAGES, Answer) == Answer(kind="mammal", size=3)
    request = wire.requests[0]
    if mode == "json_schema":
        assert request["response_format"]["json_schema"]["strict"] is True
    elif mode == "function_calling":
        assert request["tool_choice"]["function"]["name"] == "Answer"
    elif mode == "json_mode":
        assert request["response_format"] == {"type": "json_object"}
    else:
        assert "response_format" not in request
        assert "tools" not in request


@pytest.mark.respond.with_args(only("function"))
async def test_a_server_without_json_schema_is_asked_by_function(wire: Any) -> None:
    model = open_model(wire.settings())
    assert await model.structured("test", "test@1", MESSAGES, Answer) == Answer(kind="mammal", size=3)
    assert model.mode == "function_calling"


@pytest.mark.respond.with_args(only("plain"))
async def test_a_server_that_does_plain_text_only(wire: Any) -> None:
    model = open_model(wire.settings())
    assert await model.structured("test", "test@1", MESSAGES, Answer) == Answer(kind="mammal", size=3)
    assert model.mode == "plain"
    assert "response_format" not in json.dumps(wire.requests[-1])


def test_without_a_model_the_hint_is_the_line_that_mends_it() -> None:
    with pytest.raises(ModelError) as caught:
        open_model(Settings())
    assert caught.value.hint.startswith("export INTERVIEWER_MODEL=")


def test_without_a_package_the_hint_installs_it() -> None:
    with pytest.raises(ModelError) as caught:
        open_model(Settings(model="anthropic:some-model"))
    assert caught.value.hint == "pip install langchain-anthropic"


def test_without_a_key_the_hint_names_the_variable() -> None:
    with pytest.raises(ModelError) as caught:
        open_model(Settings(model="openai:some-model"))
    assert "OPENAI_API_KEY" in caught.value.hint


def test_a_key_is_never_shown() -> None:
    settings = Settings(model="openai:some-model", api_key="sk-" + "x" * 20)  # type: ignore[arg-type]
    model = open_model(settings)
    assert "xxxx" not in repr(settings)
    assert "xxxx" not in repr(model._chat)
