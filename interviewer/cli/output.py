"""What every command shares on its way out: one JSON document, or text for people."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from pathlib import Path

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


def may_write(output: Path) -> None:
    """Say before a long work that its result could not be written.

    Raises:
        StorageError: it is a folder, or stands in one that does not exist or is somebody else's.
    """
    import os

    from knowledge.errors import StorageError

    folder = output.absolute().parent
    if output.is_dir() or not folder.is_dir() or not os.access(output if output.exists() else folder, os.W_OK):
        raise StorageError(f"{output} cannot be written.", "Name a file in a folder that exists and is yours.")


READER_LEFT = 128 + 13
"""The exit status of a command that SIGPIPE ended, as a shell tells it: `interviewer practice | head`."""


def leave_quietly() -> NoReturn:
    """End the command because nobody reads its output any more; what is still to be written goes nowhere."""
    import os

    with contextlib.suppress(OSError, ValueError):  # a standard output that is no file has nothing to redirect
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(READER_LEFT)


def console() -> Console:
    """Standard output for people: at most 100 columns wide, plain when piped or with NO_COLOR."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            leave_quietly()

    screen = Screen(highlight=False)
    screen.width = min(screen.width, 100)
    return screen
