"""The command as a shell calls it, in this process: one of its own costs a second, and is used where it matters."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from interviewer.cli import main


class Run(NamedTuple):
    """What a shell sees of a command."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; fails when there is anything else."""
        return json.loads(self.out)


Cli = Callable[..., Run]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """`cli("grade", "star", "-", stdin=b"…")` runs `interviewer grade star -` and returns a `Run`."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["interviewer", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status: int | str | None = 0
        try:
            main()
        except SystemExit as stopped:
            status = stopped.code
        captured = capfd.readouterr()
        assert status is None or isinstance(status, int), status
        return Run(status or 0, captured.out, captured.err)

    return run
