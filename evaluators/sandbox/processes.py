"""The processes that run candidates' code, seen from the grader: a zygote and its children, or one-shot workers."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import psutil

from evaluators.sandbox.inside.lockdown import Layers
from knowledge.errors import SandboxError

if TYPE_CHECKING:
    from evaluators.verdict import IsolationLevel

ENDING = struct.Struct("<id")  # wait status, CPU seconds: the same as in inside/zygote.py
BOOT_SECONDS = 60.0
START = "import sys; sys.path.insert(0, sys.argv[1]); from inside.{module} import main; main()"


@dataclass(frozen=True)
class Ending:
    """How a child ended: `exited` with its wait status, still `running`, or `lost` with the process that forked it."""

    kind: Literal["exited", "running", "lost"]
    status: int = 0
    cpu_seconds: float = 0.0


class Child(Protocol):
    """A process that waits for one job on the other end of `channel`."""

    channel: socket.socket

    def kill(self) -> None:
        """End it now, whatever it does."""

    def ending(self, timeout: float) -> Ending:
        """How it ended, waiting for at most `timeout` seconds."""

    def memory_bytes(self) -> int | None:
        """What it uses, where the grader must watch it; None where the kernel does."""

    def close(self) -> None:
        """End it, and let go of everything that belongs to it."""


class ZygoteChild:
    """A fork of the zygote, which sends its process descriptor first and how it ended last."""

    def __init__(self, channel: socket.socket, report: socket.socket) -> None:
        self.channel = channel
        self._report = report
        self._descriptor: int | None = None

    def kill(self) -> None:
        """End it by its process descriptor, which cannot have passed to another process."""
        if self._known():
            assert self._descriptor is not None
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def ending(self, timeout: float) -> Ending:
        """What the zygote reported."""
        if not self._known():
            return Ending("lost")
        self._report.settimeout(timeout)
        try:
            message = self._report.recv(ENDING.size)
        except TimeoutError:
            return Ending("running")
        except OSError:
            return Ending("lost")
        return Ending("exited", *ENDING.unpack(message)) if len(message) == ENDING.size else Ending("lost")

    def memory_bytes(self) -> int | None:
        """The kernel limits it."""
        return None

    def close(self) -> None:
        """End it and close what belongs to it; the zygote buries it."""
        self.kill()
        self.channel.close()
        self._report.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _known(self) -> bool:
        """Whether the zygote lived to say which process this is."""
        if self._descriptor is None:
            self._report.settimeout(BOOT_SECONDS)
            with contextlib.suppress(OSError):
                _, descriptors, _, _ = socket.recv_fds(self._report, 1, 1)
                self._descriptor = descriptors[0] if descriptors else None
        return self._descriptor is not None


class Zygote:
    """The warm process (`inside/zygote.py`), with all layers that this system has."""

    # From the most isolation to the least; what is denied here fails at once.
    LADDER = (
        Layers(namespaces=True, own_root=True, landlock=True),
        Layers(namespaces=True, own_root=True, landlock=False),
        Layers(namespaces=True, own_root=False, landlock=True),
        Layers(namespaces=False, own_root=False, landlock=True),
        Layers(namespaces=False, own_root=False, landlock=False),
    )

    def __init__(self, *, torch: bool = False, most_level: int = 4, probe: bool = False) -> None:
        """Start it.

        Raises:
            SandboxError: nothing on the ladder works here; the message says why.
        """
        problem = ""
        for layers in self.LADDER:
            if layers.level(2 if layers.landlock or layers.own_root else 1) > most_level:
                continue
            problem = self._start(layers, torch=torch, probe=probe)
            if not problem:
                return
        raise SandboxError("No process for candidates' code can be started here.", problem)

    def _start(self, layers: Layers, *, torch: bool, probe: bool) -> str:
        """An empty text when it runs, else the reason."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = _python("zygote", theirs, torch=torch, layers=layers, probe=probe)
        self._control.settimeout(BOOT_SECONDS)
        try:
            message = self._control.recv(4096)
        except TimeoutError:
            message = b""
        hello: dict[str, Any] = (
            json.loads(message) if message else {"error": "the interpreter ended, or did not answer"}
        )
        self.level: IsolationLevel = hello.get("level", 0)
        if "error" in hello:
            self.close()
        return str(hello.get("error", ""))

    def child(self) -> ZygoteChild:
        """A fresh fork, on its way.

        Raises:
            OSError: the zygote is gone.
        """
        channel, inner_channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        report, inner_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inner_channel, inner_report:
            try:
                socket.send_fds(self._control, [b"child"], [inner_channel.fileno(), inner_report.fileno()])
            except OSError:
                channel.close()
                report.close()
                raise
        return ZygoteChild(channel, report)

    def close(self) -> None:
        """End it, and with it every child that is left."""
        self._control.close()
        _end(self.process)

    def processes(self) -> list[psutil.Process]:
        """The process that was started, and the zygote and its children below it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.process.pid)
            return [process, *process.children(recursive=True)]
        return []


class Worker:
    """A process of its own for one job (`inside/worker.py`)."""

    def __init__(self, *, torch: bool = False) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.process = _python("worker", theirs, torch=torch)
        self._watched = psutil.Process(self.process.pid)

    def kill(self) -> None:
        """End it and what it started, unless that left its process group: at level 0 nothing forbids it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def ending(self, timeout: float) -> Ending:
        """How it ended."""
        deadline = time.monotonic() + timeout
        while self.process.returncode is None:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return Ending("exited", status, usage.ru_utime + usage.ru_stime)
            if time.monotonic() > deadline:
                return Ending("running")
            time.sleep(0.002)
        return Ending("lost")

    def memory_bytes(self) -> int | None:
        """What it holds in memory."""
        try:
            return self._watched.memory_info().rss
        except psutil.Error:
            return None

    def close(self) -> None:
        """End it and wait for it."""
        self.channel.close()
        self.kill()
        self.process.wait()


def _python(
    module: str, theirs: socket.socket, *, torch: bool, layers: Sequence[bool] = (), probe: bool = False
) -> subprocess.Popen[bytes]:
    """A bare interpreter with an empty environment that holds nothing of ours but one socket."""
    if not sys.executable:
        raise SandboxError("No Python interpreter is known to start.", "Run the product with a python executable.")
    settings = {
        "control": theirs.fileno(),
        "layers": list(layers),
        "packages": sorted({str(_folder(name)) for name in (("numpy", "torch") if torch else ("numpy",))}),
        "torch": torch,
        "probe": probe,
    }
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", START.format(module=module)]
    with theirs:
        return subprocess.Popen(  # noqa: S603 - our own interpreter with our own arguments
            [*command, str(Path(__file__).parent), json.dumps(settings)],
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )


def _folder(package: str) -> Path:
    """Where `package` is installed, found without importing it.

    Raises:
        SandboxError: it is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SandboxError(f"{package} is not installed.", f"pip install {package}")
    return Path(spec.origin).parent.parent


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
