"""`interviewer practice`: an interview in the terminal."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, console, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from interviewer.events import Setup
    from interviewer.scorecard.report import Report
    from interviewer.settings import Settings
    from interviewer.state import State


_AFTER_CTRL_C = 1.0
"""Seconds that a turn under way may still take; later it is cut off, and finished on resume."""


class RoundOption(StrEnum):
    mixed = "mixed"
    warm_up = "warm-up"
    technical = "technical"
    coding = "coding"
    design = "design"
    behavioural = "behavioural"


class LevelOption(StrEnum):
    junior = "junior"
    senior = "senior"
    staff = "staff"


class EngineOption(StrEnum):
    auto = "auto"
    offline = "offline"
    llm = "llm"


class PersonaOption(StrEnum):
    warm = "warm"
    neutral = "neutral"
    bar_raiser = "bar-raiser"


def practice(
    round_: Annotated[RoundOption, typer.Option("--round", help="What to practise.")] = RoundOption.mixed,
    level: Annotated[LevelOption, typer.Option(help="The level you interview for.")] = LevelOption.senior,
    minutes: Annotated[float, typer.Option(min=1, max=180, help="How long the interview may take.")] = 45,
    engine: Annotated[
        EngineOption, typer.Option(help="offline needs no key; auto takes the language model when one is set up.")
    ] = EngineOption.auto,
    persona: Annotated[PersonaOption, typer.Option(help="How the interviewer comes across.")] = PersonaOption.neutral,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer from a file, one answer a block, blocks split by a line `---`."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed and answers give the same interview.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="ID", help="Go on with an interview.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Practise an interview here. Ctrl-C loses nothing: it says how to resume.

    Answers may have several lines; an empty line sends. Type /help during the interview for the commands.
    """
    import asyncio

    from interviewer.events import Setup
    from interviewer.settings import read_settings
    from interviewer.terminal.prompt import Interrupted

    settings = read_settings()
    _log_to(settings.home)
    setup = Setup.model_validate(
        {
            "round": round_.value,
            "level": level.value,
            "minutes": minutes,
            "seed": _fresh_seed() if seed is None else seed,
            "engine": engine.value,
            "persona": persona.value,
        }
    )
    screen = None if as_json else console()
    running = _Running()
    try:
        report = asyncio.run(_practise(settings, setup, screen, answers, resume, running))
    except (Interrupted, KeyboardInterrupt):
        if running.interview_id:
            sys.stderr.write(f"\nSaved. Go on with: interviewer practice --resume {running.interview_id}\n")
        raise typer.Exit(130) from None
    if as_json:
        print_json(report)
    elif screen is not None:
        _close(screen, report)


class _Running:
    """The interview under way, for the message after Ctrl-C."""

    interview_id: str = ""


async def _practise(
    settings: Settings,
    setup: Setup,
    screen: Console | None,
    answers: Path | None,
    resume: str | None,
    running: _Running,
) -> Report:
    import asyncio

    from interviewer.assembly import open_engine
    from interviewer.terminal.answers import read_answers
    from interviewer.terminal.prompt import ListReader, PipedReader, Reader, TypedReader
    from interviewer.terminal.session import Session

    written = read_answers(answers) if answers else None
    async with open_engine(settings) as engine:
        running.interview_id = interview_id = await engine.create(setup) if resume is None else resume
        session = Session(engine, screen, settings.home / "drafts", echo=written is not None)
        reader: Reader
        if written is not None:
            reader = ListReader(written)
        elif sys.stdin.isatty() and screen is not None:
            reader = TypedReader(session.pacing)
        else:
            reader = PipedReader()
        if screen is not None:
            _open(screen, await engine.state(interview_id), resumed=resume is not None)
        try:
            await session.run(interview_id, reader)
        except asyncio.CancelledError:
            await engine.close(patience=_AFTER_CTRL_C)
            raise
        return await engine.report(interview_id)


def _open(screen: Console, state: State, *, resumed: bool) -> None:
    from rich.text import Text

    voice = state.last.voice if state.last else "offline"
    which = (
        "offline engine (no language model)" if voice == "offline" else f"language model {voice.removeprefix('llm:')}"
    )
    screen.print(Text(f"ML mock interview · {which}", style="bold"))
    screen.print(Text("An empty line sends your answer · /hint /repeat /skip /code /time /quit /help", style="dim"))
    if resumed:
        screen.print(Text("Going on where you stopped.", style="dim"))
    screen.print()


def _close(screen: Console, report: Report) -> None:
    from rich.text import Text

    from interviewer.terminal.scorecard import show_scorecard

    show_scorecard(screen, report)
    lines = [f"Export it:      interviewer report {report.interview_id} --format markdown"]
    if not report.finished:
        lines.insert(0, f"Go on with it:  interviewer practice --resume {report.interview_id}")
    if report.next_practice:
        lines.append(f"Prepare with:   interviewer questions show {report.next_practice[0].question_id}")
    for line in lines:
        screen.print(Text(line, style="dim"), soft_wrap=True)


def _log_to(home: Path) -> None:
    """Send what the engine logs to a file: on the screen it would stand in the middle of the interview."""
    import logging

    from knowledge.errors import StorageError

    try:
        home.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=home / "interviewer.log", level=logging.WARNING, format="%(asctime)s %(message)s")
    except OSError as error:
        hint = "Set INTERVIEWER_HOME to a folder that you may write."
        raise StorageError(f"{home} cannot be written: {error.strerror}.", hint) from error


def _fresh_seed() -> int:
    import secrets

    return secrets.randbelow(2**31)
