"""Every reference and every wrong version, run as a candidate's file in its own process, is judged for what it is."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator

import numpy as np
import pytest

from evaluators.code import judge
from evaluators.coding.exercise import Exercise, load_exercises
from evaluators.sandbox import Call, Job, Sandbox
from evaluators.verdict import Verdict

CATALOGUE = load_exercises()
STUBS = "Array = Value = Case = object\nBugs = frozenset\nNO_BUGS = frozenset()\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def handed_in(exercise: Exercise, flag: str) -> str:
    """The exercise's own algorithm, with the bug switched on, as a file that needs nothing of ours."""
    source = inspect.getsource(importlib.import_module(f"evaluators.exercises.{exercise.slug}"))
    source = re.sub(
        r"from evaluators\.coding\.exercise import (\([^)]*\)|.*)\n", STUBS, source.partition("\nEXERCISE = ")[0]
    )
    bugs = f"frozenset({{{flag!r}}})" if flag else "frozenset()"
    body = f"    with np.errstate(all='ignore'):\n        return reference(*args, bugs={bugs})\n"
    return f"{source}\n\ndef {exercise.slug}(*args):\n{body}"


def verdict(sandbox: Sandbox, exercise: Exercise, flag: str = "") -> Verdict:
    cases = exercise.cases(np.random.default_rng(7))
    job = Job(handed_in(exercise, flag), exercise.slug, tuple(Call(case.args) for case in cases))
    return judge(exercise, cases, sandbox.run(job))


@pytest.mark.parametrize("slug", list(CATALOGUE))
def test_judged_for_what_it_is(slug: str, sandbox: Sandbox) -> None:
    exercise = CATALOGUE[slug]
    right = verdict(sandbox, exercise)
    assert right.passed, right
    assert right.score == 1.0
    for convention in exercise.conventions:
        accepted = verdict(sandbox, exercise, convention.id)
        assert accepted.passed, convention.id
        assert accepted.conventions == (convention.name,)
    for wrong in exercise.wrong:
        found = verdict(sandbox, exercise, wrong.id)
        assert [seen.id for seen in found.misconceptions] == [wrong.id], found
        handed_over = exercise.broken is not None and exercise.broken.bugs == {wrong.id}
        assert (0.0 if handed_over else round(1 - wrong.severity, 4)) <= found.score < 1.0
