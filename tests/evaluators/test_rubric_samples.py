"""The rubrics' own samples land in the bands that the rubrics state, through their own evaluators."""

from __future__ import annotations

import pytest

from evaluators.design import DesignEvaluator
from evaluators.warm_up import WarmUpEvaluator

FACTS = ("volume", "peak", "latency", "base_rate", "costs", "labels")  # what the strong design asked for


@pytest.mark.parametrize("name", ["strong", "weak"])
def test_the_warm_up_samples_are_where_the_rubric_says(encoder, library, unpublished, name):
    rubric = library.rubrics["warm_up"]
    sample = getattr(rubric, name)
    score = WarmUpEvaluator(encoder, unpublished(rubric)).score(sample.answer, library.question("background_in_ml"))
    assert sample.overall[0] <= score.overall <= sample.overall[1], score.trace


@pytest.mark.parametrize(("name", "asked"), [("strong", FACTS), ("weak", ())])
def test_the_design_samples_are_where_the_rubric_says(encoder, library, unpublished, name, asked):
    rubric, question = library.rubrics["design"], library.question("design_fraud_detection")
    sample, scenario = getattr(rubric, name), library.scenarios["fraud_detection"]
    score = DesignEvaluator(encoder, unpublished(rubric)).score(sample.answer, question, scenario, asked)
    assert sample.overall[0] <= score.overall <= sample.overall[1], score.trace
