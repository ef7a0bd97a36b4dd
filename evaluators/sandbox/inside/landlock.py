"""Landlock: of all files, only the given ones may be read, and nothing may be written, connected or signalled.

Source: Linux, Documentation/userspace-api/landlock.rst (ABI 1 to 7).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from . import libc

READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
ALL_TCP = 0b11
ALL_SCOPES = 0b11  # abstract unix sockets, signals
RULE_PATH_BENEATH = 1


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    try:
        return libc.syscall("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def restrict(readable: Iterable[Path], listable: Iterable[Path]) -> None:
    """Leave this process only reading beneath `readable` and listing folders beneath `listable`, for good.

    It needs `no_new_privs`.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    version = libc.syscall("landlock_create_ruleset", None, 0, 1)
    rules = _ruleset(_file_rights(version), ALL_TCP if version >= 4 else 0, ALL_SCOPES if version >= 6 else 0)
    try:
        for path in readable:
            _allow(rules, path, READ_FILE | READ_FOLDER)
        for path in listable:
            _allow(rules, path, READ_FOLDER)
        libc.syscall("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def isolate() -> None:
    """Put this process in a domain of its own, so that it can neither trace nor signal its siblings."""
    version = abi()
    # A ruleset must handle something: making device nodes is denied already.
    rules = _ruleset(1 << 6, 0, ALL_SCOPES if version >= 6 else 0)
    try:
        libc.syscall("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def _file_rights(version: int) -> int:
    """Every right over files that this version knows, so that each is denied unless it is granted."""
    return (1 << (13 + min(version - 1, 2) + (1 if version >= 5 else 0))) - 1


def _ruleset(files: int, network: int, scopes: int) -> int:
    # Kernels refuse only the fields beyond their own that are not zero.
    attributes = struct.pack("<QQQ", files, network, scopes)
    return libc.syscall("landlock_create_ruleset", attributes, len(attributes), 0)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # it is not there, so nobody needs it
    try:
        rights &= READ_FILE | READ_FOLDER if path.is_dir() else READ_FILE
        libc.syscall("landlock_add_rule", rules, RULE_PATH_BENEATH, struct.pack("<Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
