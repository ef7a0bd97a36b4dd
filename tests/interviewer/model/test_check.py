"""`doctor --llm`: what a server can do is found by asking it, down to servers that only do plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from interviewer.bench.endpoint import Completion, serving
from interviewer.model.check import examine_model
from interviewer.settings import Settings

FILLED = '{"animal": "horse"}'


def server(*known: str) -> Any:
    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        if request.get("stream"):
            return Completion("I am ready.")
        wanted = (request.get("response_format") or {}).get("type", "function" if request.get("tools") else "plain")
        if wanted in known:
            return Completion(FILLED)
        return Completion(status=400, body={"error": {"message": f"response_format {wanted}: no", "type": "invalid"}})

    return respond


async def examined(respond: Any, **changes: Any) -> dict[str, Any]:
    with serving(respond) as url:
        settings = Settings(base_url=f"{url}/v1", model="openai:local", model_retries=0, **changes)  # type: ignore[arg-type]
        return {finding.name: finding for finding in await examine_model(settings)}


@pytest.mark.parametrize(
    ("known", "picked"),
    [
        (("json_schema", "function", "json_object", "plain"), "strict JSON schema"),
        (("function", "plain"), "function calling"),
        (("json_object", "plain"), "plain JSON"),
        (("plain",), "JSON in plain text"),
    ],
)
async def test_the_best_way_that_works_is_picked(known: tuple[str, ...], picked: str) -> None:
    found = await examined(server(*known))
    assert found["streaming"].status == "ok"
    assert found["JSON"].status == "ok"
    assert found["JSON"].detail.startswith(picked)
    assert not any(finding.status == "broken" for finding in found.values())


async def test_a_server_that_fills_nothing_is_broken_with_a_way_out() -> None:
    found = await examined(server())
    assert found["JSON"].status == "broken"
    assert found["JSON"].hint


async def test_a_mode_that_was_set_and_does_not_work_is_told() -> None:
    found = await examined(server("plain"), json_mode="json_schema")
    assert found["JSON"].status == "broken"
    assert found["JSON"].hint == "export INTERVIEWER_JSON_MODE=plain"


async def test_without_a_model_the_line_that_mends_it_is_shown() -> None:
    found = await examine_model(Settings())
    assert found[0].status == "broken"
    assert found[0].hint.startswith("export INTERVIEWER_MODEL=")
