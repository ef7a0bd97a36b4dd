"""HTML → blocks: the visible text, cut where a block element begins or ends.

Reading tags as a stream takes what browsers take – unclosed paragraphs, stray ends, any depth – in time and memory
that grow with the length only.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from knowledge.blocks import Block, HeadingPath, Kind

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "title"})
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_KINDS: dict[str, Kind] = {"li": "item", "dd": "item", "dt": "item", "pre": "code", "tr": "table"}
_BLOCKS = frozenset(
    {*_HEADINGS, *_KINDS, "p", "div", "section", "article", "blockquote", "body", "html", "main", "header", "footer"}
    | {
        "table",
        "ul",
        "ol",
        "dl",
        "figure",
        "figcaption",
        "address",
        "aside",
        "nav",
        "form",
        "fieldset",
        "details",
        "hr",
    }
)
_SPACE = re.compile(r"\s+")


def read_html(text: str) -> list[Block]:
    """Return the blocks of an HTML page; a block's line is that on which its element begins."""
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except AssertionError:  # the standard library's parser on malformed declarations; what came before is kept
        pass
    page.end_block()
    return page.blocks


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._headings = HeadingPath()
        self._pieces: list[str] = []
        self._name = "p"
        self._line = 1
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()
        elif tag == "br":
            self._pieces.append("\n")
        elif tag in {"td", "th"}:
            self._pieces.append(" | ")
        if tag in _BLOCKS and not (tag == "p" and self._name in {"li", "dd"} and not self._has_text()):
            self.end_block()
            self._name, self._line = tag, self.getpos()[0]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if not self._has_text() and self._name == "p" and data.strip():
            self._line = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
        self._pieces.append(data)

    def end_block(self) -> None:
        """Keep what was read since the last block began."""
        name, whole = self._name, "".join(self._pieces)
        self._pieces, self._name = [], "p"
        if name == "pre":
            body = whole.strip("\n").rstrip()
        else:
            body = _SPACE.sub(" ", whole).strip(" |" if name == "tr" else None)
        if not body.strip():
            return
        if name in _HEADINGS:
            self.blocks.append(Block(body, self._line, self._headings.enter(_HEADINGS[name], body), "heading"))
        else:
            self.blocks.append(Block(body, self._line, self._headings.path, _KINDS.get(name, "prose")))

    def _has_text(self) -> bool:
        return any(piece.strip(" |\n\t\r") for piece in self._pieces)
