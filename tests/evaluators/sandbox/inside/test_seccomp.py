"""The filter, run on both architectures by a small interpreter of its own language."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from evaluators.sandbox.inside import seccomp
from evaluators.sandbox.inside.system_calls import AUDIT_ARCH, NUMBERS, OWN, SPECIAL, number

MACHINES = ["x86_64", "aarch64"]
OWN_PID = 4321
DENIED = seccomp.ERRNO | errno.EPERM


def decide(machine: str, call: int, *args: int, architecture: int | None = None) -> int:
    """What the kernel would do. Source: McCanne and Jacobson, The BSD packet filter, 1993, section 3.3."""
    audit = AUDIT_ARCH[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", call, audit, 0, *(*args, 0, 0, 0, 0, 0, 0)[:6])
    steps = list(seccomp.INSTRUCTION.iter_unpack(seccomp.program(machine, OWN_PID)))
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, k = steps[at]
        at += 1
        if code == 0x06:
            return int(k)
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == 0x15:
            at += if_true if accumulator == k else if_false
        elif code == 0x35:
            at += if_true if accumulator >= k else if_false
        else:
            raise AssertionError(f"unknown instruction {code:#x}")


def call(name: str, machine: str) -> int:
    value = number(name, machine)
    assert value is not None
    return value


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "name", ["read", "write", "openat", "mmap", "futex", "getrandom", "exit_group", "rt_sigreturn"]
)
def test_computing_is_allowed(name: str, machine: str) -> None:
    assert decide(machine, call(name, machine)) == seccomp.ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_that_is_not_listed_is_denied(machine: str) -> None:
    listed = {number(name, machine) for name in (*NUMBERS, *SPECIAL)}
    for value in (*range(600), 0x7FFFFFFF, 0xFFFFFFFF):
        if value not in listed:
            assert decide(machine, value) == DENIED, value


@pytest.mark.parametrize("machine", MACHINES)
def test_new_processes_are_refused_so_that_libraries_say_so(machine: str) -> None:
    assert decide(machine, call("clone", machine)) == seccomp.ERRNO | errno.EAGAIN
    assert decide(machine, call("clone3", machine)) == seccomp.ERRNO | errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "args", "allowed"),
    [
        ("tgkill", (OWN_PID, OWN_PID, 6), True),
        ("tgkill", (OWN_PID + 1, OWN_PID + 1, 9), False),
        ("tgkill", (OWN_PID | 1 << 32, OWN_PID, 9), False),
        ("prlimit64", (0, 7), True),
        ("prlimit64", (OWN_PID + 1, 7), False),
        ("fcntl", (3, 3), True),
        ("fcntl", (3, 8, 1), False),  # F_SETOWN
        ("fcntl", (3, 15, 1), False),  # F_SETOWN_EX
        ("ioctl", (0, 0x5401), True),
        ("ioctl", (0, 0x5412), False),  # TIOCSTI
        ("ioctl", (0, 0x5401 | 1 << 32), False),
    ],
)
def test_some_calls_depend_on_their_arguments(machine: str, name: str, args: tuple[int, ...], allowed: bool) -> None:
    assert (decide(machine, call(name, machine), *args) == seccomp.ALLOW) is allowed


def test_the_filter_made_ahead_names_no_process() -> None:
    code = seccomp.program("x86_64")
    assert code != seccomp.program("x86_64", OWN_PID)
    assert len(code) == len(seccomp.program("x86_64", OWN_PID))


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_ends_the_process(machine: str) -> None:
    assert decide(machine, call("read", machine), architecture=0x40000003) == seccomp.KILL


def test_the_x32_numbers_of_allowed_calls_are_denied() -> None:
    assert decide("x86_64", call("read", "x86_64") | seccomp.X32_BIT) == DENIED


@pytest.mark.parametrize("machine", MACHINES)
def test_no_jump_is_longer_than_its_field(machine: str) -> None:
    assert len(seccomp.program(machine, OWN_PID)) // seccomp.INSTRUCTION.size < 4096


@pytest.mark.parametrize(
    ("machine", "header", "pattern"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+) (\d+)"),
        ("aarch64", "/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+) (\d+)"),
    ],
)
def test_numbers_are_those_of_the_kernels_headers(machine: str, header: str, pattern: str) -> None:
    if not Path(header).exists():
        pytest.skip("the kernel's headers are not installed")
    known = {name: int(value) for name, value in re.findall(pattern, Path(header).read_text())}
    known.setdefault("newfstatat", known.get("fstatat", -1))
    for name in (*NUMBERS, *SPECIAL, *OWN):
        assert number(name, machine) == known.get(name), name
