"""Numbers of a design: read with their units, and their arithmetic done again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.estimates import amounts, reached, wrong_arithmetic
from knowledge.models import Estimate

PEAK = Estimate(
    id="peak", what="Feed requests a second at the peak", value=14_000, unit="requests per second", derivation=""
)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("2.56 GB", 2.56e9, "bytes"),
        ("5,000 QPS", 5000, "rate"),
        ("500 million a day", 500e6 / 86_400, "rate"),
        ("300 ms", 0.3, "seconds"),
        ("$1.5 million", 1.5e6, "money"),
        ("12%", 12, "percent"),
        ("10M", 10e6, "count"),
    ],
)
def test_an_amount_has_its_scale_and_unit(text, value, kind):
    (found,) = amounts(text)
    assert found.value == pytest.approx(value)
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "10 million items is 64*4*10M = 2.56 GB, so it fits in memory.",
        "64 dimensions times 4 bytes times 10 million items is 2.56 GB",
        "500 million requests a day / 86,400 is about 5,800 a second",
        "50M users * 10 opens = 500 million a day",
        "5000 QPS * 2 KB = 10 MB/s",
        "14,000 requests a second × 1,000 posts = 14 million scores a second",
        "20% of 5,000 is 1,000, and 5,000 / 8 servers is roughly 625 each",
        "2 * 32 layers * 8 heads * 128 * 2 bytes = 131 KB a token",
        "3 x faster than 2 x the baseline is what we want",
        "100 / 0 = 5",
    ],
)
def test_right_arithmetic_is_left_alone(text):
    assert not wrong_arithmetic(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("64*4*10M = 700 MB", 2.56e9),
        ("50M users times 10 opens is 20 million a day", 5e8),
        ("5,000 / 8 servers = 200 each", 625),
    ],
)
def test_what_does_not_come_out_is_named_with_what_it_should_be(text, right):
    ((span, found),) = wrong_arithmetic(text)
    assert found == pytest.approx(right)
    assert text[slice(*span)] in text


def test_an_estimate_is_reached_by_its_number_near_its_words():
    assert reached(PEAK, "So at the peak that is 14,500 requests a second.") is not None
    assert reached(PEAK, "So at the peak that is 90,000 requests a second.") is None
    assert reached(PEAK, "We have 14,500 kittens.") is None


@given(st.text(alphabet="0123456789.,*x/=≈ kMGB%$times\n", max_size=400))
def test_any_text_is_taken(text):
    wrong_arithmetic(text)
    amounts(text)
