"""The interview on a screen: what stands under the prompt."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from interviewer.assembly import open_engine
from interviewer.events import Answered, AnyEvent, Asked, Move, Scored, Setup
from interviewer.promotion.table import Trials
from interviewer.promotion.trial import Kept
from interviewer.scorecard.markdown import render_markdown
from interviewer.settings import read_settings
from interviewer.speaking import Delta
from interviewer.state import State
from interviewer.terminal.scorecard import show_scorecard
from interviewer.terminal.session import Session


class Leaving:
    """Looks at the pacing line of 150 words, and leaves."""

    line = ""

    def __init__(self) -> None:
        self.session: Any = None

    async def read(self, draft: str = "") -> str | None:
        self.line = self.session.pacing("word " * 150)
        return None


@pytest.mark.parametrize(
    ("round_", "expected"),
    [
        ("warm-up", "150 words · 1.0 min spoken (usual 30–90 s) · 20 of 20 min left"),
        ("behavioural", "150 words · 1.0 min spoken (usual 2–3 min)"),
        ("coding", "150 words · /code opens your editor"),
    ],
)
async def test_the_pacing_line_compares_with_what_is_usual(home: Path, round_: Any, expected: str) -> None:
    reader = Leaving()
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round=round_, minutes=20, engine="offline"))
        reader.session = Session(engine, None, home / "drafts", echo=False)
        await reader.session.run(interview, reader)
    assert expected in reader.line
    assert len(reader.line) <= 78


async def test_the_pacing_line_does_not_ask_the_database_at_every_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asking:
        line = ""

        async def read(self, draft: str = "") -> str | None:
            with monkeypatch.context() as patch:
                patch.setattr(Trials, "read", refuse)
                self.line = session.pacing("two words")
            return None

    def refuse(_trials: Trials) -> list[Kept]:
        raise AssertionError("the trials were read")

    reader = Asking()
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round="technical", minutes=20, engine="offline"))
        session = Session(engine, None, home / "drafts", echo=False)
        await session.run(interview, reader)
    assert reader.line.startswith("2 words")


class Typing:
    """Types these answers, then leaves."""

    def __init__(self, *answers: str) -> None:
        self._left = list(answers)

    async def read(self, draft: str = "") -> str | None:
        return self._left.pop(0) if self._left else None


async def test_a_judgement_that_could_not_be_had_is_told_once_at_the_next_turn(home: Path) -> None:
    line = "The model could not judge the answer on regularisation (it is down); the offline score stands."

    async def opinion(state: State, question_id: str) -> list[Scored]:
        current = state.question(question_id)
        assert current is not None
        assert current.score is not None
        return [Scored(question_id=question_id, score=current.score.model_copy(update={"notice": line}))]

    screen = Console(file=io.StringIO(), width=200, highlight=False)
    answer = "L1 drives weights to exactly zero, L2 shrinks all of them, because of the gradient near zero."
    async with open_engine(read_settings(), warm=False) as engine:
        equip = engine._equip
        engine._equip = lambda versions: equip(versions)._replace(opinion=opinion)
        interview = await engine.create(Setup(round="technical", minutes=20, engine="auto", seed=5))
        session = Session(engine, screen, home / "drafts", echo=True)
        await session.run(interview, Typing(answer, "/skip", "/time", "/time"))
        report = await engine.report(interview)
    assert isinstance(screen.file, io.StringIO)
    assert screen.file.getvalue().count(line) == 1
    assert report.questions[0].notice == line
    assert line in render_markdown(report)
    card = Console(file=io.StringIO(), width=200, highlight=False)
    show_scorecard(card, report)
    assert isinstance(card.file, io.StringIO)
    assert line in card.file.getvalue()


async def test_the_time_in_the_editor_counts_and_that_of_written_answers_does_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def edit(text: str) -> str:
        clock[0] += 240
        return text

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return clock[0]

    monkeypatch.setattr("interviewer.terminal.session.time", Clock)
    monkeypatch.setattr("interviewer.terminal.session.edit_code", edit)
    seconds = []
    async with open_engine(read_settings(), warm=False) as engine:
        for echo in (False, True):
            interview = await engine.create(Setup(round="coding", minutes=40, engine="offline", seed=3))
            await Session(engine, None, home / "drafts", echo=echo).run(interview, Typing("/code", "/quit"))
            seconds.append(next(e.seconds for e in await engine.events(interview) if isinstance(e, Answered)))
    assert seconds == [240, 0]


async def test_the_exercise_stands_there_again_when_it_is_asked_for_and_when_one_goes_on(home: Path) -> None:
    screens = [Console(file=io.StringIO(), width=200, highlight=False) for _ in range(2)]
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round="coding", minutes=40, engine="offline", seed=3))
        state = await engine.state(interview)
        assert state.current is not None
        slug = engine.library.question(state.current.question_id).exercise
        await Session(engine, screens[0], home / "drafts", echo=True).run(
            interview, Typing("/repeat", "/code\ndef wrong(x):\n    return x")
        )
        await Session(engine, screens[1], home / "drafts", echo=True).run(interview, Typing("/quit"))
    first, second = (screen.file.getvalue() for screen in screens if isinstance(screen.file, io.StringIO))
    assert first.count(f"def {slug}(") >= 2
    assert f"def {slug}(" in second


async def test_what_an_attempt_costs_stands_on_the_screen(home: Path) -> None:
    screen = Console(file=io.StringIO(), width=200, highlight=False)
    async with open_engine(read_settings(), warm=False) as engine:
        interview = await engine.create(Setup(round="coding", minutes=40, engine="offline", seed=3))
        session = Session(engine, screen, home / "drafts", echo=True)
        await session.run(interview, Typing("/code\ndef f(:", "/code\ndef f(:", "/quit"))
        report = await engine.report(interview)
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    assert "not run; this once it costs no attempt" in shown
    assert "attempt 1 of 3: not run" in shown
    assert "Not run, which cost no attempt" in render_markdown(report)
    assert "Attempt 1: not run" in render_markdown(report)


async def test_a_text_taller_than_the_screen_is_shown_once(home: Path) -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(20))

    async def turn() -> AsyncIterator[Delta | AnyEvent]:
        for paragraph in text.split("\n\n"):
            yield Delta(text=f"{paragraph}\n\n")
            await asyncio.sleep(0.1)  # long enough for the screen to be drawn in between
        yield Asked(move=Move(kind="question", question_id="x"), text=text)

    screen = Console(file=io.StringIO(), force_terminal=True, width=60, height=8)
    async with open_engine(read_settings(), warm=False) as engine:
        await Session(engine, screen, home / "drafts", echo=False)._show(turn())
    assert isinstance(screen.file, io.StringIO)
    drawn = screen.file.getvalue()
    climbs = [len(climb) // len("\x1b[1A\x1b[2K") for climb in re.findall(r"(?:\x1b\[1A\x1b\[2K)+", drawn)]
    assert climbs
    assert max(climbs) < screen.height, "what is above the screen cannot be overwritten"
    assert drawn.count("Paragraph 19.") == 1
