"""One job with one child: send it, read what comes back within its limits, believe nothing."""

from __future__ import annotations

import math
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evaluators.sandbox.inside.wire import (
    MOST_HEADER,
    PREFIX,
    MalformedError,
    Reader,
    UnsendableError,
    frame,
    header_of,
    readable,
    to_wire,
)
from evaluators.sandbox.job import MEGABYTE, CallResult, Job, Killed, Outcome
from evaluators.sandbox.processes import BOOT_SECONDS, Child

if TYPE_CHECKING:
    from evaluators.verdict import IsolationLevel

WATCH_SECONDS = 0.05
FRAME_ALLOWANCE = 64 * 1024  # what a header holds besides the value: printed text, an error
MOST_MESSAGE = 2000


class LostError(Exception):
    """The child's end says nothing about the job: the process that forked it is gone. Another child may be asked."""


class _StoppedError(Exception):
    def __init__(self, killed: Killed, reason: str) -> None:
        super().__init__(reason)
        self.killed: Killed = killed


@dataclass
class _Heard:
    """What the child has said so far."""

    results: list[CallResult] = field(default_factory=list)
    loaded: bool = False
    error: str = ""
    line: int | None = None
    text: str = ""
    stdout: str = ""
    killed: Killed = ""


def request(job: Job) -> bytes:
    """The job as one frame.

    Raises:
        TypeError: an argument is not a value that may cross.
    """
    arrays: list[bytes] = []
    limits = job.effective_limits
    try:
        calls = [
            [
                [to_wire(value, arrays) for value in call.args],
                {name: to_wire(value, arrays) for name, value in call.kwargs.items()},
            ]
            for call in job.calls
        ]
    except UnsendableError as error:
        raise TypeError(f"an argument cannot be sent: {error}") from error
    header = {
        "source": job.source,
        "function": job.function,
        "calls": calls,
        "tensors": job.torch and job.tensors,
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_mb * MEGABYTE,
        "output_bytes": limits.output_bytes,
        "stdout_characters": limits.stdout_characters,
    }
    return frame(header, arrays)


def hold(child: Child, job: Job, level: IsolationLevel) -> Outcome:
    """Run the job in the child, which is of no use afterwards.

    Raises:
        LostError: the child ended for a reason that is not its own.
        TypeError: an argument is not a value that may cross.
    """
    message = request(job)
    began = time.monotonic()
    heard = _Heard()
    line = _Line(child, job, began + BOOT_SECONDS)
    try:
        if not line.is_ready():
            raise LostError
        began = time.monotonic()
        line.deadline = began + job.effective_limits.wall_seconds
        line.send(message)
        _listen(line, job, heard)
    except _StoppedError as stopped:
        heard.killed, heard.error = stopped.killed, str(stopped)
        heard.line, heard.text = None, ""
    return Outcome(
        results=tuple(heard.results),
        error=heard.error,
        error_line=heard.line,
        error_text=heard.text,
        stdout=heard.stdout,
        isolation_level=level,
        seconds=time.monotonic() - began,
        killed=heard.killed,
    )


def _listen(line: _Line, job: Job, heard: _Heard) -> None:
    lines = job.source.count("\n") + 1
    while not heard.loaded or len(heard.results) < len(job.calls):
        received = line.read()
        if received is None:
            raise line.why_it_ended()
        header, payload = received
        try:
            printed = readable(_text(header.get("stdout", "")))
            heard.stdout += printed[: job.effective_limits.stdout_characters - len(heard.stdout)]
            if heard.loaded:
                _take_result(header, payload, heard, lines)
            elif _take_loading(header, heard, lines):
                return
        except MalformedError as error:
            raise _StoppedError("output", f"What came back is not a result: {error}.") from error


def _take_loading(header: dict[str, Any], heard: _Heard, lines: int) -> bool:
    """Whether the source failed, so that no call follows."""
    if "loaded" not in header:
        raise MalformedError("results before the source had run")
    heard.loaded = True
    if header["loaded"] is None:
        return False
    heard.error, heard.line, heard.text, heard.killed = _problem(header["loaded"], lines)
    return True


def _take_result(header: dict[str, Any], payload: memoryview, heard: _Heard, lines: int) -> None:
    seconds = header.get("seconds")
    if not isinstance(seconds, float) or not math.isfinite(seconds) or seconds < 0:
        raise MalformedError("no time")
    if "failed" in header:
        error, line, text, killed = _problem(header["failed"], lines)
        heard.killed = heard.killed or killed
        heard.results.append(CallResult(None, error, line, seconds, ok=False, error_text=text))
        return
    if "value" not in header:
        raise MalformedError("no value")
    reader = Reader(payload)
    value = reader.value(header["value"])
    reader.finish()
    heard.results.append(CallResult(value, seconds=seconds))


