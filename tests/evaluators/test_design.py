"""Designs: what the reason of a criterion says is for a person."""

from __future__ import annotations

import pytest

from evaluators.design import DesignEvaluator
from evaluators.reference.minilm import MiniLM
from knowledge.library import Library


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


def test_facts_that_were_never_asked_for_are_named_by_a_question_for_them(bank: Library) -> None:
    question = bank.question("design_feature_store")
    assert question.scenario is not None
    scenario = bank.scenarios[question.scenario]
    evaluator = DesignEvaluator(MiniLM.load(), bank.rubric_for(question))
    first, second = scenario.facts[:2]
    text = "I assume that a day old is fresh enough. I would put an online store in front, and log what it serves."
    score = evaluator.score(text, question, scenario, [first.id])
    (requirements,) = [one for one in score.criteria if one.criterion == "requirements"]
    assert f"“{second.asked_by[0]}”" in requirements.reason
    assert first.asked_by[0] not in requirements.reason
    assert second.id in requirements.missing
