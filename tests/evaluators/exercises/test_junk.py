"""Whatever a stranger's function returns, judging it ends in a verdict: never in an exception, never in a pass."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from evaluators.code import judge
from evaluators.coding.exercise import load_exercises
from evaluators.sandbox import CallResult, Outcome

CATALOGUE = load_exercises()

JUNK: list[Any] = [
    None,
    True,
    -1,
    2**62,
    float("nan"),
    float("-inf"),
    "",
    "ridge\x00",
    [],
    (),
    {},
    [[]],
    [None, None],
    ["a", 1, None],
    {"a": {"b": [1, 2]}},
    {1: 2},
    [[1, 2], [3]],
    [[[[[[0.0]]]]]],
    (1, (2, (3, (4, ())))),
    np.array([]),
    np.array(True),
    np.array([True, False]),
    np.array(["text", "more"]),
    np.zeros((0, 3)),
    np.zeros((1,) * 30),
    np.array([1 + 2j]),
    np.full((2, 3), np.nan),
    np.array([np.inf, -np.inf]),
    np.array([-(2**63), 2**63 - 1]),
    np.array([1e308, -1e308]),
    np.arange(1000),
    np.array([2**64 - 1], dtype=np.uint64),
    np.float16(7),
]


def spoiled(value: Any, to: float) -> Any:
    """The right answer's structure with other numbers in it, so that comparison goes all the way down."""
    if isinstance(value, dict):
        return {key: spoiled(item, to) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(spoiled(item, to) for item in value)
    if value is None or isinstance(value, str):
        return value
    array = np.asarray(value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nan has no integer
        return np.full(array.shape, to).astype(array.dtype if array.dtype.kind in "biu" else float)


@pytest.mark.parametrize("slug", list(CATALOGUE))
def test_junk_ends_in_a_verdict(slug: str) -> None:
    exercise = CATALOGUE[slug]
    cases = exercise.cases(np.random.default_rng(3))
    answers = [[junk] * len(cases) for junk in JUNK]
    answers += [[spoiled(exercise.variant(case.args), to) for case in cases] for to in (np.nan, np.inf, -1e300, 1.0)]
    answers.append([spoiled(exercise.variant(case.args), np.nan) if i else True for i, case in enumerate(cases)])
    for values in answers:
        outcome = Outcome(tuple(CallResult(value) for value in values), "", None, "", 3, 0.0, "")
        verdict = judge(exercise, cases, outcome)
        assert not verdict.passed, values
        assert verdict.score < 0.6, (values, verdict.score)
        verdict.model_dump_json()
