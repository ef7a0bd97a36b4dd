"""Prompts as versioned data files: a system part that never changes, and templates for what follows it.

A file begins with a line `version: N`; then comes the system part, then any number of templates, each after a line
`=== name`. The system part is sent first and unchanged, so that a provider's prompt cache finds it again, and its first
line names the prompt, its version and its digest: every recorded request says by itself which prompt it was made with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from knowledge.errors import ContentError

FOLDER = Path(__file__).parent / "prompts"

_VERSION = re.compile(r"version: (\d+)\n")
_TEMPLATE = re.compile(r"^=== (\w+)\n", re.MULTILINE)
_FIELD = re.compile(r"\{(\w+)\}")
_LABEL = re.compile(r"\[prompt (\S+@\d+) ([0-9a-f]{12})\]")


@dataclass(frozen=True)
class Prompt:
    """One prompt file.

    Attributes:
        name: the file's name without its ending.
        version: the number in its first line, raised by whoever changes its meaning.
        digest: of the whole file, so that a change without a new version is seen as well.
        system: the system message.
        templates: texts with `{fields}` for the messages after it.
    """

    name: str
    version: int
    digest: str
    system: str
    templates: Mapping[str, str]

    @property
    def label(self) -> str:
        """Name and version, for the ledger."""
        return f"{self.name}@{self.version}"

    def fill(self, template: str, **fields: str) -> str:
        """Return a template with its fields filled; what is filled in is never read as a template again."""
        return _FIELD.sub(lambda match: fields[match[1]], self.templates[template]).strip()


@lru_cache(maxsize=64)
def load_prompt(name: str, folder: Path = FOLDER) -> Prompt:
    """Return the prompt in `folder/name.md`.

    Raises:
        ContentError: the file has no version line.
    """
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    first = _VERSION.match(text)
    if first is None:
        raise ContentError(
            f"{folder.name}/{name}.md:1: the first line is not `version: N`.", "Begin with `version: 1`."
        )
    version = int(first[1])
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    system, *rest = _TEMPLATE.split(text[first.end() :])
    templates = dict(zip(rest[::2], rest[1::2], strict=True))
    label = f"[prompt {name}@{version} {digest}]"
    return Prompt(name, version, digest, f"{label}\n\n{system.strip()}", templates)


def label_in(system: str) -> tuple[str, str] | None:
    """Return name@version and digest that a system message begins with; None when it is none of ours."""
    match = _LABEL.match(system)
    return (match[1], match[2]) if match else None
