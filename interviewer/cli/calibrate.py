"""`interviewer calibrate`: your own scale, from twenty answers that you graded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from interviewer.cli.output import JsonOption, print_json


def calibrate(
    graded: Annotated[Path, typer.Argument(help="JSON lines: group, question, reference, answer, grade from 0 to 1.")],
    price: Annotated[float, typer.Option(help="What false praise costs, when false blame costs 1.", min=0.1)] = 2.0,
    output: Annotated[Path | None, typer.Option(help="Write here instead of into the data folder.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit slope, intercept and threshold to answers that you graded; `grade` uses them from then on."""
    from evaluators.reference.minilm import MiniLM
    from evaluators.reliability import calibration
    from evaluators.technical import TechnicalEvaluator
    from evaluators.text.target import from_reference
    from interviewer.bench.scoring import TOP, read
    from interviewer.settings import read_settings
    from knowledge.errors import NotFoundError, StorageError

    if not graded.is_file():
        raise NotFoundError(f"There is no file {graded}.", "Name a file of graded answers.")
    rows, encoder = read(graded), MiniLM.load()
    items = [(row.answer, from_reference(row.question, row.reference)) for row in rows]
    scored = TechnicalEvaluator(encoder).score_many(items)
    pairs = [(s.overall, TOP * row.grade) for s, row in zip(scored, rows, strict=True) if s.overall is not None]
    fitted = calibration.fit(
        [score for score, _ in pairs], [grade for _, grade in pairs], graded.name, {"encoder": encoder.name}, price
    )
    path = output or read_settings().home / calibration.FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fitted.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.", "Name another place by --output.") from error
    if as_json:
        print_json(fitted)
        return
    sys.stdout.write(
        f"{fitted.answers} graded answers: grade = {fitted.slope:.2f} × score + {fitted.intercept:.2f}\n"
        f"Error of 5: {fitted.error_before:.2f} before, {fitted.error_after:.2f} after (each answer left out in turn)\n"
        f"Pass from {fitted.threshold:.1f} on, false praise at {fitted.price:g} times false blame: "
        f"precision {_share(fitted.precision)}, recall {_share(fitted.recall)} on these answers\n"
        f"Written to {path}\n"
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
