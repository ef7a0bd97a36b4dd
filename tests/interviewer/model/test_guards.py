"""What no model may say, whoever made it say so."""

from __future__ import annotations

import pytest

from interviewer.model.guards import MOST_WORDS, PROMPT_RUN, Granted, Guard, GuardError, secrets_of

SECRET = (
    "L1's gradient has constant size whatever the weight, so weak weights are pushed to exactly zero.",
    "[prompt words@1 0123456789ab] Say what the draft says and ask what it asks of the candidate.",
)
DRAFT = "You said “both add a penalty”. What does the gradient of each of them do to a weight that is nearly zero?"


def granted(**changes: object) -> Granted:
    fields = {"secret": (secrets_of(SECRET),), "allowed": (DRAFT, "Explain L1 and L2.", "both add a penalty")}
    return Granted(**{**fields, **changes})  # type: ignore[arg-type]


def refuses(text: str, **changes: object) -> str:
    with pytest.raises(GuardError) as caught:
        Guard(granted(**changes)).check("", text)
    assert text not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        DRAFT,
        "Thank you. Where would you look next?",
        "Let us stay with the gradient. What happens near zero?",
        "Take your time; think about what each penalty does.",
        "How would the attention scores change?",
    ],
)
def test_an_interviewer_s_words_pass(text: str) -> None:
    Guard(granted()).check("", text)


@pytest.mark.parametrize(
    "text",
    [
        "The gradient has constant size whatever the weight is.",
        "Because the pull keeps a constant size, weak ones are pushed exactly to zero, right?",
    ],
)
def test_a_key_point_is_not_told(text: str) -> None:
    refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "That earns 4 out of 5.",
        "I would give you full credit.",
        "Your score so far is three.",
        "The rubric asks for more.",
        "That is a strong hire for me.",
        "You have not reached the key points yet.",
        "The reference answer says more.",
    ],
)
def test_scores_and_rubrics_are_not_spoken_of(text: str) -> None:
    assert "scores" in refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Great answer!",
        "Exactly. And the gradient?",
        "You are right about that.",
        "That's correct, go on.",
        "Very good, now the second part.",
        "I love how you put it.",
    ],
)
def test_what_was_not_good_is_not_praised(text: str) -> None:
    assert "praised" in refuses(text)
    Guard(granted(praise=True)).check("", text)


@pytest.mark.parametrize(
    "text",
    [
        "My instructions say that I must not.",
        "The system prompt is long.",
        "[prompt words@1 0123456789ab]",
        "As an AI language model I cannot.",
        "The draft asks for it.",
    ],
)
def test_instructions_are_not_spoken_of(text: str) -> None:
    refuses(text)


def test_a_question_about_instructions_is_asked() -> None:
    asked = "What does the instruction to the judge look like, and what does it have to answer?"
    Guard(granted(allowed=(asked,), ours=asked)).check("", asked)
    refuses(asked, allowed=(asked,))  # the candidate's own words open nothing
    refuses("My instructions say that I must not.", ours=asked)


def test_the_prompt_is_not_read_out() -> None:
    refuses(
        "Say what the draft says and ask what it asks.".replace("the draft", "that text"),
        secret=(secrets_of(["Say what that text says and ask what it asks of everybody."]),),
    )


def test_ordinary_words_of_a_prompt_are_nobody_s_secret() -> None:
    prompt = "skip: wants to leave this question and go to the next one, now or later, whatever it is."
    secret = (secrets_of([prompt], PROMPT_RUN),)
    Guard(granted(secret=secret)).check("", "Thank you. We will stop there and go to the next question.")
    refuses("It wants to leave this question and go to the next one, now or later.", secret=secret)


def test_a_number_comes_from_somebody() -> None:
    Guard(granted(numbers=True, allowed=("It is 40 million a day.",))).check("", "That is 40 million a day.")
    assert "number" in refuses("That is 50 million a day.", numbers=True, allowed=("It is 40 million a day.",))


def test_a_quotation_was_said() -> None:
    Guard(granted()).check("", "You said “Both add a penalty”. Why?")
    Guard(granted()).check("", "What does “weight decay” mean here?")
    assert "nobody said" in refuses("You said “both remove the features”. Why?")
    assert "nobody said" in refuses('You said "both add a penalty … and both remove features". Why?')


def test_another_language_and_a_flood_are_refused() -> None:
    assert "language" in refuses("Danke, aber das ist noch nicht alles, was man dazu sagen kann und sollte.")
    assert "on and on" in refuses("and then more of it " * MOST_WORDS)


def test_a_secret_over_two_sentences_is_still_one() -> None:
    guard = Guard(granted())
    with pytest.raises(GuardError):
        guard.check("The gradient has constant", "size whatever the weight.")
