"""What the README and CONTRIBUTING tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from interviewer.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
COMMANDS = sorted(
    {
        match[1].split("#")[0].strip()
        for page in PAGES
        for match in re.finditer(
            r"(?:^    |`)(interviewer(?: [^`#\n]+)?)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
)


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_and_its_options_exist(line: str) -> None:
    command = typer.main.get_command(app)
    words = line.split()[1:]
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("-"):
            assert word in known | {"--help"}, line


@pytest.mark.parametrize("target", re.findall(r"\bmake (\w+)", PAGES[0].read_text(encoding="utf-8")))
def test_the_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_first_lines_are_the_two_commands() -> None:
    lines = [line.split("#")[0].strip() for line in PAGES[0].read_text(encoding="utf-8").splitlines() if line.strip()]
    assert lines[1:3] == ["make practice", "make test"]
