"""No orphan, no key, no machine in any cassette, and none that an old prompt was recorded with."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import recording

ROOT = Path(__file__).parents[3]
CASSETTES = ROOT / "cassettes"
ALL = sorted(CASSETTES.rglob("*.yaml"))

KEY = re.compile(
    r"\bsk-[A-Za-z0-9_-]{8,}|\bBearer\s+\S+|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\b(?:gh[pousr]|xox[bp])_?-?\w{20,}"
)
HEADERS = re.compile(
    r"^\s*(?:authorization|cookie|set-cookie|x-request-id|openai-organization|user-agent|date):",
    re.MULTILINE | re.IGNORECASE,
)


def test_there_are_cassettes() -> None:
    assert len(ALL) >= 30


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_cassette_holds_no_secret_and_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not KEY.search(text)
    assert not HEADERS.search(text)
    assert not re.search(r"https?://(?!model\.invalid)[\w.:-]+/v1", text)
    assert len(text) < 400_000


def test_every_cassette_belongs_to_a_test() -> None:
    for path in ALL:
        module = ROOT / "tests" / path.relative_to(CASSETTES).parent.with_suffix(".py")
        assert module.exists(), path
        tree = ast.parse(module.read_text(encoding="utf-8"))
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert any(path.stem == name or path.stem.startswith(f"{name}_") for name in names), path


def test_a_cassette_survives_being_written_and_read() -> None:
    for path in ALL[:5]:
        text = path.read_text(encoding="utf-8")
        assert recording.serialize(recording.deserialize(text)) == text


def test_no_cassette_is_stale() -> None:
    spec = importlib.util.spec_from_file_location("stale", CASSETTES / "stale.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.stale() == {}
