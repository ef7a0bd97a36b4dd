"""Files of JSON lines: one record a line, and what is wrong with a line said with its number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from knowledge.errors import ContentError

Record = TypeVar("Record", bound=BaseModel)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers."""
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def record(line: str, model: type[Record], where: str, hint: str) -> Record:
    """Return the record in one line.

    Args:
        line: the line.
        model: what it is to be.
        where: its file and number, `items.jsonl:3`.
        hint: what each line has to be, for whoever wrote it.

    Raises:
        ContentError: the line is no such record; names the first field that is wrong.
    """
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            why = str(first["ctx"]["error"]).replace("at line 1 column", "at column")
            raise ContentError(f"{where}: this is not JSON: {why}", hint) from None
        # Which member of a union refused the value is nothing that a reader of the file knows of.
        field = ".".join(str(part) for part in first["loc"] if part not in {"str", "int"}) or "the line"
        raise ContentError(f"{where}: {field}: {first['msg']}", hint) from None
