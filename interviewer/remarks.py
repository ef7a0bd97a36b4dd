"""What is said about the interview and not to the matter: nerves, a break, a complaint, "I said that already"."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from interviewer.events import MessageKind
from knowledge import yaml_source
from knowledge.models import Frozen

About = Literal["calm", "back", "pause", "greeting", "other_language", "progress", "complaint", "already", "reworded"]

_DATA = Path(__file__).parent / "voices" / "remarks.yaml"

_LONGEST = 240
"""Characters; a longer message says something else, too."""

_BESIDE = 9
"""Words beside the remark, from which on there is an answer around it."""

_GOES_ON = re.compile(
    r"\b(?:but|because|however|since (?:it|the|we)|i(?:'d| would)? (?:say|think|guess|use|try|start|look)|i'd|i would"
    r"|maybe|perhaps|probably|the answer|it(?:'s| is) (?:the|a|an|because))\b"
)


class Remark(Frozen):
    """A kind of remark: what it is about, as what kind of message it is heard, and how it is known."""

    about: About
    kind: MessageKind
    patterns: tuple[str, ...]


class _Remarks(Frozen):
    remarks: tuple[Remark, ...]


def remark_in(text: str) -> Remark | None:
    """Return the remark that a message is; None where it is none, or says something to the matter as well."""
    if len(text) > _LONGEST:
        return None
    lower = " ".join(text.lower().replace("’", "'").split())
    for remark, pattern in _patterns():
        found = pattern.search(lower)
        if found is None:
            continue
        beside = f"{lower[: found.start()]} {lower[found.end() :]}"
        if len(beside.split()) < _BESIDE and not _GOES_ON.search(beside):
            return remark
    return None


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Remark, re.Pattern[str]], ...]:
    data = yaml_source.parse(_DATA.read_text(encoding="utf-8"), _DATA.name)
    remarks = TypeAdapter(_Remarks).validate_python(data).remarks
    return tuple((one, re.compile("|".join(one.patterns))) for one in remarks)
