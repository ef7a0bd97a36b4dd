from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from evaluators.score import Score
from evaluators.voting import average_precision, tune, vote
from knowledge.errors import InputError

RNG = np.random.default_rng(5)
GRADES = RNG.uniform(0, 5, 80)
KEEN = np.clip(GRADES + RNG.normal(0, 0.5, 80), 0, 5)
BLIND = RNG.uniform(0, 5, 80)


def scored(overall: float | None) -> Score:
    band = None if overall is None else (max(0.0, overall - 0.5), min(5.0, overall + 0.5))
    return Score(overall=overall, band=band, engine="offline")


def test_average_precision_equals_scikit_learn():
    scores = np.round(BLIND, 1)  # with ties
    expected = average_precision_score(GRADES >= 2.5, scores)
    assert average_precision(scores, GRADES >= 2.5) == pytest.approx(expected)


def test_the_better_scorer_weighs_more_and_dear_praise_raises_precision():
    cheap = tune({"keen": KEEN, "blind": BLIND}, GRADES, price=0.3)
    dear = tune({"keen": KEEN, "blind": BLIND}, GRADES, price=8.0)
    assert cheap.weights["keen"] > 0.7
    assert dear.threshold > cheap.threshold
    assert dear.precision >= cheap.precision
    assert dear.recall <= cheap.recall


def test_tuning_needs_good_and_poor_answers():
    with pytest.raises(InputError):
        tune({"keen": KEEN}, np.full(80, 5.0))
    with pytest.raises(InputError):
        tune({"keen": KEEN[:10]}, GRADES[:10])


def test_a_vote_lies_between_and_says_when_the_scorers_are_apart():
    found = vote({"judge": scored(4.5), "offline": scored(1.5)}, {"judge": 0.6, "offline": 0.4})
    assert found.overall == pytest.approx(3.3)
    assert "uncertain" in found.flags
    assert found.band[0] <= 1.5
    assert found.band[1] >= 4.5


def test_what_was_not_scored_has_no_vote():
    found = vote({"judge": scored(None), "offline": scored(2.0)}, {"judge": 0.9, "offline": 0.1})
    assert found.overall == 2.0
    assert vote({"judge": scored(None)}, {"judge": 1.0}).overall is None
