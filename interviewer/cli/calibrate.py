"""`interviewer calibrate`: your own scale and the scorers' weights, from twenty answers that you graded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, may_write, print_json

if TYPE_CHECKING:
    from evaluators.reliability.calibration import Calibration


_LITTLE = 0.2
_FLAT = (
    "Your grades hardly go with the scores, so that all answers get nearly the same: look for references that do not\n"
    "say what earns the marks, or for grades that stand beside the wrong answer, before you use this.\n"
)


def calibrate(
    graded: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, an answer each: group (the question's name), question, reference, answer, grade 0 to 1."
        ),
    ],
    price: Annotated[float, typer.Option(help="What false praise costs, when false blame costs 1.", min=0.1)] = 2.0,
    output: Annotated[Path | None, typer.Option(help="Write here instead of into the data folder.")] = None,
    everybody: Annotated[
        Path | None,
        typer.Option(
            help="For maintainers: take a folder of graded sets, and write the weights that everybody starts with here."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the technical scores to answers that you graded; twenty are enough.

    People differ in leniency more than answers do in quality. Grade at least twenty answers of your own, good and poor,
    one a line:

    {"group": "dropout", "question": "What is dropout?", "reference": "Units are switched off at random in training.",
    "answer": "Some units are left out.", "grade": 0.5}

    From them come three things. Slope and intercept put scores on your scale. The threshold says from where on an
    answer passes, moved to where false praise at its price and false blame cost least. The weights by which seven
    scorers vote are tuned on precision and recall, and drawn towards those that everybody starts with: twenty answers
    hardly move them, hundreds do. Wherever the offline engine gives a technical score the result is used from then on,
    and the votes on key points also in designs and openings; only `bench scoring` measures without it. The caps of the
    rubric hold on your scale too, and what a language model has judged is not moved. Delete the file to be rid of it.
    """
    from interviewer.settings import read_settings
    from knowledge.errors import NotFoundError, StorageError

    if everybody is not None:
        _for_everybody(graded, everybody)
        return
    if not graded.is_file():
        raise NotFoundError(f"There is no file {graded}.", "Name a file of graded answers; see `calibrate --help`.")
    from evaluators.reliability import calibration

    path = output or read_settings().home / calibration.FILE
    if output is not None:
        may_write(output)  # it takes minutes to have something to write
    try:
        fitted = _fit(graded, price)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing is written.\n")
        raise
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fitted.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", "Name another place by --output.") from error
    if as_json:
        print_json(fitted)
        return
    sys.stdout.write(_told(fitted) + f"Written to {path}\n")


def _fit(graded: Path, price: float) -> Calibration:
    from evaluators.reference.minilm import MiniLM
    from interviewer.bench.panel import calibrated
    from interviewer.bench.scoring import read
    from interviewer.cli.index import progress_bar

    rows = read(graded)
    with progress_bar() as progress:
        return calibrated(rows, MiniLM.load(), graded.name, price, progress)


def _for_everybody(folder: Path, output: Path) -> None:
    from evaluators.reference.minilm import MiniLM
    from interviewer.bench.panel import ship
    from interviewer.cli.index import progress_bar
    from knowledge.errors import StorageError
    from knowledge.library import Library

    with progress_bar() as progress:
        panel = ship(folder, MiniLM.load().packed(), Library.load(), progress)
    try:
        output.write_text(panel.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from error
    sys.stdout.write(
        f"{sum(panel.sets.values()):,} answers of {len(panel.sets)} sets: average precision on questions left out "
        f"{panel.precision_before:.3f} with even votes, {panel.precision_after:.3f} tuned\nWritten to {output}\n"
    )


def _told(fitted: Calibration) -> str:
    from evaluators.reliability.voting import shipped

    start = shipped().weights
    weights = ", ".join(f"{name} {weight:.2f} ({start[name]:.2f})" for name, weight in fitted.weights.items())
    return (
        f"{fitted.answers} graded answers: grade = {fitted.slope:.2f} × score + {fitted.intercept:.2f}\n"
        f"Error of 5: {fitted.error_before:.2f} before, {fitted.error_after:.2f} after (each answer left out in turn)\n"
        f"Pass from {fitted.threshold:.1f} on, false praise at {fitted.price:g} times false blame: "
        f"precision {_share(fitted.precision)}, recall {_share(fitted.recall)} on these answers\n"
        f"Votes, before in brackets: {weights}\n"
    ) + (_FLAT if fitted.slope < _LITTLE else "")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
