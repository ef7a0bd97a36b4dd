"""Single answers over HTTP: the score that the commands give, and problems for what cannot be scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from interviewer.cli import app
from knowledge.library import Library

STORY = "The search failed for 8% of users. I traced it and fixed the parser. In the end failures fell from 8% to 1%."
PASTED = Library.load().rubrics["star"].strong.answer


def by_command(folder: Path, answer: str, *arguments: str) -> dict[str, Any]:
    file = folder / "answer.txt"
    file.write_text(answer, encoding="utf-8")
    result = CliRunner().invoke(app, ["grade", arguments[0], str(file), *arguments[1:], "--json"])
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def in_batch(folder: Path, **item: Any) -> dict[str, Any]:
    file = folder / "items.jsonl"
    file.write_text(json.dumps({"id": 1, **item}), encoding="utf-8")
    document = json.loads(CliRunner().invoke(app, ["grade", "batch", str(file)]).stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("answer", [STORY, PASTED, "", "Ich habe das Modell gebaut und wir haben es dann verbessert."])
def test_a_story_gets_one_score_wherever_it_comes_in(client: TestClient, tmp_path: Path, answer: str) -> None:
    asked = Library.load().question("production_issue")
    scores = [
        client.post("/v1/grade/star", json={"answer": answer, "question": asked.text}).json(),
        client.post("/v1/grade/answer", json={"answer": answer, "question": asked.id}).json(),
        by_command(tmp_path, answer, "star", "--question", asked.text),
        by_command(tmp_path, answer, "answer", "--question", asked.id),
        in_batch(tmp_path, kind="star", question=asked.text, answer=answer),
    ]
    for name in ("overall", "band", "criteria", "flags"):
        assert all(score[name] == scores[0][name] for score in scores), name
    assert ("sample_pasted" in scores[0]["flags"]) == (answer == PASTED)
    assert (scores[0]["overall"] or 0) <= (1.0 if answer == PASTED else 5.0)


def test_a_technical_answer_gets_one_score_wherever_it_comes_in(client: TestClient, tmp_path: Path) -> None:
    asked = Library.load().question("l1_vs_l2")
    answer = "L1 drives some weights exactly to zero because of its constant slope; L2 shrinks every weight a little."
    scores = [
        client.post("/v1/grade/answer", json={"answer": answer, "question": asked.id}).json(),
        by_command(tmp_path, answer, "answer", "--question", asked.id),
        in_batch(tmp_path, kind="technical", question=asked.text, answer=answer),
    ]
    for name in ("overall", "band", "criteria"):
        assert all(score[name] == scores[0][name] for score in scores), name


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("answer", {"answer": "x", "question": "l1_vs_l3"}, 404, "l1_vs_l2"),
        ("answer", {"answer": "x"}, 422, "question"),
        ("star", {"question": "x"}, 422, "answer"),
        ("star", {"answer": None}, 422, "answer"),
        ("star", {"answer": "x", "anwser": "y"}, 422, "anwser"),
        ("star", {"answer": "x" * 1_000_001}, 422, "at most 1000000 characters"),
    ],
)
def test_what_cannot_be_scored_is_a_problem(
    client: TestClient, path: str, body: dict[str, Any], status: int, told: str
) -> None:
    answer = client.post(f"/v1/grade/{path}", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.text


@pytest.mark.parametrize(
    ("odd", "status", "overall"),
    [
        ("\\ud800 half a pair", 422, None),
        ("\\u0000\\u0000", 200, 0.0),
        ("\\u202e \\u200b", 200, 0.0),
        ("🎉" * 100, 200, 0.0),
        ("bla " * 240_000, 200, 0.0),
        ("{}", 200, 0.0),
    ],
)
def test_an_odd_answer_is_scored_or_refused(client: TestClient, odd: str, status: int, overall: float | None) -> None:
    body = f'{{"answer": "{odd}"}}'.encode()
    answer = client.post("/v1/grade/star", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json().get("overall") == overall


def test_the_examples_of_the_documentation_work(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for path, name in (("star", "StarAnswer"), ("answer", "TechnicalAnswer")):
        for example in schemas[name]["examples"]:
            assert client.post(f"/v1/grade/{path}", json=example).status_code == 200, example
