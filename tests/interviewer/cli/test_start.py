"""What starting the command costs, and how it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

HEAVY = {
    "numpy", "scipy", "sklearn", "torch", "chromadb", "tantivy", "sentence_transformers", "langchain", "langchain_core",
    "openai", "fastapi", "uvicorn", "sqlalchemy", "pydantic", "yaml", "prompt_toolkit",
}  # fmt: skip


def _interviewer(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "interviewer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_help_waits_for_no_heavy_import() -> None:
    script = (
        "import sys, json, interviewer.cli\n"
        "sys.argv = ['interviewer', '--help']\n"
        "try: interviewer.cli.main()\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})), file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "practice" in run.stdout
    assert HEAVY & set(json.loads(run.stderr)) == set()


def test_every_command_teaches_itself(cli: Callable[..., Any]) -> None:
    run = cli("--help")
    commands = [
        line.split()[0]
        for line in run.out.split("Commands:")[1].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert {"practice", "serve", "index", "search", "grade", "report", "exercises", "questions", "doctor"} <= set(
        commands
    )
    for command in commands:
        assert cli(command, "--help").out.startswith("Usage:"), command


def test_a_users_mistake_is_two_lines_and_status_2() -> None:
    run = _interviewer("report", "nosuchinterview")
    assert run.returncode == 2
    assert run.stdout == ""
    assert len(run.stderr.strip().splitlines()) == 2
    assert "nosuchinterview" in run.stderr


def test_a_bad_setting_is_named() -> None:
    import os

    command = [sys.executable, "-m", "interviewer", "report", "--list"]
    environment = {**os.environ, "INTERVIEWER_ENGINE": "telepathy"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert run.returncode == 2
    assert "INTERVIEWER_ENGINE" in run.stderr
