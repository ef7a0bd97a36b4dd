"""A rubric that another process promotes is in force on a running server: for single answers, and new interviews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from interviewer.scoring.canary import Canary
from interviewer.settings import Settings
from knowledge.library import Library

STORY = "The search failed for 8% of users. I traced it and fixed the parser. In the end failures fell from 8% to 1%."


def promote(home: Path) -> str:
    """Put a star rubric in force in which reflection is nearly everything; return its name in versions."""
    rubric = Library.load().rubrics["star"].model_dump(mode="json") | {"version": 71}
    for criterion in rubric["criteria"]:
        criterion["weight"] = 50.0 if criterion["id"] == "reflection" else 1.0
    path = home / "star.yaml"
    path.write_text(yaml.safe_dump(rubric), encoding="utf-8")
    canary = Canary(Settings(home=home))
    canary.start_rubric(path, Library.load().with_rubric(path).rubrics["star"], 1.0)
    canary.promote()
    return "star@71"


def test_a_running_server_goes_by_it_without_a_restart(client: TestClient, home: Path) -> None:
    def graded() -> tuple[float, float, str]:
        star = client.post("/v1/grade/star", json={"answer": STORY}).json()
        answer = client.post("/v1/grade/answer", json={"question": "production_issue", "answer": STORY}).json()
        return star["overall"], answer["overall"], answer["versions"]["rubric"]

    def told(interview_id: str) -> dict[str, Any]:
        client.post(f"/v1/interviews/{interview_id}/messages", json={"text": STORY})
        events = client.get(f"/v1/interviews/{interview_id}/export").json()["events"]
        versions: dict[str, Any] = next(e["score"]["versions"] for e in events if e["type"] == "scored")
        return versions

    def begin() -> str:
        created = client.post("/v1/interviews", json={"round": "behavioural", "engine": "offline"}).json()
        interview_id: str = created["interview_id"]
        return interview_id

    begun_before, before = begin(), graded()
    name = promote(home)
    after, begun_after = graded(), begin()
    assert after[0] < before[0]
    assert after[1] < before[1]
    assert [before[2] == name, after[2] == name] == [False, True]
    assert told(begun_before)["rubric"] == before[2]
    assert told(begun_after)["rubric"] == name
