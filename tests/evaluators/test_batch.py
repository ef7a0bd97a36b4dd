"""Items of a batch: measured by what they bring, and as hard to deceive as questions of the bank."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pydantic import ValidationError

from evaluators.batch import Batch, Item, Scored
from evaluators.reliability.attacks import PASS, Case, negated
from knowledge.models import Misconception, Question

ITEM = {"id": 1, "kind": "technical", "question": "How does its cost grow?", "answer": "It grows fast."}


@pytest.fixture(scope="module")
def batch(encoder, library) -> Batch:
    return Batch(library, encoder, workers=1)


@pytest.fixture(scope="module")
def asked(library) -> list[Question]:
    return [q for q in library.questions.values() if q.rubric == "technical" and q.misconceptions and q.key_points]


def plain(wrong: Misconception) -> Any:
    return wrong.statement


def signed(wrong: Misconception) -> Any:
    return wrong.model_dump(include={"id", "statement", "correction", "signs", "unless"})


def given(question: Question, answer: str, told: Any) -> Item:
    """An item as somebody writes it who knows the key points and the misconceptions of a question."""
    points, wrongs = [p.text for p in question.key_points], [told(wrong) for wrong in question.misconceptions]
    item = {**ITEM, "question": question.text, "key_points": points, "misconceptions": wrongs, "answer": answer}
    return Item.model_validate(item)


def score(batch: Batch, **fields: Any) -> Scored:
    (scored,) = batch.score([Item.model_validate({**ITEM, **fields})])
    return scored


def passed(scores: list[Scored]) -> float:
    return sum((one.overall or 0.0) >= PASS for one in scores) / len(scores)


@pytest.mark.parametrize("told", [plain, signed])
def test_what_is_wrong_by_an_items_own_list_seldom_earns_half_the_marks(batch, asked, told):
    """Of our own questions none did, neither with its points denied one by one nor with a misconception for answer."""
    items = []
    for question in asked:
        points = " ".join(point.text for point in question.key_points)
        items.append(given(question, negated(Case(question.text, points, ()), random.Random(0)), told))
    assert passed(list(batch.score(items))) < 0.1
    items = [given(question, wrong.statement, told) for question in asked for wrong in question.misconceptions]
    assert len(items) > 100
    assert passed(list(batch.score(items))) < 0.1


def test_a_right_answer_in_other_words_passes_beside_listed_misconceptions(batch, asked):
    ladders = [(q, f"{q.ladder.junior} {q.ladder.senior} {q.ladder.staff}") for q in asked if q.ladder]
    scores = list(batch.score([given(question, text, signed) for question, text in ladders]))
    assert passed(scores) > 0.8
    assert not any(flag.startswith("misconception:") for one in scores for flag in one.flags)


def test_signs_find_a_misconception_in_other_words_and_unless_takes_it_back(batch):
    wrong = {"id": "linear", "statement": "Its cost is linear in n.", "signs": ["linear | doubl"], "unless": ["memory"]}
    points = ["Its cost grows with the square of the length n.", "Blocks keep the memory small."]
    said = "The cost simply doubles when n doubles."
    fields = {"key_points": points, "answer": said}
    assert score(batch, **fields, misconceptions=[wrong["statement"]]).flags == ()
    found = score(batch, **fields, misconceptions=[wrong])
    assert found.flags == ("misconception:linear",)
    excused = score(batch, **{**fields, "answer": "The cost in memory simply doubles with n."}, misconceptions=[wrong])
    assert excused.flags == ()


def test_a_plain_statement_is_found_in_its_own_words_and_named_by_its_place(batch):
    wrongs = ["Its memory is constant.", "Its cost is linear in the length n."]
    points = ["Its cost grows with the square of the length n."]
    found = score(batch, key_points=points, misconceptions=wrongs, answer="Its cost is linear in the length n.")
    assert found.flags == ("misconception:misconception_2",)


def test_misconceptions_of_an_item_join_those_of_the_question_that_is_found_for_it(batch, library):
    question = library.question("l1_vs_l2")
    own = {"id": "mine", "statement": "L1 is named after Louis the First.", "signs": ["L1", "Louis"]}
    said = "L1 is named after King Louis."
    flags = score(batch, question=question.text, misconceptions=[own], answer=said).flags
    assert set(flags) == {"misconception:mine", "question:l1_vs_l2"}


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"key_points": ["It is quadratic.", " "]}, ("key_points", 1, "text")),
        ({"misconceptions": [""]}, ("misconceptions", 0, "statement")),
        ({"misconceptions": [{"statement": "a", "signs": ["b | "]}]}, ("misconceptions", 0, "signs", 0)),
        ({"misconceptions": [{"statement": "a", "signs": ["not "]}]}, ("misconceptions", 0, "signs", 0)),
        ({"misconceptions": [{"statement": "a", "unless": [""]}]}, ("misconceptions", 0, "unless", 0)),
    ],
)
def test_what_nothing_can_be_measured_by_is_refused(fields, where):
    with pytest.raises(ValidationError) as caught:
        Item.model_validate({**ITEM, **fields})
    assert caught.value.errors()[0]["loc"] == where
    assert " word" in caught.value.errors()[0]["msg"]


def test_a_term_among_the_wordings_of_a_point_is_no_wording_of_it(batch):
    text = "The input distribution changes between training and serving, the label's conditional stays."
    also = ["data", "input drift", "What goes in moves away from what it was trained on."]
    points = [{"text": text, "also": also}]
    fields = {"question": "What is covariate shift?", "key_points": points}
    assert score(batch, **fields, answer="I like data, and the weather in spring.").overall == 0.0
    assert score(batch, **fields, answer="Cook the pasta for nine minutes, and input drift.").overall < 2.0
    assert score(batch, **fields, answer="What goes in moves away from what the model was trained on.").overall > 3.5


def test_a_reference_that_says_nothing_is_named(batch):
    scored = score(batch, reference="?!")
    assert scored.overall is None
    assert scored.flags == ("reference_says_nothing",)


@pytest.mark.parametrize("kind", ["star", "technical"])
def test_a_pasted_sample_is_capped(batch, library, kind):
    sample = library.rubrics[kind].strong
    asked = {"question": library.question("l1_vs_l2").text} if kind == "technical" else {}
    for fields in (asked, asked | {"key_points": ["L1 makes some weights exactly zero, L2 none."]}):
        scored = score(batch, kind=kind, answer=sample.answer, **fields)
        assert "sample_pasted" in scored.flags
        assert scored.overall is not None
        assert scored.overall <= 1.0
