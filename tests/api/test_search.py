"""Search over HTTP: the nearest passages, and whether any is near."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("query", "near"), [("why does the L1 penalty give exact zeros", True), ("how to prune roses in spring", False)]
)
def test_a_search_tells_whether_anything_is_near(client: TestClient, query: str, near: bool) -> None:
    found = client.get("/v1/search", params={"q": query, "k": 3}).json()
    assert found["near"] is near
    assert len(found["passages"]) == 3
