"""One YAML file of ours or the user's: a pack, a rubric or a scenario, found, read and checked by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from knowledge import yaml_source
from knowledge.errors import ContentError, NotFoundError
from knowledge.models import Pack, Rubric, Scenario
from knowledge.yaml_source import HINT

HOME = Path(__file__).parent
KINDS: Mapping[str, type[Pack] | type[Rubric] | type[Scenario]] = MappingProxyType(
    {"pack": Pack, "rubric": Rubric, "scenario": Scenario}
)
"""The first key of a data file says what it is; `schemas/<kind>.json` describes it to editors."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One checked data file: its name for messages, its text, and the record in it."""

    name: str
    text: str
    record: Pack | Rubric | Scenario

    def error(self, location: Sequence[str | int], why: str) -> ContentError:
        """Return the error that names file, line and field."""
        line = yaml_source.line_of(self.text, location)
        return ContentError(f"{self.name}:{line}: {yaml_source.field_of(location)}: {why}", HINT)


def read(path: Path, name: str) -> DataFile:
    """Return the checked record in one data file.

    Raises:
        ContentError: malformed; the message is `name:line: field: what is wrong`.
        NotFoundError: there is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(f"{name}:1: not UTF-8 text (byte {error.start})", "Save the file as UTF-8.") from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError(f"There is no file {name}.", "Name a pack, rubric or scenario in YAML.") from error
    except OSError as error:
        raise ContentError(f"{name}: cannot be read: {error.strerror}", "Check the file's permissions.") from error
    return checked(text, name)


def checked(text: str, name: str) -> DataFile:
    """Return the checked record in the text of a data file; `name` is how messages call it.

    Raises:
        ContentError: malformed; the message is `name:line: field: what is wrong`.
    """
    data = yaml_source.parse(text, name)
    kind = next((k for k in KINDS if isinstance(data, dict) and k in data), None)
    if kind is None:
        raise ContentError(f"{name}:1: starts with none of {', '.join(f'`{k}:`' for k in KINDS)}", HINT)
    try:
        # Through JSON, because strict validation takes lists for tuples only there; it is also the fastest way.
        record = KINDS[kind].model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise _first(error, name, text) from None
    return DataFile(name, text, record)


def schema(kind: str) -> str:
    """Return the JSON schema of a kind of data file, as `schemas/<kind>.json` holds it."""
    return json.dumps(KINDS[kind].model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def own_files() -> Iterator[Path]:
    """Yield the files that came with the program."""
    for folder in ("packs", "rubrics", "scenarios"):
        yield from sorted((HOME / folder).glob("*.yaml"))


def data_files(extra: Sequence[Path]) -> Iterator[Path]:
    """Yield the data files that are named, and those in folders; a folder that does not exist holds none."""
    for path in extra:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"})
        elif path.suffix in {".yaml", ".yml"} or path.exists():
            yield path


def _first(error: ValidationError, name: str, text: str) -> ContentError:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    location, why = details[0]["loc"], details[0]["msg"]
    why = why[0].lower() + why[1:]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    line = yaml_source.line_of(text, location)
    return ContentError(f"{name}:{line}: {yaml_source.field_of(location)}: {why}{more}", HINT)


if __name__ == "__main__":  # python -m knowledge.data_files: write the schemas anew after a change of the models
    for _kind in KINDS:
        (HOME / "schemas" / f"{_kind}.json").write_text(schema(_kind), encoding="utf-8")
