"""Which blocks of a document tell a STAR story, and which part of it each belongs to."""

from __future__ import annotations

import re
from typing import NamedTuple

from knowledge.blocks import Block

# Each part and the words under which people write it.
PARTS = {
    "Situation": ("situation", "context", "background", "setting"),
    "Task": ("task", "goal", "challenge", "objective", "problem"),
    "Action": ("action", "actions", "what i did", "approach", "my role"),
    "Result": ("result", "results", "outcome", "outcomes", "impact"),
    "Reflection": ("reflection", "learning", "learnings", "lesson", "lessons", "lessons learned", "takeaway"),
}
_PART_OF_WORD = {word: part for part, words in PARTS.items() for word in words}
_LABEL = re.compile(
    r"^\W{0,4}(?:interview\s+|key\s+|my\s+|the\s+)?([A-Za-z][A-Za-z ]{2,14}?)s?\W{0,3}(?::|\n|\s[–—-]\s|$)",
    re.IGNORECASE,
)
_STORY_HEADING = re.compile(r"\bstory\b", re.IGNORECASE)

# Three of Situation, Task, Action, Result: people leave the Task out more often than they invent another scheme.
_LEAST_PARTS = 3
# A heading that calls its section a story needs something told under it: about three sentences.
_LEAST_WORDS = 40


class Section(NamedTuple):
    """Blocks that belong together.

    Attributes:
        headings: the path that they share.
        blocks: the blocks, in order.
        parts: for a story, the STAR part of each block ("" before the first); empty for anything else.
    """

    headings: tuple[str, ...]
    blocks: list[Block]
    parts: tuple[str, ...] = ()

    @property
    def is_story(self) -> bool:
        """Whether the blocks tell a STAR story."""
        return bool(self.parts)


def label(text: str) -> str:
    """Return the STAR part that a heading or the beginning of a paragraph names ("**Result**: …"), "" for none."""
    match = _LABEL.match(text)
    if match is None:
        return ""
    word = match[1].strip().lower()
    return _PART_OF_WORD.get(word) or _PART_OF_WORD.get(word + "s", "")


def sections(blocks: list[Block]) -> list[Section]:
    """Return the document as sections: one a story, and one a heading for everything else."""
    roots = _story_roots(blocks)
    found: list[Section] = []
    for block in blocks:
        root = next((root for root in roots if block.headings[: len(root)] == root), None)
        path = block.headings if root is None else root
        last = found[-1] if found else None
        repeated = last is not None and root is not None and _begins_again(last.blocks, block)
        if last is not None and last.headings == path and block.kind != "heading":
            same = not repeated
        else:
            same = (
                last is not None
                and root is not None
                and last.headings == path
                and not repeated
                and block.headings != root
            )
        if last is not None and same:
            last.blocks.append(block)
        else:
            found.append(Section(path, [block]))
    return [_with_parts(section) if section.headings in roots else section for section in found]


def _story_roots(blocks: list[Block]) -> set[tuple[str, ...]]:
    """Return the deepest heading paths under which at least three STAR parts, or one section called a story, stand."""
    named: dict[tuple[str, ...], set[str]] = {}
    words: dict[tuple[str, ...], int] = {}
    called: set[tuple[str, ...]] = set()
    parents: set[tuple[str, ...]] = set()
    for block in blocks:
        part = label(block.text) if block.kind in {"heading", "prose", "item"} else ""
        owner = block.headings[:-1] if block.kind == "heading" else block.headings
        if block.kind == "heading":
            parents.add(owner)
            if not part and _STORY_HEADING.search(block.text):
                called.add(block.headings)
        else:
            words[owner] = words.get(owner, 0) + len(block.text.split())
        if part:
            named.setdefault(owner, set()).add(part)
    roots = {path for path, parts in named.items() if len(parts - {"Reflection"}) >= _LEAST_PARTS}
    told = {path for path in called if path not in parents and words.get(path, 0) >= _LEAST_WORDS}
    return roots | {path for path in told if not any(path[: len(root)] == root for root in roots)}


def _begins_again(held: list[Block], block: Block) -> bool:
    """Return whether `block` opens another story under the same heading: a second Situation."""
    return label(block.text) == "Situation" and any(label(other.text) == "Situation" for other in held)


def _with_parts(section: Section) -> Section:
    parts: list[str] = []
    current = ""
    for block in section.blocks:
        current = label(block.text) or current if block.kind != "code" else current
        parts.append(current)
    return Section(section.headings, section.blocks, tuple(parts))
