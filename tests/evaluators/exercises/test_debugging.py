"""The debugging round: what is handed over fails as said, and the fix that each exercise names is the whole fix."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluators.code import judge
from evaluators.coding.compare import difference
from evaluators.coding.exercise import Broken, Exercise, load_exercises
from evaluators.sandbox import CallResult, Outcome

CATALOGUE = load_exercises()
ROUND = [slug for slug in CATALOGUE if slug.startswith("debug_")]


@pytest.fixture(params=ROUND)
def exercise(request: pytest.FixtureRequest) -> Exercise:
    return CATALOGUE[request.param]


def broken_of(exercise: Exercise) -> Broken:
    assert exercise.broken is not None
    return exercise.broken


def compiled(exercise: Exercise, source: str) -> Callable[..., Any]:
    """The function of a file of our own; candidates' code runs in the sandbox only."""
    names: dict[str, Any] = {}
    exec(compile(source, exercise.slug, "exec"), names)
    function: Callable[..., Any] = names[exercise.slug]
    return function


def fixed(exercise: Exercise) -> str:
    source = exercise.starter
    for wrong, right in broken_of(exercise).fix:
        assert wrong in source
        source = source.replace(wrong, right)
    return source


def outcome(exercise: Exercise, source: str, seed: int) -> Outcome:
    function = compiled(exercise, source)
    results = []
    for case in exercise.cases(np.random.default_rng(seed)):
        with np.errstate(all="ignore"):
            value = function(*copy.deepcopy(case.args))
        results.append(CallResult(value=value, error="", error_line=None, seconds=0.0, ok=True))
    return Outcome(
        results=tuple(results), error="", error_line=None, stdout="", isolation_level=4, seconds=0.0, killed=""
    )


def test_the_round_has_at_least_ten_and_one_topic() -> None:
    assert len(ROUND) >= 10
    assert {CATALOGUE[slug].topic for slug in ROUND} == {"debugging"}
    assert all(CATALOGUE[slug].broken is None for slug in CATALOGUE if slug not in ROUND)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_handed_over_is_named_and_earns_nothing(exercise: Exercise, seed: int) -> None:
    cases = exercise.cases(np.random.default_rng(seed))
    verdict = judge(exercise, cases, outcome(exercise, exercise.starter, seed), exercise.starter)
    assert not verdict.passed
    assert verdict.score == 0.0
    assert {seen.id for seen in verdict.misconceptions} == broken_of(exercise).bugs
    changed = next(check for check in verdict.checks if check.name == "no longer behaves as it was handed over")
    assert not changed.passed


@pytest.mark.parametrize("seed", range(5))
def test_the_fix_is_the_whole_fix(exercise: Exercise, seed: int) -> None:
    source = fixed(exercise)
    verdict = judge(exercise, exercise.cases(np.random.default_rng(seed)), outcome(exercise, source, seed), source)
    assert verdict.passed
    assert verdict.score == 1.0


def test_every_single_bug_of_several_is_named_when_it_stays(exercise: Exercise) -> None:
    """Half a fix is worth something, and the other half is named."""
    bugs = broken_of(exercise).bugs
    for bug in bugs if len(bugs) > 1 else ():
        cases = exercise.cases(np.random.default_rng(3))
        results = tuple(
            CallResult(
                value=exercise.variant(case.args, frozenset({bug})), error="", error_line=None, seconds=0, ok=True
            )
            for case in cases
        )
        ran = Outcome(results=results, error="", error_line=None, stdout="", isolation_level=4, seconds=0, killed="")
        verdict = judge(exercise, cases, ran)
        assert [seen.id for seen in verdict.misconceptions] == [bug]
        assert 0.3 < verdict.score < 1


def test_code_that_raises_is_not_called_changed() -> None:
    exercise = CATALOGUE["debug_rating_line"]
    ran = Outcome(results=(), error="NameError", error_line=None, stdout="", isolation_level=4, seconds=0.0, killed="")
    verdict = judge(exercise, exercise.cases(np.random.default_rng(0)), ran)
    assert not any(check.passed for check in verdict.checks)
    assert verdict.score == 0.0


def test_the_statement_shows_the_code_and_a_measured_symptom(exercise: Exercise) -> None:
    assert exercise.signature in exercise.starter
    assert 12 <= len(exercise.starter.splitlines()) <= 45
    assert "## What is seen" in exercise.statement
    assert exercise.starter.strip() in exercise.statement
    with np.errstate(all="ignore"):
        first, second = broken_of(exercise).symptom(), broken_of(exercise).symptom()
    assert any(character.isdigit() for character in first)
    assert first == second, "a symptom is measured with a fixed seed"


def test_the_handed_over_code_does_not_name_its_bug(exercise: Exercise) -> None:
    assert not any(bug in exercise.starter or bug in exercise.slug for bug in broken_of(exercise).bugs)


def test_the_example_shows_the_fault(exercise: Exercise) -> None:
    with np.errstate(all="ignore"):
        got = compiled(exercise, exercise.starter)(*copy.deepcopy(exercise.example))
    assert difference(exercise.variant(exercise.example), got) is not None
