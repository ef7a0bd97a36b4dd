"""Markdown → blocks, with the line numbers of the source."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.blocks import Block, HeadingPath, Kind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~)", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_LINE_END = re.compile(r"[ \t]+$", re.MULTILINE)

_KINDS: dict[str, Kind] = {
    "paragraph_open": "prose",
    "blockquote_open": "prose",
    "html_block": "prose",
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
}


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Only block structure is needed, so inline parsing, the costlier half, is off.
    return MarkdownIt("commonmark").enable("table").disable("inline")


def looks_like_markdown(text: str) -> bool:
    """Return whether a file without a telling suffix is written in Markdown: it has its headings or fences."""
    return bool(_HEADING.search(text) or len(_FENCE.findall(text)) >= 2)


def read_markdown(text: str, headings: HeadingPath | None = None) -> list[Block]:
    """Return the blocks of a Markdown text.

    Args:
        text: the source, lines ending in a line feed.
        headings: what is open where it begins, and afterwards where it ends: for sources that come in pieces.
    """
    text = _without_front_matter(text)
    lines = text.split("\n")
    headings = headings or HeadingPath()
    blocks: list[Block] = []
    in_list = False
    for token in _parser().parse(text):
        if token.map is None:
            in_list = in_list and not (token.level == 0 and token.type.endswith("_list_close"))
            continue
        start, end = token.map
        if token.type in {"bullet_list_open", "ordered_list_open"} and token.level == 0:
            in_list = True
        elif token.type == "list_item_open" and token.level == 1 and in_list:
            blocks.append(_block(lines, start, end, headings.path, "item"))
        elif token.type == "heading_open" and token.level == 0:
            title = _title(lines[start:end], token)
            blocks.append(Block(title, start + 1, headings.enter(int(token.tag[1:]), title), "heading"))
        elif token.level == 0 and token.type in _KINDS:
            blocks.append(_block(lines, start, end, headings.path, _KINDS[token.type]))
    return [block for block in blocks if block.text.strip()]


def without_emphasis(text: str) -> str:
    """Return a line or paragraph without `**`, `__`, `*` around words, so that a quotation of it reads as prose."""
    return _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text))


def _block(lines: list[str], start: int, end: int, path: tuple[str, ...], kind: Kind) -> Block:
    text = "\n".join(lines[start:end])
    if kind != "code":
        text = _LINE_END.sub("", without_emphasis(text))
    return Block(text.strip("\n").rstrip(), start + 1, path, kind)


def _title(lines: list[str], token: Token) -> str:
    # A setext heading spans its underline; an ATX heading is one line with marks on either side.
    text = lines[0].strip().lstrip("#").rstrip("#") if token.markup.startswith("#") else " ".join(lines[:-1])
    return without_emphasis(text).strip()


def _without_front_matter(text: str) -> str:
    """Blank out a YAML header between `---` lines, keeping the line numbers."""
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 3)
    if end < 0 or ":" not in text[:end]:
        return text
    return "\n" * text[: end + 4].count("\n") + text[end + 4 :]
