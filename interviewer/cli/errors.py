"""`interviewer errors`: where the scorer and people disagree most, as a page to work through."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from interviewer.disagreement import Findings

_QUESTIONS = 10


def errors(
    data: Annotated[Path, typer.Option(help="Graded answers as for `bench scoring`: a folder of *.jsonl, or a file.")],
    output: Annotated[Path | None, typer.Option(help="Write the page to work through here.")] = None,
    apart: Annotated[float, typer.Option(help="How far score and grade have to be apart, of 5.", min=0.1)] = 1.5,
    most: Annotated[int, typer.Option(help="Answers on the page, the furthest apart first.", min=1)] = 200,
    as_scored: Annotated[
        bool, typer.Option("--as-scored", help="Leave each set's own scale in: leniency counts as disagreement.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List where the scorer and people disagree, by kind and by question."""
    from evaluators.reference.minilm import MiniLM
    from interviewer.cli.index import progress_bar
    from interviewer.disagreement import find

    with progress_bar() as progress:
        found = find(data, MiniLM.load(), apart=apart, most=most, as_scored=as_scored, progress=progress)
    if output is not None:
        _write(output, found)
    if as_json:
        print_json(found)
    else:
        show(found, output)


def _write(output: Path, found: Findings) -> None:
    from interviewer.disagreement_page import render
    from knowledge.errors import StorageError

    try:
        output.write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}.", "Name another place.") from error


def show(found: Findings, output: Path | None) -> None:
    """Print the sets, the kinds and the questions that make up most of the error."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from interviewer.disagreement_page import summary

    screen = console()
    screen.print(summary(found), markup=False)
    sets = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    sets.add_column("set")
    for heading in ("answers", "r", "error", "before its scale"):
        sets.add_column(heading, justify="right")
    sets.add_column("disagreements")
    for one in found.sets:
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.kinds.items())
        correlation = "–" if one.pearson is None else f"{one.pearson:.2f}"
        sets.add_row(one.name, f"{one.answers:,}", correlation, f"{one.error:.2f}", f"{one.raw_error:.2f}", kinds)
    screen.print(sets)
    for question in found.questions[:_QUESTIONS]:
        text = " ".join(question.question.split())
        screen.print(
            f"{question.share:>4.0%} of {question.set}'s error, {question.bias:+.1f} on average: {text[:160]}",
            markup=False,
        )
    if output is None:
        screen.print("The answers, to work through: --output page.html")
    else:
        screen.print(f"{len(found.disagreements)} answers are on the page: {output}", markup=False, soft_wrap=True)
