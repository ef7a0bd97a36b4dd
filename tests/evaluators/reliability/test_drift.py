"""Shifts that last are told, chance is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from evaluators.reliability.drift import Alert, Record, drift
from evaluators.reliability.shift import holm

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def interviews(
    week: int,
    mean: float | None,
    count: int = 40,
    *,
    answers: int = 3,
    seed: int = 0,
    silent: float = 0.0,
    **segments: str,
) -> list[Record]:
    """`count` interviews of one week; the answers of one are as alike as one person's are."""
    chance = np.random.default_rng([seed, week])
    found = []
    for number in range(count):
        person = chance.normal(0, 0.7)
        for _ in range(answers):
            score = (
                None if chance.random() < silent else float(np.clip((mean or 0) + person + chance.normal(0, 0.6), 0, 5))
            )
            at = MONDAY + timedelta(weeks=week, hours=3 * number)
            found.append(
                Record(at, f"{week}-{number}-{segments}", score, segments, {"rubric": f"star@{1 + (week >= 8)}"})
            )
    return found


def weeks(means: dict[int, float] | list[float], count: int = 40, **more: object) -> list[Record]:
    pairs = means.items() if isinstance(means, dict) else enumerate(means)
    return [record for week, mean in pairs for record in interviews(week, mean, count, **more)]  # type: ignore[arg-type]


def whole(alerts: tuple[Alert, ...]) -> list[Alert]:
    return [alert for alert in alerts if alert.dimension == "all"]


def test_a_fall_that_lasts_is_told_once_with_its_size_and_what_was_new() -> None:
    found = drift(weeks([3.2] * 8 + [2.4] * 3))
    (alert,) = found.alerts
    assert alert.what == "scores"
    assert alert.since == date(2026, 3, 2)
    assert alert.both.points == pytest.approx(-0.8, abs=0.25)
    assert alert.both.points_interval[0] < alert.both.points < alert.both.points_interval[1] < 0
    assert alert.new_versions == ("rubric star@2",)


def test_one_odd_week_is_no_alert() -> None:
    assert drift(weeks([3.2] * 8 + [1.5] + [3.2] * 3)).alerts == ()


def test_a_part_that_the_newest_week_shifted_is_told_until_it_is_an_alert_or_was_chance() -> None:
    def found(coding: list[float]) -> list[tuple[str, str]]:
        records = weeks([3.0] * len(coding), round="technical") + weeks(coding, round="coding", seed=1)
        return [(segment.dimension, segment.value) for segment, _ in drift(records).not_lasting_yet]

    assert found([3.0] * 7) == []
    assert ("round", "coding") in found([3.0] * 6 + [1.9])
    assert found([3.0] * 6 + [1.9, 1.9]) == []
    assert found([3.0] * 6 + [1.9, 3.0]) == []


def test_up_one_week_and_down_the_next_is_no_lasting_shift() -> None:
    assert drift(weeks([3.0] * 8 + [4.4, 1.6])).alerts == ()


@pytest.mark.parametrize("seed", range(8))
def test_the_same_distribution_raises_nothing(seed: int) -> None:
    assert whole(drift(weeks([3.0] * 14, seed=seed)).alerts) == []


def test_many_answers_of_few_people_are_not_many_observations() -> None:
    """Ten people, 60 answers each: a test over answers would find p < 1e-6 between two such weeks."""
    found = drift(weeks([3.0] * 10, count=10, answers=60))
    assert not found.compared
    assert found.alerts == ()


def test_a_part_that_moves_is_named_where_the_whole_hides_it() -> None:
    records = weeks([3.2] * 12, count=120, round="technical") + weeks([3.2] * 8 + [1.8] * 4, count=25, round="design")
    assert {(alert.dimension, alert.value) for alert in drift(records).alerts} == {("round", "design")}


def test_a_judge_that_falls_silent_is_told_though_the_scores_stay() -> None:
    records = weeks([3.2] * 8) + weeks({8: 3.2, 9: 3.2}, silent=0.5)
    (alert,) = drift(records).alerts
    assert alert.what == "unscored"
    assert alert.both.unscored == pytest.approx(0.5, abs=0.1)


def test_wider_without_a_change_of_mean_is_found_by_the_index() -> None:
    chance = np.random.default_rng(3)
    records = [
        Record(MONDAY + timedelta(weeks=week, hours=number), f"{week}-{number}", float(score), {}, {})
        for week in range(10)
        for number, score in enumerate(
            chance.normal(2.5, 0.3, 80) if week < 8 else np.where(chance.random(80) < 0.5, 1.2, 3.8)
        )
    ]
    (alert,) = drift(records).alerts
    assert abs(alert.both.points) < 0.3
    assert alert.both.psi > 0.25


def test_a_longer_window_compares_where_weeks_are_thin() -> None:
    records = weeks([3.2] * 32 + [2.0] * 12, count=6)
    assert not drift(records, windows=44).compared
    assert [a.what for a in drift(records, windows=12, window_days=28).alerts] == ["scores"]


def test_nothing_scored_and_nothing_at_all() -> None:
    assert drift([]).segments == ()
    silent = drift(weeks([3.0] * 8, silent=1.0))
    assert silent.alerts == ()
    assert silent.segments[0].windows[0].mean is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_raw_p_values_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    fdr = false_discovery_control(p_values)  # Benjamini-Hochberg: never stricter than Holm
    for raw, corrected, discovery in zip(p_values, adjusted, fdr, strict=True):
        assert discovery - 1e-12 <= corrected <= min(1.0, raw * len(p_values)) + 1e-12
    assert sorted(adjusted) == [adjusted[i] for i in np.argsort(p_values, kind="stable")]


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
