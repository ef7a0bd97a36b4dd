"""What every command shares on its way out: one JSON document, or text for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")
]


def print_json(document: BaseModel | dict[str, Any] | list[Any]) -> None:
    """Write `document` as the only thing on standard output."""
    import json

    from pydantic_core import to_jsonable_python

    json.dump(to_jsonable_python(document), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def console() -> Console:
    """Standard output for people: at most 100 columns wide, plain when piped or with NO_COLOR."""
    from rich.console import Console

    screen = Console(highlight=False)
    screen.width = min(screen.width, 100)
    return screen
