"""An interview from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

ANSWERS = """\
I am an ML engineer with six years in payments. Last year I led the fraud model and cut false positives by a third.
---
/hint
---
I don't know.
---
What do you mean by that?
---
I would first look at the confusion matrix, because accuracy hides which class fails.
"""


class Cli(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Any: ...


SETUP = ("practice", "--engine", "offline", "--answers", "-")


@pytest.fixture
def report(cli: Cli) -> dict[str, Any]:
    document: dict[str, Any] = cli(*SETUP, "--seed", "11", "--json", stdin=ANSWERS.encode()).document
    return document


def test_the_report_is_one_document_of_the_promised_shape(report: dict[str, Any]) -> None:
    assert report.keys() >= {"interview_id", "engine", "verdict", "questions", "next_practice"}
    assert report["engine"] == "offline"
    for question in report["questions"]:
        assert question.keys() >= {"id", "round", "topic", "level", "score", "band", "turns", "criteria"}
        assert question["turns"][0].keys() == {"role", "kind", "text"}
    # Every point has a quotation from what was typed, and a hint that was taken is counted.
    scored = [c for question in report["questions"] for c in question["criteria"] if c["score"]]
    assert scored
    assert all(evidence["quote"] in ANSWERS for criterion in scored for evidence in criterion["evidence"])
    assert sum(question["hints"] for question in report["questions"]) >= 1


def test_the_same_seed_and_answers_give_the_same_interview_and_another_seed_another(
    cli: Cli, report: dict[str, Any]
) -> None:
    def comparable(document: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in document.items() if key != "interview_id"}

    # Another process, with other hashes, and a home of its own: nothing may depend on either.
    command = [sys.executable, "-m", "interviewer", *SETUP, "--seed", "11", "--json"]
    again = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=300, input=ANSWERS, env={**os.environ}
    )
    assert comparable(json.loads(again.stdout)) == comparable(report)
    other = cli(*SETUP, "--seed", "12", "--json", stdin=ANSWERS.encode()).document
    assert [q["turns"] for q in other["questions"]] != [q["turns"] for q in report["questions"]]


def test_people_read_80_columns_without_colour_when_piped(cli: Cli) -> None:
    shown = cli(*SETUP, "--seed", "5", stdin=ANSWERS.encode()).out
    assert "\x1b" not in shown
    assert max(len(line.rstrip()) for line in shown.splitlines() if "interviewer " not in line) <= 80
    assert "45 minutes" in shown.partition("fraud model")[0]
    assert "Scorecard" in shown
    assert "--resume" in shown


def test_a_pipe_without_answers_file_is_read_as_typed(cli: Cli) -> None:
    shown = cli("practice", "--engine", "offline", "--seed", "5", stdin=b"I work on ranking.\n\n/quit\n").out
    assert "Scorecard" in shown


def test_an_interview_goes_on_where_it_was_with_its_question_in_view(cli: Cli) -> None:
    first = cli(*SETUP, "--seed", "4", "--json", stdin=b"I do not see it yet, perhaps it is about variance.").document
    shown = cli("practice", "--resume", first["interview_id"], "--answers", "-", stdin=b"/quit").out
    assert "Going on" in shown
    question = next(t["text"] for t in first["questions"][0]["turns"] if t["kind"] == "question")
    assert " ".join(question.split()[-6:]) in " ".join(shown.split())


def test_code_in_a_fence_is_run_without_a_command(cli: Cli) -> None:
    answer = b"```python\ndef nothing():\n    pass\n```"
    document = cli(*SETUP, "--round", "coding", "--seed", "2", "--json", stdin=answer).document
    (verdict,) = document["questions"][0]["verdicts"]
    assert "defines nothing" in verdict["error"]


@pytest.mark.parametrize("content", [None, b"", b"\x00\x01\x02\x03"])
def test_answers_that_cannot_be_read_are_status_2(cli: Cli, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "none.txt"
    if content is not None:
        file.write_bytes(content)
    run = cli("practice", "--answers", str(file), "--json")
    assert (run.status, run.out) == (2, "")
    assert "none.txt" in run.err
