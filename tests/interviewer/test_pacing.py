"""Spoken minutes and what is usual."""

from __future__ import annotations

import pytest

from interviewer.pacing import minutes_of, pacing_note, spoken_minutes, words


def test_150_words_are_a_minute() -> None:
    assert words("one two  three\nfour") == 4
    assert spoken_minutes("word " * 300) == 2.0


def test_declared_time_comes_before_an_estimate() -> None:
    assert minutes_of("word " * 300, 90) == 1.5
    assert minutes_of("a = 1\n\nb = 2\n" * 4, code=True) == 2.0
    assert minutes_of("x\n" * 1000, code=True) == 15.0


@pytest.mark.parametrize(
    ("round_", "minutes", "says"),
    [
        ("behavioural", 2.5, ""),
        ("behavioural", 6.0, "6.0 minutes spoken; 2 to 3 is usual"),
        ("behavioural", 0.5, "30 seconds spoken"),
        ("warm-up", 3.0, "3.0 minutes spoken"),
        ("coding", 60.0, ""),
        ("technical", 0.0, ""),
    ],
)
def test_the_note(round_: str, minutes: float, says: str) -> None:
    note = pacing_note(round_, minutes)  # type: ignore[arg-type]
    assert note.startswith(says)
    assert bool(note) == bool(says)
