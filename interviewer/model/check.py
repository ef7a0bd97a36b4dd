"""What a language model's server can do: one small call for each thing that we use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from interviewer.doctor import Finding
from interviewer.model.llm import MODES, LanguageModel, Mode, open_model
from interviewer.model.wire import Messages
from interviewer.settings import Settings
from knowledge.errors import ModelError

_SYSTEM = "You help to check a connection. Do as you are asked, in as few words as you can."
_STREAM: Messages = (("system", _SYSTEM), ("human", "Say the word ready."))
_FILL: Messages = (("system", _SYSTEM), ("human", "Which of these is an animal: table, horse, river?"))
_TITLES: dict[Mode, str] = {
    "json_schema": "strict JSON schema",
    "function_calling": "function calling",
    "json_mode": "plain JSON",
    "plain": "JSON in plain text",
}


class _Choice(BaseModel):
    """The animal among the words."""

    model_config = ConfigDict(extra="forbid")

    animal: Literal["table", "horse", "river"]


async def examine_model(settings: Settings) -> list[Finding]:
    """Return what works with the model that the settings name, and which way to get JSON is picked."""
    try:
        model = open_model(settings)
    except ModelError as error:
        return [Finding(name="model", status="broken", detail=error.message, hint=error.hint)]
    findings = [await _tried("streaming", lambda: _streams(model))]
    works: list[Mode] = []
    for mode in MODES:
        fixed = open_model(settings.model_copy(update={"json_mode": mode}))
        found = await _tried(_TITLES[mode], lambda fixed=fixed: _fills(fixed))  # type: ignore[misc]
        if found.status == "ok":
            works.append(mode)
        elif works or mode != MODES[-1]:
            found = found.model_copy(update={"status": "note"})  # a better or another way may work
        findings.append(found)
    return [*findings, _picked(settings, works)]


async def _tried(name: str, call: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name=name, status="ok", detail=await call())
    except ModelError as error:
        return Finding(name=name, status="broken", detail=error.message, hint=error.hint)


async def _streams(model: LanguageModel) -> str:
    pieces = [piece async for piece in model.stream("doctor", "none", _STREAM)]
    return f"{len(pieces)} piece{'s' * (len(pieces) != 1)}" + (
        "" if len(pieces) > 1 else "; the server sends all at once"
    )


async def _fills(model: LanguageModel) -> str:
    choice = await model.structured("doctor", "none", _FILL, _Choice)
    return "works" if choice.animal == "horse" else f"works, but the model takes a {choice.animal} for an animal"


def _picked(settings: Settings, works: list[Mode]) -> Finding:
    if not works:
        hint = "Take a model that can follow a JSON schema; the offline engine works without any."
        return Finding(name="JSON", status="broken", detail="the model fills no schema in any way", hint=hint)
    if settings.json_mode != "auto":
        right = settings.json_mode in works
        hint = "" if right else f"export INTERVIEWER_JSON_MODE={works[0]}"
        detail = f"{_TITLES[settings.json_mode]}, as set"
        return Finding(name="JSON", status="ok" if right else "broken", detail=detail, hint=hint)
    return Finding(
        name="JSON",
        status="ok",
        detail=f"{_TITLES[works[0]]} is used; export INTERVIEWER_JSON_MODE={works[0]} saves trying",
    )
