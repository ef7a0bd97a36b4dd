"""`grade batch` on odd files: what is wrong is said with its line, and what was scored is kept."""

from __future__ import annotations

import codecs
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from interviewer.cli.output import READER_LEFT

ITEM: dict[str, Any] = {
    "id": 1,
    "kind": "technical",
    "question": "L1 or L2?",
    "key_points": ["L1 makes some weights exactly zero."],
    "answer": "It is L1 that drives some weights to exactly zero, because its slope is constant.",
}


def line(**fields: Any) -> bytes:
    return json.dumps(ITEM | fields).encode() + b"\n"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return tmp_path / "items.jsonl"


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + line() + line(id=2),
        b"\n \t\n" + line() + b"\n\n" + line(id=2) + b"\n",
        line().replace(b"\n", b"\r\n") + line(id=2).rstrip(),
        (line() + line(id=2)).decode().encode("utf-16"),
        line() + line(id=2, answer="First#second: some weights become zero.").replace(b"#", "\u2028".encode()),
    ],
    ids=["BOM", "blank lines", "Windows", "UTF-16", "a line separator within an answer"],
)
def test_what_an_editor_does_to_a_file_is_no_fault(cli, items, data):
    items.write_bytes(data)
    result = cli("grade", "batch", str(items))
    assert result.status == 0
    assert [json.loads(one)["id"] for one in result.out.split("\n") if one] == [1, 2]
    assert result.err.endswith("2 of 2 scored\n")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b'{"id": 2, oops\n', "items.jsonl:3: this is not JSON"),
        (b"[\n", "items.jsonl:3: this is not JSON"),
        (b"[1]\n", "items.jsonl:3: the line: "),
        (line(id=1.5), "items.jsonl:3: id: "),
        (line(kind="behavioural"), "items.jsonl:3: kind: "),
        (line(key_points=[{"txt": "a"}]), "items.jsonl:3: key_points.0.text: "),
        (line(misconceptions=[{"statement": "a", "signs": "b"}]), "items.jsonl:3: misconceptions.0.signs: "),
        (line(answer=["a"]), "items.jsonl:3: answer: "),
        (b'{"id": 1, "kind": "star", "answer": "\\ud800"}\n', "items.jsonl:3: this is not JSON"),
    ],
)
def test_a_line_that_is_no_item_is_named_and_nothing_is_scored(cli, items, tmp_path, bad, told):
    items.write_bytes(line() + b"\n" + bad + line())
    output = tmp_path / "scores.jsonl"
    result = cli("grade", "batch", str(items), "--output", str(output))
    assert result.status == 2
    assert told in result.err
    assert "grade batch --help" in result.err
    assert not output.exists()


def test_a_missing_answer_and_an_id_given_twice_are_told_and_scored(cli, items):
    without = {name: value for name, value in ITEM.items() if name != "answer"} | {"anwser": "Some become zero."}
    data = line() + json.dumps(without).encode() + b"\n" + line(id=3, answer=None) + line(id=4) * 9
    items.write_bytes(data)
    result = cli("grade", "batch", str(items))
    assert result.status == 0
    scores = [json.loads(one) for one in result.out.split("\n") if one]
    assert [one["id"] for one in scores] == [1, 1, 3, *[4] * 9]
    assert [one["flags"] for one in scores[:3]] == [[], ["empty"], ["empty"]]
    assert "items.jsonl:2: there is no answer (and no field of an item is anwser)" in result.err
    assert "items.jsonl:2: the id 1 is that of line 1" in result.err
    assert "items.jsonl:3: there is no answer;" in result.err
    assert "… and 6 more lines" in result.err
    assert result.err.count("items.jsonl:") == 5


def test_a_file_with_nothing_in_it_is_said_to_be_empty(cli, items):
    items.write_bytes(b"\n\n")
    result = cli("grade", "batch", str(items))
    assert (result.status, result.out) == (0, "")
    assert "no item in" in result.err


def test_the_items_are_never_written_over(cli, items):
    items.write_bytes(line())
    result = cli("grade", "batch", str(items), "--output", str(items))
    assert result.status == 2
    assert items.read_bytes() == line()


def test_signs_are_described(cli):
    told = " ".join(cli("grade", "batch", "--help").out.split())
    for word in ('"signs"', '"unless"', "misconception:ID", "key_points", "reference"):
        assert word in told


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_keeps_what_was_scored(items, tmp_path, home):
    items.write_bytes(b"".join(line(id=i, answer=f"{ITEM['answer']} I saw {i} of them.") for i in range(20_000)))
    output = tmp_path / "scores.jsonl"
    command = [sys.executable, "-m", "interviewer", "grade", "batch", str(items), "--output", str(output)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (output.exists() and output.stat().st_size):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    written = [json.loads(one)["id"] for one in output.read_text(encoding="utf-8").splitlines()]
    assert written == list(range(len(written)))
    assert 0 < len(written) < 20_000
    assert f"the first {len(written):,} of 20,000 scores are written to {output}" in said
    assert "Traceback" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_has_left_is_no_fault(items, home):
    items.write_bytes(b"".join(line(id=i) for i in range(600)))
    command = [sys.executable, "-m", "interviewer", "grade", "batch", str(items)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == READER_LEFT, said
    assert "Error" not in said
    assert "Traceback" not in said
