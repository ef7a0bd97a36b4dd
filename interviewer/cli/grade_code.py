"""`interviewer grade code`: one answer to a coding exercise, run in the sandbox and compared with the reference."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from evaluators.verdict import Verdict


def grade_code(
    slug: Annotated[str, typer.Argument(help="The exercise, such as `ridge`.")],
    file: Annotated[Path, typer.Argument(help="A Python file that defines the exercise's function.")],
    as_json: JsonOption = False,
) -> None:
    """Grade a file: which checks pass, what the failure looks like, and how the score comes about."""
    from evaluators.code import CodeGrader
    from evaluators.coding.exercise import find_exercise
    from evaluators.sandbox import Sandbox
    from evaluators.tasks import is_derivation
    from knowledge.errors import InputError

    if is_derivation(slug):
        raise InputError(f"{slug} is a derivation.", f"interviewer grade derivation {slug} {file}")
    find_exercise(slug)  # an unknown exercise is said before a sandbox starts
    source = read_answer(file)
    with Sandbox() as sandbox:
        verdict = CodeGrader(sandbox).grade(slug, source)
    if as_json:
        print_json(verdict)
    else:
        sys.stdout.write(verdict_text(verdict))


def read_answer(file: Path) -> str:
    """The text of a candidate's file.

    Raises:
        UnreadableError: there is no such file, or it is not UTF-8 text.
        TooLargeError: the file is larger than any answer.
    """
    from evaluators.coding.source_check import LARGEST
    from knowledge.errors import TooLargeError, UnreadableError

    try:
        if file.stat().st_size > 4 * LARGEST:
            raise TooLargeError(f"{file} is larger than {4 * LARGEST:,} bytes.", "Hand in the function, not its data.")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{file} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    except OSError as error:
        raise UnreadableError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error


def verdict_text(verdict: Verdict) -> str:
    """The verdict for a terminal."""
    lines = [f"{verdict.exercise}: {'passed' if verdict.passed else 'not yet'}, score {verdict.score:.2f} of 1"]
    for check in verdict.checks:
        lines.append(f"  {'ok  ' if check.passed else 'FAIL'} {check.name}")
        lines.extend(f"       {line}" for line in check.detail.splitlines())
    lines.extend(
        f"\nLooks like `{seen.id}` (confidence {seen.confidence:.0%}).\n{seen.explanation}"
        for seen in verdict.misconceptions
    )
    lines.extend(f"Convention seen, accepted: {name}." for name in verdict.conventions)
    if verdict.complexity:
        lines.append(f"Complexity: {verdict.complexity}.")
    if verdict.output:
        lines.append(f"Printed by the code:\n{verdict.output.rstrip()}")
    lines.append(f"Isolation level {verdict.isolation_level}; {verdict.seconds * 1e3:.0f} ms.")
    return "\n".join(lines) + "\n"
