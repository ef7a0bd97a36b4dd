from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from evaluators.text.evidence import LONGEST_QUOTE, locate, quote, sentences


@given(st.text(max_size=400))
def test_sentences_stand_in_order_and_apart(text):
    spans = sentences(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@given(st.text(max_size=900), st.integers(0, 900), st.integers(0, 900))
def test_a_quotation_is_what_stands_there(text, start, end):
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    found = quote(text, start, end)
    assert text[found.start : found.end] == found.quote
    assert len(found.quote) <= LONGEST_QUOTE


def test_decimals_abbreviations_and_numbered_items_do_not_end_a_sentence():
    text = "It fell to 0.5 percent, e.g. on Mondays. 1. We looked. It was fine."
    assert [text[s.start : s.end] for s in sentences(text)] == [
        "It fell to 0.5 percent, e.g. on Mondays.",
        "1. We looked.",
        "It was fine.",
    ]


def test_a_quotation_is_found_whatever_its_case_and_punctuation():
    text = "First, we cut the\nlatency: from 8 s to 450 ms."
    found = locate("we cut the latency from 8 s", text)
    assert found is not None
    assert text[found.start : found.end] == found.quote == "we cut the\nlatency: from 8 s"


def test_a_quotation_with_another_word_is_none():
    text = "First, we cut the latency."
    assert locate("we halved the latency", text) is None
    assert locate("we cut latency", text) is None
    assert locate("", text) is None
