from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interviewer.cli import app
from knowledge.errors import InterviewError, NotFoundError, UnreadableError
from knowledge.indexing.index import Index

NOTES = """# Stories

## The queue that never drained

**Situation**: Our labelling queue grew by 2,000 pictures a day.

**Task**: I was asked to empty it without hiring.

**Action**: I trained a model to label the easy 80% and sent only the doubtful ones to people.

**Result**: The queue was empty after 5 weeks.
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "mine.md"
    path.write_text(NOTES, "utf-8")
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_notes_go_in_are_found_with_source_and_line_and_go_out(notes: Path) -> None:
    assert run_json("index", "add", str(notes))["added"] == [str(notes)]
    found = run_json("search", "labelling backlog emptied by a model", "-k", "3")["passages"]
    assert {"text", "source", "line", "score"} <= set(found[0])
    assert (found[0]["source"], found[0]["category"]) == (str(notes), "stories")
    assert NOTES.split("\n")[found[0]["line"] - 1] == "## " + found[0]["text"].split("\n")[0]
    assert len(found) == 3
    assert str(notes) in [entry["name"] for entry in run_json("index", "list")["files"]]
    assert run_json("index", "remove", str(notes))["removed"] == [str(notes)]
    assert str(notes) not in [passage["source"] for passage in run_json("search", "labelling backlog")["passages"]]


def test_the_first_search_finds_our_own_notes_without_any_of_the_users() -> None:
    found = run_json("search", "why does L1 regularisation give exact zeros")["passages"]
    assert found[0]["category"] == "ours"
    assert found[0]["source"].startswith("ours/")


def test_people_see_the_place_and_the_passage(notes: Path) -> None:
    run("index", "add", str(notes))
    shown = run("search", "labelling queue")
    assert "mine.md:3" in shown.replace("\n", "")
    assert "2,000 pictures a day" in shown
    assert " ".join(shown.split()).count("The queue that never drained") == 1


def test_a_search_for_what_is_nowhere_says_so(notes: Path) -> None:
    run("index", "add", str(notes))
    told = "Nothing in your material is near this; the nearest:"
    assert told in run("search", "how to prune roses in spring")
    assert told not in run("search", "labelling queue")
    assert run_json("search", "how to prune roses in spring")["near"] is False
    assert run_json("search", "labelling queue")["near"] is True


def test_what_cannot_be_added_is_an_error_after_the_rest_is_added(notes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(UnreadableError, match=r"broken\.pdf is a broken PDF"):
        run("index", "add", str(broken), str(notes))
    assert [entry["name"] for entry in run_json("index", "list")["files"]] == [str(notes)]


def test_each_file_that_cannot_be_added_is_told_in_order_with_what_to_do(notes: Path, tmp_path: Path) -> None:
    from pypdf import PdfWriter

    pictures, locked = PdfWriter(), PdfWriter()
    for writer in (pictures, locked):
        writer.add_blank_page(200, 200)
    locked.encrypt("secret")
    pictures.write(tmp_path / "pictures.pdf")
    locked.write(tmp_path / "locked.pdf")
    (tmp_path / "empty.md").touch()
    (tmp_path / "cut.docx").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "long.txt").write_text("The queue of pictures grew each day. " * 550_000)
    names = ["pictures.pdf", "locked.pdf", "empty.md", "cut.docx", "long.txt", "none.md"]
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "interviewer", "index", "add", *names, str(notes)]
    done = subprocess.run(command, capture_output=True, env=environment, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"Added      {notes}", "1 passage indexed."]
    lines = done.stderr.splitlines()
    assert lines[0] == "6 could not be indexed, and the rest is not touched by that:"
    told = [
        ("pictures.pdf has no text layer", "OCR"),
        ("locked.pdf is protected by a password", "without the password"),
        ("empty.md is empty", "the file you meant"),
        ("cut.docx is not a DOCX", "save it again"),
        ("long.txt holds more than 5 million characters", "Split it"),
        ("none.md does not exist", "Check the path"),
    ]
    assert len(lines) == 1 + 2 * len(told)
    for (what, todo), message, hint in zip(told, lines[1::2], lines[2::2], strict=True):
        assert message.startswith(f"Error: {what}")
        assert todo in hint


def test_a_notebooks_outputs_are_left_out(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "plot(zebras)"}
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hyena 42"}]  # type: ignore[assignment]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (tmp_path / "work.ipynb").write_text(json.dumps(notebook))
    run("index", "add", str(tmp_path / "work.ipynb"))
    found = run_json("search", "plot zebras", "--category", "notes")["passages"]
    assert [passage["text"] for passage in found] == ["plot(zebras)"]


def test_an_interrupted_run_says_how_to_go_on(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Index, "add", interrupted)
        stopped = CliRunner().invoke(app, ["index", "add", str(notes)])
    assert "Stopped. What was indexed so far is kept; the same command goes on from there." in stopped.stderr
    assert stopped.exit_code != 0


def test_removing_what_is_not_there_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not in the index"):
        run("index", "remove", str(tmp_path / "none.md"))


def test_a_damaged_index_is_two_lines_and_can_be_rebuilt(notes: Path, home: Path) -> None:
    run("index", "add", str(notes))
    for leftover in (home / "index").glob("catalogue.sqlite*"):
        leftover.write_bytes(b"garbage" * 100)
    with pytest.raises(InterviewError, match="damaged") as caught:
        run("search", "queue")
    assert "interviewer index rebuild" in caught.value.hint
    assert str(notes) in run_json("index", "rebuild")["added"]
    assert run_json("search", "labelling queue")["passages"][0]["source"] == str(notes)


def test_json_is_all_that_is_on_standard_output_of_a_fresh_process_with_telemetry_off(home: Path) -> None:
    environment = {**os.environ, "INTERVIEWER_HOME": str(home), "HTTPS_PROXY": "http://127.0.0.1:9", "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from interviewer.cli import main; main()", "search", "dropout", "--json"]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, text=True)
    assert json.loads(done.stdout)["passages"]
    assert done.stderr == ""
