from __future__ import annotations

import numpy as np
import pytest

from evaluators.reliability import voting
from evaluators.reliability.voting import Ballots
from evaluators.text.votes import SCORERS

RNG = np.random.default_rng(3)
EVEN = dict.fromkeys(SCORERS, 1 / len(SCORERS))


def ballots(useful: str, count: int = 120) -> Ballots:
    """Return votes of which only one scorer's say anything of the grades."""
    grades = RNG.choice([0.0, 0.5, 1.0], count)
    votes = {name: tuple(RNG.random(count)) for name in SCORERS}
    votes[useful] = tuple(np.clip(grades + RNG.normal(0, 0.1, count), 0, 1))
    return Ballots(votes=votes, grades=tuple(grades))


@pytest.mark.parametrize("useful", ["recall", "belonging"])
def test_the_scorer_that_tells_good_from_poor_gets_the_votes(useful):
    one = ballots(useful)
    weights = voting.tuned([one])
    assert max(weights, key=lambda name: weights[name]) == useful
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) > 0
    grades = np.array(one.grades)
    before, after = (voting.precision(voting.together(one, by), grades) for by in (EVEN, weights))
    assert after > before


def test_a_small_set_counts_as_much_as_a_large_one():
    weights = voting.tuned([ballots("meaning", 60), ballots("gain", 1200)])
    assert weights["meaning"] > 2 * weights["recall"]


def test_grades_that_are_all_alike_teach_nothing():
    one = ballots("recall").model_copy(update={"grades": (1.0,) * 120})
    assert voting.tuned([one]) == pytest.approx(EVEN)


def test_twenty_answers_hardly_move_the_weights_and_hundreds_do():
    own = voting.tuned([ballots("recall")])
    few, many = (voting.shrunk(own, answers, EVEN)["recall"] - EVEN["recall"] for answers in (20, 600))
    assert 0 < few < 0.05
    assert many > 8 * few


def test_average_precision_is_that_of_a_ranking():
    grades = np.array([1.0, 0.0, 1.0, 0.0])
    assert voting.precision(np.array([4.0, 1.0, 3.0, 2.0]), grades) == pytest.approx(1.0)
    assert voting.precision(np.array([4.0, 3.0, 2.0, 1.0]), grades) == pytest.approx((1 + 2 / 3) / 2)


def test_the_shipped_weights_say_where_they_come_from():
    panel = voting.shipped()
    assert set(panel.members) == set(SCORERS)
    assert sum(panel.weights.values()) == pytest.approx(1.0, abs=1e-3)
    assert len(panel.sets) >= 5
    assert all(count > 100 for count in panel.sets.values())
    assert 0 < panel.precision_before < panel.precision_after < 1
    for member in panel.members.values():
        assert member.reference.low < member.reference.high
        assert member.point.low < member.point.high


def test_the_vote_is_the_weighted_mean_and_the_trace_names_every_voter():
    panel = voting.shipped()
    full = {name: member.reference.high for name, member in panel.members.items()}
    assert panel.vote(full, "reference") == pytest.approx(1.0, abs=1e-3)
    assert all(name in panel.told(full, "reference") for name in SCORERS)
    only = panel.weighted({"recall": 1.0})
    assert only.told(full, "reference") == "recall 5.0 × 1.00"
