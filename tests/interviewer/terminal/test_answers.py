"""Answers from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from interviewer.terminal.answers import read_answers
from knowledge.errors import InputError, TooLargeError, UnreadableError


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("one", ["one"]),
        ("one\n---\ntwo\n", ["one", "two"]),
        ("one\r\n---\r\ntwo", ["one", "two"]),
        ("one\n---  \n\n---\ntwo", ["one", "", "two"]),
        ("a rule in prose --- stays\n----\nand so does this", ["a rule in prose --- stays\n----\nand so does this"]),
        ("    indented code\n---\nnext", ["    indented code", "next"]),
    ],
)
def test_blocks_are_split_at_lines_of_three_dashes(tmp_path: Path, text: str, answers: list[str]) -> None:
    path = tmp_path / "answers.txt"
    path.write_bytes(text.encode())
    assert read_answers(path) == answers


def test_other_encodings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.txt"
    path.write_bytes("naïve — Bayes".encode("utf-16"))
    assert read_answers(path) == ["naïve — Bayes"]


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    empty, binary, large = (tmp_path / name for name in ("empty", "binary", "large"))
    empty.write_text("\n---\n \n")
    binary.write_bytes(b"\x7fELF\0\0\0\1\2\3" * 40)
    with large.open("wb") as file:
        file.truncate(20_000_001)
    for path, error in ((empty, InputError), (binary, UnreadableError), (large, TooLargeError)):
        with pytest.raises(error, match=path.name):
            read_answers(path)
    with pytest.raises(InputError, match="missing"):
        read_answers(tmp_path / "missing")
