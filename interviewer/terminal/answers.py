"""Answers from a file, for an interview that runs unattended."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from knowledge.decoding import decode
from knowledge.errors import InputError, TooLargeError, UnreadableError

MAX_BYTES = 20_000_000
_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)


def read_answers(path: Path) -> list[str]:
    """The blocks of `path` (`-` is standard input), split at lines that hold only `---`.

    Raises:
        InputError: The file does not exist, or holds no answer at all.
        UnreadableError: The file is no text.
        TooLargeError: The file is over 20 MB.
    """
    data = _read_bytes(path)
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"{path}: {len(data) / 1e6:.0f} MB of answers; the limit is {MAX_BYTES / 1e6:.0f} MB.")
    try:
        text = decode(data, str(path))
    except UnreadableError as error:
        raise UnreadableError(error.message, "Write the answers as text, one a block.") from error
    blocks = [block.strip("\r\n") for block in _SEPARATOR.split(text)]
    if not any(block.strip() for block in blocks):
        raise InputError(f"{path} holds no answer.", "Write one answer a block, blocks separated by a line `---`.")
    return blocks


def _read_bytes(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the name after --answers.") from error
