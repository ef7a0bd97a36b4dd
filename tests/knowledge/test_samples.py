"""The bank is written to be scored: samples get their band, and right answers in other words are heard."""

from __future__ import annotations

import pytest

from evaluators.reference.minilm import MiniLM
from evaluators.technical import TechnicalEvaluator
from knowledge.library import Library

ANSWERS = {
    "accurate_but_unhappy": (
        "First I wouldn't touch the model, I'd go and talk to the stakeholders and ask for concrete examples where it "
        "failed and what those errors cost them. Then I'd check class balance, because if 90% of the data is negative "
        "then a model which always says no gets 90% as well. So accuracy isn't the right metric, I'd look at the "
        "confusion matrix, precision and recall, and set the threshold by business cost. I'd slice the errors by "
        "customer segment and region to see if some group gets much worse results, and read a sample of the mistakes. "
        "I'd also check whether the offline number holds in production: leakage, label quality, skew between training "
        "and serving, drift. Finally I'd agree with them on one metric and run an A/B test to show that it improved."
    ),
    "bagging_vs_boosting": (
        "Bagging means you train a lot of models independently, each on a bootstrap sample, and then average or vote. "
        "That mostly brings the variance down, so you use deep trees, like in a random forest. Boosting is sequential: "
        "every new tree tries to correct the mistakes of the ones before, by fitting the residuals or gradients, so it "
        "reduces bias and you use shallow trees. Random forest also picks random features at every split so "
        "that the trees are less correlated. Adding trees to a forest will not overfit but boosting can, so I'd use "
        "early stopping and a small learning rate. If labels are noisy I'd take a random forest, otherwise XGBoost or "
        "LightGBM usually wins on tabular data."
    ),
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load()


@pytest.mark.parametrize("name", ["technical", "coding"])
def test_the_samples_of_a_rubric_get_their_band(name: str, library: Library, encoder: MiniLM) -> None:
    rubric = library.rubrics[name]
    evaluator = TechnicalEvaluator(encoder, rubric)
    for sample in (rubric.strong, rubric.weak):
        assert sample.question is not None
        score = evaluator.score(sample.answer, library.question(sample.question))
        low, high = sample.overall
        assert score.overall is not None
        assert low <= score.overall <= high, (sample.answer[:60], score.trace)


@pytest.mark.parametrize("question_id", sorted(ANSWERS))
def test_a_right_answer_in_other_words_is_heard(question_id: str, library: Library, encoder: MiniLM) -> None:
    question = library.question(question_id)
    score = TechnicalEvaluator(encoder, library.rubric_for(question)).score(ANSWERS[question_id], question)
    assert score.overall is not None
    assert score.overall >= 3.5, score.trace
    assert not score.misconceptions


def test_a_misconception_said_as_written_is_found_and_its_correction_is_not(library: Library, encoder: MiniLM) -> None:
    question = library.question("l1_vs_l2")
    evaluator = TechnicalEvaluator(encoder, library.rubric_for(question))
    for wrong in question.misconceptions:
        assert wrong.id in [m.id for m in evaluator.score(wrong.statement, question).misconceptions]
        assert wrong.id not in [m.id for m in evaluator.score(wrong.correction, question).misconceptions]
