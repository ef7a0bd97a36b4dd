"""The published contract is complete, and nothing that fits it, or nearly fits it, breaks the server."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from api.app import create_app
from interviewer.settings import Settings

SCHEMA = schemathesis.openapi.from_dict(create_app(Settings(home=Path("unused"))).openapi())
OPERATIONS = {operation.label: operation for operation in (result.ok() for result in SCHEMA.get_all_operations())}


class _Server(uvicorn.Server):
    """A server whose signals stay with the test runner."""

    def install_signal_handlers(self) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on a free port of loopback."""
    app = create_app(Settings(home=tmp_path_factory.mktemp("home")), warm=False)
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def interview_id(address: str) -> str:
    created = httpx.post(f"{address}/v1/interviews", json={"seed": 1, "engine": "offline"}, timeout=30)
    identifier: str = created.json()["interview_id"]
    return identifier


@pytest.mark.parametrize("label", OPERATIONS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_that_is_sent_breaks_the_server(
    address: str, interview_id: str, label: str, data: st.DataObject
) -> None:
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    case = data.draw(st.one_of(*(OPERATIONS[label].as_strategy(generation_mode=mode) for mode in modes)))
    # A real interview, so that the paths behind "no such interview" are reached; deleting one stays hypothetical.
    if "interview_id" in case.path_parameters and case.method != "DELETE" and data.draw(st.booleans()):
        case.path_parameters["interview_id"] = interview_id
    response = case.call(base_url=address)
    assert response.status_code < 500, response.text


def test_every_operation_says_what_it_does_and_how_it_fails(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation.get("description"), where
            assert "{" not in path or "404" in operation["responses"], where
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert "application/problem+json" in response["content"], f"{where} {status}"


def test_every_request_body_has_an_example(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if body := operation.get("requestBody"):
                name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                assert document["components"]["schemas"][name]["examples"], path


def test_the_schema_needs_no_running_engine(home: Path) -> None:
    """A generator of clients can import the application without a database or a sandbox."""
    create_app(Settings(home=home)).openapi()
    assert list(home.iterdir()) == []


def test_the_page_of_documentation_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert any(part.endswith(".js") for part in parts)
    for part in parts:
        assert part.startswith("/"), f"{part} is fetched from elsewhere"
        assert client.get(part).status_code == 200
