"""`interviewer grade derivation`: typed formulas, compared term by term with the right gradients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.output import JsonOption, print_json


def grade_derivation(
    slug: Annotated[str, typer.Argument(help="The derivation, such as `ridge_gradients`.")],
    file: Annotated[Path, typer.Argument(help="A text file with one formula a line, Python or LaTeX.")],
    as_json: JsonOption = False,
) -> None:
    """Grade a derivation: which gradients are right, and which factor or transpose is missing in the others."""
    from evaluators.coding.exercise import load_exercises
    from evaluators.derivation import grading
    from evaluators.derivation.problem import find_derivation
    from interviewer.cli.grade_code import read_answer, verdict_text
    from knowledge.errors import InputError

    if slug in load_exercises():
        raise InputError(f"{slug} is an exercise.", f"interviewer grade code {slug} {file}")
    find_derivation(slug)  # an unknown derivation is said before the file is read
    verdict = grading.grade_derivation(slug, read_answer(file))
    if as_json:
        print_json(verdict)
    else:
        sys.stdout.write(verdict_text(verdict))
