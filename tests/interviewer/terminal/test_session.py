"""The interview on a screen: what stands under the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interviewer.assembly import open_engine
from interviewer.events import Setup
from interviewer.settings import read_settings
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
