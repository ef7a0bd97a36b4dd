"""A client that goes away in mid-stream, over a real socket: the turn is finished, stored once, to be had again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from interviewer.bench.endpoint import Completion, serving
from interviewer.settings import Settings

ANSWER = "L1 drives some weights exactly to zero and L2 shrinks all of them, because of the gradient near zero."
SLOWLY = "Thank you for that answer. Where would you look next, and what would you expect to see there, and why?"
KEY = {"Idempotency-Key": "the-one-message"}


def respond(path: str, request: Mapping[str, Any]) -> Completion:
    told = json.dumps(request["messages"])
    name = told.split("[prompt ", 1)[1].split("@", 1)[0]
    if name == "understand":
        return Completion(json.dumps({"kind": "answer"}))
    return Completion(SLOWLY, pause_s=0.2 if "L1 drives" in told else 0.0, piece=6)


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """The API on a socket of its own, with a model that speaks slowly."""
    with serving(respond) as model:
        settings = Settings(home=home, base_url=f"{model}/v1", model="openai:local", model_retries=0)
        config = uvicorn.Config(create_app(settings, warm=False), port=0, log_level="error", ws="none", loop="asyncio")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.02)
        port = running.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}/v1/interviews"
        finally:
            running.should_exit = True
            thread.join(20)


def test_the_turn_is_finished_and_stored_once(server: str) -> None:
    with httpx.Client(timeout=60) as client:
        begun = client.post(server, json={"round": "technical", "seed": 5, "engine": "llm"}).json()
        interview = f"{server}/{begun['interview_id']}"
        message = {"json": {"text": ANSWER}, "headers": KEY}
        with client.stream("POST", f"{interview}/messages", **message) as reply:
            first = next(reply.iter_text())
        assert "event: delta" in first
        assert "event: done" not in first
        events: list[dict[str, Any]] = []
        for _ in range(200):
            events = client.get(interview).json()["events"]
            if events[-1]["type"] == "asked" and len(events) > begun["last"]:
                break
            time.sleep(0.1)
        again = client.post(f"{interview}/messages", **message)
        assert again.status_code == 200
        assert client.get(interview).json()["events"] == events
    new = [event["type"] for event in events[begun["last"] :]]
    assert new.count("answered") == 1
    assert new.count("asked") == 1
    asked = events[-1]
    assert asked["voice"] == "llm:local"
    assert asked["text"].endswith("and why?")
    frames = [frame.split("\n") for frame in again.text.strip().split("\n\n")]
    said = next(json.loads(data.removeprefix("data: ")) for name, data in frames if name == "event: asked")
    assert said["text"] == asked["text"]
    assert frames[-1][0] == "event: done"
