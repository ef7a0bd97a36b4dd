"""Opening answers: a part is answered in the candidate's own words, and an answer to something else is not one."""

from __future__ import annotations

import pytest

from evaluators.communication import structure
from evaluators.warm_up import WarmUpEvaluator

BUG = (
    "A ranking model's NDCG jumped by 12 points offline and clicks did not move. I bisected the features and found "
    "that the label leaked through a counter updated after the click. Since then we have a test that shuffles labels "
    "and expects chance level."
)
BELIEF = (
    "I used to believe that more features always help. At a shop we removed 60 of 100 features because of maintenance "
    "and AUC stayed at 0.81, so now I start small. It does not hold for boosted trees with huge data."
)
INTRODUCTION = (
    "My background is physics; I did a PhD on detectors, then moved to a startup where I built demand forecasting for "
    "1,200 shops, cutting waste by 9%. Today I lead two people on pricing models."
)


@pytest.fixture(scope="module")
def relevance(encoder, library):
    """The relevance of an answer to a question of the bank."""
    evaluator = WarmUpEvaluator(encoder, library.rubrics["warm_up"])

    def judge(question: str, answer: str):
        score = evaluator.score(answer, library.question(question))
        return next(one for one in score.criteria if one.criterion == "relevance")

    return judge


@pytest.mark.parametrize(("question", "answer"), [("hardest_bug", BUG), ("changed_your_mind", BELIEF)])
def test_what_was_told_in_ones_own_words_is_not_called_missing(relevance, question, answer):
    found = relevance(question, answer)
    assert found.missing == ()
    assert found.score == 5
    assert all(one.quote in answer for one in found.evidence)


@pytest.mark.parametrize("question", ["hardest_bug", "changed_your_mind", "favourite_paper", "proud_project"])
def test_an_introduction_answers_none_of_the_others(relevance, question):
    assert (relevance(question, INTRODUCTION).score or 0) <= 2


def test_what_a_low_score_of_the_structure_lacks_is_said():
    assert structure("First we look at the data. Then we fit.").reason == (
        "It has an order, but not an opening or a close."
    )
    whole = structure("The main thing is churn. First we look. Then we fit. That is why it works.")
    assert (whole.score, whole.reason) == (5, "It has an opening, an order, a close.")


def test_what_everybody_says_of_everything_is_no_name(encoder, library):
    said = "I take state-of-the-art, end-to-end, data-driven methods and weigh every trade-off in a fast-paced team."
    score = WarmUpEvaluator(encoder, library.rubrics["warm_up"]).score(said, library.question("proud_project"))
    assert next(one.score for one in score.criteria if one.criterion == "specificity") == 1
