"""`calibrate` on odd files of graded answers: what is wrong is said with its line, before anything is written."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

ROW: dict[str, Any] = {
    "group": "dropout",
    "question": "What is dropout?",
    "reference": "Units are switched off at random in training.",
    "answer": "Some units are left out by chance, and only while it learns.",
    "grade": 1.0,
}
TOLD = [
    ("Some units are left out by chance, and only while it learns.", 1.0),
    ("Units of the network are turned off.", 0.6),
    ("It makes the images larger by rotating them.", 0.0),
]


def line(**fields: Any) -> bytes:
    return json.dumps(ROW | fields).encode() + b"\n"


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    return tmp_path / "graded.jsonl"


def rows(number: int = 24) -> bytes:
    return b"".join(line(answer=TOLD[i % 3][0], grade=TOLD[i % 3][1]) for i in range(number))


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + rows(),
        b"\n" + rows().replace(b"\n", b"\n \n"),
        rows().replace(b"\n", b"\r\n"),
        rows().replace(b"Some units", "Some\u2028units".encode()),
    ],
    ids=["BOM", "blank lines", "Windows", "a line separator within an answer"],
)
def test_what_an_editor_does_to_a_file_is_no_fault(cli, graded, data):
    graded.write_bytes(data)
    result = cli("calibrate", str(graded), "--json")
    assert result.status == 0, result.err
    assert result.document["answers"] == 24


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"{oops\n", "graded.jsonl:3: this is not JSON"),
        (line(answer=None), "graded.jsonl:3: answer: "),
        (json.dumps({name: value for name, value in ROW.items() if name != "answer"}).encode(), ":3: answer: "),
        (line(anwser="x"), "graded.jsonl:3: anwser: "),
        (line(grade=4), "graded.jsonl:3: grade: "),
    ],
)
def test_a_line_that_is_no_graded_answer_is_named(cli, graded, home, bad, told):
    graded.write_bytes(line() + b"\n" + bad)
    result = cli("calibrate", str(graded))
    assert result.status == 2
    assert told in result.err
    assert "grade, 0 to 1" in result.err
    assert not (home / "calibration.json").exists()


def test_what_is_no_text_is_named(cli, graded):
    graded.write_bytes(bytes(range(256)))
    assert "graded.jsonl is not text" in cli("calibrate", str(graded)).err


def test_answers_that_cannot_be_scored_are_counted(cli, graded):
    graded.write_bytes(line(reference="?!") * 30)
    result = cli("calibrate", str(graded))
    assert result.status == 2
    assert "Of 30 graded answers 0 could be scored; 20 are needed." in result.err


def test_grades_that_do_not_go_with_the_scores_are_told(cli, graded):
    graded.write_bytes(rows())
    assert "hardly go with the scores" not in cli("calibrate", str(graded)).out
    graded.write_bytes(b"".join(line(answer=TOLD[i % 3][0], grade=1 - TOLD[i % 3][1]) for i in range(24)))
    assert "hardly go with the scores" in cli("calibrate", str(graded)).out


def test_a_place_that_cannot_be_written_is_told_before_the_work(cli, graded, tmp_path):
    graded.write_bytes(b"not read yet")
    result = cli("calibrate", str(graded), "--output", str(tmp_path / "nowhere" / "calibration.json"))
    assert result.status == 1
    assert "cannot be written" in result.err


def test_ctrl_c_writes_nothing_and_says_so(cli, graded, home, monkeypatch):
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    graded.write_bytes(rows())
    monkeypatch.setattr("evaluators.technical.TechnicalEvaluator.score_many", interrupted)
    result = cli("calibrate", str(graded))
    assert result.status == 130
    assert "nothing is written" in result.err
    assert not (home / "calibration.json").exists()
