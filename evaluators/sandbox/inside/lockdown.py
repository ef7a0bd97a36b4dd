"""The order in which the layers close: most of them once in the zygote, the rest in every child."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import signal
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import landlock, libc, namespaces, seccomp
from .system_calls import AUDIT_ARCH

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CAPABILITY_VERSION = (0x20080522).to_bytes(4, "little") + bytes(4)
SECCOMP_LEVEL, FILES_LEVEL, NAMESPACES_LEVEL, OWN_ROOT_LEVEL = 1, 2, 3, 4
MEGABYTE = 1 << 20


class Layers(NamedTuple):
    """What is closed besides system calls."""

    namespaces: bool
    own_root: bool
    landlock: bool

    def level(self, proven: int) -> int:
        """The isolation level (0 to 4), given what a child found to hold."""
        if proven < FILES_LEVEL or not self.namespaces:
            return proven
        return OWN_ROOT_LEVEL if self.own_root and self.landlock else NAMESPACES_LEVEL


def close_zygote(readable: list[Path], listable: list[Path], layers: Layers) -> None:
    """Close what every child inherits: the file system, the user's rights, Landlock.

    What lies beneath `readable` can be read; the folders of imports are `listable`, since Python lists before it reads.

    Raises:
        OSError: a layer is not to be had here.
    """
    if layers.own_root:
        namespaces.take_root(readable)
    _drop_privileges(everything_reachable=layers.own_root or all(map(_open_to_all, readable)))
    libc.prctl(PR_SET_DUMPABLE, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1)
    if layers.landlock:
        landlock.restrict(readable, listable)


def close_child(parent: int, layers: Layers, calls: bytes) -> None:
    """Close the rest in a fresh fork: it dies with its parent, and may only make the system calls that the filter
    `calls` lets through."""
    die_with(parent)
    if layers.landlock:
        landlock.isolate()
    seccomp.install(calls, os.getpid())


def system_calls() -> bytes:
    """The filter for this machine, made once."""
    return seccomp.program(platform.machine())


def die_with(parent: int) -> None:
    """Let the kernel end this process when `parent` ends, or now if it has."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def set_limits(cpu_seconds: int, memory_bytes: int | None) -> None:
    """Set the limits of this process. `memory_bytes` is its whole address space, None where that cannot be limited."""
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)
    if memory_bytes is not None:
        # DATA alone is passed by shared anonymous memory.
        _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
        _limit(resource.RLIMIT_DATA, memory_bytes, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, MEGABYTE, MEGABYTE)
    _limit(resource.RLIMIT_NOFILE, 32, 32)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_NPROC, 0, 0)


def _limit(which: int, soft: int, hard: int) -> None:
    try:
        _, most = resource.getrlimit(which)
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(which, (soft, hard))
    except (OSError, ValueError):
        if which in (resource.RLIMIT_CPU, resource.RLIMIT_AS) and platform.system() == "Linux":
            raise


def prove(parent: int) -> int:
    """The level that holds in this child, found by trying what must fail (0: nothing, 1: system calls, 2: files)."""
    forbidden = (
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close(),
        lambda: os.kill(parent, 0),
        lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        _fork,
    )
    if not all(_fails(attempt) for attempt in forbidden):
        return 0
    hidden = (
        lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
        lambda: os.close(os.open("/proc/self/environ", os.O_RDONLY)),
        lambda: os.listdir("/etc"),  # noqa: PTH208
        lambda: os.listdir("/home"),  # noqa: PTH208
    )
    return FILES_LEVEL if all(_fails(attempt) for attempt in hidden) else SECCOMP_LEVEL


def supported() -> bool:
    """Whether this system can close anything at all: Linux on a machine whose system calls are known."""
    return platform.system() == "Linux" and platform.machine() in AUDIT_ARCH


def _fails(attempt: object) -> bool:
    assert callable(attempt)
    try:
        attempt()
    except OSError:
        return True
    return False


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _drop_privileges(*, everything_reachable: bool) -> None:
    """Become nobody when root, where that is allowed; give up every capability in any case."""
    if os.geteuid() == 0 and everything_reachable:
        with contextlib.suppress(OSError):  # a container's root may not, or has no such user
            os.setgroups([])
            os.setresgid(namespaces.NOBODY, namespaces.NOBODY, namespaces.NOBODY)
            os.setresuid(namespaces.NOBODY, namespaces.NOBODY, namespaces.NOBODY)
    libc.syscall("capset", CAPABILITY_VERSION, bytes(24))


def _open_to_all(path: Path) -> bool:
    """Whether anybody may read the path: the sandbox's user may not be the one who installed Python."""
    try:
        return all(folder.stat().st_mode & 0o001 for folder in path.parents) and bool(path.stat().st_mode & 0o004)
    except OSError:
        return True  # it does not exist


def stdlib_and(packages: Iterable[Path], folders: Iterable[Path]) -> list[Path]:
    """Everything a candidate's imports may read: `folders` of the standard library without installed packages,
    `packages`, and the two devices that libraries open."""
    found: list[Path] = []
    for folder in folders:
        inner = [folder / name for name in ("site-packages", "dist-packages")]
        if any(path.exists() for path in inner):
            found += sorted(path for path in folder.iterdir() if path not in inner)
        elif folder.exists():
            found.append(folder)
    return [*found, *packages, Path("/dev/null"), Path("/dev/urandom")]
