"""`interviewer grade batch`: the scores of a file of answers, line by line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from evaluators.batch import Batch, Item

LARGEST = 1024 * 1024 * 1024  # bytes of a file
_TOLD = 5  # lines that are spoken of one by one
_LINE = "Each line is an object with id, kind (star or technical), question and answer; see `grade batch --help`."


class Wanted(NamedTuple):
    """The items of a file, and what is odd about its lines."""

    items: list[Item]
    odd: list[str]


def grade_batch(
    items: Annotated[str, typer.Argument(help="A file of JSON lines, an answer each; - reads standard input.")],
    output: Annotated[Path | None, typer.Option(help="Write the scores here instead of to standard output.")] = None,
) -> None:
    """Score every line of a file, in its order: {id, overall, band, criteria, flags} a line.

    A line has an id, a kind (star for a story, or technical), the question and the answer:

    {"id": 1, "kind": "technical", "question": "What does L1 do?", "answer": "It makes some weights zero.",
    "key_points": ["It makes some weights exactly zero."], "misconceptions": ["L1 shrinks all weights alike."]}

    A technical answer is measured against key_points, else against a reference (a text), else against the question of
    the library that means the same, which is then among the flags; where there is none it is not scored. A key point is
    a statement, or {"text", and if you like "id", "also", "anchors", "weight", "core", "level"}. What stands in also
    says the whole point in other words; a term of a word or three is taken for an anchor, which only adds to it.

    A misconception is a statement, or {"statement", and if you like "id", "correction", "signs", "unless"}. A plain
    statement is found when it is said in nearly its own words, signs find it in others:

    {"statement": "L1 shrinks all weights alike.", "signs": ["L1", "alike | same fraction | not zero"],
    "unless": ["elastic"]}

    Of each sign one alternative must stand in one sentence that does not deny it; `not zero` must be denied, and the
    words of `L1 + alike` must stand in one clause. A sentence with one of the words of unless is no mistake. What was
    found is among the flags, as misconception:ID; a misconception without an id is named by its place,
    misconception:misconception_1.

    Ctrl-C keeps what has been written: the scores of the first answers, in their order.
    """
    from evaluators.batch import Batch
    from evaluators.reference.minilm import MiniLM
    from evaluators.reliability import calibration
    from interviewer.cli.grade import read_text
    from interviewer.material import load_library
    from interviewer.settings import read_settings
    from knowledge.errors import InputError

    if output is not None and items != "-" and output.exists() and Path(items).exists() and output.samefile(items):
        raise InputError(f"{output} holds the items themselves.", "Name another file for the scores.")
    wanted = parse_items(read_text(items, LARGEST), items)
    _say(wanted.odd)
    if not wanted.items:
        sys.stderr.write(f"There is no item in {items}.\n")
    settings = read_settings()
    # A worker that comes out of BLAS would wait 5 ms for one that runs Python: this halved the time that they stand.
    sys.setswitchinterval(0.0005)
    _write(Batch(load_library(settings), MiniLM.load().packed(), calibration.load(settings.home)), wanted.items, output)


def parse_items(text: str, name: str) -> Wanted:
    """Return the items of a JSON-lines text; `name` is its file's.

    Raises:
        ContentError: a line is not an item; nothing has been scored then.
    """
    import json

    from evaluators.batch import Item
    from interviewer.json_lines import lines, record

    found: list[Item] = []
    odd: list[str] = []
    first: dict[str | int, int] = {}
    for number, line in lines(text):
        item = record(line, Item, f"{name}:{number}", _LINE)
        if item.answer is None:
            unknown = [field for field in json.loads(line) if field not in Item.model_fields]
            beside = f" (and no field of an item is {' or '.join(unknown)})" if unknown else ""
            odd.append(f"{name}:{number}: there is no answer{beside}; it is scored as an empty one.")
        if item.id in first:
            odd.append(f"{name}:{number}: the id {item.id!r} is that of line {first[item.id]}; both are scored.")
        first.setdefault(item.id, number)
        found.append(item)
    return Wanted(found, odd)


def _write(batch: Batch, items: Sequence[Item], output: Path | None) -> None:
    from knowledge.errors import InputError

    written = 0
    scored = batch.score(items, lambda done: _tell(done, len(items)))
    try:
        with closing(scored), nullcontext(sys.stdout) if output is None else output.open("w", encoding="utf-8") as out:
            for one in scored:
                out.write(one.model_dump_json() + "\n")
                written += 1
    except KeyboardInterrupt:
        where = f" to {output}" if output is not None else ""
        sys.stderr.write(f"\nStopped: the first {written:,} of {len(items):,} scores are written{where}.\n")
        raise
    except OSError as error:
        if output is None:
            raise  # the reader has left
        raise InputError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from error


def _say(odd: Sequence[str]) -> None:
    more = len(odd) - _TOLD
    told = [*odd[:_TOLD], *([f"… and {more:,} more lines of that kind"] if more > 0 else [])]
    sys.stderr.writelines(f"{one}\n" for one in told)


def _tell(done: int, whole: int) -> None:
    sys.stderr.write(f"\r{done:,} of {whole:,} scored" + ("\n" if done >= whole else ""))
    sys.stderr.flush()
