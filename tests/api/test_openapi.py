"""The published contract is complete, and nothing that fits it breaks the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from api.app import create_app
from interviewer.settings import Settings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(Settings(home=tmp_path_factory.mktemp("home")), warm=False)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def contract(served: TestClient) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", served.app)


schema = schemathesis.pytest.from_fixture("contract")


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_is_sent_breaks_the_server(case: schemathesis.Case) -> None:
    response = case.call()
    assert response.status_code < 500, response.text


def test_every_operation_says_what_it_does_and_how_it_fails(served: TestClient) -> None:
    document = served.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation.get("description"), where
            assert "{" not in path or "404" in operation["responses"], where
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert "application/problem+json" in response["content"], f"{where} {status}"


def test_the_schema_needs_no_running_engine(home: Path) -> None:
    """A generator of clients can import the application without a database or a sandbox."""
    create_app(Settings(home=home)).openapi()
    assert list(home.iterdir()) == []
