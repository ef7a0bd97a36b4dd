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
from interviewer.events import AnyEvent, Asked, Move, Scored, Setup
from interviewer.markdown import render_markdown
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
        ("warm-up", "150 words · 1.0 min spoken (usual 30 s) · 20 of 20 min left"),
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
