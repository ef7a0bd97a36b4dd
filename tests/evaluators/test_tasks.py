"""One slug, two kinds: code that is run, formulas that are not."""

from __future__ import annotations

import pytest

from evaluators.code import CodeGrader
from evaluators.sandbox import Sandbox
from evaluators.tasks import find_task, grade_task, is_derivation, task_slugs
from knowledge.errors import NotFoundError


def never() -> CodeGrader:
    raise AssertionError("formulas need no sandbox")


def test_formulas_are_graded_without_a_sandbox() -> None:
    verdict = grade_task("ridge_gradients", "dw = 2/n * X.T @ e + 2 * lam * w\ndb = 2 * mean(e)", never)
    assert verdict.passed


def test_code_is_graded_in_the_sandbox() -> None:
    with Sandbox() as sandbox:
        broken = find_task("debug_rating_line").starter
        verdict = grade_task("debug_rating_line", broken, lambda: CodeGrader(sandbox))
    assert verdict.score == 0.0
    assert {seen.id for seen in verdict.misconceptions} == {"loss_broadcast", "gradient_broadcast"}


def test_every_slug_leads_to_its_task() -> None:
    slugs = task_slugs()
    assert len(set(slugs)) == len(slugs)
    assert is_derivation("attention_gradients")
    assert not is_derivation("ridge")
    assert "## Wanted" in find_task("attention_gradients").statement
    assert "dw =" in find_task("ridge_gradients").starter


def test_an_unknown_slug_is_said() -> None:
    with pytest.raises(NotFoundError):
        find_task("nothing_of_ours")
