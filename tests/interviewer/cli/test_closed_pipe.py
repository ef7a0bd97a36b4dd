"""`interviewer … | head`: when the reader has left, a command ends without a word, as other commands of Unix do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from interviewer.cli.output import READER_LEFT
from interviewer.settings import read_settings
from interviewer.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")

ANSWERS = "I work on ranking.\n---\n/skip\n---\n/skip\n---\n/skip\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("practice", "--engine", "offline", "--seed", "5", "--answers", "-"),
        ("practice", "--engine", "offline", "--seed", "5", "--answers", "-", "--json"),
        ("questions",),
        ("exercises",),
        ("--help",),
    ],
    ids=lambda arguments: " ".join(arguments[:2]) + (" --json" if "--json" in arguments else ""),
)
def test_a_reader_that_has_left_is_no_fault(arguments: tuple[str, ...], home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "interviewer", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdout.close()  # as head does, only sooner
    process.stdin.write(ANSWERS)
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == READER_LEFT, said
    assert said.strip() == "" or arguments[0] == "questions"  # how many there are is told beside the list
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_the_interview_is_kept(home: Path) -> None:
    test_a_reader_that_has_left_is_no_fault(("practice", "--engine", "offline", "--seed", "5", "--answers", "-"), home)

    async def kept() -> int:
        async with Store.open(read_settings().storage_url) as store:
            return len(await store.list())

    assert asyncio.run(kept()) == 1
