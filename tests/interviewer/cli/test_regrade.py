"""Grading again from the command line, with the real evaluators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from interviewer.bench.endpoint import Completion, serving
from interviewer.cli import app
from interviewer.material import load_library
from interviewer.settings import Settings
from knowledge.errors import InputError, ModelError, NotFoundError
from knowledge.library import Library

STORY = """\
When checkout times doubled last spring, I was the engineer on call for the ranking service of our shop. I had to bring
the 95th percentile under 400 ms within a week. I profiled it, found that every request tokenised the query twice,
cached the tokens and batched the lookups. The 95th percentile fell from 900 ms to 310 ms and checkouts rose by 4 %.
I learned to profile before I guess.
"""


@pytest.fixture(scope="module")
def interviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A data folder with one interview of one story, and its report."""
    folder = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "interviewer", "practice", "--engine", "offline", "--round", "behavioural"]
    command += ["--answers", "-", "--seed", "3", "--json"]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        input=STORY,
        env={**os.environ, "INTERVIEWER_HOME": str(folder)},
    )
    return folder, json.loads(run.stdout)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"INTERVIEWER_HOME": str(home)}).invoke(app, list(arguments))


def test_the_same_evaluators_give_the_same_scores_again(interviewed: tuple[Path, dict[str, Any]]) -> None:
    home, report = interviewed
    shown = run(home, "regrade", "--all", "--json")
    assert shown.exit_code == 0, shown.output
    document = json.loads(shown.stdout)
    assert document["graded"] >= 1
    assert document["changed"] == 0
    first = {question["id"]: question["score"] for question in report["questions"]}
    assert {one["question_id"]: one["before"]["overall"] for one in document["questions"]}.items() <= first.items()


def test_a_harsher_rubric_counts_from_then_on_and_the_first_score_stays(
    interviewed: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    home, report = interviewed
    star = Library.load().rubrics["star"].model_dump(mode="json")
    in_force = f"star@{star['version']}"
    for criterion in star["criteria"]:
        criterion["weight"] = 50.0 if criterion["id"] == "reflection" else 1.0
    path = tmp_path / "star.yaml"
    path.write_text(yaml.safe_dump(star | {"version": 99}), encoding="utf-8")
    before = next(q for q in report["questions"] if q["score"] is not None)
    (one,) = json.loads(run(home, "regrade", report["interview_id"], "--rubric", str(path), "--json").stdout)[
        "questions"
    ]
    assert one["changed"]
    assert one["after"]["versions"]["rubric"] == "star@99"

    def shown(*options: str) -> dict[str, Any]:
        document = json.loads(run(home, "report", report["interview_id"], "--json", *options).stdout)
        found: dict[str, Any] = next(q for q in document["questions"] if q["id"] == before["id"])
        return found

    assert shown()["score"] == pytest.approx(one["after"]["overall"])
    assert shown()["score"] != pytest.approx(before["score"])
    assert shown("--original")["score"] == pytest.approx(before["score"])
    assert [g["versions"]["rubric"] for g in shown()["gradings"]] == [in_force, "star@99"]
    assert f"star@99 → {in_force}" in run(home, "regrade", "--all", "--dry-run").output


def test_what_to_grade_has_to_be_named(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, "regrade").exception, InputError)
    assert isinstance(run(tmp_path, "regrade", "abc", "--all").exception, InputError)
    assert isinstance(run(tmp_path, "regrade", "0123456789abcdef0123").exception, NotFoundError)
    assert isinstance(run(tmp_path, "regrade", "--all", "--rubric", str(tmp_path / "no.yaml")).exception, NotFoundError)
    assert "0 answers" in run(tmp_path, "regrade", "--all").output


def test_a_canary_from_start_to_rollback(interviewed: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    home, _ = interviewed
    star = Library.load().rubrics["star"].model_dump(mode="json")
    path = tmp_path / "star.yaml"
    path.write_text(yaml.safe_dump(star | {"version": 98, "hint_caps": [1.0]}), encoding="utf-8")
    assert isinstance(run(home, "canary", "status").exception, InputError)
    assert json.loads(run(home, "canary", "start", str(path), "--share", "1", "--json").stdout)["status"] == "running"
    document = json.loads(run(home, "canary", "status", "--json").stdout)
    assert document["newly_scored"] == document["comparison"]["answers"] >= 1
    assert document["comparison"]["enough"] is False
    assert isinstance(run(home, "canary", "promote").exception, InputError)
    assert run(home, "canary", "promote", "--force").exit_code == 0
    assert "in force" in str(run(home, "canary", "start", str(path)).exception)
    assert json.loads(run(home, "canary", "rollback", "--json").stdout)["status"] == "rolled back"
    ours = Library.load().rubrics["star"].version
    assert load_library(Settings(home=home)).rubrics["star"].version == ours


def test_another_judge_on_trial_is_asked_about_offline_interviews_too(
    interviewed: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = interviewed

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        prompt = str(request["messages"][0]["content"])
        if "[prompt judge_claims" in prompt:
            return Completion('{"claims": []}')
        return Completion('{"quotes": [], "reason": "Nothing.", "score": 0}')

    with serving(respond) as url:
        monkeypatch.setenv("INTERVIEWER_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("INTERVIEWER_API_KEY", "none")
        monkeypatch.setenv("INTERVIEWER_JSON_MODE", "json_schema")
        shown = run(home, "canary", "start", "--judge", "openai:other", "--share", "1")
        assert shown.exit_code == 0, shown.output
        document = json.loads(run(home, "canary", "status", "--json").stdout)
    assert document["trial"]["name"] == "openai:other"
    assert document["newly_scored"] >= 1
    exported = json.loads(run(home, "report", "--format", "events").stdout)
    trials = [event for event in exported["events"] if event.get("occasion") == "canary"]
    assert trials[-1]["score"]["engine"] == "ensemble"
    assert trials[-1]["score"]["versions"]["canary"] == "openai:other"
    assert any(event["type"] == "called" for event in exported["events"])
    assert run(home, "canary", "rollback").exit_code == 0


def test_a_judge_named_for_old_interviews_judges_offline_ones_and_its_calls_are_told(
    interviewed: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, report = interviewed
    without = run(home, "regrade", "--all", "--judge", "current")
    assert isinstance(without.exception, ModelError)  # told before anything is read

    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        if "[prompt judge_claims" in str(request["messages"][0]["content"]):
            return Completion('{"claims": []}')
        return Completion('{"quotes": [], "reason": "Nothing.", "score": 0}')

    with serving(respond) as url:
        monkeypatch.setenv("INTERVIEWER_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("INTERVIEWER_API_KEY", "none")
        monkeypatch.setenv("INTERVIEWER_JSON_MODE", "json_schema")
        shown = run(home, "regrade", report["interview_id"], "--judge", "openai:other", "--dry-run").output
    assert "Language model:" in shown
    assert "none → other" in shown
    assert "Not stored." in shown
