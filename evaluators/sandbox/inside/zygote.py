"""The warm process: it imports NumPy once, closes itself in, and forks a child for every submission.

It is executed with an empty environment by a bare interpreter (`-I -S`), holds one socket, and never reads a job: each
child has a socket of its own to the grader. It ends when the grader's end of its socket closes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import socket
import struct
import sys
import sysconfig
from pathlib import Path
from typing import Any, NoReturn

from . import landlock, lockdown, namespaces
from .lockdown import Layers

MOST_DESCRIPTORS = 512  # of the zygote: two for each child that lives
ENDING = struct.Struct("<id")  # wait status, CPU seconds
# Loaded ahead: what answers import most. Each module more costs every fork; the rest is read when it is asked for.
WARM = """
    collections.abc copy dataclasses functools heapq itertools json linecache math operator random re time typing zlib
    numpy numpy.linalg numpy.random numpy.fft numpy.polynomial numpy.lib.stride_tricks
"""


def main() -> NoReturn:
    """Start as the arguments say: `control descriptor, layers, packages, torch, probe`, as JSON."""
    settings: dict[str, Any] = json.loads(sys.argv[2])
    control = socket.socket(fileno=int(settings["control"]))
    layers = Layers(*settings["layers"])
    try:
        if layers.landlock and not landlock.abi():
            raise OSError("this kernel has no Landlock")
        if layers.namespaces:
            _become_first_process(control)
        warm(settings)
        address_space = used_address_space()
        stdlib = sorted({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
        readable = lockdown.stdlib_and(_packages(settings["packages"]), stdlib)
        forget_import_paths(settings)
        lockdown.close_zygote(readable, stdlib, layers)
        if layers.namespaces:
            lockdown.die_with(0)  # the launcher, seen from the new process table
        level = layers.level(_proven(layers))
    except BaseException as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        os._exit(1)
    control.send(json.dumps({"level": level}).encode())
    if settings["probe"]:
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_DESCRIPTORS, MOST_DESCRIPTORS))
    nursery = _Nursery(control, layers, address_space)
    gc.collect()
    gc.freeze()
    nursery.tend()


def warm(settings: dict[str, Any]) -> None:
    """Import what answers use. Threads are off: a child could not start them, and OpenBLAS would wait for ever."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    if settings["probe"]:
        return
    sys.path += settings["packages"]
    for name in WARM.split():
        __import__(name)
    __import__(f"{__package__}.runner")
    if settings["torch"]:
        _warm_torch()


def _warm_torch() -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    # The first optimiser imports torch._dynamo, which takes a second and wants a folder for temporary files. No
    # backward pass here: the engine that it starts cannot be used after a fork.
    weights = torch.nn.Linear(2, 2)
    torch.optim.SGD(weights.parameters(), lr=0.1)
    torch.nn.functional.scaled_dot_product_attention(*(torch.ones(1, 1, 2, 2) for _ in range(3)))


def forget_import_paths(settings: dict[str, Any]) -> None:
    """What is loaded stays, what is not is simply not there; PyTorch loads the rest of itself late."""
    hidden = {sys.argv[1], *(() if settings["torch"] else settings["packages"])}
    sys.path[:] = [entry for entry in sys.path if entry not in hidden]
    sys.argv[1:] = []


def used_address_space() -> int | None:
    """Bytes of address space that this process has, None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return None


def _become_first_process(control: socket.socket) -> None:
    """Fork into the new namespaces; the process that was started stays behind, and ends with the zygote."""
    namespaces.enter()
    first = os.fork()
    if first:
        control.close()
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    lockdown.die_with(0)


def _packages(folders: list[str]) -> list[Path]:
    """The installed packages that are loaded, with the libraries that wheels keep beside them."""
    roots = [Path(folder) for folder in folders]
    found: set[Path] = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        for root in roots:
            if file and Path(file).is_relative_to(root):
                top = root / Path(file).relative_to(root).parts[0]
                found |= {top, root / f"{top.name}.libs"}
    return sorted(path for path in found if path.exists())


def _proven(layers: Layers) -> int:
    """The level that a child of this process finds when it tries what must fail."""
    own_pid = os.getpid()
    child = os.fork()
    if child == 0:
        proven = 0
        try:
            lockdown.close_child(own_pid, layers, lockdown.system_calls())
            proven = lockdown.prove(own_pid)
        finally:
            os._exit(proven)
    _, status = os.waitpid(child, 0)
    return max(0, os.waitstatus_to_exitcode(status))


class _Nursery:
    """Forks children on request, and reports how each of them ended."""

    def __init__(self, control: socket.socket, layers: Layers, address_space: int | None) -> None:
        self.control = control
        self.layers = layers
        self.address_space = address_space
        self.own_pid = os.getpid()
        self.calls = lockdown.system_calls()
        self.children: dict[int, tuple[int, socket.socket]] = {}  # pidfd: (pid, where its end is reported)
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def tend(self) -> NoReturn:
        """Serve until the grader goes away."""
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.control.fileno():
                    self._answer()
                else:
                    self._bury(descriptor)

    def _answer(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self.control, 16, 2)
        if not message:
            os._exit(0)  # children end with their parent
        channel, report = descriptors
        try:
            child = os.fork()
        except OSError:  # too many processes: the grader sees both ends close
            os.close(channel)
            os.close(report)
            return
        if child == 0:
            self._become_child(channel)
        os.close(channel)
        pidfd = os.pidfd_open(child)
        reporting = socket.socket(fileno=report)
        with contextlib.suppress(OSError):  # the grader went away meanwhile
            socket.send_fds(reporting, [b"p"], [pidfd])
        self.children[pidfd] = (child, reporting)
        self.poll.register(pidfd, select.POLLIN)

    def _become_child(self, channel: int) -> NoReturn:
        try:
            os.dup2(channel, 3)
            os.closerange(4, MOST_DESCRIPTORS)
            lockdown.close_child(self.own_pid, self.layers, self.calls)
            from .runner import serve

            serve(3, self.address_space)
        finally:
            os._exit(1)

    def _bury(self, pidfd: int) -> None:
        child, reporting = self.children.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(child, 0)
        with contextlib.suppress(OSError):  # the grader has its answer, and did not wait
            reporting.send(ENDING.pack(status, usage.ru_utime + usage.ru_stime))
        reporting.close()