def _problem(form: Any, lines: int) -> tuple[str, int | None, str, Killed]:
    """Error, line, the line's text and the limit that was reached."""
    if not isinstance(form, dict):
        raise MalformedError("no error")
    line = form.get("line")
    if type(line) is not int or not 1 <= line <= lines:
        line = None
    kind = form.get("kind")
    killed: Killed = "memory" if kind == "memory" else "output" if kind == "output" else ""
    error = readable(_text(form.get("error", "")))[:MOST_MESSAGE] or "Error"
    return error, line, readable(_text(form.get("text") or ""))[:MOST_MESSAGE], killed


def _text(form: Any) -> str:
    if not isinstance(form, str):
        raise MalformedError("not text")
    return form


class _Line:
    """Frames from and to a child, with a deadline and a budget of bytes."""

    def __init__(self, child: Child, job: Job, deadline: float) -> None:
        self.child = child
        self.limits = job.effective_limits
        self.deadline = deadline
        self.left = self.limits.output_bytes + (len(job.calls) + 2) * FRAME_ALLOWANCE
        self.received = bytearray()
        self.working = False
        self.poll = select.poll()
        self.poll.register(child.channel, select.POLLIN)

    def is_ready(self) -> bool:
        """Whether the child says, in its first frame, that it waits for a job."""
        try:
            return self.read() is not None
        except _StoppedError:
            return False

    def send(self, message: bytes) -> None:
        """Send a whole message; a child that does not take it is handled when it is read from."""
        self.working = True
        self.child.channel.settimeout(max(0.001, self.deadline - time.monotonic()))
        try:
            self.child.channel.sendall(message)
        except TimeoutError:
            raise self._timed_out() from None
        except OSError:
            raise self.why_it_ended() from None

    def read(self) -> tuple[dict[str, Any], memoryview] | None:
        """The next frame, None at the end of all."""
        if not self._fill(PREFIX.size):
            return None
        header_size, payload_size = PREFIX.unpack_from(self.received)
        if header_size > MOST_HEADER + FRAME_ALLOWANCE or header_size + payload_size > self.left:
            raise _StoppedError("output", f"What came back is over {self.limits.output_bytes // MEGABYTE} MB.")
        total = PREFIX.size + header_size + payload_size
        if not self._fill(total):
            return None
        whole = memoryview(bytes(self.received[:total]))
        del self.received[:total]
        self.left -= total
        try:
            return header_of(whole[PREFIX.size : PREFIX.size + header_size]), whole[PREFIX.size + header_size :]
        except MalformedError as error:
            raise _StoppedError("output", f"What came back is not a result: {error}.") from error

    def _fill(self, size: int) -> bool:
        """Receive until `size` bytes are here; whether they came."""
        while len(self.received) < size:
            self._wait()
            try:
                part = self.child.channel.recv(1 << 18)
            except OSError:
                part = b""
            if not part:
                return False
            self.received += part
        return True

    def _wait(self) -> None:
        """Until there is something to read. A child whose memory the kernel cannot limit is watched meanwhile."""
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise self._timed_out()
            used = self.child.memory_bytes() if self.working else None
            if used is not None and used > (self.limits.memory_mb << 20) + WARM_BYTES:
                raise _StoppedError("memory", f"It used more than {self.limits.memory_mb} MB of memory.")
            if self.poll.poll(1000 * (left if used is None else min(left, WATCH_SECONDS))):
                return

    def _timed_out(self) -> _StoppedError:
        return _StoppedError("wall", f"It did not finish within {self.limits.wall_seconds:g} seconds.")

    def why_it_ended(self) -> Exception:
        """What the system says of a child that closed its end."""
        ending = self.child.ending(0.5)
        if ending.kind == "lost":
            return LostError()
        if ending.kind == "running":
            return _StoppedError("died", "It closed its channel instead of answering.")
        if not os.WIFSIGNALED(ending.status):
            return _StoppedError("died", "It ended the process before answering.")
        number = os.WTERMSIG(ending.status)
        cpu = self.limits.cpu_seconds
        if number == signal.SIGXCPU or (number == signal.SIGKILL and ending.cpu_seconds >= cpu):
            return _StoppedError("cpu", f"It used more than {cpu} seconds of processor time.")
        if number == signal.SIGKILL:
            return _StoppedError("memory", "The system ended it, as it does when memory runs out.")
        return _StoppedError("died", f"The process crashed ({signal.Signals(number).name}).")


WARM_BYTES = 512 * MEGABYTE  # what a process with PyTorch may hold before a job
