"""Code in a message: fenced as in Markdown, with or without words around it."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([A-Za-z0-9_+-]*)\s*$")
_CODE = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class|import|from|@\w+)\b")
_PYTHON = frozenset({"", "python", "python3", "py", "py3", "numpy", "torch"})


def code_in(text: str) -> str:
    """Return the code of a message, each line where it stood, with the words around its fences blanked.

    Text without a fence is code as it is; so is code that has a fence further down, in a docstring for example.
    """
    return _split(text)[0]


def words_around(text: str) -> str:
    """Return what a message says around its fenced code, each word where it stood, the code blanked.

    Empty when it has no fence, for then it is all code.
    """
    return _split(text)[1]


def _split(text: str) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if _FENCE.match(line)), None)
    if first is None or any(_CODE.match(line) for line in lines[:first]):
        return text, ""
    code, said = [_blank(line) for line in lines], [_blank(line) for line in lines]
    fence, python = "", False
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence, python = mark.group(1), mark.group(2).lower() in _PYTHON
        elif mark and mark.group(1).startswith(fence) and not mark.group(2):
            fence = ""
        elif fence and python:
            code[number] = line
        elif not fence:
            said[number] = line
    return ("".join(code), "".join(said)) if "".join(code).strip() else (text, "")


def _blank(line: str) -> str:
    return "".join(character if character in "\r\n" else " " for character in line)
