"""Known mistakes in candidates' own words: how many are found, and that the truth near them accuses nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evaluators.contradictions import contradictions
from evaluators.technical import TechnicalEvaluator
from evaluators.text.signs import Sentence
from evaluators.text.target import from_question

SAID = yaml.safe_load((Path(__file__).parent / "misconceptions.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(encoder, library):
    """What is found in each of many (question, answer), by id."""
    evaluator = TechnicalEvaluator(encoder, library.rubrics["technical"])

    def find(answers: list[tuple[str, str]]) -> list[set[str]]:
        scores = evaluator.score_many([(text, from_question(library.question(question))) for question, text in answers])
        return [{one.id for one in score.misconceptions} for score in scores]

    return find


def stated(inside: bool) -> list[tuple[str, str, str]]:
    """Return question, misconception and answer of everything wrong that was written before the signs."""
    return [
        (entry["question"], wrong, entry["around"].format(said) if inside else said)
        for entry in SAID["questions"]
        for wrong, said in entry["wrong"].items()
    ]


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside an answer"])
def test_a_mistake_is_found_in_other_words(found, inside):
    items = stated(inside)
    seen = found([(question, answer) for question, _, answer in items])
    hits = sum(wrong in ids for (_, wrong, _), ids in zip(items, seen, strict=True))
    assert hits / len(items) >= 0.9
    others = [ids - {wrong} for (_, wrong, _), ids in zip(items, seen, strict=True)]
    assert not any(others)


@pytest.mark.parametrize(("batch", "least"), [("later", 0.6), ("last", 0.45)])
def test_what_was_written_after_the_signs_is_found_less(found, batch, least):
    """The honest measure: these sentences were not known when the signs were written."""
    items = [one for one in SAID[batch] if "wrong" in one]
    seen = found([(one["question"], one["said"]) for one in items])
    assert sum(one["wrong"] in ids for one, ids in zip(items, seen, strict=True)) / len(items) >= least


def test_the_truth_near_the_same_words_accuses_nobody(found, library):
    true = [(entry["question"], text) for entry in SAID["questions"] for text in entry["right"]]
    true += [
        (entry["question"], entry["around"].format(text)) for entry in SAID["questions"] for text in entry["right"]
    ]
    true += [(one["question"], one["said"]) for batch in ("later", "last") for one in SAID[batch] if "wrong" not in one]
    for entry in SAID["questions"]:
        ladder = library.question(entry["question"]).ladder
        true += [(entry["question"], text) for text in (ladder.junior, ladder.senior, ladder.staff)]
    accused = [(*one, ids) for one, ids in zip(true, found(true), strict=True) if ids]
    assert len(accused) / len(true) <= 0.01, accused


def test_signs_show_their_statement_and_no_truth_of_the_question(library):
    """A pack contradicts itself when a key point, a correction or the ladder shows the signs of a mistake."""
    for question in library.questions.values():
        assert all(wrong.signs for wrong in question.misconceptions), question.id
        assert list(contradictions(question)) == [], question.id


@pytest.mark.parametrize(
    ("signs", "unless", "text", "expected"),
    [
        (["linear | O(n)"], [], "It is linear in n.", True),
        (["linear | O(n)"], [], "The work is O( n ).", False),  # spelt as in the pack, or given as an alternative
        (["linear | O(n)"], [], "It is not linear in n.", False),
        (["linear"], ["memory"], "The memory is linear.", False),
        (["boost", "not overfit"], [], "Boosting will never overfit.", True),
        (["boost", "not overfit"], [], "Boosting will overfit.", False),
        (["L2 + sparse"], [], "L2 makes it sparse, L1 smooth.", True),
        (["L2 + sparse"], [], "L1 makes it sparse, L2 smooth.", False),
        (["enough"], [], "That is sufficient.", True),  # a way of saying the same
        (["split | random"], [], "Split by time rather than at random.", True),
        (["random"], [], "Split by time rather than at random.", False),
        (["leak"], [], "If it did leak, we would see it.", False),  # under a condition nothing is claimed
        (["key"], [], "The keys are kept.", True),
        (["key"], [], "The keyboard is kept.", False),  # a short sign is a whole word
        (["use + clip"], [], "Using it, we clipped.", False),
        (["use + it"], [], "Using it, we clipped.", True),  # inflected or not
        (["fit"], [], "It was fitted before the split.", True),
        (["not matter"], [], "The order doesn't matter.", True),
        (["not matter"], [], "It matters, no matter what they say.", False),
        (["not large"], [], "It does not matter how large the batch is.", False),
        ([], [], "Anything.", False),
    ],
)
def test_signs(signs, unless, text, expected):
    assert Sentence(text).shows(signs, unless) is expected


def test_signs_on_another_subject_are_no_mistake(encoder, library):
    evaluator = TechnicalEvaluator(encoder, library.rubrics["technical"])
    question = library.question("self_attention")
    assert evaluator.score("My uncle sells linear motors for sewing machines in Leeds.", question).misconceptions == ()


@pytest.mark.parametrize(
    "text",
    [
        "People often say that boosting cannot overfit.",
        "It is often said that RAG stops hallucination.",
        "Doubling the devices seldom halves the time.",
        "One might think that every token becomes a mask.",
    ],
)
def test_what_others_say_is_reported(text):
    assert Sentence(text).reported
