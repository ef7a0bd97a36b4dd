"""What goes to a chat model and what comes back from it: messages in turns, JSON out of whatever it was put in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

Role: TypeAlias = Literal["system", "human", "ai"]
Messages: TypeAlias = Sequence[tuple[Role, str]]

MOST_CHARACTERS = 20_000
"""A completion longer than this is cut off: nothing that we ask for needs a tenth of it."""

Schema = TypeVar("Schema", bound=BaseModel)
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


def in_turns(messages: Messages) -> list[tuple[Role, str]]:
    """Return the messages with neighbours of one role made one, an empty line between them.

    Chat templates of many local models refuse two messages of one role in a row. Nobody else is the worse for it: what
    two requests have in common at their beginning is still common, so a provider's prompt cache hits as before.
    """
    turns: list[tuple[Role, str]] = []
    for role, text in messages:
        if turns and turns[-1][0] == role:
            turns[-1] = (role, f"{turns[-1][1]}\n\n{text}")
        else:
            turns.append((role, text))
    return turns


def schema_text(schema: type[BaseModel]) -> str:
    """Return the JSON schema, as short as it goes."""
    return json.dumps(schema.model_json_schema(), ensure_ascii=False, separators=(",", ":"))


def text_of(message: Any) -> str:
    """The JSON text in an answer: a function call's arguments, or the content."""
    calls = getattr(message, "tool_calls", None) or []
    if calls:
        return json.dumps(calls[0]["args"], ensure_ascii=False)
    broken = getattr(message, "invalid_tool_calls", None) or []
    return str(broken[0].get("args") or "") if broken else str(message.text)


def read_filled(text: str, schema: type[Schema]) -> tuple[Schema | str, str]:
    """`text` as an instance of `schema`, forgiving fences and prose around it; else the text and what is wrong."""
    fenced = _FENCED.search(text)
    candidate = fenced.group(1) if fenced else text[text.find("{") : text.rfind("}") + 1]
    try:
        return schema.model_validate_json(candidate[:MOST_CHARACTERS]), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return text, f"{where}: {first['msg']}" if where else first["msg"]


def refuses_mode(error: Exception) -> bool:
    """Whether the server says that it does not know this way of asking for JSON."""
    status = getattr(error, "status_code", None)
    named = re.search(r"response_format|json_schema|tool|function|grammar", str(error), re.IGNORECASE)
    return isinstance(error, NotImplementedError) or (status in {400, 422, 501} and named is not None)
