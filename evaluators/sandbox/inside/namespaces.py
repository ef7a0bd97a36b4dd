"""Namespaces of its own for the zygote: users, processes, network, and a file system that holds only Python.

They are made once, when the zygote starts, so a submission pays nothing for them. The zygote is process 1 of its
process table: when it ends, the kernel ends everything in it.

Source: Linux, namespaces(7), user_namespaces(7), pivot_root(2).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from . import libc

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USERS, NEW_PIDS, NEW_NETWORK = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
KEPT_FLAGS = 0x1 | 0x2 | 0x4 | 0x8 | 0x400 | 0x800  # what a remount may not take away from a mount
DETACH = 2
NOBODY = 65534
NEW_ROOT = Path("/proc")  # a folder that is always there and hides nothing that is bound below


def enter() -> None:
    """Leave the host's namespaces; the caller's next fork is process 1 of the new process table.

    Raises:
        OSError: namespaces are not allowed here (containers, hardened distributions).
    """
    own = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_PIDS | NEW_NETWORK
    if os.geteuid() == 0:
        try:
            libc.unshare(own)
        except PermissionError:
            pass  # root of a container; perhaps a user namespace is allowed
        else:
            return
    user, group = os.geteuid(), os.getegid()
    libc.unshare(own | NEW_USERS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def take_root(readable: Iterable[Path]) -> None:
    """Replace the root of the file system by an empty one in which only `readable` exists, read-only.

    Raises:
        OSError: mounting is not allowed here.
    """
    libc.mount("none", "/", "none", RECURSIVE | PRIVATE)
    libc.mount("sandbox", str(NEW_ROOT), "tmpfs", NO_SUID | NO_DEVICES, "size=1m,mode=755")
    for path in readable:
        _bind(path)
    libc.mount("none", str(NEW_ROOT), "none", REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES)
    os.chdir(NEW_ROOT)
    libc.syscall("pivot_root", b".", b".")
    libc.unmount(".", DETACH)
    os.chdir("/")


def _bind(path: Path) -> None:
    if not path.exists():
        return
    target = NEW_ROOT / path.relative_to("/")
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    libc.mount(str(path), str(target), "none", BIND | RECURSIVE)
    kept = os.statvfs(target).f_flag & KEPT_FLAGS
    libc.mount("none", str(target), "none", REMOUNT | BIND | READ_ONLY | NO_SUID | kept)
