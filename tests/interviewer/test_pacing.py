"""What counts as time: the clock where there is one, else the words as spoken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from interviewer.pacing import exchange_minutes, spoken_minutes, waited, words


def test_150_words_are_a_minute() -> None:
    assert words("one two  three\nfour") == 4
    assert spoken_minutes("word " * 300) == 2.0


def test_by_the_clock_reading_is_not_counted_twice() -> None:
    question = "word " * 150  # counted as a minute when it was said
    assert exchange_minutes(question, "word " * 300, 90) == 0.5
    assert exchange_minutes(question, "word " * 300, 20) == 0.0
    assert exchange_minutes("", "", 90) == 1.5


def test_what_nobody_timed_counts_as_spoken_code_as_well() -> None:
    assert exchange_minutes("word " * 150, "word " * 300, 0) == 2.0
    sixty_lines = "    total = total + values[n] * weights[n]\n" * 60
    assert exchange_minutes("", sixty_lines, 0) == pytest.approx(60 * 7 / 150)


@pytest.mark.parametrize(
    ("minutes", "counted"),
    [(0.0, 0.0), (0.9, 0.0), (3.0, 180.0), (600.0, 720.0)],
)
def test_who_does_not_measure_is_measured_by_when_the_answer_came(minutes: float, counted: float) -> None:
    since = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
    assert waited(since, since + timedelta(minutes=minutes), "word " * 150, most=12) == counted
