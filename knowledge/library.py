"""Everything that can be asked: question packs, rubrics and scenarios, checked together on load."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from knowledge import yaml_source
from knowledge.errors import ContentError, NotFoundError
from knowledge.models import LEVELS, Pack, Question, Rubric, Scenario

HOME = Path(__file__).parent
KINDS: Mapping[str, type[Pack] | type[Rubric] | type[Scenario]] = MappingProxyType(
    {"pack": Pack, "rubric": Rubric, "scenario": Scenario}
)
"""The first key of a data file says what it is; `schemas/<kind>.json` describes it to editors."""

_HINT = "Correct the file; `interviewer questions check FILE` checks it again."
_Entry = TypeVar("_Entry", Question, Rubric, Scenario)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One checked data file: its name for messages, its text, and the record in it."""

    name: str
    text: str
    record: Pack | Rubric | Scenario

    def error(self, location: Sequence[str | int], why: str) -> ContentError:
        """Return the error that names file, line and field."""
        line = yaml_source.line_of(self.text, location)
        return ContentError(f"{self.name}:{line}: {yaml_source.field_of(location)}: {why}", _HINT)


class Library:
    """Questions, rubrics and scenarios by id. `load` is the only way in, so what is here is consistent."""

    def __init__(
        self, questions: Mapping[str, Question], rubrics: Mapping[str, Rubric], scenarios: Mapping[str, Scenario]
    ) -> None:
        self.questions = MappingProxyType(dict(questions))
        self.rubrics = MappingProxyType(dict(rubrics))
        self.scenarios = MappingProxyType(dict(scenarios))

    @classmethod
    def load(cls, extra: Sequence[Path] = (), exercises: Collection[str] | None = None) -> Library:
        """Return our material and the user's own.

        Args:
            extra: data files, or folders whose `*.yaml` files are read; a folder that does not exist holds nothing.
            exercises: the slugs of the exercises that exist; without them a question's exercise is not checked.

        Raises:
            ContentError: a malformed file, an id given twice, or a reference to something that does not exist.
            NotFoundError: a file of `extra` that does not exist.
        """
        files = [read(path, str(path.relative_to(HOME.parent))) for path in _own_files()]
        files += [read(path, str(path)) for path in _extra_files(extra)]
        questions: dict[str, tuple[Question, DataFile]] = {}
        rubrics: dict[str, tuple[Rubric, DataFile]] = {}
        scenarios: dict[str, tuple[Scenario, DataFile]] = {}
        for file in files:
            match file.record:
                case Pack() as pack:
                    for position, question in enumerate(pack.questions):
                        _add(questions, question.id, question, file, ("questions", position, "id"))
                case Rubric() as rubric:
                    _add(rubrics, rubric.rubric, rubric, file, ("rubric",))
                case Scenario() as scenario:
                    _add(scenarios, scenario.scenario, scenario, file, ("scenario",))
        for file in files:
            _check(file, questions, rubrics, scenarios, exercises)
        return cls(_values(questions), _values(rubrics), _values(scenarios))

    def with_rubric(self, path: Path) -> Library:
        """Return a library in which the rubric in a file stands in for the one of that name.

        Raises:
            ContentError: malformed, not a rubric, or with other criteria than the one that it replaces.
            NotFoundError: no such file, or no rubric of that name to replace.
        """
        file = read(path, str(path))
        rubric = file.record
        if not isinstance(rubric, Rubric):
            raise ContentError(f"{path}:1: not a rubric", "Name a file that begins with `rubric:`.")
        known = self.rubrics.get(rubric.rubric)
        if known is None:
            near = _near(rubric.rubric, self.rubrics)
            raise NotFoundError(f"{path}: there is no rubric {rubric.rubric!r}{near} to replace.", _HINT)
        _check_rubric(file, rubric, self.questions)
        if {c.id for c in rubric.criteria} != {c.id for c in known.criteria}:
            ids = ", ".join(c.id for c in known.criteria)
            raise file.error(("criteria",), f"the criteria must be {ids}: that is what the answers are searched for")
        return Library(self.questions, {**self.rubrics, rubric.rubric: rubric}, self.scenarios)

    def question(self, question_id: str) -> Question:
        """Return the question.

        Raises:
            NotFoundError: unknown; names the nearest ids.
        """
        found = self.questions.get(question_id)
        if found is None:
            holding = [known for known in self.questions if question_id and question_id in known]
            near = holding[:3] or difflib.get_close_matches(question_id, self.questions, n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`interviewer questions` lists them all."
            raise NotFoundError(f"There is no question {question_id!r}.", hint)
        return found

    def rubric_for(self, question: Question) -> Rubric:
        """Return the rubric that scores `question`."""
        return self.rubrics[question.rubric]


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
    data = yaml_source.parse(text, name)
    kind = next((k for k in KINDS if isinstance(data, dict) and k in data), None)
    if kind is None:
        raise ContentError(f"{name}:1: starts with none of {', '.join(f'`{k}:`' for k in KINDS)}", _HINT)
    try:
        # Through JSON, because strict validation takes lists for tuples only there; it is also the fastest way.
        record = KINDS[kind].model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise _first(error, name, text) from None
    return DataFile(name, text, record)


def schema(kind: str) -> str:
    """Return the JSON schema of a kind of data file, as `schemas/<kind>.json` holds it."""
    return json.dumps(KINDS[kind].model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _own_files() -> Iterator[Path]:
    for folder in ("packs", "rubrics", "scenarios"):
        yield from sorted((HOME / folder).glob("*.yaml"))


def _extra_files(extra: Sequence[Path]) -> Iterator[Path]:
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
    return ContentError(f"{name}:{line}: {yaml_source.field_of(location)}: {why}{more}", _HINT)


def _add(
    known: dict[str, tuple[_Entry, DataFile]],
    entry_id: str,
    entry: _Entry,
    file: DataFile,
    location: tuple[str | int, ...],
) -> None:
    if entry_id in known:
        raise file.error(location, f"{entry_id!r} is already in {known[entry_id][1].name}")
    known[entry_id] = (entry, file)


def _values(known: Mapping[str, tuple[_Entry, DataFile]]) -> dict[str, _Entry]:
    return {entry_id: entry for entry_id, (entry, _) in known.items()}


def _check(
    file: DataFile,
    questions: Collection[str],
    rubrics: Mapping[str, tuple[Rubric, DataFile]],
    scenarios: Collection[str],
    exercises: Collection[str] | None,
) -> None:
    match file.record:
        case Pack() as pack:
            for position, question in enumerate(pack.questions):
                _check_question(file, position, question, rubrics, scenarios, exercises)
        case Rubric() as rubric:
            _check_rubric(file, rubric, questions)
        case Scenario() as scenario:
            _unique(file, ("facts",), [fact.id for fact in scenario.facts])
            _unique(file, ("estimates",), [estimate.id for estimate in scenario.estimates])


def _check_question(
    file: DataFile,
    position: int,
    question: Question,
    rubrics: Mapping[str, tuple[Rubric, DataFile]],
    scenarios: Collection[str],
    exercises: Collection[str] | None,
) -> None:
    at = ("questions", position)
    _unique(file, (*at, "key_points"), [point.id for point in question.key_points])
    _unique(file, (*at, "misconceptions"), [wrong.id for wrong in question.misconceptions])
    if question.rubric not in rubrics:
        raise file.error((*at, "rubric"), f"there is no rubric {question.rubric!r}{_near(question.rubric, rubrics)}")
    if question.scenario is not None and question.scenario not in scenarios:
        near = _near(question.scenario, scenarios)
        raise file.error((*at, "scenario"), f"there is no scenario {question.scenario!r}{near}")
    if question.scenario is not None:
        _check_criteria(file, at, question, [criterion.id for criterion in rubrics[question.rubric][0].criteria])
    if question.exercise is not None and exercises is not None and question.exercise not in exercises:
        near = _near(question.exercise, exercises)
        raise file.error((*at, "exercise"), f"there is no exercise {question.exercise!r}{near}")
    for number, name in enumerate(question.notes or ()):
        if name not in (known := [path.stem for path in (HOME / "notes").glob("*.md")]):
            raise file.error((*at, "notes", number), f"there are no notes {name!r}{_near(name, known)}")
    if question.round == "coding" and question.exercise is None:
        raise file.error((*at, "exercise"), "a coding question needs an exercise")


def _check_criteria(file: DataFile, at: tuple[str | int, ...], question: Question, ids: Sequence[str]) -> None:
    """Raise where a key point of a design does not say which criterion of the rubric it speaks to."""
    for number, point in enumerate(question.key_points):
        if point.criterion is None:
            problem = f"a key point of a design names the criterion that it speaks to, one of {', '.join(ids)}"
        elif point.criterion not in ids:
            problem = f"there is no criterion {point.criterion!r}{_near(point.criterion, ids)}"
        else:
            continue
        raise file.error((*at, "key_points", number, "criterion"), problem)


def _check_rubric(file: DataFile, rubric: Rubric, questions: Collection[str]) -> None:
    ids = [criterion.id for criterion in rubric.criteria]
    _unique(file, ("criteria",), ids)
    for position, cap in enumerate(rubric.caps):
        if cap.criterion not in ids:
            near = _near(cap.criterion, ids)
            raise file.error(("caps", position, "criterion"), f"there is no criterion {cap.criterion!r}{near}")
    for level in LEVELS:
        if level not in rubric.verdicts:
            raise file.error(("verdicts",), f"the level {level} is missing")
    for level, least in rubric.verdicts.items():
        if list(least) != sorted(least):
            raise file.error(("verdicts", level), "the three thresholds must rise")
    for name, sample in (("strong", rubric.strong), ("weak", rubric.weak)):
        low, high = sample.overall
        if not 0 <= low <= high <= 5:
            raise file.error((name, "overall"), "must be a band [low, high] within 0 and 5")
        if sample.question is not None and sample.question not in questions:
            near = _near(sample.question, questions)
            raise file.error((name, "question"), f"there is no question {sample.question!r}{near}")


def _unique(file: DataFile, location: tuple[str | int, ...], ids: Sequence[str]) -> None:
    for position, entry_id in enumerate(ids):
        if entry_id in ids[:position]:
            raise file.error((*location, position, "id"), f"{entry_id!r} is given twice")


def _near(wanted: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    return f", did you mean {near[0]!r}?" if near else ""


if __name__ == "__main__":  # python -m knowledge.library: write the schemas anew after a change of the models
    for _kind in KINDS:
        (HOME / "schemas" / f"{_kind}.json").write_text(schema(_kind), encoding="utf-8")
