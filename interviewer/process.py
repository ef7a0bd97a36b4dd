"""One child process that works out what an event loop's own process should not: Python's lock is not shared with it.

`concurrent.futures.ProcessPoolExecutor` would import the parent's main module again in the child (a server's, a test
run's), leave the child behind when the parent is killed, and hand every call through two more threads of the parent.
Here the child holds nothing but one socket, and ends when that closes, whatever became of the parent.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

logger = logging.getLogger(__name__)

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_NICENESS = 5
"""The event loop goes first: what it does keeps everybody waiting, what the child does one candidate."""

_AGAIN_SECONDS = 30.0
"""A child that ended before it answered anything is not replaced sooner."""


class ProcessError(Exception):
    """The child ended before it answered, or cannot be started; the work can be done here instead."""


class ChildProcess(Executor):
    """Runs module-level functions in the child, one after the other; a child that ended is replaced by the next call.

    Nothing is started before the first call. Arguments and results are pickled.
    """

    def __init__(self) -> None:
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="child")
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """The child's, while there is one."""
        child = self._child
        return child.process.pid if child else None

    def submit(
        self, function: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Result]:
        """Return the future of `function(*args, **kwargs)`; a ProcessError when the child ended in the midst of it."""
        return self._caller.submit(self._call, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the child at once: what it was at fails with a ProcessError."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                self._child.process.kill()
        self._caller.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._forget()

    def _call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        child = self._ready()
        try:
            child.channel.send((function, args, kwargs))
            raised, result = child.channel.recv()
        except (EOFError, OSError) as error:
            if not child.has_answered:
                self._not_before = time.monotonic() + _AGAIN_SECONDS
            self._forget()
            raise ProcessError("the child process ended") from error
        child.has_answered = True
        if raised:
            raise result
        return result

    def _ready(self) -> _Child:
        with self._lock:
            if self._closed or time.monotonic() < self._not_before:
                raise ProcessError("there is no child process")
            if self._child is None:
                try:
                    self._child = _Child()
                except OSError as error:
                    self._not_before = time.monotonic() + _AGAIN_SECONDS
                    raise ProcessError("no child process could be started") from error
            return self._child

    def _forget(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """A process that was started, and our end of its socket."""

    def __init__(self) -> None:
        self.has_answered = False
        self.channel, theirs = Pipe()
        # A session of its own: Ctrl-C in the terminal is for the server, which ends its child itself.
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own arguments
                [sys.executable, "-P", "-m", "interviewer.process", str(theirs.fileno())],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(one).absolute()) for one in sys.path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def end(self) -> None:
        """Leave no process behind, and no zombie."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def serve(channel: Connection) -> None:
    """Answer calls until the other end is closed."""
    while True:
        try:
            function, args, kwargs = channel.recv()
        except EOFError:
            return
        try:
            answer = (False, function(*args, **kwargs))
        except Exception as error:
            answer = (True, error)
        try:
            channel.send(answer)
        except ConnectionError:
            return


if __name__ == "__main__":
    os.nice(_NICENESS)
    with Connection(int(sys.argv[1])) as channel:
        serve(channel)
