"""An interview from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def practice(*arguments: str, answers: str = ANSWERS, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "interviewer", "practice", "--engine", "offline", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=check,
        input=answers,
        env={**os.environ, "COLUMNS": "80"},
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "INTERVIEWER_HOME": str(home)}
    command = [sys.executable, "-m", "interviewer", "practice", "--answers", "-", "--seed", "11", "--json"]
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=True, input=ANSWERS, env=environment
    )
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def test_the_report_is_one_document_of_the_promised_shape(report: dict[str, Any]) -> None:
    assert {"interview_id", "engine", "verdict", "questions", "next_practice"} <= report.keys()
    assert report["engine"] == "offline"
    for question in report["questions"]:
        assert {"id", "round", "topic", "level", "score", "band", "turns", "criteria"} <= question.keys()
        assert {"role", "kind", "text"} == question["turns"][0].keys()


def test_every_point_has_a_quotation_from_what_was_typed(report: dict[str, Any]) -> None:
    quotes = [
        evidence["quote"]
        for question in report["questions"]
        for criterion in question["criteria"]
        if criterion["score"]
        for evidence in criterion["evidence"]
    ]
    assert quotes
    assert all(quote in ANSWERS for quote in quotes)


def test_a_hint_taken_is_counted(report: dict[str, Any]) -> None:
    assert sum(question["hints"] for question in report["questions"]) >= 1


def test_the_same_seed_and_answers_give_the_same_interview_and_another_seed_another() -> None:
    def said(seed: str) -> list[list[str]]:
        document = json.loads(practice("--answers", "-", "--seed", seed, "--json").stdout)
        return [[turn["text"] for turn in question["turns"]] for question in document["questions"]]

    assert said("5") == said("5")
    assert said("5") != said("6")


def test_people_read_80_columns_without_colour_when_piped() -> None:
    shown = practice("--answers", "-", "--seed", "5").stdout
    assert "\x1b" not in shown
    assert max(len(line.rstrip()) for line in shown.splitlines() if "interviewer " not in line) <= 80
    assert "Scorecard" in shown
    assert "--resume" in shown


def test_a_pipe_without_answers_file_is_read_as_typed() -> None:
    shown = practice("--seed", "5", answers="I work on ranking.\n\n/quit\n").stdout
    assert "Scorecard" in shown


def test_a_missing_answers_file_is_status_2(tmp_path: Path) -> None:
    run = practice("--answers", str(tmp_path / "none.txt"), check=False)
    assert run.returncode == 2
    assert "none.txt" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_interview_cannot_be_resumed() -> None:
    run = practice("--resume", "0123456789abcdef0123", check=False)
    assert run.returncode == 2
