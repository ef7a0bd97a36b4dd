"""A filter over system calls: what computing needs is allowed, everything else fails with EPERM.

No network, no signals to others, no new process or thread, no execution, no limits of others: by default, since none of
those calls is on the list.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; McCanne and Jacobson, The BSD packet filter, 1993.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from . import libc
from .system_calls import AUDIT_ARCH, NUMBERS, number

INSTRUCTION = struct.Struct("<HBBI")
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
X32_BIT = 0x40000000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
TCGETS, FIOCLEX = 0x5401, 0x5451
DUPLICATE_AND_FLAGS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC

UNKNOWN_PID = 0xFFFFFFFF

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def program(machine: str, own_pid: int = UNKNOWN_PID) -> bytes:
    """The filter for `machine`, as BPF instructions; `own_pid` is the only process that may be signalled."""
    deny = ERRNO | errno.EPERM
    steps = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER_AT),
    ]
    if machine == "x86_64":  # the same calls again under other numbers
        steps += [_step(JUMP_AT_LEAST, X32_BIT, 0, 1), _step(RETURN, deny)]
    for name in NUMBERS:
        steps += _when(number(name, machine), [_step(RETURN, ALLOW)])
    # Python asks whether what it opens is a terminal, and marks descriptors.
    steps += _when(number("ioctl", machine), _only(1, (TCGETS, FIOCLEX), ERRNO | errno.ENOTTY))
    # F_SETOWN would let the kernel send SIGIO to another process.
    steps += _when(number("fcntl", machine), _only(1, DUPLICATE_AND_FLAGS, deny))
    # abort() signals its own process; limits may be lowered, of its own process only.
    steps += _when(number("tgkill", machine), _only(0, (own_pid,), deny))
    steps += _when(number("prlimit64", machine), _only(0, (0,), deny))
    for name in ("clone", "fork", "vfork"):
        steps += _when(number(name, machine), [_step(RETURN, ERRNO | errno.EAGAIN)])
    # glibc falls back to clone, and so says "can't start new thread", only when clone3 does not exist.
    steps += _when(number("clone3", machine), [_step(RETURN, ERRNO | errno.ENOSYS)])
    return b"".join([*steps, _step(RETURN, deny)])


def install(code: bytes, own_pid: int) -> None:
    """Put a filter on this process for good; `code` was made ahead, before the process had its number.

    Raises:
        OSError: the kernel has no seccomp.
    """
    code = code.replace(_step(JUMP_EQUAL, UNKNOWN_PID, 0, 1), _step(JUMP_EQUAL, own_pid, 0, 1))
    buffer = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(code) // INSTRUCTION.size, ctypes.addressof(buffer)))
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(head))


def _step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return INSTRUCTION.pack(code, if_true, if_false, k)


def _when(call: int | None, then: list[bytes]) -> list[bytes]:
    return [] if call is None else [_step(JUMP_EQUAL, call, 0, len(then)), *then]


def _only(argument: int, values: tuple[int, ...], otherwise: int) -> list[bytes]:
    """Allow when the low and high halves of the argument are one of `values` (below 2**32)."""
    low = ARGUMENTS_AT + 8 * argument
    high_half = [_step(LOAD, low + 4), _step(JUMP_EQUAL, 0, 1, 0), _step(RETURN, otherwise), _step(LOAD, low)]
    matches = [step for value in values for step in (_step(JUMP_EQUAL, value, 0, 1), _step(RETURN, ALLOW))]
    return [*high_half, *matches, _step(RETURN, otherwise)]
