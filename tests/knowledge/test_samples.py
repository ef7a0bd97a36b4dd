"""The bank is written to be scored: samples get their band, and right answers in other words are heard."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evaluators.reference.minilm import MiniLM
from evaluators.score import Score
from evaluators.technical import TechnicalEvaluator
from evaluators.text.target import from_question
from knowledge.library import Library

SAID = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load().packed()


@pytest.mark.parametrize("name", ["technical", "coding"])
def test_the_samples_of_a_rubric_get_their_band(name: str, library: Library, encoder: MiniLM) -> None:
    rubric = library.rubrics[name]
    other = rubric.strong.model_copy(update={"answer": "Somebody else's words."})  # its own, pasted, is capped
    evaluator = TechnicalEvaluator(encoder, rubric.model_copy(update={"strong": other}))
    for sample in (rubric.strong, rubric.weak):
        assert sample.question is not None
        score = evaluator.score(sample.answer, library.question(sample.question))
        low, high = sample.overall
        assert score.overall is not None
        assert low <= score.overall <= high, (sample.answer[:60], score.trace)


@pytest.fixture(scope="module")
def scored(library: Library, encoder: MiniLM) -> dict[tuple[str, str], Score]:
    """The score of every answer in the file, by question and kind."""
    evaluator = TechnicalEvaluator(encoder, library.rubrics["technical"])
    names = [(question, kind) for question, answers in SAID.items() for kind in answers]
    items = [(SAID[question][kind], from_question(library.question(question))) for question, kind in names]
    return dict(zip(names, evaluator.score_many(items), strict=True))


@pytest.mark.parametrize("question_id", sorted(SAID))
def test_a_right_answer_in_other_words_is_heard(question_id: str, scored: dict[tuple[str, str], Score]) -> None:
    score = scored[question_id, "strong"]
    assert score.overall is not None
    assert score.overall >= 3.5, score.trace
    assert not score.misconceptions


@pytest.mark.parametrize("question_id", sorted(SAID))
def test_a_bluff_is_worth_little_and_half_an_answer_lies_between(
    question_id: str, scored: dict[tuple[str, str], Score]
) -> None:
    strong, middling, bluff = (scored[question_id, kind].overall for kind in ("strong", "middling", "bluff"))
    assert strong is not None
    assert middling is not None
    assert bluff is not None
    assert bluff <= 2.0, "the rubric's band for a weak answer"
    assert bluff + 0.5 <= middling <= strong - 0.5
    assert not scored[question_id, "middling"].misconceptions


def test_a_misconception_said_as_written_is_found_and_its_correction_is_not(library: Library, encoder: MiniLM) -> None:
    question = library.question("l1_vs_l2")
    evaluator = TechnicalEvaluator(encoder, library.rubric_for(question))
    for wrong in question.misconceptions:
        assert wrong.id in [m.id for m in evaluator.score(wrong.statement, question).misconceptions]
        assert wrong.id not in [m.id for m in evaluator.score(wrong.correction, question).misconceptions]
