"""Derivations over HTTP: listed, read, graded, and refused as problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from interviewer.settings import Settings


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    home: Path = tmp_path_factory.mktemp("home")
    return TestClient(create_app(Settings(home=home), warm=False))


def test_a_derivation_is_listed_read_and_graded(client: TestClient) -> None:
    with client:
        listed = client.get("/v1/derivations").json()
        assert {"slug", "title", "topic", "level"} == set(listed[0])
        read = client.get("/v1/derivations/ridge_gradients").json()
        assert read["terms"] == ["dw", "db"]
        assert "## Wanted" in read["statement"]
        formulas = "dw = 2 / n * X.T @ e\ndb = 2 * mean(e)"
        verdict = client.post("/v1/derivations/ridge_gradients/submissions", json={"formulas": formulas}).json()
    assert [check["name"] for check in verdict["checks"] if not check["passed"]] == ["dw"]
    assert [seen["id"] for seen in verdict["misconceptions"]] == ["penalty_missing"]


@pytest.mark.parametrize(
    ("slug", "formulas", "status"),
    [
        ("nothing_of_ours", "dw = 1", 404),
        ("ridge_gradients", "dw = " + "(" * 100 + "1", 413),
        ("ridge_gradients", "x" * 20_001, 422),
    ],
)
def test_what_cannot_be_graded_is_a_problem(client: TestClient, slug: str, formulas: str, status: int) -> None:
    with client:
        answer = client.post(f"/v1/derivations/{slug}/submissions", json={"formulas": formulas})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
