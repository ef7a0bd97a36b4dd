"""Blocks become passages: the pieces that are embedded, found and cited.

A passage keeps to one section, and a STAR story stays whole where the encoder can read it whole; otherwise it is cut
between its parts, never in the middle of one that fits. The headings above go along with every piece, because "we
dropped from 8 s to 450 ms" says little without "Scaling the search service".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from knowledge.blocks import Block
from knowledge.star_parts import Section, sections
from knowledge.word_pieces import LONGEST_TEXT, count

Measure = Callable[[str], int]

# A long path must not crowd out the text below it.
_LONGEST_PATH = 48
_LONGEST_PART = 6  # the separator and the name of a story's part
# English has four to five characters a word piece. What has many more is not prose but a key or a picture in base64,
# which the vocabulary counts as a single unknown piece; it is measured by its length.
_MOST_CHARACTERS_A_PIECE = 8
SEPARATOR = " › "

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s])|\n+")


class Chunk(NamedTuple):
    """A passage before it is stored.

    Attributes:
        text: what is shown and cited.
        line: where it begins in the source.
        heading: the headings above it, joined by ` › `.
        category: "stories" or "notes".
        section: which section of its document it belongs to; a story is one section.
    """

    text: str
    line: int
    heading: str
    category: str
    section: int = 0

    @property
    def embedded(self) -> str:
        """The text that is embedded and searched: the passage under the two nearest headings.

        The title of the file, repeated over each of its passages, would only make them alike.
        """
        path = [heading for heading in self.heading.split(SEPARATOR)[-2:] if not self.text.startswith(heading)]
        return "\n".join([*path, self.text]).strip()


class _Piece(NamedTuple):
    text: str
    line: int
    size: int
    part: str
    glue: str


def chunk(blocks: list[Block], measure: Measure = count) -> list[Chunk]:
    """Return the passages of a document, in its order.

    Args:
        blocks: the document as it was read.
        measure: the size of a text in the encoder's word pieces.
    """

    def size(text: str) -> int:
        long = len(text) // _MOST_CHARACTERS_A_PIECE
        return long if long > LONGEST_TEXT else max(long, measure(text))

    made = sections(blocks)
    parents = {made[index].headings for index in range(len(made)) if _has_children(made, index)}
    return [
        piece._replace(section=number)
        for number, section in enumerate(made)
        for piece in _chunks(section, size, is_parent=section.headings in parents)
    ]


def _has_children(made: list[Section], index: int) -> bool:
    path = made[index].headings
    return (
        index + 1 < len(made)
        and len(made[index + 1].headings) > len(path)
        and made[index + 1].headings[: len(path)] == path
    )


def _chunks(section: Section, measure: Measure, *, is_parent: bool) -> Iterator[Chunk]:
    """Yield a section's passages: pieces packed in order until the encoder's limit."""
    if is_parent and all(block.kind == "heading" for block in section.blocks):
        return  # the sections below carry this heading in their path
    heading = _fitting_path(section.headings, measure)
    budget = LONGEST_TEXT - measure(heading) - _LONGEST_PART
    held: list[_Piece] = []
    for group in _groups(section, budget, measure):
        size = sum(piece.size for piece in group)
        if held and sum(piece.size for piece in held) + size > budget:
            yield _joined(held, heading, section)
            held = []
        for piece in group:
            if held and sum(other.size for other in held) + piece.size > budget:
                yield _joined(held, heading, section)
                held = []
            held.append(piece)
    if held:
        yield _joined(held, heading, section)


def _groups(section: Section, budget: int, measure: Measure) -> Iterator[list[_Piece]]:
    """Yield what stays together while it fits: a part of a story, else a block; a heading with what follows."""
    group: list[_Piece] = []
    last_part = ""
    for index, block in enumerate(section.blocks):
        part = section.parts[index] if section.is_story else str(index)
        follows_heading = index > 0 and section.blocks[index - 1].kind == "heading"
        if group and part != last_part and not follows_heading:
            yield group
            group = []
        last_part = part
        glue = "\n" if block.kind == "item" or (index and section.blocks[index - 1].kind == "heading") else "\n\n"
        group += _pieces(block, part, glue, budget, measure)
    if group:
        yield group


def _pieces(block: Block, part: str, glue: str, budget: int, measure: Measure) -> list[_Piece]:
    size = measure(block.text)
    if size <= budget:
        return [_Piece(block.text, block.line, size, part, glue)]
    found: list[_Piece] = []
    by_line = block.kind in {"code", "table", "item"}
    for text, lines_before in _cut(block.text, budget, measure, by_line=by_line):
        found.append(_Piece(text, block.line + lines_before, measure(text), part, glue if not found else "\n"))
    return found


def _cut(text: str, budget: int, measure: Measure, *, by_line: bool) -> Iterator[tuple[str, int]]:
    """Yield pieces of at most `budget`, cut between lines or sentences where possible, and the lines before each."""
    separators = re.compile(r"\n+") if by_line else _SENTENCE_END
    start = end = counted = lines = 0
    size = 0
    for stop, following in [*_spans(text, separators, budget, measure), (len(text), -1)]:
        more = measure(text[end:stop])
        if following < 0 or (size and size + more > budget):
            if piece := text[start:end].strip("\n"):
                lines += text.count("\n", counted, start)
                counted = start
                if piece.strip():
                    yield piece, lines
            start, size = end, 0
        size += more
        end = following


def _spans(text: str, separators: re.Pattern[str], budget: int, measure: Measure) -> Iterator[tuple[int, int]]:
    """Yield the end of every sentence or line, and where the next begins; over-long ones are cut between words."""
    start = 0
    ends = [(match.start(), match.end()) for match in separators.finditer(text)]
    for stop, following in [*ends, (len(text), len(text))]:
        if measure(text[start:stop]) > budget:
            yield from _word_spans(text, start, stop, budget)
        yield stop, following
        start = following


def _word_spans(text: str, start: int, stop: int, budget: int) -> Iterator[tuple[int, int]]:
    # A word piece is at least one character, so `budget` characters never exceed the budget; text without a space
    # (a base64 string, a line of dashes) is cut there.
    position = start
    while stop - position > budget:
        space = text.rfind(" ", position + 1, position + budget)
        position = space + 1 if space > 0 else position + budget
        yield position, position


def _joined(pieces: list[_Piece], heading: str, section: Section) -> Chunk:
    text = pieces[0].text + "".join(piece.glue + piece.text for piece in pieces[1:])
    if not section.is_story:
        return Chunk(text, pieces[0].line, heading, "notes")
    part = pieces[0].part
    return Chunk(text, pieces[0].line, SEPARATOR.join(filter(None, (heading, part))), "stories")


def _fitting_path(headings: tuple[str, ...], measure: Measure) -> str:
    """Return the path joined, its outermost headings dropped and its last one shortened where it is too long."""
    kept = list(headings)
    while len(kept) > 1 and measure(SEPARATOR.join(kept)) > _LONGEST_PATH:
        kept.pop(0)
    path = SEPARATOR.join(kept)
    while path and measure(path) > _LONGEST_PATH:
        path = path[: len(path) * 2 // 3].rstrip()
    return path
