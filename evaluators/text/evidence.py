"""Quotations: where a sentence stands in the candidate's text, and whether a quoted one stands there at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evaluators.score import Evidence

LONGEST_SENTENCE = 600  # characters: speech that was written down without a full stop is cut at a space
LONGEST_QUOTE = 400

# A sentence ends at its mark before a space, at a line break, and where a list item begins.
# Every run of marks or spaces is looked at once, from its beginning: twelve thousand dots take no longer than a text.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]*_]*+(?=\s)|(?<![^\S\n])[^\S\n]*+\n\s*")
_NO_END = re.compile(r"\b(?:e\.g|i\.e|vs|etc|approx|resp|cf|fig|eq|al|(?-i:Dr|Mrs?|Ms))\.$", re.IGNORECASE)
_ENUMERATOR = re.compile(r"[\s*_(]*(?:\d{1,2}|[a-zA-Z])")

_NEW_LINE_STARTS = re.compile(r"[-*•#>|`]|[A-Za-z]{3,14}:\s|\(?\w{1,2}[.)]\s|\*\*")
_WRAPPED = 56  # characters: a longer line that goes on without a mark was wrapped by an editor

_EDGE = " \t\r\n*_#>-–•·`|"
_WORD = re.compile(r"\w+", re.UNICODE)


class Span(NamedTuple):
    """A stretch of a text: `text[start:end]`."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Return the sentences of speech, notes or Markdown, without the marks of lists and emphasis around them."""
    return [span for rough in _rough(text) for span in _pieces(text, rough)]


def windows(spans: Sequence[Span], size: int = 2) -> list[Span]:
    """Return every run of `size` neighbouring sentences; one window when there are fewer."""
    if len(spans) <= size:
        return [Span(spans[0].start, spans[-1].end)] if spans else []
    return [Span(spans[i].start, spans[i + size - 1].end) for i in range(len(spans) - size + 1)]


def quote(text: str, start: int, end: int) -> Evidence:
    """Return the quotation `text[start:end]` without white space and list marks around it, at most 400 characters."""
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    if end - start > LONGEST_QUOTE:
        cut = text.rfind(" ", start, start + LONGEST_QUOTE)
        end = cut if cut > start else start + LONGEST_QUOTE
    return Evidence(quote=text[start:end], start=start, end=end)


def locate(quoted: str, text: str) -> Evidence | None:
    """Return where `quoted` stands in `text`, None when it does not.

    Case, white space, quotation marks and punctuation may differ, words may not: a quotation that leaves out or changes
    a word is none. The evidence returned holds the words as the text has them.
    """
    at = text.find(quoted) if quoted else -1
    if at >= 0:
        return Evidence(quote=quoted, start=at, end=at + len(quoted))
    wanted = [match[0].casefold() for match in _WORD.finditer(quoted)]
    if not wanted:
        return None
    found = [(match[0].casefold(), match.start(), match.end()) for match in _WORD.finditer(text)]
    line = "\0" + "\0".join(word for word, _, _ in found) + "\0"
    at = line.find("\0" + "\0".join(wanted) + "\0")
    if at < 0:
        return None
    first = line.count("\0", 0, at)
    start, end = found[first][1], found[first + len(wanted) - 1][2]
    return Evidence(quote=text[start:end], start=start, end=end)


def _rough(text: str) -> Iterator[Span]:
    start = 0
    for match in _END.finditer(text):
        if "\n" in match[0] and match[0][0].isspace() and _is_wrapped(text, match):
            continue
        if match[0][0] == "." and _ENUMERATOR.fullmatch(text, start, match.start()):
            continue
        if match[0][0] == "." and _NO_END.search(text, max(start, match.end() - 12), match.start() + 1):
            continue
        yield Span(start, match.end())
        start = match.end()
    yield Span(start, len(text))


def _is_wrapped(text: str, match: re.Match[str]) -> bool:
    """Whether a line break stands where an editor put it, in the middle of a sentence."""
    if match[0].count("\n") != 1:
        return False
    line_start = text.rfind("\n", 0, match.start()) + 1
    return match.start() - line_start >= _WRAPPED and not _NEW_LINE_STARTS.match(text, match.end())


def _pieces(text: str, rough: Span) -> Iterator[Span]:
    start, end = rough
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = cut if cut > 0 else start + LONGEST_SENTENCE
        yield Span(start, cut)
        start = cut + 1 if text[cut] == " " else cut
    if _WORD.search(text, start, end):
        yield Span(start, end)
