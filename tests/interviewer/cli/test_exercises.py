from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interviewer.cli import app, main
from knowledge.errors import NotFoundError, UnreadableError

RUNNER = CliRunner()
FIRST_SIX = {"two_layer_backprop", "scaled_dot_product_attention", "ridge", "adam", "batch_norm", "k_fold"}


def test_list_has_exactly_the_documented_keys() -> None:
    result = RUNNER.invoke(app, ["exercises", "--json"])
    rows = json.loads(result.stdout)
    assert result.exit_code == 0
    assert all(set(row) == {"slug", "title", "topic", "level"} for row in rows)
    assert {row["slug"] for row in rows} >= FIRST_SIX
    assert len(rows) >= 59
    assert {row["level"] for row in rows} == {"junior", "senior", "staff"}


def test_list_for_people_names_every_exercise() -> None:
    result = RUNNER.invoke(app, ["exercises"])
    assert result.exit_code == 0
    assert all(slug in result.stdout for slug in FIRST_SIX)


def test_show_has_exactly_the_documented_keys() -> None:
    document = json.loads(RUNNER.invoke(app, ["exercises", "show", "ridge", "--json"]).stdout)
    assert set(document) == {"slug", "statement", "signature", "starter"}
    assert document["slug"] == "ridge"
    assert document["signature"].startswith("def ridge(")
    assert document["signature"] in document["starter"]
    compile(document["starter"], "ridge.py", "exec")


def test_show_for_people_reads_the_statement() -> None:
    result = RUNNER.invoke(app, ["exercises", "show", "adam"])
    assert "# The Adam optimiser" in result.stdout
    assert "interviewer grade code adam FILE" in result.stdout


def test_grade_code_prints_one_verdict(tmp_path: Path) -> None:
    file = tmp_path / "answer.py"
    file.write_text("def k_fold(n, k):\n    print('hello')\n    return []\n")
    result = RUNNER.invoke(app, ["grade", "code", "k_fold", str(file), "--json"])
    assert result.exit_code == 0
    verdict = json.loads(result.stdout)
    assert verdict["exercise"] == "k_fold"
    assert verdict["passed"] is False
    assert 0 <= verdict["score"] <= 1
    assert verdict["isolation_level"] in range(5)
    assert verdict["conventions"] == []
    assert all({"name", "passed", "detail"} <= set(check) for check in verdict["checks"])
    assert verdict["output"].startswith("hello")


def test_grade_code_for_people_says_what_it_looks_like(tmp_path: Path) -> None:
    file = tmp_path / "answer.py"
    file.write_text(
        "import numpy as np\n\n"
        "def softmax(x, axis):\n    e = np.exp(x - x.max())\n    return e / e.sum(axis, keepdims=True)\n"
    )
    result = RUNNER.invoke(app, ["grade", "code", "softmax", str(file)])
    assert "Looks like `global_shift`" in result.stdout
    assert "not yet, score 0.85" in result.stdout


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", None])
def test_unreadable_file_is_the_users_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "answer.py"
    if content is not None:
        file.write_bytes(content)
    result = RUNNER.invoke(app, ["grade", "code", "ridge", str(file)])
    assert isinstance(result.exception, UnreadableError)
    assert "answer.py" in result.exception.message


def test_unknown_slug_exits_with_two(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["interviewer", "exercises", "show", "rige"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Did you mean ridge" in captured.err


def test_derivations_are_listed_and_shown_with_the_same_keys() -> None:
    rows = json.loads(RUNNER.invoke(app, ["exercises", "derivations", "--json"]).stdout)
    assert len(rows) >= 6
    assert all(set(row) == {"slug", "title", "topic", "level"} for row in rows)
    document = json.loads(RUNNER.invoke(app, ["exercises", "show", "ridge_gradients", "--json"]).stdout)
    assert set(document) == {"slug", "statement", "signature", "starter"}
    assert document["signature"] == "dw, db"
    listed = RUNNER.invoke(app, ["exercises", "derivations"]).stdout
    assert all(row["slug"] in listed for row in rows)
    assert (
        "grade derivation ridge_gradients FILE" in RUNNER.invoke(app, ["exercises", "show", "ridge_gradients"]).stdout
    )


def test_grade_derivation_prints_one_verdict(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("dw = 2 / n * X.T @ e\ndb = 2 * mean(e)\n")
    result = RUNNER.invoke(app, ["grade", "derivation", "ridge_gradients", str(file), "--json"])
    assert result.exit_code == 0
    verdict = json.loads(result.stdout)
    assert verdict["exercise"] == "ridge_gradients"
    assert [check["name"] for check in verdict["checks"] if not check["passed"]] == ["dw"]
    assert [seen["id"] for seen in verdict["misconceptions"]] == ["penalty_missing"]
    read = RUNNER.invoke(app, ["grade", "derivation", "ridge_gradients", str(file)]).stdout
    assert "Looks like `penalty_missing`" in read


def test_unknown_derivation_has_near_names(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["grade", "derivation", "rigde_gradients", str(tmp_path / "none.txt")])
    assert isinstance(result.exception, NotFoundError)
    assert "ridge_gradients" in result.exception.hint


def test_debugging_exercises_start_from_the_broken_code() -> None:
    document = json.loads(RUNNER.invoke(app, ["exercises", "show", "debug_rating_line", "--json"]).stdout)
    assert document["signature"] in document["starter"]
    assert "## What is seen" in document["statement"]
    assert document["starter"].strip() in document["statement"]
