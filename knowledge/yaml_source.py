"""A strict reader of YAML data files, and the line on which a field stands.

Stricter than YAML asks: a key given twice is an error rather than a silent loss, aliases are refused (a few lines of
them can unfold into gigabytes), nesting is bounded, and a scalar is a string, number, boolean or null as in YAML 1.2:
`no` is a word and 2026-11-22 is not a date. Data is built from the parser's events without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from knowledge.errors import ContentError

MOST_CHARACTERS = 4_000_000
DEEPEST = 32

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Location = tuple[str | int, ...]

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
HINT = "Correct the file; `interviewer questions check FILE` checks it again."


def parse(text: str, name: str) -> Plain:
    """Return the document in `text` as plain data.

    Raises:
        ContentError: not YAML, or more than this reader allows; says `name` and line.
    """
    return _build(text, name, None)


def line_of(text: str, location: Sequence[str | int]) -> int:
    """Return the 1-based line of the field at `location` (keys and list positions from the root).

    A field that is not there stands where its nearest existing parent begins.
    """
    lines: dict[Location, int] = {}
    _build(text, "", lines)
    place = tuple(location)
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def field_of(location: Sequence[str | int]) -> str:
    """Return `location` as people write it: `questions[3].key_points[0].probe`."""
    field = ""
    for step in location:
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else step
    return field


class _Open:
    """A list or mapping under construction."""

    __slots__ = ("data", "key", "location")

    def __init__(self, data: dict[str, Plain] | list[Plain], location: Location) -> None:
        self.data = data
        self.location = location
        self.key: str | None = None


def _build(text: str, name: str, lines: dict[Location, int] | None) -> Plain:
    """Return the data, and write the line of every field into `lines` where one is given."""
    root: list[Plain] = []
    stack = [_Open(root, ())]
    for event in _events(text, name):
        line = _line(event)
        top = stack[-1]
        match event:
            case yaml.ScalarEvent():
                if isinstance(top.data, dict) and top.key is None:
                    _take_key(top, event.value, name, line)
                    if lines is not None:
                        lines[(*top.location, event.value)] = line
                    continue
                _put(top, _scalar(event, name), lines, line, at_root=top.data is root)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if isinstance(top.data, dict) and top.key is None:
                    raise _refused(name, line, "a key must be a plain word")
                if event.tag is not None:
                    raise _refused(name, line, f"the tag {event.tag} is not allowed")
                if len(stack) > DEEPEST:
                    raise _refused(name, line, f"nested more than {DEEPEST} deep")
                data: dict[str, Plain] | list[Plain] = {} if isinstance(event, yaml.MappingStartEvent) else []
                stack.append(_Open(data, _put(top, data, lines, line, at_root=top.data is root)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                stack.pop()
            case yaml.AliasEvent():
                raise _refused(name, line, "an alias (*name) is not allowed, write the value out")
            case yaml.DocumentStartEvent() if root:
                raise _refused(name, line, "a second document starts, one file holds one")
    return root[0] if root else None


def _events(text: str, name: str) -> Iterator[yaml.Event]:
    if len(text) > MOST_CHARACTERS:
        raise ContentError(f"{name}: {len(text):,} characters, at most {MOST_CHARACTERS:,} are read", "Split the file.")
    try:
        yield from yaml.parse(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refused(name, mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise _refused(name, 1, f"not YAML: {error}") from error


def _take_key(top: _Open, key: str, name: str, line: int) -> None:
    if key in top.data:
        raise _refused(name, line, f"`{key}` is given twice")
    top.key = key


def _put(top: _Open, value: Plain, lines: dict[Location, int] | None, line: int, *, at_root: bool) -> Location:
    """Put a finished value, or a container that is about to fill, into its parent; return its location."""
    if isinstance(top.data, dict):
        assert top.key is not None
        top.data[top.key] = value
        location: Location = (*top.location, top.key)
        top.key = None
        return location
    top.data.append(value)
    if at_root:
        return ()
    location = (*top.location, len(top.data) - 1)
    if lines is not None:
        lines[location] = line
    return location


def _scalar(event: yaml.ScalarEvent, name: str) -> str | int | float | bool | None:
    value: str = event.value
    if event.tag is not None and event.tag != "tag:yaml.org,2002:str":
        raise _refused(name, _line(event), f"the tag {event.tag} is not allowed")
    if event.style or event.tag is not None:
        return value
    if value in _WORDS:
        return _WORDS[value]
    if len(value) <= 24:
        if _INTEGER.fullmatch(value):
            return int(value)
        if _NUMBER.fullmatch(value):
            return float(value)
    return value


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1


def _refused(name: str, line: int, why: str) -> ContentError:
    return ContentError(f"{name}:{line}: {why}", HINT)
