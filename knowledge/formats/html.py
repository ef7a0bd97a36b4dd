"""HTML → blocks: the visible text, grouped by the block element around it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bs4.element import NavigableString

from knowledge.blocks import Block, HeadingPath, Kind

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

_HIDDEN = frozenset({"script", "style", "template", "head", "noscript", "svg", "math", "iframe", "object", "title"})
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_KINDS: dict[str, Kind] = {"li": "item", "dd": "item", "dt": "item", "pre": "code", "tr": "table"}
_BLOCKS = frozenset(
    {*_HEADINGS, *_KINDS, "p", "div", "section", "article", "blockquote", "body", "html", "main", "header", "footer"}
    | {"table", "ul", "ol", "dl", "figure", "figcaption", "address", "aside", "nav", "form", "fieldset", "details"}
)
_SPACE = re.compile(r"\s+")
# The parser keeps the open tags of malformed input open; real pages nest a few dozen deep.
_DEEPEST = 400


def read_html(text: str) -> list[Block]:
    """Return the blocks of an HTML page; a block's line is that of its element's opening tag."""
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # bs4 warns of XML and of text that looks like a path; both are read all the same
        try:
            soup = BeautifulSoup(text, "html.parser")
        except (AssertionError, ValueError):  # the standard library's parser on malformed declarations
            return _as_text(text)
    headings = HeadingPath()
    return [block for element, pieces in _grouped(soup) if (block := _block(element, pieces, headings)) is not None]


def _grouped(soup: BeautifulSoup) -> Iterator[tuple[Tag, list[str]]]:
    """Yield block elements with the strings that stand directly in them, in order of appearance."""
    owner: Tag | None = None
    pieces: list[str] = []
    for string in soup.find_all(string=True):
        if type(string) is not NavigableString:  # comments, declarations and scripts have types of their own
            continue
        element = _block_around(string)
        if element is None:
            continue
        if element is not owner and owner is not None:
            yield owner, pieces
            pieces = []
        owner = element
        pieces.append(str(string))
    if owner is not None:
        yield owner, pieces


def _block_around(string: NavigableString) -> Tag | None:
    """Return the nearest block element around a string, `None` where it is hidden or absurdly deep."""
    nearest: Tag | None = None
    for depth, parent in enumerate(string.parents):
        if parent.name in _HIDDEN or depth > _DEEPEST:
            return None
        if nearest is None and (parent.name in _BLOCKS or parent.parent is None):
            nearest = parent
    return nearest


def _block(element: Tag, pieces: list[str], headings: HeadingPath) -> Block | None:
    name = element.name
    whole = "".join(pieces)
    if name == "tr":
        body = " | ".join(cell for piece in pieces if (cell := _SPACE.sub(" ", piece).strip()))
    else:
        body = whole.strip("\n").rstrip() if name == "pre" else _SPACE.sub(" ", whole).strip()
    if not body.strip():
        return None
    line = element.sourceline or 1
    if name in _HEADINGS:
        return Block(body, line, headings.enter(_HEADINGS[name], body), "heading")
    return Block(body, line, headings.path, _KINDS.get(name, "prose"))


def _as_text(text: str) -> list[Block]:
    from knowledge.formats.text import read_text

    return read_text(text)
