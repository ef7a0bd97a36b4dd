"""What an isolation level claims, and which one this system offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluators.sandbox.inside import lockdown
from evaluators.sandbox.processes import Zygote
from knowledge.errors import SandboxError

if TYPE_CHECKING:
    from evaluators.verdict import IsolationLevel

SAFE_LEVEL = 2
"""The least level at which other people's code may be accepted: it can neither read files nor reach the network."""

_CLAIMS = {
    0: "a separate process with limits: for your own code; it can read your files and reach the network",
    1: "computing only (seccomp): no network, no new processes, no signals; files on this machine can be read",
    2: "computing only, and of all files only Python's and NumPy's can be read (seccomp and Landlock)",
    3: "computing only, no files but Python's, no other processes, no network (seccomp, Landlock, namespaces)",
    4: "computing only, in a file system of its own that holds only Python, no other processes, no network",
}


def describe_level(level: int) -> str:
    """What holds at `level` (0 to 4), as a phrase."""
    return _CLAIMS[level]


def probe_level() -> IsolationLevel:
    """The level that this system offers, found by starting a bare process without NumPy and trying (about 30 ms)."""
    if not lockdown.supported():
        return 0
    try:
        zygote = Zygote(probe=True)
    except SandboxError:
        return 0
    zygote.close()
    return zygote.level
