"""`interviewer questions`: list, show and check what can be asked."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from knowledge.library import Library
    from knowledge.models import Question

questions_app = typer.Typer(
    name="questions", help="List, show and check the questions of the bank.", invoke_without_command=True
)


@questions_app.callback()
def list_questions(
    context: typer.Context,
    round_: Annotated[str, typer.Option("--round", help="warm-up, technical, coding, design or behavioural.")] = "",
    level: Annotated[str, typer.Option(help="junior, senior or staff.")] = "",
    topic: Annotated[str, typer.Option(help="A topic as the list shows it, for example `transformers`.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the questions of the bank and of your own packs."""
    if context.invoked_subcommand is not None:
        return
    from knowledge.models import LEVELS, ROUNDS

    library = _library()
    _known("round", round_, ROUNDS)
    _known("level", level, LEVELS)
    _known("topic", topic, sorted({q.topic for q in library.questions.values()}))
    chosen = [
        question
        for question in library.questions.values()
        if round_ in ("", question.round) and level in ("", question.level) and topic in ("", question.topic)
    ]
    if as_json:
        fields = {"id", "round", "topic", "level", "text"}
        print_json([question.model_dump(include=fields) for question in chosen])
        return
    for question in chosen:
        typer.echo(f"{question.id}  ({question.round}, {question.topic}, {question.level})")
        typer.echo(_wrapped(f"    {question.text}"))
    typer.echo(f"{len(chosen)} question{'' if len(chosen) == 1 else 's'}", err=True)


@questions_app.command("show")
def show(question_id: Annotated[str, typer.Argument(metavar="ID")], as_json: JsonOption = False) -> None:
    """Show one question with its key points, misconceptions, hints and ladder. It gives the answer away."""
    library = _library()
    question = library.question(question_id)
    if as_json:
        print_json(question)
    else:
        typer.echo("\n".join(_wrapped(line) for line in _page(question, library)))


@questions_app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Packs, rubrics or scenarios.")],
    as_json: JsonOption = False,
) -> None:
    """Check packs as the interviewer will load them: your own beside ours, ids, references and signs included."""
    from knowledge.errors import NotFoundError
    from knowledge.library import Library

    missing = next((file for file in files if not file.exists()), None)
    if missing is not None:
        raise NotFoundError(f"There is no file {missing}.", "Name a pack, rubric or scenario in YAML.")
    before = Library.load()
    after = Library.load(extra=files, exercises=_exercises())
    _check_signs(files)
    added = {
        "questions": sorted(after.questions.keys() - before.questions.keys()),
        "rubrics": sorted(after.rubrics.keys() - before.rubrics.keys()),
        "scenarios": sorted(after.scenarios.keys() - before.scenarios.keys()),
    }
    if as_json:
        print_json({"ok": True, "added": added})
        return
    parts = [f"{len(ids)} {kind if len(ids) != 1 else kind[:-1]}" for kind, ids in added.items() if ids]
    typer.echo(f"OK: {', '.join(parts)}" if parts else "OK")


def _check_signs(files: list[Path]) -> None:
    """Raise the first contradiction between the signs of a misconception and what its question says is true."""
    from evaluators.contradictions import contradictions
    from knowledge.data_files import data_files, read
    from knowledge.models import Pack

    for file in (read(path, str(path)) for path in data_files(files)):
        asked = file.record.questions if isinstance(file.record, Pack) else ()
        found = [(i, one) for i, question in enumerate(asked) for one in contradictions(question)]
        if found:
            position, first = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise file.error(("questions", position, *first.location), first.why + more)


def _library() -> Library:
    from interviewer.settings import Settings
    from knowledge.library import Library

    return Library.load(extra=[Settings().home / "packs"])


def _exercises() -> list[str]:
    from evaluators.tasks import task_slugs

    return task_slugs()


def _wrapped(line: str) -> str:
    """Return the line broken at the terminal's width, at most 100 columns, continued under its own text."""
    mark = re.match(r" *(?:(?:[*-]|\d\.) )?", line)
    indent = " " * len(mark.group() if mark else "")
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _known(what: str, value: str, known: tuple[str, ...] | list[str]) -> None:
    if value and value not in known:
        from knowledge.errors import InputError

        raise InputError(f"There is no {what} {value!r}.", f"Known: {', '.join(known)}.")


def _page(question: Question, library: Library) -> list[str]:
    """Return the lines of a question's page."""
    lines = [
        f"{question.id}  ({question.round}, {question.topic}, {question.level}, {question.minutes:g} min)",
        "",
        question.text,
        "",
        f"Scored by: {library.rubric_for(question).title}",
    ]
    if question.exercise or question.scenario:
        lines.append(f"Behind it: {question.exercise or question.scenario}")
    if question.key_points:
        lines += ["", "A good answer says"]
        lines += [f"  {'*' if point.core else '-'} {point.text} ({point.level})" for point in question.key_points]
        lines.append("  (* core: without it the answer is capped)")
    if question.misconceptions:
        lines += ["", "People get wrong"]
        for wrong in question.misconceptions:
            lines += [f"  - “{wrong.statement}”", f"    {wrong.correction}"]
    for title, items in (("Hints", question.hints), ("Follow-ups", question.follow_ups)):
        if items:
            lines += ["", title, *(f"  {number}. {item}" for number, item in enumerate(items, 1))]
    if question.ladder:
        lines += ["", "By level"]
        lines += [f"  {level}: {getattr(question.ladder, level)}" for level in ("junior", "senior", "staff")]
    if question.references:
        lines += ["", "Read"]
        lines += [f"  - {source.title}{f' – {source.url}' if source.url else ''}" for source in question.references]
    return lines
