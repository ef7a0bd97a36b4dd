"""Every exercise of the catalogue, collected automatically: a new file under evaluators/exercises is tested at once."""

from __future__ import annotations

import inspect
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from evaluators.coding.compare import same
from evaluators.coding.diagnosis import MISSING, Variants, diagnose
from evaluators.coding.exercise import Exercise, Value, load_exercises

CATALOGUE = load_exercises()
SEEDS = range(20)


@pytest.fixture(params=list(CATALOGUE))
def exercise(request: pytest.FixtureRequest) -> Exercise:
    return CATALOGUE[request.param]


@cache
def variants_of(slug: str, seed: int) -> Variants:
    return Variants(CATALOGUE[slug], CATALOGUE[slug].cases(np.random.default_rng(seed)))


def variants(exercise: Exercise, seed: int) -> Variants:
    return variants_of(exercise.slug, seed)


def test_every_wrong_version_is_caught_and_named_over_twenty_seeds(exercise: Exercise) -> None:
    for seed in SEEDS:
        computed = variants(exercise, seed)
        for wrong in exercise.wrong:
            outputs = computed.outputs(frozenset({wrong.id}))
            assert MISSING not in [each for each in outputs if each is MISSING], f"{wrong.id} raises at seed {seed}"
            found = diagnose(exercise, computed, outputs)
            assert not found.correct, f"{wrong.id} passes at seed {seed}"
            assert [each.id for each in found.wrong] == [wrong.id], f"seed {seed}"
            assert found.confidence == 1.0, f"{wrong.id} is not the only explanation at seed {seed}"
            assert found.complete


def test_versions_are_distinct_over_twenty_seeds(exercise: Exercise) -> None:
    flags = [item.id for item in (*exercise.wrong, *exercise.conventions)]
    for seed in SEEDS:
        computed = variants(exercise, seed)
        for one, other in combinations(flags, 2):
            first, second = computed.outputs(frozenset({one})), computed.outputs(frozenset({other}))
            assert not all(map(same, first, second)), f"{one} and {other} agree at seed {seed}"


def test_conventions_are_accepted_and_said(exercise: Exercise) -> None:
    for seed in SEEDS:
        computed = variants(exercise, seed)
        for convention in exercise.conventions:
            found = diagnose(exercise, computed, computed.outputs(frozenset({convention.id})))
            assert found.correct, f"{convention.id} at seed {seed}"
            assert [each.id for each in found.conventions] == [convention.id], f"seed {seed}"


def test_float32_answer_passes(exercise: Exercise) -> None:
    def single(value: object) -> object:
        if isinstance(value, np.ndarray):
            return value.astype(np.float32) if value.dtype == np.float64 else value.copy()
        if isinstance(value, list | tuple):
            return type(value)(single(item) for item in value)
        return value

    for seed in range(5):
        cases = exercise.cases(np.random.default_rng(seed))
        for case in cases:
            answer = exercise.variant(single(case.args))  # type: ignore[arg-type]
            expected = exercise.variant(case.args)
            assert same(exercise.observed(case.args, expected), exercise.observed(case.args, answer)), case.name


def test_reference_keeps_its_invariants_and_its_arguments(exercise: Exercise) -> None:
    for seed in range(5):
        for case in exercise.cases(np.random.default_rng(seed)):
            before = [np.copy(value) if isinstance(value, np.ndarray) else value for value in case.args]
            output = exercise.observed(case.args, exercise.variant(case.args))
            for invariant in exercise.invariants:
                assert invariant.holds(case.args, output), f"{invariant.name}: {case.name}"
            assert same(before, list(case.args)), f"the reference changes its arguments: {case.name}"


def offset(value: Value) -> Value:
    if isinstance(value, list | tuple):
        return type(value)(offset(item) for item in value)
    if isinstance(value, dict):
        return {key: offset(item) for key, item in value.items()}
    return value if isinstance(value, str) else value + 1


def test_each_invariant_can_break(exercise: Exercise) -> None:
    """One that neither a wrong version nor an offset breaks would hand out its share of the score for nothing."""
    for invariant in exercise.invariants:
        kept = []
        for case in exercise.cases(np.random.default_rng(0)):
            outputs = [exercise.variant(case.args, frozenset({wrong.id})) for wrong in exercise.wrong]
            outputs.append(offset(exercise.variant(case.args)))
            kept += [bool(invariant.holds(case.args, exercise.observed(case.args, each))) for each in outputs]
        assert not all(kept), invariant.name


def test_reads_like_an_exercise(exercise: Exercise) -> None:
    parameters = list(inspect.signature(exercise.reference).parameters)
    assert parameters[-1] == "bugs"
    assert len(exercise.example) == len(parameters) - 1
    assert exercise.signature.startswith(f"def {exercise.slug}(")
    compile(exercise.starter, exercise.slug, "exec")
    assert "## Example" in exercise.statement
    ids = [item.id for item in (*exercise.wrong, *exercise.conventions)]
    assert len(set(ids)) == len(ids)
    assert len(exercise.wrong) >= 2
    assert exercise.follow_ups
    assert all(exercise.hints)
    for wrong in exercise.wrong:
        assert len(wrong.explanation.split()) >= 18, f"{wrong.id} needs a symptom, a reason and something to check"
        assert wrong.probe.endswith(("?", "."))
        assert 0 < wrong.severity < 1


def test_an_attempt_gets_fresh_inputs(exercise: Exercise) -> None:
    first, second = (exercise.cases(np.random.default_rng(seed)) for seed in (1, 2))
    assert [case.name for case in first] == [case.name for case in second], "case names are check names: keep them"
    assert not same([list(case.args) for case in first], [list(case.args) for case in second])
