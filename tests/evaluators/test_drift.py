from __future__ import annotations

from datetime import date

import numpy as np

from evaluators.drift import drift, week_of

RNG = np.random.default_rng(0)


def week(number: int, mean: float, count: int = 60) -> list[tuple[str, float]]:
    return [(f"2026-W{number:02d}", float(score)) for score in np.clip(RNG.normal(mean, 0.7, count), 0, 5)]


def test_a_lasting_fall_is_alerted_on():
    found = drift({"all": [*week(1, 3.5), *week(2, 3.5), *week(3, 2.5), *week(4, 2.4)]}, reference_weeks=2)
    assert len(found.alerts) == 1
    assert "down" in found.alerts[0]


def test_one_odd_week_is_no_alert():
    found = drift({"all": [*week(1, 3.5), *week(2, 3.5), *week(3, 2.2), *week(4, 3.5)]})
    assert found.alerts == ()


def test_the_same_distribution_does_not_shift():
    found = drift({"all": [pair for number in range(1, 9) for pair in week(number, 3.2, 200)]})
    assert sum(shift.shifted for shift in found.shifts) == 0


def test_a_handful_of_scores_is_not_tested():
    found = drift({"all": [*week(1, 4.5, 19), *week(2, 0.5, 19)]})
    assert found.shifts[0].ks is None
    assert not found.shifts[0].shifted


def test_the_first_days_of_january_belong_to_the_old_year():
    assert week_of(date(2027, 1, 1)) == "2026-W53"
