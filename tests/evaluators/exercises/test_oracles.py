"""Every reference agrees with an independent implementation: PyTorch, scikit-learn, SciPy, or a second, literal one."""

from __future__ import annotations

import copy
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from evaluators.coding.compare import difference
from evaluators.coding.exercise import load_exercises

CATALOGUE = load_exercises()


def load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def oracles() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for name in ("oracles_torch", "oracles_libraries", "oracles_plain", "oracles_debug"):
        found |= load(name).ORACLES
    return found


CORE: dict[str, Callable[..., Any]] = load("oracles_core").ORACLES


def assert_agrees(slug: str, oracle: Callable[..., Any]) -> None:
    exercise = CATALOGUE[slug]
    for seed in range(3):
        for case in exercise.cases(np.random.default_rng(seed)):
            expected = exercise.observed(case.args, oracle(*copy.deepcopy(case.args)))
            got = exercise.observed(case.args, exercise.variant(case.args))
            assert difference(expected, got) is None, f"{case.name}, seed {seed}: {difference(expected, got)}"


@pytest.mark.parametrize("slug", list(CATALOGUE))
def test_reference_agrees_with_an_independent_implementation(slug: str, oracles: dict[str, Callable[..., Any]]) -> None:
    assert_agrees(slug, oracles[slug])


def test_no_oracle_without_an_exercise(oracles: dict[str, Callable[..., Any]]) -> None:
    assert set(oracles) == set(CATALOGUE)
    assert set(CORE) <= set(CATALOGUE)


@pytest.mark.parametrize("slug", sorted(CORE))
def test_reference_agrees_with_the_core(slug: str) -> None:
    """The rest of the catalogue asks for what the product does not run on."""
    assert_agrees(slug, CORE[slug])
