"""PDF → blocks that carry their page number."""

from __future__ import annotations

import io
import logging

from knowledge.blocks import MOST_CHARACTERS, Block
from knowledge.decoding import repair
from knowledge.errors import TooLargeError, UnreadableError

MOST_PAGES = 2_000


def read_pdf(raw: bytes, name: str) -> list[Block]:
    """Return the blocks of a PDF's text layer.

    Raises:
        UnreadableError: broken, protected by a password, or without a text layer.
        TooLargeError: more than `MOST_PAGES` pages, or too much text.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    # pypdf logs every repair of a malformed file; what matters of it is raised here.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if not raw.lstrip()[:1024].count(b"%PDF-"):
        raise UnreadableError(f"{name} is not a PDF.", "Export it again, or give it the suffix of what it is.")
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _protected(name)
        return _blocks(reader, name)
    except (UnreadableError, TooLargeError):
        raise
    except (FileNotDecryptedError, DependencyError) as error:
        raise _protected(name) from error
    except Exception as error:  # pypdf: "broken PDF files might cause other exceptions"
        raise UnreadableError(
            f"{name} is a broken PDF ({type(error).__name__}).", "Open it in a viewer and print it to a new PDF."
        ) from error


def _blocks(reader: object, name: str) -> list[Block]:
    from knowledge.formats.text import paragraphs

    pages = reader.pages  # type: ignore[attr-defined]
    if len(pages) > MOST_PAGES:
        raise TooLargeError(f"{name} has more than {MOST_PAGES:,} pages.", "Export only the pages that matter.")
    blocks: list[Block] = []
    characters = 0
    for number, page in enumerate(pages, start=1):
        text = repair(page.extract_text() or "").replace("\x00", "")
        characters += len(text)
        if characters > MOST_CHARACTERS:
            raise TooLargeError(f"{name} holds too much text.", "Export only the pages that matter.")
        blocks += paragraphs(text.split("\n"), page=number)
    if not blocks:
        raise UnreadableError(
            f"{name} has no text layer: its pages are pictures.", "Run it through text recognition (OCR) first."
        )
    return blocks


def _protected(name: str) -> UnreadableError:
    return UnreadableError(f"{name} is protected by a password.", "Save a copy without the password and add that.")
