"""The few calls of the C library that Python does not offer; each raises OSError with the call's own reason."""

from __future__ import annotations

import ctypes
import os
import platform

from .system_calls import OWN

_library = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """prctl(2) with up to four arguments, the rest zero."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_library.prctl(ctypes.c_int(option), *padded), f"prctl {option}")


def syscall(name: str, *arguments: int | bytes | None) -> int:
    """A system call by name; bytes are passed by address."""
    numbers = OWN[name]
    call = numbers[0 if platform.machine() == "x86_64" else 1]
    passed = [ctypes.c_long(item) if isinstance(item, int) else ctypes.c_char_p(item) for item in arguments]
    return _checked(_library.syscall(ctypes.c_long(call), *passed), name)


def unshare(flags: int) -> None:
    """unshare(2), which Python has from 3.12."""
    _checked(_library.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2)."""
    texts = [ctypes.c_char_p(text.encode()) for text in (source, target, kind)]
    _checked(
        _library.mount(*texts, ctypes.c_ulong(flags), ctypes.c_char_p(options.encode())), f"mount {kind} on {target}"
    )


def unmount(target: str, flags: int) -> None:
    """umount2(2)."""
    _checked(_library.umount2(ctypes.c_char_p(target.encode()), ctypes.c_int(flags)), f"unmount {target}")
