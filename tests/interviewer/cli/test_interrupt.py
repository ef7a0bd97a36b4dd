"""A real Ctrl-C on a real terminal, while a slow model speaks: nothing is lost, and the interview goes on from it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from interviewer.bench.endpoint import Completion, serving
from interviewer.events import Answered, AnyEvent, Asked
from interviewer.settings import read_settings
from interviewer.store import Store

pty = pytest.importorskip("pty", reason="a terminal of POSIX")

# A session of its own whose terminal is ours: then Ctrl-C reaches it as it reaches a command in a shell.
CHILD = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from interviewer.cli import main; main()"
ANSWER = "L1 drives some weights exactly to zero and L2 shrinks all of them, because of the gradient near zero."
SLOWLY = "Thank you for that answer. Where would you look next, and what would you expect to see there, and why?"
PATIENCE_SECONDS = 40


_STEERING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_])")


class Terminal:
    """A command on a terminal of its own: what it shows, and a keyboard."""

    def __init__(self, *arguments: str, **settings: str) -> None:
        self._ours, theirs = pty.openpty()
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "100", "TERM": "xterm", **settings},
        )
        os.close(theirs)

    def wait_for(self, text: str) -> None:
        """Read until `text` was shown since the last look."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        seen = len(self.shown)
        while text not in self.shown[seen:]:
            assert time.monotonic() < deadline, f"{text!r} was not shown:\n{self.shown[seen:]}"
            if not self._read():
                break
        assert text in self.shown[seen:], self.shown[seen:]

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def ends(self) -> int:
        """The exit status, when everything that it shows was read."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, self.shown
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        """Read a little more; False when the other side has closed."""
        if not select.select([self._ours], [], [], 1.0)[0]:
            return True
        try:
            data = os.read(self._ours, 65536)
        except OSError:
            return False
        self.shown += _STEERING.sub("", data.decode(errors="replace"))
        if b"\x1b[6n" in data:  # where is the cursor? a terminal answers
            self.press("\x1b[1;1R")
        return bool(data)


@contextmanager
def terminal(*arguments: str, **settings: str) -> Iterator[Terminal]:
    opened = Terminal(*arguments, **settings)
    try:
        yield opened
    finally:
        opened.close()


def respond(slow: bool) -> Any:
    def answer(path: str, request: Mapping[str, Any]) -> Completion:
        told = json.dumps(request["messages"])
        name = told.split("[prompt ", 1)[1].split("@", 1)[0]
        if name == "understand":
            return Completion(json.dumps({"kind": "answer"}))
        if name == "words":
            return Completion(SLOWLY, pause_s=4.0 if slow and "L1 drives" in told else 0.0, piece=6)
        return Completion(json.dumps({"quotes": [], "reason": "Nothing.", "score": 0, "claims": []}))

    return answer


def events_of(interview: str) -> list[AnyEvent]:
    async def read() -> list[AnyEvent]:
        async with Store.open(read_settings().storage_url) as store:
            return await store.read(interview)

    return asyncio.run(read())


def test_ctrl_c_in_mid_stream_loses_nothing_and_resume_goes_on(home: Path) -> None:
    common = {"INTERVIEWER_MODEL": "openai:local", "INTERVIEWER_MODEL_RETRIES": "0"}
    with serving(respond(slow=True)) as url:
        settings = {**common, "INTERVIEWER_BASE_URL": f"{url}/v1"}
        with terminal("practice", "--engine", "llm", "--round", "technical", "--seed", "5", **settings) as first:
            first.wait_for("min left")  # the line under the prompt
            first.press(f"{ANSWER}\r\r")
            first.wait_for("Thank you for that")
            first.press("\x03")
            status = first.ends()
    assert status == 130
    assert "Traceback" not in first.shown
    found = re.search(r"Go on with: interviewer practice --resume (\w+)", first.shown)
    assert found, first.shown
    before = events_of(found[1])
    assert [event.text.strip() for event in before if isinstance(event, Answered)] == [ANSWER]
    assert isinstance(before[-1], Answered)  # the turn was cut off
    question = next(event for event in before if isinstance(event, Asked) and event.move.kind == "question")
    with serving(respond(slow=False)) as url:
        settings = {**common, "INTERVIEWER_BASE_URL": f"{url}/v1"}
        with terminal("practice", "--resume", found[1], **settings) as second:
            second.wait_for("Going on where you stopped")
            second.wait_for("min left")
            second.press("/quit\r")
            assert second.ends() == 0
    after = events_of(found[1])
    answered = [position for position, event in enumerate(after) if isinstance(event, Answered)]
    assert [after[position].text.strip() for position in answered] == [ANSWER, "/quit"]  # type: ignore[union-attr]
    (reply,) = [event for event in after[answered[0] : answered[1]] if isinstance(event, Asked)]
    assert reply.move.question_id == question.move.question_id
    assert "Thank you for that answer." in second.shown


def test_ctrl_c_while_typing_keeps_the_draft(home: Path) -> None:
    with terminal("practice", "--engine", "offline", "--round", "technical", "--seed", "5") as first:
        first.wait_for("min left")
        first.press("A thought that is not finished")
        first.wait_for("finished")
        first.press("\x03")
        assert first.ends() == 130
    interview = first.shown.split("--resume ")[1].split()[0]
    with terminal("practice", "--resume", interview) as second:
        second.wait_for("A thought that is not finished")
        second.press(", and more\x03")
        assert second.ends() == 130
    assert (home / "drafts" / f"{interview}.txt").read_text() == "A thought that is not finished, and more"
    assert not any(isinstance(event, Answered) for event in events_of(interview))


def test_ctrl_c_ends_a_practice_whose_input_is_a_pipe_that_stays_open(home: Path) -> None:
    import signal

    command = [sys.executable, "-m", "interviewer", "practice", "--engine", "offline", "--seed", "5"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "minutes" in line:
                break
        time.sleep(3)  # until it reads
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=40)
        assert process.stderr is not None
        said = process.stderr.read()
    finally:
        process.kill()
        process.communicate()
    assert status == 130
    assert "Go on with: interviewer practice --resume" in said
