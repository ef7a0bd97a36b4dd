"""A mistake that is taken back is no longer held, whoever noticed it; one that only stands near an apology is."""

from __future__ import annotations

import pytest

from evaluators.technical import TechnicalEvaluator

MISTAKE = "L2 sets the unimportant weights exactly to zero, so it can be used for feature selection."
RIGHT = "L1 makes exact zeros because its pull keeps its size, while the pull of L2 vanishes as the weight gets small."


def held(library, encoder, answer, question="l1_vs_l2"):
    score = TechnicalEvaluator(encoder, library.rubrics["technical"]).score(answer, library.question(question))
    taken_back = [line.split()[1] for line in score.trace if line.endswith("stated and taken back")]
    return [wrong.id for wrong in score.misconceptions], taken_back, score


@pytest.mark.parametrize(
    "answer",
    [
        f"{MISTAKE} No, wait, that's the other way round.",
        f"{MISTAKE} Sorry, I mixed the two up. {RIGHT}",
        f"{MISTAKE} Then you choose lambda by cross-validation. Actually let me correct something: {RIGHT}",
        f"{MISTAKE}\n\nYou're right. {RIGHT}",
        f"{MISTAKE}\n\n{RIGHT}",
        f"{MISTAKE} No, that is wrong. It only shrinks them.",
        f"{MISTAKE} Correction: only L1 does.",
        f"{MISTAKE} Hmm, it's the other way round.",
        f"{MISTAKE} Forget that.",
    ],
)
def test_a_mistake_that_is_corrected_is_not_held(library, encoder, answer):
    found, taken_back, score = held(library, encoder, answer)
    assert (found, taken_back) == ([], ["l2_makes_zeros"])
    assert not any("misconception" in line and "cap" in line for line in score.trace)


@pytest.mark.parametrize(
    "answer",
    [
        MISTAKE,
        f"Sorry, let me start again. {MISTAKE}",
        f"{MISTAKE} The penalty is chosen by cross-validation on the training set. Sorry, I talk too fast.",
        f"{MISTAKE} No, wait, it is even simpler: ridge makes the weights sparse.",
        f"{MISTAKE}\n\nThe penalty is chosen by cross-validation on the training set.",
        f"{RIGHT}\n\n{MISTAKE}",
        f"{MISTAKE} With many tests on the weights I would use a Bonferroni correction.",
        f"{MISTAKE} People often forget that the columns have to be scaled.",
        f"{MISTAKE} A prediction that is wrong and confident costs most.",
        f"{MISTAKE} A label that's wrong pulls the weights.",
        f"{MISTAKE} With L1 it is the other way round.",
        f"{MISTAKE} I swapped plain SGD for coordinate descent there.",
    ],
)
def test_a_mistake_that_stands_is_held(library, encoder, answer):
    found, taken_back, _ = held(library, encoder, answer)
    assert "l2_makes_zeros" in found
    assert taken_back == []


def test_a_key_point_that_is_denied_and_then_said_rightly_is_said(library, encoder):
    point = next(one for one in library.question("l1_vs_l2").key_points if "exactly zero" in one.text)
    denied = f"It is not true that {point.text[0].lower()}{point.text[1:]}"
    alone = held(library, encoder, denied)[2]
    corrected = held(library, encoder, f"{denied} No wait, I said that wrong. {point.text}")[2]
    assert "contradiction" in alone.flags
    assert "contradiction" not in corrected.flags


def test_a_sentence_that_is_taken_back_is_taken_back_for_every_mistake_in_it(library, encoder):
    both = "You have to balance the classes first, over the whole data set, so that validation is balanced as well."
    stated = set(held(library, encoder, both, "imbalance_and_thresholds")[0])
    assert len(stated) == 2
    corrected = f"{both} No, wait, I was wrong: validation keeps the natural ratio."
    found, taken_back, _ = held(library, encoder, corrected, "imbalance_and_thresholds")
    assert found == []
    assert set(taken_back) == stated


def test_a_claim_that_was_taken_back_earns_nothing_and_is_not_quoted(library, encoder):
    for end in (" Forget that.", " Hmm, scratch that.", " No, wait, that is wrong."):
        _, taken_back, score = held(library, encoder, f"{MISTAKE}{end}")
        assert taken_back
        assert score.overall == 0.0
        assert not any(criterion.evidence for criterion in score.criteria)
    *_, alone = held(library, encoder, RIGHT)
    *_, corrected = held(library, encoder, f"{MISTAKE}\n\n{RIGHT}")
    # It still makes the answer longer, of which a little more is expected by chance.
    assert alone.overall - 0.15 <= corrected.overall <= alone.overall
    assert not any(MISTAKE in quoted.quote for criterion in corrected.criteria for quoted in criterion.evidence)


def test_a_claim_that_is_turned_round_is_quoted_with_what_turns_it_round(library, encoder):
    for end in (" No, wait, that's the other way round.", " Correction: only L1 does."):
        *_, score = held(library, encoder, f"{MISTAKE}{end}")
        quotes = [quoted.quote for criterion in score.criteria for quoted in criterion.evidence]
        assert quotes
        assert set(quotes) == {f"{MISTAKE}{end}"}
