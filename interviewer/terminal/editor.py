"""Writing code in the candidate's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from knowledge.errors import InputError


def edit_code(text: str) -> str:
    """The text as it stands after the candidate closed `$VISUAL` or `$EDITOR` (nano or vi without one).

    Raises:
        InputError: There is no editor, or it ended with an error.
    """
    command = _editor()
    with tempfile.TemporaryDirectory(prefix="interviewer-") as folder:
        path = Path(folder) / "answer.py"
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*command, str(path)], check=True)  # noqa: S603 - the user's own editor
        except FileNotFoundError as error:
            raise InputError(
                f"The editor {command[0]!r} was not found.", "Set EDITOR, or paste after /code."
            ) from error
        except subprocess.CalledProcessError as error:
            raise InputError(f"{command[0]} ended with status {error.returncode}; nothing was sent.") from error
        return path.read_text(encoding="utf-8")


def _editor() -> list[str]:
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named:
        return shlex.split(named)
    for name in ("nano", "vi", "notepad"):
        if shutil.which(name):
            return [name]
    raise InputError("No editor was found.", "Set EDITOR to one, or paste your code after /code.")
