"""What each scorer sees, on word vectors made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.text.alignment import Reading
from evaluators.text.votes import SCORERS, told, values

AXES = np.eye(384, dtype=np.float32)


def reading(*axes: int) -> Reading:
    """Return a text with one word for each axis; the same axis is the same meaning, the word another."""
    names = tuple(f"w{place}x{axis}" for place, axis in enumerate(axes))
    spans = np.array([[3 * i, 3 * i + 2] for i in range(len(axes))], np.int64).reshape(-1, 2)
    return Reading(" ".join(names), names, names, spans, AXES[list(axes)], (), (), (0.5, 0.4, 0.4))


NOTHING_ASKED = reading()


def seen(statements: list[Reading], answer: Reading, question: Reading = NOTHING_ASKED) -> dict[str, float]:
    return values(told(statements, question), told([answer], question))


def test_all_of_it_said_is_the_most_that_every_scorer_sees():
    full = seen([reading(1, 2), reading(3, 4)], reading(1, 2, 3, 4))
    half = seen([reading(1, 2), reading(3, 4)], reading(1, 2))
    assert set(full) == set(SCORERS)
    assert [full[name] for name in SCORERS if name != "amount"] == pytest.approx([1.0] * 6)
    assert half["weakest"] == pytest.approx(0.0)
    assert half["recall"] == pytest.approx(0.5)
    assert half["belonging"] == pytest.approx(1.0)
    assert half["amount"] < full["amount"] < 1.0


def test_one_word_that_stands_for_many_counts_less_for_each():
    own = seen([reading(1, 1, 1, 1)], reading(1, 2, 3, 4))
    assert own["recall"] == pytest.approx(1.0)
    assert own["spread"] == pytest.approx(0.5)


def test_what_the_question_says_already_adds_next_to_nothing():
    statements, question = [reading(1, 2, 3)], reading(1, 2)
    copied, new = (seen(statements, reading(*axes), question) for axes in ((1, 2), (3,)))
    assert copied["gain"] < 0.05 < 0.9 < new["gain"]
    assert copied["recall"] < new["recall"]
    assert copied["meaning"] < new["meaning"]


def test_matter_of_ones_own_does_not_belong():
    assert seen([reading(1, 2)], reading(1, 2, 5, 6))["belonging"] == pytest.approx(0.5)


def test_where_there_are_no_words_there_is_no_vote():
    assert seen([reading(1)], reading()) == {}
    assert seen([reading()], reading(1)) == {}
