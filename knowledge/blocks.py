"""The unit of reading: a piece of text that is not torn apart without need, with its place in the source."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["heading", "prose", "item", "code", "table"]

# A book has about a million characters; beyond five, parsing alone takes tens of seconds.
MOST_CHARACTERS = 5_000_000


class Block(NamedTuple):
    """A heading, a paragraph, a list item with what hangs under it, a code block or a table.

    Attributes:
        text: as written, without emphasis marks.
        line: the first line in the source, from 1; the page of a PDF, the paragraph of a DOCX, the cell of a notebook.
        headings: the headings above it, outermost first; a heading's own text is the last of its own path.
        kind: what it is.
    """

    text: str
    line: int
    headings: tuple[str, ...] = ()
    kind: Kind = "prose"


class HeadingPath:
    """The headings above the current place, kept while a source is read from top to bottom."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, text: str) -> tuple[str, ...]:
        """Return the path after a heading of `level` (1 is outermost)."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, text))
        return self.path

    @property
    def path(self) -> tuple[str, ...]:
        """The headings that are open now, outermost first."""
        return tuple(text for _, text in self._open)


# How a place is called where lines are not what a reader counts.
_PLACES = {".pdf": "page", ".docx": "paragraph", ".ipynb": "cell"}


def place(source: str, line: int) -> str:
    """Return where to look, as editors and terminals take it: `notes.md:12`, but `paper.pdf, page 3`."""
    return place_in_words(source, line) if _suffix(source) in _PLACES else f"{source}:{line}"


def place_in_words(source: str, line: int) -> str:
    """Return where to look, as a person would say it: `notes.md, line 12`, `paper.pdf, page 3`."""
    return f"{source}, {_PLACES.get(_suffix(source), 'line')} {line}"


def _suffix(source: str) -> str:
    return source[source.rfind(".") :].lower()
