"""Whether data files fit together: what one names exists, ids are given once, thresholds rise."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from knowledge.data_files import HOME, DataFile
from knowledge.models import LEVELS, Pack, Question, Rubric, Scenario


def check(
    file: DataFile,
    questions: Collection[str],
    rubrics: Mapping[str, tuple[Rubric, DataFile]],
    scenarios: Collection[str],
    exercises: Collection[str] | None,
) -> None:
    """Check a file against everything that is loaded with it.

    Raises:
        ContentError: it contradicts itself or names what does not exist; the message names file, line and field.
    """
    match file.record:
        case Pack() as pack:
            for position, question in enumerate(pack.questions):
                _check_question(file, position, question, rubrics, scenarios, exercises)
        case Rubric() as rubric:
            check_rubric(file, rubric, questions)
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
        raise file.error(
            (*at, "rubric"), f"there is no rubric {question.rubric!r}{suggestion(question.rubric, rubrics)}"
        )
    if question.scenario is not None and question.scenario not in scenarios:
        near = suggestion(question.scenario, scenarios)
        raise file.error((*at, "scenario"), f"there is no scenario {question.scenario!r}{near}")
    if question.scenario is not None:
        _check_criteria(file, at, question, [criterion.id for criterion in rubrics[question.rubric][0].criteria])
    if question.exercise is not None and exercises is not None and question.exercise not in exercises:
        near = suggestion(question.exercise, exercises)
        raise file.error((*at, "exercise"), f"there is no exercise {question.exercise!r}{near}")
    for number, name in enumerate(question.notes or ()):
        if name not in _notes():
            raise file.error((*at, "notes", number), f"there are no notes {name!r}{suggestion(name, _notes())}")
    if question.round == "coding" and question.exercise is None:
        raise file.error((*at, "exercise"), "a coding question needs an exercise")


@cache
def _notes() -> frozenset[str]:
    return frozenset(path.stem for path in (HOME / "notes").glob("*.md"))


def _check_criteria(file: DataFile, at: tuple[str | int, ...], question: Question, ids: Sequence[str]) -> None:
    """Raise where a key point of a design does not say which criterion of the rubric it speaks to."""
    for number, point in enumerate(question.key_points):
        if point.criterion is None:
            problem = f"a key point of a design names the criterion that it speaks to, one of {', '.join(ids)}"
        elif point.criterion not in ids:
            problem = f"there is no criterion {point.criterion!r}{suggestion(point.criterion, ids)}"
        else:
            continue
        raise file.error((*at, "key_points", number, "criterion"), problem)


def check_rubric(file: DataFile, rubric: Rubric, questions: Collection[str]) -> None:
    """Check a rubric by itself, and that the questions of its samples exist.

    Raises:
        ContentError: the message names file, line and field.
    """
    ids = [criterion.id for criterion in rubric.criteria]
    _unique(file, ("criteria",), ids)
    for position, cap in enumerate(rubric.caps):
        if cap.criterion not in ids:
            near = suggestion(cap.criterion, ids)
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
            near = suggestion(sample.question, questions)
            raise file.error((name, "question"), f"there is no question {sample.question!r}{near}")


def _unique(file: DataFile, location: tuple[str | int, ...], ids: Sequence[str]) -> None:
    for position, entry_id in enumerate(ids):
        if entry_id in ids[:position]:
            raise file.error((*location, position, "id"), f"{entry_id!r} is given twice")


def suggestion(wanted: str, known: Collection[str]) -> str:
    """Return a clause with the nearest known id, "" when none is near."""
    near = difflib.get_close_matches(wanted, known, n=1)
    return f", did you mean {near[0]!r}?" if near else ""
