"""Two judgements of the same answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from evaluators.reliability.paired import FEWEST, Pair, compare


def pair(interview: int, before: float | None, after: float | None) -> Pair:
    verdicts = ["none" if score is None else "hire" if score >= 3 else "no hire" for score in (before, after)]
    return Pair(
        interview=str(interview),
        question="q",
        before=before,
        after=after,
        verdict_before=verdicts[0],
        verdict_after=verdicts[1],
    )


def test_the_interval_is_students_over_interviews() -> None:
    chance = np.random.default_rng(0)
    gaps = chance.normal(-0.3, 0.4, 30)
    found = compare([pair(number, 3.0, float(3 + gap)) for number, gap in enumerate(gaps)])
    interval = ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert found.points_interval == pytest.approx((interval.low, interval.high))
    assert found.points == pytest.approx(gaps.mean())


def test_ten_answers_of_one_interview_are_one_observation() -> None:
    found = compare([pair(0, 3, 2)] * 10 + [pair(1, 3, 3)])
    assert found.interviews == 2
    assert found.points == pytest.approx(-0.5)
    assert not found.enough


def test_what_only_one_could_score_is_counted_and_left_out_of_the_mean() -> None:
    found = compare([pair(0, None, 4), pair(1, 4, None), pair(2, 2.0, 3.5), pair(3, 1, 1)])
    assert (found.only_before, found.only_after) == (1, 1)
    assert found.points == pytest.approx(0.75)
    assert found.large == 0.5
    assert found.verdicts_changed == 0.75
    assert [p.interview for p in found.worst] == ["2"]


def test_enough_and_nothing() -> None:
    assert compare([pair(number, 3, 3) for number in range(FEWEST)]).enough
    nothing = compare([])
    assert nothing.points is None
    assert nothing.points_interval is None
