"""The table of faults in the README, row by row: a practice over real HTTP, and the line that the candidate reads.

The endpoint runs here; everything between it and the screen is the command as it ships.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from interviewer.bench.endpoint import Completion, serving
from interviewer.events import Answered, AnyEvent, Asked, Scored
from interviewer.settings import read_settings
from interviewer.store import Store

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
ELSEWHERE = {
    "Ctrl-C": "tests/interviewer/cli/test_interrupt.py",
    "a dropped HTTP client": "tests/api/test_dropped_client.py",
}
"""Rows that need more than a server's answer, and the tests that show them."""

ANSWER = (
    "L1 adds the sum of absolute values of the weights and L2 the sum of their squares, so L1 drives some weights"
    " exactly to zero and L2 shrinks all of them."
)
ANSWERS = (ANSWER, "The gradient of the absolute value does not fade near zero, so small weights reach it.")
MARK = "L1 adds the sum"  # from here on things go wrong: the interview has begun


class Fault(NamedTuple):
    """What the server does to the calls with one prompt; more than `times` of them go well."""

    prompt: str
    completion: Completion
    times: int = 1_000
    settings: Mapping[str, str] = {}


def error(status: int, message: str, **more: Any) -> Completion:
    return Completion(status=status, body={"error": {"message": message, "type": "error"}}, **more)


LIMITED = error(429, "Rate limit reached", headers={"Retry-After": "0.05"})
RETRIES = {"INTERVIEWER_MODEL_RETRIES": "2"}
FAULTS = {
    "no answer in time": Fault("words", Completion("Late.", delay_s=5), settings={"INTERVIEWER_MODEL_TIMEOUT_S": "1"}),
    "the connection breaks off in mid-stream": Fault("words", Completion("Thank you for all of that.", reset_after=4)),
    "401, a wrong key": Fault("words", error(401, "Incorrect API key provided: sk-abcdefgh12345678")),
    "404, an unknown model": Fault("understand", error(404, "The model does not exist")),
    "429 with Retry-After, once": Fault("words", LIMITED, 1, RETRIES),
    "429 again and again": Fault("words", LIMITED, settings=RETRIES),
    "500": Fault("words", error(500, "The server had an error")),
    "a content filter": Fault("words", Completion("", finish="content_filter")),
    "an empty completion": Fault("words", Completion("")),
    "prose instead of JSON, once": Fault("understand", Completion("I would say that this is an answer."), 1),
    "prose instead of JSON, twice": Fault("understand", Completion("I would say that this is an answer."), 2),
    "JSON that is cut off, twice": Fault("understand", Completion('{"kind": "ans', finish="length"), 2),
    "a wrong value in JSON, twice": Fault("understand", Completion('{"kind": "monologue"}'), 2),
    "a huge completion": Fault("words", Completion("and then there is more to say about it " * 800, piece=200)),
    "another language": Fault(
        "words",
        Completion("Danke für Ihre Antwort, aber das ist noch nicht alles, was man dazu sagen kann und sollte."),
    ),
    "words that give the answer away, or praise what was not good": Fault("words", Completion("Great answer! Go on.")),
    "the judge fails": Fault("judge_criterion", error(500, "The server had an error")),
}


def rows() -> dict[str, tuple[str, str]]:
    """From the README's table: what goes wrong, to what the candidate reads and what happens."""
    table = README.split("| what goes wrong |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    return {wrong.strip(): (told, happens) for wrong, told, happens in cells}


def well(name: str) -> Completion:
    """What a plain model answers."""
    match name:
        case "understand":
            return Completion(json.dumps({"kind": "answer"}))
        case "judge_criterion":
            return Completion(json.dumps({"quotes": [], "reason": "Nothing bears on it.", "score": 0}))
        case "judge_claims":
            return Completion(json.dumps({"claims": []}))
        case _:
            return Completion("Thank you. What would you say to this?", piece=2)


def goes_wrong(fault: Fault) -> Any:
    left = [fault.times]

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        told = json.dumps(request["messages"])
        name = told.split("[prompt ", 1)[1].split("@", 1)[0]
        if name == fault.prompt and MARK in told and left[0]:
            left[0] -= 1
            return fault.completion
        return well(name)

    return respond


def stored(home: Path) -> list[AnyEvent]:
    """The events of the one interview in the database."""

    async def read() -> list[AnyEvent]:
        async with Store.open(read_settings().storage_url) as store:
            (one,) = await store.list()
            return await store.read(one.interview_id)

    return asyncio.run(read())


def test_the_table_has_a_row_for_every_fault() -> None:
    assert set(rows()) == set(FAULTS) | set(ELSEWHERE)


@pytest.mark.parametrize("name", FAULTS)
def test_the_candidate_reads_the_line_and_no_turn_is_lost_or_doubled(
    name: str, cli: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _ = rows()[name]
    fault = FAULTS[name]
    for variable, value in {"INTERVIEWER_MODEL_RETRIES": "0", **fault.settings}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("INTERVIEWER_MODEL", "openai:gpt-5-mini")
    monkeypatch.setenv("INTERVIEWER_JSON_MODE", "json_mode")
    monkeypatch.setenv("INTERVIEWER_API_KEY", "sk-abcdefgh12345678")
    answers = "\n---\n".join((*ANSWERS, "/skip", "I do not know.") if fault.prompt == "judge_criterion" else ANSWERS)
    with serving(goes_wrong(fault)) as url:
        monkeypatch.setenv("INTERVIEWER_BASE_URL", f"{url}/v1")
        run = cli(
            "practice", "--engine", "llm", "--round", "technical", "--seed", "5", "--answers", "-",
            stdin=answers.encode(),
        )  # fmt: skip
    assert (run.status, run.err) == (0, "")
    shown = " ".join(run.out.split())
    events = stored(home)
    asked = [event for event in events if isinstance(event, Asked)]
    typed = [event.text for event in events if isinstance(event, Answered)]
    assert typed == answers.split("\n---\n")
    assert len(asked) == len(typed) + 2  # the greeting and the first question come unasked
    for event in asked:  # every word was shown, in full
        assert plain(event.text) in plain(run.out), event.text
    if told.startswith("nothing"):
        assert "language model failed" not in shown
        assert "could not judge" not in shown
        assert all(event.voice == "llm:gpt-5-mini" for event in asked)
    else:
        assert told.strip("“”") in shown
    if fault.prompt == "judge_criterion":
        assert shown.count("could not judge") == 2  # at the next turn, and on the scorecard
        assert [e.score.notice for e in events if isinstance(e, Scored) and e.score.notice]
    elif not told.startswith("nothing"):
        assert asked[2].voice == "offline"
    assert "sk-abcdefgh12345678" not in run.out + run.err + logged(home)
    assert "Scorecard" in run.out


def plain(text: str) -> str:
    """The words alone: what the screen does to Markdown and line ends is its own business."""
    return " ".join(re.findall(r"\w+", text))


def logged(home: Path) -> str:
    log = home / "interviewer.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""
