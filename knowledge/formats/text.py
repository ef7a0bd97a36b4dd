"""Plain text → blocks: paragraphs between blank lines, with the headings that writers mark without Markdown."""

from __future__ import annotations

import re

from knowledge.blocks import Block, HeadingPath, Kind

_UNDERLINE = re.compile(r"^(={3,}|-{3,}|~{3,}|\*{3,})$")
_ITEM = re.compile(r"^\s*([-*+•]|\d{1,3}[.)])\s+\S")
_NAMED = re.compile(
    r"^(?:(?:star\s+)?story|project|example|chapter|section|part|question)\s*#?\d+\b.{0,90}$", re.IGNORECASE
)
_LONGEST_HEADING = 100


def read_text(text: str, first_line: int = 1) -> list[Block]:
    """Return the blocks of a plain text.

    Args:
        text: the source, lines ending in a line feed.
        first_line: the number of its first line.
    """
    return paragraphs(text.split("\n"), first_line)


def paragraphs(lines: list[str], first_line: int = 1, *, page: int | None = None) -> list[Block]:
    """Return the blocks of lines of plain text.

    Args:
        lines: the lines, without their ends.
        first_line: the number of the first.
        page: the number that every block carries instead of its line.
    """
    headings = HeadingPath()
    blocks: list[Block] = []
    held: list[str] = []
    held_from = first_line

    def flush() -> None:
        body = "\n".join(held).strip("\n")
        if body.strip():
            kind: Kind = "item" if _ITEM.match(body) else "prose"
            blocks.append(Block(body, page or held_from, headings.path, kind))
        held.clear()

    index = 0
    while index < len(lines):
        line = lines[index].rstrip()
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        level = _heading_level(line, following, starts=not held)
        if level:
            flush()
            title = line.strip()
            blocks.append(Block(title, page or first_line + index, headings.enter(level, title), "heading"))
            index += 2 if _UNDERLINE.match(following) else 1
            continue
        if not line.strip() or _ITEM.match(line):
            flush()
        if line.strip():
            if not held:
                held_from = first_line + index
            held.append(line)
        index += 1
    flush()
    return blocks


def _heading_level(line: str, following: str, *, starts: bool) -> int:
    """Return 1 to 3 for a heading, 0 for any other line."""
    title = line.strip()
    if not starts or not 2 < len(title) <= _LONGEST_HEADING or not any(character.isalpha() for character in title):
        return 0
    if _UNDERLINE.match(following):
        return 1 if following.startswith("=") else 2
    if _NAMED.match(title) and not title.endswith((".", "?", "!", ",")):
        return 3
    letters = [character for character in title if character.isalpha()]
    shouted = len(letters) > 3 and title == title.upper() and title != title.lower() and len(title.split()) <= 12
    return 2 if shouted and not title.endswith((".", ",", ";")) else 0
