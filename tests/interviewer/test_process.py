"""The child process: its answers, its end in every way that there is, and its successor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from interviewer.process import ChildProcess, ProcessError

_PATIENCE = 20.0

_PARENT = """
import os, time
from interviewer.process import ChildProcess
child = ChildProcess()
print(child.submit(os.getpid).result(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def child() -> Iterator[ChildProcess]:
    made = ChildProcess()
    yield made
    made.shutdown(cancel_futures=True)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def is_there(pid: int) -> bool:
    """Whether there is such a process, a zombie included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_started_before_the_first_call_and_one_child_takes_all(child: ChildProcess) -> None:
    assert child.pid is None
    pids = {child.submit(os.getpid).result(_PATIENCE) for _ in range(3)}
    assert pids == {child.pid}
    assert os.getpid() not in pids


def test_what_the_function_raises_is_raised_here_and_the_child_goes_on(child: ChildProcess) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        child.submit(int, "seven").result(_PATIENCE)
    pid = child.pid
    with pytest.raises(AttributeError):  # it cannot be sent, and nothing was
        child.submit(lambda: 7).result(_PATIENCE)
    assert child.submit(int, "7").result(_PATIENCE) == 7
    assert child.pid == pid


def test_a_child_that_is_killed_fails_its_call_and_the_next_call_has_another(child: ChildProcess) -> None:
    first = child.submit(os.getpid).result(_PATIENCE)
    under_way, next_one = child.submit(time.sleep, 60), child.submit(os.getpid)
    until(under_way.running)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProcessError):
        under_way.result(_PATIENCE)
    assert next_one.result(_PATIENCE) == child.pid != first
    assert not is_there(first)


def test_a_child_that_never_answered_is_not_started_again_and_again(child: ChildProcess) -> None:
    for _ in range(2):
        with pytest.raises(ProcessError):
            child.submit(os._exit, 3).result(_PATIENCE)
        assert child.pid is None
    with pytest.raises(ProcessError, match="there is no"):
        child.submit(os.getpid).result(_PATIENCE)


def test_an_interpreter_that_is_not_there_is_a_process_error(
    child: ChildProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ProcessError, match="could be started"):
        child.submit(os.getpid).result(_PATIENCE)


def test_shutdown_ends_what_is_under_way_and_leaves_no_process() -> None:
    child = ChildProcess()
    pid = child.submit(os.getpid).result(_PATIENCE)
    under_way, waiting = child.submit(time.sleep, 60), child.submit(time.sleep, 60)
    until(under_way.running)
    child.shutdown(cancel_futures=True)
    with pytest.raises(ProcessError):
        under_way.result(0)
    assert waiting.cancelled()
    assert not is_there(pid)
    with pytest.raises(RuntimeError):
        child.submit(os.getpid)


def test_ctrl_c_in_the_terminal_does_not_reach_it(child: ChildProcess) -> None:
    pid = child.submit(os.getpid).result(_PATIENCE)
    assert os.getpgid(pid) != os.getpgid(0)


def test_it_does_not_outlive_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
    until(lambda: not is_there(pid))


async def test_a_caller_who_gives_up_does_not_disturb_the_next(child: ChildProcess) -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(loop.run_in_executor(child, time.sleep, 0.5), 0.05)
    assert await loop.run_in_executor(child, int, "7") == 7
