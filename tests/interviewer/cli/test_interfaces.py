"""The interfaces that others rely on: names and types of what `--json` prints, and exit statuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest

from interviewer.cli import main

STORY = """Our ranking model lost 12% of its clicks after a release, and nobody knew why. I was asked to find the cause
within two days. I compared the features of both weeks, found that a join had dropped the new users, and repaired it.
Clicks rose from 4.1% to 4.6% within a week, and the team kept the daily comparison that I had written. Since then I
compare features before every release."""

RIDGE = """
import numpy as np

def ridge(X, y, lam):
    X, y = np.asarray(X, {dtype}), np.asarray(y, {dtype})
    mean, level = X.mean(0), y.mean()
    centred = X - mean
    w = np.linalg.solve(centred.T @ centred + lam * np.eye(X.shape[1], dtype={dtype}), centred.T @ (y - level))
    return w, level - mean @ w
"""

FIRST_SIX = ["two_layer_backprop", "scaled_dot_product_attention", "ridge", "adam", "batch_norm", "k_fold"]
STAR = ["situation", "task", "action", "result", "ownership", "measurement", "reflection", "concision"]


class Cli(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Any: ...


def is_score(document: dict[str, Any], text: str) -> None:
    assert {"overall", "band", "criteria", "flags", "engine"} <= document.keys()
    assert document["engine"] == "offline"
    assert all(isinstance(flag, str) for flag in document["flags"])
    if document["overall"] is None:
        assert document["reason"]
    else:
        low, high = document["band"]
        assert 0 <= low <= document["overall"] <= high <= 5
    for criterion in document["criteria"]:
        assert {"criterion", "score", "evidence", "reason"} <= criterion.keys()
        assert criterion["score"] is None or criterion["score"] in range(6)
        assert criterion["evidence"] or not criterion["score"]
        for evidence in criterion["evidence"]:
            assert evidence.keys() >= {"quote", "start", "end"}
            assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_grade_star(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-8")
    document = cli("grade", "star", str(file), "--question", "Tell me about a hard bug.", "--json").document
    is_score(document, STORY)
    assert [criterion["criterion"] for criterion in document["criteria"]] == STAR
    assert document["overall"] > 3


@pytest.mark.parametrize(
    "question", ["l1_vs_l2", "production_issue", "design_feature_store", "proud_project", "code_ridge"]
)
def test_grade_answer_takes_a_question_of_every_round(cli: Cli, question: str) -> None:
    run = cli("grade", "answer", "-", "--question", question, "--json", stdin=STORY.encode())
    assert run.status == 0
    is_score(run.document, STORY)


def test_code_as_an_answer_is_run(cli: Cli) -> None:
    source = RIDGE.format(dtype="np.float64")
    run = cli("grade", "answer", "-", "--question", "code_ridge", "--json", stdin=f"```python{source}```\n".encode())
    assert {c["criterion"]: c["score"] for c in run.document["criteria"]}["correctness"] == 5


@pytest.mark.parametrize(
    ("source", "passed"),
    [
        (RIDGE.format(dtype="np.float64"), True),
        (RIDGE.format(dtype="np.float32"), True),
        (RIDGE.format(dtype="np.float64").replace("lam * ", "0 * "), False),
        ("def ridge(X, y, lam:\n", False),
        ("def ridge(X, y, lam):\n    import os\n    os.kill(os.getppid(), 9)\n", False),
        ("def ridge(X, y, lam):\n    raise SystemExit(0)\n", False),
        ("", False),
    ],
    ids=["right", "float32", "wrong", "syntax", "hostile", "exit", "empty"],
)
def test_grade_code(cli: Cli, tmp_path: Path, source: str, passed: bool) -> None:
    file = tmp_path / "answer.py"
    file.write_text(source)
    run = cli("grade", "code", "ridge", str(file), "--json")
    document = run.document
    assert run.status == 0
    assert document["exercise"] == "ridge"
    assert document["passed"] is passed
    assert document["score"] == 1 if passed else 0 <= document["score"] < 1
    assert document["checks"]
    assert all(check.keys() >= {"name", "passed", "detail"} for check in document["checks"])
    assert all(seen.keys() >= {"id", "explanation"} for seen in document["misconceptions"])
    assert isinstance(document["conventions"], list)
    assert isinstance(document["isolation_level"], int)


@pytest.mark.parametrize("slug", FIRST_SIX)
def test_exercises_show(cli: Cli, slug: str) -> None:
    document = cli("exercises", "show", slug, "--json").document
    assert document.keys() >= {"slug", "statement", "signature", "starter"}
    assert document["slug"] == slug


def test_search(cli: Cli) -> None:
    passages = cli("search", "how does dropout behave at inference", "--json").document["passages"]
    assert passages
    for passage in passages:
        assert passage.keys() >= {"text", "source", "line", "score"}
        assert isinstance(passage["line"], int)


def test_doctor(cli: Cli) -> None:
    run = cli("doctor", "--json")
    assert run.document["checks"]
    assert run.status in {0, 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "answer", "FILE", "--question", "l1vsl2"),
        ("grade", "code", "rigde", "FILE"),
        ("exercises", "show", "rigde"),
        ("questions", "show", "l1vsl2"),
        ("report", "nobody"),
        ("practice", "--resume", "nobody", "--answers", "FILE"),
        ("practice", "--resume", "", "--answers", "FILE"),
        ("practice", "--engine", "llm", "--answers", "FILE"),
        ("search", " "),
        ("grade", "star", "NONE"),
        ("grade", "star", "FOLDER"),
    ],
    ids=" ".join,
)
def test_the_users_mistakes_are_two_lines_and_status_2(cli: Cli, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("Something.")
    paths = {"FILE": str(file), "NONE": str(tmp_path / "none.txt"), "FOLDER": str(tmp_path)}
    run = cli(*(paths.get(argument, argument) for argument in arguments), "--json")
    assert run.status == 2
    assert run.out == ""
    assert run.err.startswith("Error: ")
    assert 1 <= len(run.err.strip().splitlines()) <= 2


def test_near_names_are_offered(cli: Cli) -> None:
    assert "l1_vs_l2" in cli("grade", "answer", "-", "--question", "l1vsl2").err
    assert "ridge" in cli("exercises", "show", "rigde").err


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("practice", "--answers", "-"), ("report", "--list")])
def test_a_damaged_database_is_the_outside_world(cli: Cli, home: Path, command: tuple[str, ...]) -> None:
    (home / "interviews.db").write_bytes(b"no database " * 100)
    run = cli(*command, stdin=b"An answer.")
    assert run.status == 1
    assert "interviews.db is damaged" in run.err
    assert "Traceback" not in run.err
    assert (home / "interviews.db").read_bytes().startswith(b"no database")


def test_ctrl_c_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interviewer.cli.app", interrupted)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 130
