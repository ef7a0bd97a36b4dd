"""A file becomes blocks of text that know where they stand: `read(path)` → `list[Block]`.

Reading is by content first and by suffix second, and bounded everywhere: a file is a stranger's.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from knowledge.blocks import MOST_CHARACTERS, Block
from knowledge.errors import TooLargeError, UnreadableError

# Suffixes taken from a folder; a file that is named itself is read whatever its suffix says.
SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".txt", ".text", ".rst", ".html", ".htm", ".pdf", ".docx", ".ipynb"})

MOST_BYTES = 50_000_000
MOST_FILES = 10_000

_MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path, name: str | None = None) -> list[Block]:
    """Return the blocks of one file, in order.

    Args:
        path: the file.
        name: how to call it in an error; the path itself by default.

    Raises:
        UnreadableError: missing, no plain file, broken, encrypted, empty or not text.
        TooLargeError: over a limit.
    """
    name = name or str(path)
    return blocks_of(read_bytes(path, name), path.suffix.lower(), name)


def read_bytes(path: Path, name: str) -> bytes:
    """Return the bytes of a plain file of bearable size.

    Raises:
        UnreadableError: it is not there, not a plain file, or may not be read.
        TooLargeError: it is over `MOST_BYTES`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{name} is not a file.", "Name a file, or a folder of files.")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise UnreadableError(f"{name} does not exist.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise UnreadableError(
            f"{name} cannot be read: {_reason(error)}.", "Check the path and its permissions."
        ) from error
    if len(raw) > MOST_BYTES:
        raise TooLargeError(
            f"{name} is larger than {MOST_BYTES // 1_000_000} MB.", "Split it, or export only the part that matters."
        )
    return raw


def digest(raw: bytes) -> str:
    """Return the SHA-256 of the bytes in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def blocks_of(raw: bytes, suffix: str, name: str) -> list[Block]:
    """Return the blocks of a file's bytes.

    Args:
        raw: the bytes.
        suffix: of the file's name, in lower case, with its dot.
        name: how to call the file in an error.

    Raises:
        UnreadableError: broken, encrypted, empty or not text.
        TooLargeError: its text is over `MOST_CHARACTERS`.
    """
    try:
        blocks = _parsed(raw, suffix, name)
    except (RecursionError, MemoryError) as error:
        raise UnreadableError(
            f"{name} is nested too deeply to be read.", "Export it as plain text and add that instead."
        ) from error
    if sum(len(block.text) for block in blocks) > MOST_CHARACTERS:
        raise TooLargeError(
            f"{name} holds more than {MOST_CHARACTERS // 1_000_000} million characters of text.",
            "Split it, or export only the part that matters.",
        )
    if not blocks:
        raise UnreadableError(f"{name} holds no text.", "Check that it is the file you meant.")
    return blocks


def _parsed(raw: bytes, suffix: str, name: str) -> list[Block]:
    """Choose the reader; their libraries are imported only when a file needs them."""
    if not raw.strip():
        raise UnreadableError(f"{name} is empty.", "Check that it is the file you meant.")
    if suffix == ".pdf" or b"%PDF-" in raw[:1024]:
        from knowledge.formats.pdf import read_pdf

        return read_pdf(raw, name)
    if suffix == ".docx" or raw.startswith(b"PK\x03\x04"):
        from knowledge.formats.docx import read_docx

        return read_docx(raw, name)
    if raw.startswith(_OLD_WORD):
        raise UnreadableError(f"{name} is an old Office file.", "Open it and save it as .docx.")

    from knowledge.decoding import decode

    if len(raw) > MOST_CHARACTERS * 4:
        raise TooLargeError(
            f"{name} holds more than {MOST_CHARACTERS // 1_000_000} million characters of text.",
            "Split it, or export only the part that matters.",
        )
    text = decode(raw, name)
    if suffix == ".ipynb":
        from knowledge.formats.notebook import read_notebook

        return read_notebook(text, name)
    if suffix in _HTML:
        from knowledge.formats.html import read_html

        return read_html(text)
    from knowledge.formats.markdown import looks_like_markdown, read_markdown
    from knowledge.formats.text import read_text

    return read_markdown(text) if suffix in _MARKDOWN or looks_like_markdown(text) else read_text(text)


def files_under(path: Path) -> list[Path]:
    """Return the readable files of a folder in order, or the file itself; links and hidden folders are not followed.

    Raises:
        TooLargeError: the folder holds more than `MOST_FILES` such files.
    """
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    pending = [path]
    while pending:
        for entry in sorted(_entries(pending.pop())):
            if entry.is_symlink() or entry.name.startswith("."):
                continue
            if entry.is_dir():
                if entry.name not in _SKIPPED_FOLDERS:
                    pending.append(entry)
            elif entry.suffix.lower() in SUFFIXES:
                found.append(entry)
        if len(found) > MOST_FILES:
            raise TooLargeError(f"{path} holds more than {MOST_FILES:,} files.", "Name the folder with your notes.")
    return sorted(found)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # a folder that may not be opened is not ours to read


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
