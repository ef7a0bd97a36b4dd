"""Everything that can be asked: question packs, rubrics and scenarios, checked together on load."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from knowledge.consistency import check, check_rubric, suggestion
from knowledge.data_files import HOME, DataFile, data_files, own_files, read
from knowledge.errors import ContentError, NotFoundError
from knowledge.models import Pack, Question, Rubric, Scenario
from knowledge.yaml_source import HINT

_Entry = TypeVar("_Entry", Question, Rubric, Scenario)
_NEAR_ENOUGH = 0.6  # of difflib, from which on an id may be what was meant


def _nearest(typed: str, ids: Collection[str]) -> list[str]:
    """Return up to three ids of which some words in a row are nearly what was typed, the nearest first."""
    count = typed.count("_") + 1

    def likeness(known: str) -> float:
        words = known.split("_")
        runs = ("_".join(words[start : start + count]) for start in range(max(1, len(words) - count + 1)))
        return max(difflib.SequenceMatcher(None, typed, other).ratio() for other in (known, *runs))

    ranked = heapq.nlargest(3, ((likeness(known), known) for known in ids))
    return [known for near, known in ranked if near > _NEAR_ENOUGH]


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
            extra: data files, or folders whose `*.yaml` files are read; a folder that does not exist holds nothing, and
                a file of ours is not read twice.
            exercises: the slugs of the exercises that exist; without them a question's exercise is not checked.

        Raises:
            ContentError: a malformed file, an id given twice, or a reference to something that does not exist.
            NotFoundError: a file of `extra` that does not exist.
        """
        files = [read(path, str(path.relative_to(HOME.parent))) for path in own_files()]
        ours = {path.resolve() for path in own_files()}
        files += [read(path, str(path)) for path in data_files(extra) if path.resolve() not in ours]
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
            check(file, questions, rubrics, scenarios, exercises)
        return cls(_values(questions), _values(rubrics), _values(scenarios))

    def with_rubric(self, path: Path) -> Library:
        """Return a library in which the rubric in a file stands in for the one of that name.

        Raises:
            ContentError: malformed, not a rubric, or with other criteria than the one that it replaces.
            NotFoundError: no such file, or no rubric of that name to replace.
        """
        return self.with_rubric_in(read(path, str(path)))

    def with_rubric_in(self, file: DataFile) -> Library:
        """Return a library in which the rubric that was read from a file stands in for the one of that name.

        Raises:
            ContentError: not a rubric, or with other criteria than the one that it replaces.
            NotFoundError: no rubric of that name to replace.
        """
        rubric = file.record
        if not isinstance(rubric, Rubric):
            raise ContentError(f"{file.name}:1: not a rubric", "Name a file that begins with `rubric:`.")
        known = self.rubrics.get(rubric.rubric)
        if known is None:
            near = suggestion(rubric.rubric, self.rubrics)
            raise NotFoundError(f"{file.name}: there is no rubric {rubric.rubric!r}{near} to replace.", HINT)
        check_rubric(file, rubric, self.questions)
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
            near = holding[:3] or _nearest(question_id, self.questions)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`interviewer questions` lists them all."
            raise NotFoundError(f"There is no question {question_id!r}.", hint)
        return found

    def rubric_for(self, question: Question) -> Rubric:
        """Return the rubric that scores `question`."""
        return self.rubrics[question.rubric]


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
