"""Interviews over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient


def _begin(client: TestClient, **wanted: Any) -> dict[str, Any]:
    response = client.post("/v1/interviews", json={"seed": 7, "engine": "offline", **wanted})
    assert response.status_code == 201, response.text
    return response.json()


def _frames(text: str) -> list[tuple[str, dict[str, Any]]]:
    frames = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        frames.append((fields["event"], json.loads(fields["data"])))
    return frames


def _say(client: TestClient, interview_id: str, text: str, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    key = more.pop("key", None)
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/v1/interviews/{interview_id}/messages"
    response = client.post(path, json={"text": text, **more}, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return _frames(response.text)


def test_an_interview_begins_with_a_question(client: TestClient) -> None:
    interview = _begin(client, round="technical")
    assert interview["events"][0]["type"] == "started"
    assert interview["standing"].strip()
    assert interview["last"] == len(interview["events"])


def test_the_reply_streams_its_words_and_then_the_turn(client: TestClient) -> None:
    interview = _begin(client, round="technical")
    frames = _say(client, interview["interview_id"], "/repeat")
    names = [name for name, _ in frames]
    first_event = names.index("answered")
    assert set(names[:first_event]) == {"delta"}
    assert names[-2:] == ["asked", "done"]
    words = "".join(data["text"] for name, data in frames if name == "delta")
    assert words == dict(frames)["asked"]["text"]


def test_who_declares_no_time_is_timed_by_when_the_answer_came(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview = _begin(client, round="technical")
    assert (
        dict(_say(client, interview["interview_id"], "/repeat"))["answered"]["seconds"] == 0
    )  # sooner than it is said

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(minutes=2)

    monkeypatch.setattr("api.routes.interviews.datetime", Later)
    frames = dict(_say(client, interview["interview_id"], "/repeat"))
    assert 120 <= frames["answered"]["seconds"] < 300
    frames = dict(_say(client, interview["interview_id"], "/repeat", seconds=5))
    assert frames["answered"]["seconds"] == 5


def test_what_was_said_can_be_read_back_from_where_one_left_off(client: TestClient) -> None:
    interview = _begin(client)
    _say(client, interview["interview_id"], "/time")
    path = f"/v1/interviews/{interview['interview_id']}"
    rest = client.get(path, params={"after": interview["last"]}).json()
    assert rest["events"][0]["type"] == "answered"
    assert rest["last"] == interview["last"] + len(rest["events"])


def test_a_repeated_key_gets_the_first_answer_and_says_it_once(client: TestClient) -> None:
    interview = _begin(client)
    first = _say(client, interview["interview_id"], "/time", key="abc")
    again = _say(client, interview["interview_id"], "/time", key="abc")
    asked = [dict(frames)["asked"] for frames in (first, again)]
    assert asked[0] == asked[1]
    events = client.get(f"/v1/interviews/{interview['interview_id']}").json()["events"]
    assert sum(event["type"] == "answered" for event in events) == 1


def test_a_message_that_missed_something_is_refused_and_told_what_to_do(client: TestClient) -> None:
    interview = _begin(client)
    _say(client, interview["interview_id"], "/time")
    stale = {"text": "/time", "after": interview["last"]}
    response = client.post(f"/v1/interviews/{interview['interview_id']}/messages", json=stale)
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["hint"]


def test_a_stopped_interview_has_a_report_and_takes_no_more(client: TestClient) -> None:
    interview = _begin(client)
    frames = _say(client, interview["interview_id"], "/quit")
    assert "ended" in dict(frames)
    report = client.get(f"/v1/interviews/{interview['interview_id']}/report").json()
    assert report["finished"] is False  # it can be resumed
    assert report["verdict"] == "not enough evidence"
    response = client.post(f"/v1/interviews/{interview['interview_id']}/messages", json={"text": "one more thing"})
    assert response.status_code == 409


def test_a_deleted_interview_is_gone(client: TestClient) -> None:
    interview = _begin(client)
    path = f"/v1/interviews/{interview['interview_id']}"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404
    assert client.get("/v1/interviews").json() == []


def test_everything_typed_can_be_exported(client: TestClient) -> None:
    interview = _begin(client)
    _say(client, interview["interview_id"], "Zażółć gęślą jaźń 🙂")
    document = client.get(f"/v1/interviews/{interview['interview_id']}/export").json()
    assert "Zażółć gęślą jaźń 🙂" in [event.get("text") for event in document["events"]]


@pytest.mark.parametrize(
    "body",
    [
        {"round": "karaoke"},
        {"minutes": 0},
        {"minutes": "NaN"},
        {"seed": -1},
        {"seed": 2**40},
        {"level": None},
        {"unknown": 1},
        [],
    ],
)
def test_a_malformed_request_names_the_field(client: TestClient, body: Any) -> None:
    response = client.post("/v1/interviews", json=body)
    assert response.status_code == 422
    problem = response.json()
    assert problem["errors"][0]["field"].startswith("body")
    assert not any("[" in error["field"] for error in problem["errors"])
    assert problem["detail"]


def test_an_enormous_message_is_refused_and_nothing_is_lost(client: TestClient) -> None:
    interview = _begin(client)
    path = f"/v1/interviews/{interview['interview_id']}"
    assert client.post(f"{path}/messages", json={"text": "€" * 999_999}).status_code == 413
    too_large = b'{"text": "' + b"a" * 8_000_000 + b'"}'
    for content in (too_large, iter([too_large])):  # its length declared, and not
        refused = client.post(f"{path}/messages", content=content, headers={"content-type": "application/json"})
        assert refused.status_code == 413
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["hint"]
    assert client.get(path).json()["last"] == interview["last"]
    _say(client, interview["interview_id"], "/time")


def test_an_unknown_interview_is_404_whatever_its_id_looks_like(client: TestClient) -> None:
    for interview_id in ("nope", "%00", "..%2f..", "a" * 64, "%F0%9F%92%A5"):
        assert client.get(f"/v1/interviews/{interview_id}").status_code in {404, 422}
        assert client.post(f"/v1/interviews/{interview_id}/messages", json={"text": "x"}).status_code in {404, 422}


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("PUT", "/v1/interviews", {}, 405),
        ("POST", "/v1/interviews", {"content": "{bad", "headers": {"content-type": "application/json"}}, 422),
        ("POST", "/v1/interviews", {"content": "x", "headers": {"content-type": "text/plain"}}, 422),
    ],
)
def test_every_error_is_a_problem_that_says_what_to_do(
    client: TestClient, method: str, path: str, options: Any, status: int
) -> None:
    response = client.request(method, path, **options)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["hint"]


def test_an_answer_alone_is_graded_as_in_an_interview(client: TestClient) -> None:
    wanted = {"question": "code_ridge", "answer": "```python\ndef ridge(X, y, lam):\n    return 1\n```"}
    criteria = client.post("/v1/grade/answer", json=wanted).json()["criteria"]
    assert [c["criterion"] for c in criteria] == ["correctness"]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_message_without_a_word_spends_no_turn(client: TestClient, text: str) -> None:
    path = f"/v1/interviews/{_begin(client, round='technical')['interview_id']}"
    before = client.get(path).json()
    response = client.post(f"{path}/messages", json={"text": text})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.text"
    assert client.get(path).json() == before
