"""`interviewer index`: put your own notes in, see what is in, take them out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from knowledge.indexing.index import Index
    from knowledge.indexing.outcome import Outcome, Progress

index_app = typer.Typer(name="index", help="Index your own notes and stories.", no_args_is_help=True)


@index_app.command()
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Markdown, text, HTML, PDF, DOCX, notebooks, or folders of them.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Add files, or every readable file of a folder; what has changed since the last time replaces its older self."""
    try:
        with progress_bar() as progress:
            outcome = _index().add(paths, progress)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was indexed so far is kept; the same command goes on from there.", err=True)
        raise
    _show(outcome, as_json)


@index_app.command("list")
def list_files(as_json: JsonOption = False) -> None:
    """List what is in the index."""
    from knowledge.indexing.catalogue import UNFINISHED

    entries = _index().files()
    if as_json:
        print_json({"files": [_entry(*entry) for entry in entries]})
        return
    screen = console()
    for entry in entries:
        unfinished = "  (stopped on the way: add it again)" if entry.digest == UNFINISHED else ""
        passages = "passage " if entry.passages == 1 else "passages"
        screen.print(f"{entry.passages:>6} {passages}  {entry.name}{unfinished}", markup=False, soft_wrap=True)
    if not any(not entry.ours for entry in entries):
        screen.print("None of your own files is indexed yet: interviewer index add PATH", markup=False)


@index_app.command()
def remove(
    path: Annotated[Path, typer.Argument(help="A file or folder as it was added.")], as_json: JsonOption = False
) -> None:
    """Take a file, or the files of a folder, out of the index; the files themselves stay."""
    _show(_index().remove(path), as_json)


@index_app.command()
def rebuild(as_json: JsonOption = False) -> None:
    """Make the index anew from your files, for example when it is damaged."""
    try:
        with progress_bar() as progress:
            outcome = _index().rebuild(progress)
    except KeyboardInterrupt:
        typer.echo("Stopped. A search finds only a part of it until it is run again to its end.", err=True)
        raise
    _show(outcome, as_json)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a function that shows progress on standard error, and shows nothing where that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = Console(stderr=True)
    with Bar(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def _index() -> Index:
    from evaluators.reference.minilm import MiniLM
    from interviewer.settings import read_settings
    from knowledge.indexing.index import Index

    return Index(read_settings().home, MiniLM.load())


def _entry(path: str, name: str, ours: bool, digest: str, recipe: str, passages: int) -> dict[str, Any]:
    return {"path": path, "name": name, "ours": ours, "digest": digest, "passages": passages}


def _show(outcome: Outcome, as_json: bool) -> None:
    """Print what happened; what could not be indexed is an error, told once the rest is done."""
    if as_json:
        failures = [{"name": f.name, "message": f.error.message, "hint": f.error.hint} for f in outcome.failures]
        lists = {key: getattr(outcome, key) for key in ("added", "replaced", "unchanged", "removed")}
        print_json({**lists, "passages": outcome.passages, "failures": failures})
    else:
        screen = console()
        for verb in ("added", "replaced", "unchanged", "removed"):
            for name in getattr(outcome, verb):
                screen.print(f"{verb.capitalize():<10} {name}", markup=False, soft_wrap=True)
        if outcome.passages:
            screen.print(f"{outcome.passages} passage{'' if outcome.passages == 1 else 's'} indexed.", markup=False)
    if outcome.failures:
        *others, last = outcome.failures
        if others:
            typer.echo(f"{len(outcome.failures)} could not be indexed, and the rest is not touched by that:", err=True)
        for failure in others:
            typer.echo(f"Error: {failure.error.message}\n{failure.error.hint}", err=True)
        raise last.error
