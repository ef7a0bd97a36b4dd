"""What candidates say about the interview, and true answers with the same words."""

from __future__ import annotations

import pytest

from interviewer.remarks import remark_in

REMARKS = [
    ("calm", "Sorry, I am a little nervous, this is my third interview today."),
    ("calm", "First interview in four years, I'm a bit rusty, sorry"),
    ("calm", "I’m sorry, I'm panicking a bit here"),
    ("calm", "bit stressed right now, sorry about that"),
    ("back", "ok I am back now"),
    ("pause", "I need a break, back in 5 minutes"),
    ("pause", "give me two minutes, my dog is barking"),
    ("pause", "can I get a glass of water first?"),
    ("greeting", "hi there! thanks for having me"),
    ("greeting", "Good afternoon, nice to meet you too"),
    ("other_language", "Could I answer in Spanish?"),
    ("progress", "How am I doing?"),
    ("progress", "Is my answer any good so far?"),
    ("progress", "so was that what you wanted?"),
    ("complaint", "you are being rude"),
    ("complaint", "that question is badly worded"),
    ("complaint", "I find that question unfair"),
    ("already", "I already answered that."),
    ("already", "you're asking the same thing again"),
    ("already", "Isn't that what I just said?"),
    ("already", "I've said that already"),
    ("already", "I said that already"),
    ("reworded", "can you say it in other words?"),
    ("reworded", "sorry, I don't get what you're asking"),
    ("reworded", "your question is unclear"),
]

ANSWERS = [
    "I'm nervous, but I would say that dropout helps.",
    "Sorry, I'm nervous. I think the variance falls.",
    "My users were nervous about the change, so I ran a pilot.",
    "I'm excited about retrieval because it grounds the answer.",
    "I'm not nervous about deploying because we have canaries.",
    "I took a break from tuning and looked at the data.",
    "We had a break in the series in March.",
    "It is unfair to the smaller class.",
    "Offline everything is fine, online it is bad.",
    "That is a bad question for an annotator, so I dropped it.",
    "As I said, we reported 0.81 and the paper was accepted.",
    "I already logged the features at serving time.",
    "I explained that to the PM and she agreed.",
    "I mentioned dropout already, and weight decay is the other one.",
    "I've answered many such tickets with a runbook.",
    "It repeats itself, so n-gram blocking helps.",
    "In other words, it overfits.",
    "Is the answer good enough for the user? I ask them.",
    "How did I do that? With a queue.",
    "Was it right to stop? I think so.",
    "The question is unclear to the model without context.",
    "Hello world models are fine as a baseline.",
    "We settled on Friday noon, with one phone call allowed.",
    "My last interview with a user showed that the page was slow for them and that nobody had told us.",
]


@pytest.mark.parametrize(("about", "text"), REMARKS)
def test_a_remark_is_heard(about: str, text: str) -> None:
    remark = remark_in(text)
    assert remark is not None
    assert remark.about == about


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_with_the_same_words_is_none(text: str) -> None:
    assert remark_in(text) is None
