"""Quotations: always the candidate's own words, never markup, never half a sentence more than needed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.score import CriterionScore, Evidence, Score
from interviewer.quoting import first_words, harmless, quote_for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We cached it. Then we left.", "We cached it"),
        ("The p95 fell from 8.2 s to 450 ms in a week.", "The p95 fell from 8.2 s to 450 ms in a week"),
        (
            "I looked at the confusion matrix, found that one class was rare, and then I changed the threshold so that",
            "I looked at the confusion matrix, found that one class was rare",
        ),
        ("", ""),
        ("   \n", ""),
    ],
)
def test_a_quote_ends_where_a_person_would_stop(text: str, expected: str) -> None:
    assert first_words(text) == expected


@given(st.text(max_size=400))
def test_a_quote_is_a_part_of_the_text_and_short(text: str) -> None:
    quote = first_words(text)
    assert quote in text
    assert len(quote.split()) <= 18


@given(st.text(max_size=400))
def test_harmless_text_is_one_plain_line(text: str) -> None:
    plain = harmless(text)
    assert not any(unicodedata.category(c)[0] == "C" for c in plain)
    assert not set('`*_#<>|~[]{}\\“”"\n') & set(plain)
    assert harmless(plain) == plain


def scored(overall: float, **evidence: str) -> Score:
    criteria = tuple(
        CriterionScore(criterion=c, score=3, evidence=(Evidence(quote=q, start=0, end=len(q)),), reason="")
        for c, q in evidence.items()
    )
    return Score(overall=overall, band=None, criteria=criteria, engine="offline")


def test_a_criterions_own_evidence_comes_first() -> None:
    score = scored(3, result="it went well in the end", action="I changed the loss function")
    assert quote_for(score, "result", "I changed the loss function. Bye.") == "it went well in the end"


def test_then_evidence_from_what_was_said_last() -> None:
    score = scored(3, action="I changed the loss function")
    assert quote_for(score, "result", "So I changed the loss function and left.") == "I changed the loss function"


def test_then_the_last_sentence_if_the_answer_is_worth_anything() -> None:
    latest = "First thing first. We moved everything to another region."
    assert quote_for(scored(2), "result", latest) == "We moved everything to another region"
    assert quote_for(scored(0.1), "result", latest) == ""


def test_a_question_or_two_words_are_not_quoted() -> None:
    assert quote_for(None, "result", "Well okay. What do you think of that?") == ""


def test_nothing_is_quoted_from_an_answer_beside_the_question() -> None:
    text = "It is all about the money."
    score = scored(0.8, cost=text)
    weak = score.model_copy(update={"criteria": tuple(c.model_copy(update={"score": 1}) for c in score.criteria)})
    assert quote_for(weak, "cost", text) == ""
    assert quote_for(score, "cost", text)


def test_a_hedge_is_not_quoted() -> None:
    assert first_words("I am not sure, maybe the variance falls.") == "the variance falls"
    assert first_words("Well, I think that it is convex.") == "it is convex"
    assert first_words("Maybe.") == ""
