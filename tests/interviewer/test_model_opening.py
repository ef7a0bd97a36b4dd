"""Opening a model: exact hints, no key anywhere, and servers that pass over how they are asked for JSON."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from interviewer.bench.endpoint import Completion, serving
from interviewer.model.faults import fault_of
from interviewer.model.ledger import start_collecting
from interviewer.model.llm import open_model
from interviewer.settings import Settings
from knowledge.errors import ModelError

KEY = "sk-abcdefgh12345678secret"


class Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: str


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"refused: Authorization: Bearer {KEY}"),
        RuntimeError(f"validation of api_key='{KEY}' failed"),
        RuntimeError(f"Incorrect API key provided: {KEY}."),
        RuntimeError(f"{{'api_key': '{KEY}'}}"),
    ],
)
def test_a_library_that_prints_the_key_is_not_repeated(error: Exception) -> None:
    told = fault_of(error, "gpt-5-mini")
    assert KEY not in f"{told.message} {told.hint}"
    assert "gpt-5-mini failed" in told.message


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY} more", f"{KEY}é"])
async def test_a_key_with_an_odd_character_is_told_without_it(key: str) -> None:
    calls = start_collecting()
    with serving(lambda path, request: Completion("Hello.")) as url:
        model = open_model(Settings(base_url=f"{url}/v1", model="openai:local", api_key=key, model_retries=0))  # type: ignore[arg-type]
        told = ""
        try:
            _ = [piece async for piece in model.stream("words", "none", [("human", "Hello?")])]
        except ModelError as error:
            told = f"{error.message} {error.hint}"
    assert KEY not in told
    assert KEY not in repr(model) + repr(vars(model)) + repr(calls)


def test_a_model_that_cannot_be_opened_does_not_print_what_it_was_given() -> None:
    with pytest.raises(ModelError) as caught:
        open_model(Settings(model="nobody:knows", api_key=KEY))  # type: ignore[arg-type]
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("provider", "line"),
    [("bedrock", "pip install langchain-aws"), ("google_genai", "pip install langchain-google-genai")],
)
def test_the_package_is_named_as_its_index_names_it(provider: str, line: str) -> None:
    with pytest.raises(ModelError) as caught:
        open_model(Settings(model=f"{provider}:some-model"))
    assert caught.value.hint == line


async def test_a_server_that_passes_over_how_it_is_asked_is_asked_in_words_from_then_on() -> None:
    asked: list[str] = []

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        told = json.dumps(request["messages"])
        asked.append("words" if "fits this JSON schema" in told else "unseen")
        # A function call that was asked for does not come either: plain content, as old servers send it.
        return Completion('{"colour": "red"}' if asked[-1] == "words" else "It is red, I would say.")

    with serving(respond) as url:
        model = open_model(Settings(base_url=f"{url}/v1", model="openai:local", model_retries=0))
        for _ in range(3):
            filled = await model.structured("test", "none", [("human", "Which colour?")], Colour)
            assert filled.colour == "red"
    assert asked == ["unseen", "words", "words", "words"]


async def test_one_slip_of_a_way_that_works_does_not_lose_it() -> None:
    left = ['{"colour": "red"}', "It is red.", '{"colour": "red"}', '{"colour": "red"}']

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        return Completion(left.pop(0))

    with serving(respond) as url:
        model = open_model(Settings(base_url=f"{url}/v1", model="openai:local", model_retries=0))
        for _ in range(3):
            await model.structured("test", "none", [("human", "Which colour?")], Colour)
    assert model.mode == "json_schema"
