"""DOCX → blocks; the place of a block is the number of its paragraph."""

from __future__ import annotations

import io
import re
import zipfile

from knowledge.blocks import Block, HeadingPath, Kind
from knowledge.decoding import repair
from knowledge.errors import TooLargeError, UnreadableError

# A DOCX is a zip, and a zip may unpack to a thousand times its size. Only the XML parts are ever parsed.
MOST_UNPACKED_BYTES = 200_000_000
MOST_XML_BYTES = 50_000_000
MOST_PARTS = 5_000

_HEADING = re.compile(r"^heading (\d)$", re.IGNORECASE)


def read_docx(raw: bytes, name: str) -> list[Block]:
    """Return the paragraphs and tables of a Word document in order.

    Raises:
        UnreadableError: not a DOCX, broken, or protected by a password.
        TooLargeError: it unpacks to more than the limits.
    """
    _check_parts(raw, name)
    from docx import Document

    try:
        document = Document(io.BytesIO(raw))
        return _blocks(document)
    except Exception as error:  # python-docx lets KeyError, ValueError and lxml's errors through
        raise UnreadableError(
            f"{name} is a broken DOCX ({type(error).__name__}).", "Open it in a word processor and save it again."
        ) from error


def _check_parts(raw: bytes, name: str) -> None:
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError(
            f"{name} is protected by a password, or an old Word file.", "Save a copy as .docx without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableError(f"{name} is not a DOCX.", "Open it in a word processor and save it again.") from error
    if not any(part.filename == "word/document.xml" for part in parts):
        raise UnreadableError(f"{name} is an archive, not a Word document.", "Unpack it and add the files inside.")
    unpacked = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if unpacked > MOST_UNPACKED_BYTES or xml > MOST_XML_BYTES or len(parts) > MOST_PARTS:
        raise TooLargeError(f"{name} unpacks to {unpacked // 1_000_000:,} MB.", "Save a copy with only the text.")


def _blocks(document: object) -> list[Block]:
    headings = HeadingPath()
    blocks: list[Block] = []
    for number, element in enumerate(document.iter_inner_content(), start=1):  # type: ignore[attr-defined]
        if hasattr(element, "rows"):
            text = repair("\n".join(" | ".join(cell.text.strip() for cell in row.cells) for row in element.rows))
            kind: Kind = "table"
        else:
            text = repair(element.text).strip()
            style = (element.style.name if element.style is not None else "") or ""
            level = 1 if style == "Title" else int(match[1]) if (match := _HEADING.match(style)) else 0
            if level and text:
                blocks.append(Block(text, number, headings.enter(level, text), "heading"))
                continue
            kind = "item" if style.startswith("List") else "prose"
        if text.strip(" |\n"):
            blocks.append(Block(text, number, headings.path, kind))
    return blocks
