"""Quotations: always the candidate's own words, never markup, never half a sentence more than needed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evaluators.score import CriterionScore, Evidence, MisconceptionFound, Score
from interviewer.quoting import (
    claim_in,
    first_words,
    harmless,
    opening,
    quote_for,
    says_nothing,
    shorten,
    taken_up,
    telling,
)
from knowledge.library import Library


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We cached it. Then we left.", "We cached it"),
        ("The p95 fell from 8.2 s to 450 ms in a week.", "The p95 fell from 8.2 s to 450 ms in a week"),
        (
            "I looked at the confusion matrix, found that one class was rare, and then I changed the threshold so that",
            "I looked at the confusion matrix, found that one class was rare",
        ),
        (
            "I would segment: complaints are hides and reports; if likes are up because of outrage the days will drop.",
            "I would segment: complaints are hides and reports",
        ),
        (
            (
                "I would train on the natural ratio with class weights, look at precision and recall or average "
                "precision, and pick the threshold by the costs."
            ),
            "I would train on the natural ratio with class weights, look at precision and recall or average precision",
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


def test_a_line_is_cut_between_words() -> None:
    assert (
        shorten("it can be folded into the weights of the linear layer", 47)
        == "it can be folded into the weights of the…"
    )
    assert shorten("folded into the weights", 23) == "folded into the weights"
    assert shorten("x" * 30, 10) == "x" * 9 + "…"


@given(st.text(max_size=400), st.integers(min_value=2, max_value=120))
def test_a_cut_line_is_no_longer_than_it_may_be(text: str, most: int) -> None:
    assert len(shorten(text, most)) <= most


@given(st.text(max_size=400))
def test_harmless_text_is_one_plain_line(text: str) -> None:
    plain = harmless(text)
    assert not any(unicodedata.category(c)[0] == "C" for c in plain)
    assert not set('`*#[]{}\\“”"\n') & set(plain)
    assert harmless(plain) == plain


@given(st.text(alphabet="ab1 *_`#<>|~[](){}\\=-", max_size=60))
def test_harmless_text_is_only_words_to_markdown(text: str) -> None:
    read = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(f"You said “{harmless(text)}”.")
    assert [token.type for token in read] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in read[1].children or ()} <= {"text"}


def test_a_formula_is_quoted_as_it_was_meant() -> None:
    said = "2 * layers * head_dim * n**2 bytes: p(y|x) at x[0] < 5, ~300 ms"
    assert harmless(said) == "2 × layers × head_dim × n^2 bytes: p(y|x) at x(0) < 5, ~300 ms"


def test_an_answer_is_taken_up_where_it_begins() -> None:
    chatty = "Hi! Nice to meet you. Hmm, let me think about this. That is a great question. Dropout scales by 1/(1-p)."
    assert opening(chatty) == "Dropout scales by 1/(1-p)"
    assert opening("ok") == "ok"
    assert opening(" ") == ""
    assert quote_for(scored(2, cost="let me think about this"), "cost", "I disagree. You are wrong.") == ""


@pytest.mark.parametrize(
    ("nothing", "text"),
    [
        (True, "Hmm, let me think about this."),
        (True, "I disagree, I think you are wrong."),
        (True, "I don’t think that's a fair question."),
        (True, "That's not what I said."),
        (False, "Hmm, so maybe the gradient vanishes"),
        (False, "I agreed with her to split by user"),
        (False, "No, I disagree. L2 makes weights exactly zero."),
        (False, "Thanks to the cache it was fast"),
        (False, "ok"),
    ],
)
def test_what_people_say_around_an_answer_says_nothing(nothing: bool, text: str) -> None:
    assert says_nothing(text) is nothing


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


def test_what_was_taken_up_before_is_not_taken_up_again() -> None:
    said = "I changed the loss function. It went well in the end."
    score = scored(3, action="I changed the loss function")
    assert quote_for(score, "action", said, {"I changed the loss function"}) == "It went well in the end"
    assert quote_for(score, "action", said, {"I changed the loss function", "It went well in the end"}) == ""


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


def test_who_stays_with_a_story_is_not_quoted_for_it_and_a_no_is_no_ending() -> None:
    assert quote_for(None, "result", "I would like to stay with it, I have nothing better.") == ""
    assert quote_for(None, "result", "I would like to stay within the budget of the team.") != ""
    told = "I wrote the tests together with her.\n\nNo."
    assert taken_up(scored(2, action="I wrote the tests together with her"), "result", told).startswith("I wrote")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "It is fitted inside the fold on the\ntraining part only. Then I test.",
            "It is fitted inside the fold on the\ntraining part only",
        ),
        ("First the setting\nI was the only engineer there.", "First the setting"),
        ("As I said before, sales chose the second option.", "sales chose the second option"),
        ("Wait, no, that was wrong: the loss is on masked positions.", "the loss is on masked positions"),
        ("I don't know exactly, but I would guess that the variance falls.", "the variance falls"),
        (
            "I have never seen it fail, but we test it every week.",
            "I have never seen it fail, but we test it every week",
        ),
        ("No regularisation was used there.", "No regularisation was used there"),
    ],
)
def test_a_quote_begins_with_the_matter_and_goes_on_over_a_broken_line(text: str, quote: str) -> None:
    assert first_words(text) == quote


def test_the_clause_with_the_wrong_claim_is_quoted() -> None:
    question = Library.load().question("mlm_details")
    text = (
        "You mask fifteen percent and predict them from both sides, with a cross-entropy on all tokens of the sequence."
    )
    evidence = Evidence(quote=text, start=0, end=len(text))
    found = MisconceptionFound(id="loss_on_all", evidence=evidence, correction="", confidence=1)
    assert claim_in(found, question) == "with a cross-entropy on all tokens of the sequence"


def test_what_says_nothing_is_no_quotation_on_the_card() -> None:
    quotes = [Evidence(quote=q, start=0, end=len(q)) for q in ("OK.", "Let me think.", "I wrote the tests")]
    assert telling(quotes) == "I wrote the tests"
    assert telling(quotes[:2]) == ""
