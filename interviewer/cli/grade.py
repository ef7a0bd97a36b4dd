"""`interviewer grade star | answer`: the score of one answer, with its evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from evaluators.score import Score

LARGEST = 16 * 1024 * 1024  # bytes of one answer: far beyond any; what is read of it is bounded by the gates

File = Annotated[str, typer.Argument(help="A text file with the answer; - reads standard input.")]


def grade_star(
    file: File,
    question: Annotated[str, typer.Option(help="The question that was asked.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Score a story: situation, task, action, result, ownership, measurement, reflection, concision."""
    text = read_text(file)
    from contextlib import closing

    from evaluators.star import StarEvaluator
    from interviewer.assembly import Parts
    from interviewer.settings import read_settings

    with closing(Parts(read_settings())) as parts:
        score = StarEvaluator(parts.library().rubrics["star"], parts.encoder()).score(text, question)
    _show(score, as_json)


def grade_answer(
    file: File,
    question: Annotated[str, typer.Option(help="The question's id; `interviewer questions` lists them.")],
    as_json: JsonOption = False,
) -> None:
    """Score an answer to a question of any round, as the interview would; code in it is run."""
    from contextlib import closing

    from interviewer.assembly import Parts
    from interviewer.settings import read_settings

    with closing(Parts(read_settings())) as parts:
        asked = parts.library().question(question)
        text = read_text(file)
        score = parts.assessor().grade(asked, text)
    _show(score, as_json)


def read_text(file: str, largest: int = LARGEST) -> str:
    """Return the text of a file, or of standard input for `-`, whatever its encoding.

    Nothing in it is mended: quotations are given by offset into the text as it stands there.

    Raises:
        UnreadableError: it cannot be read, or is no text.
        TooLargeError: over `largest` bytes.
    """
    from knowledge.decoding import decode
    from knowledge.errors import TooLargeError, UnreadableError

    try:
        if file == "-":
            data = sys.stdin.buffer.read(largest + 1)
        else:
            with Path(file).open("rb") as source:
                data = source.read(largest + 1)
    except OSError as error:
        raise UnreadableError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    if len(data) > largest:
        raise TooLargeError(f"{file} is larger than {largest:,} bytes.", "No answer is that long; split the file.")
    try:
        return decode(data, file, mend=False)
    except UnreadableError as error:
        raise UnreadableError(error.message, "Save it as plain text, in UTF-8.") from error


def score_text(score: Score) -> str:
    """Return the score for a terminal."""
    from interviewer.quoting import shorten

    head = "not scored" if score.overall is None else f"{score.overall:.1f} of 5"
    if score.band and score.band[0] != score.band[1]:
        head += f" (between {score.band[0]:.1f} and {score.band[1]:.1f})"
    lines = [head, *([score.reason] if score.reason else [])]
    for criterion in score.criteria:
        mark = "–" if criterion.score is None else str(criterion.score)
        lines.append(f"  {mark}  {criterion.criterion.replace('_', ' ')}: {criterion.reason}")
        lines.extend(f"       “{shorten(evidence.quote)}”" for evidence in criterion.evidence[:1])
    lines.extend(f"Wrong: “{m.evidence.quote}” {m.correction}" for m in score.misconceptions)
    if score.flags:
        lines.append(f"Noticed: {', '.join(flag.replace('_', ' ') for flag in score.flags)}.")
    if score.delivery is not None:
        lines.append(f"Delivery (not scored): {score.delivery.note} Fillers: {score.delivery.fillers}.")
    lines.extend(f"  {step}" for step in score.trace)
    return "\n".join(lines) + "\n"


def _show(score: Score, as_json: bool) -> None:
    if as_json:
        print_json(score)
    else:
        sys.stdout.write(score_text(score))
