"""`interviewer errors`: where the scorer and people disagree most, as a page to work through."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, may_write, print_json

if TYPE_CHECKING:
    from interviewer.scoring.disagreement import Findings

_QUESTIONS = 10


def errors(
    data: Annotated[Path, typer.Option(help="Graded answers as for `bench scoring`: a folder of *.jsonl, or a file.")],
    output: Annotated[Path | None, typer.Option(help="Write the page to work through here.")] = None,
    apart: Annotated[float, typer.Option(help="How far score and grade have to be apart, of 5.", min=0.1)] = 1.5,
    most: Annotated[
        int, typer.Option(help="Answers on the page: the furthest apart of each kind and set.", min=1)
    ] = 200,
    as_scored: Annotated[
        bool, typer.Option("--as-scored", help="Leave each set's own scale in: leniency counts as disagreement.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List where the scorer and people disagree, by kind and by question; it scores with your calibration, if any."""
    from evaluators.reference.minilm import MiniLM
    from evaluators.reliability import calibration
    from interviewer.cli.index import progress_bar
    from interviewer.scoring.disagreement import find
    from interviewer.settings import read_settings

    if output is not None:
        may_write(output)  # it takes minutes to have something to write
    own = calibration.load(read_settings().home)
    with progress_bar() as progress:
        found = find(data, MiniLM.load(), apart=apart, most=most, as_scored=as_scored, own=own, progress=progress)
    if output is not None:
        _write(output, found)
    if as_json:
        print_json(found)
    else:
        show(found, output)


def _write(output: Path, found: Findings) -> None:
    from interviewer.scoring.disagreement_page import render
    from knowledge.errors import StorageError

    try:
        output.write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}.", "Name another place.") from error


def show(found: Findings, output: Path | None) -> None:
    """Print the sets, the kinds and the questions that make up most of the error."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from interviewer.quoting import harmless
    from interviewer.scoring.disagreement_page import summary

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
        sets.add_row(
            escape(harmless(one.name)),
            f"{one.answers:,}",
            correlation,
            f"{one.error:.2f}",
            f"{one.raw_error:.2f}",
            kinds,
        )
    screen.print(sets)
    for question in found.questions[:_QUESTIONS]:
        name, text = harmless(question.set), harmless(question.question)  # a terminal may obey a stranger's text
        line = f"{question.share:>4.0%} of {name}'s error, {question.bias:+.1f} on average: {text[:160]}"
        screen.print(line, markup=False)
    if output is None:
        screen.print("The answers, to work through: --output page.html")
    else:
        shown = sum(one.times for one in found.disagreements)
        screen.print(
            f"{shown} answers are on the page, {found.left_off:,} are not: {output}", markup=False, soft_wrap=True
        )
