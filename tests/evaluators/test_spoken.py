"""Answers as people speak, by an author who did not know the scorer: what the engine makes of them, limits included."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evaluators.technical import TechnicalEvaluator
from evaluators.text.target import from_question

SAID = yaml.safe_load((Path(__file__).parent / "spoken.yaml").read_text(encoding="utf-8"))
HALF = 2.5


@pytest.fixture(scope="module")
def scored(encoder, library):
    evaluator = TechnicalEvaluator(encoder, library.rubrics["technical"])
    targets = {question: from_question(library.question(question)) for question in SAID}
    names = [(question, kind) for question, kinds in SAID.items() for kind in kinds]
    scores = evaluator.score_many([(SAID[question][kind], targets[question]) for question, kind in names])
    found = {kind: [] for kind in ("strong", "thin", "denying")}
    for (_, kind), score in zip(names, scores, strict=True):
        found[kind].append(score)
    ids = list(SAID)
    other = [(SAID[ids[at - 5]][kind], targets[one]) for at, one in enumerate(ids) for kind in ("strong", "thin")]
    found["other question"] = evaluator.score_many(other)
    return {kind: ([score.overall for score in scores], scores) for kind, scores in found.items()}


def share(values, least):
    return sum(value >= least for value in values) / len(values)


def test_right_answers_pass_and_are_not_accused(scored):
    values, scores = scored["strong"]
    assert share(values, HALF) == 1.0
    assert share(values, 3.5) >= 0.85
    assert sum(bool(score.misconceptions) or "contradiction" in score.flags for score in scores) == 0


def test_right_answers_by_example_are_heard(scored):
    values, _ = scored["thin"]
    assert sum(values) / len(values) >= 2.2
    assert share(values, 1.5) >= 0.9


def test_answers_to_another_question_do_not_pass(scored):
    values, _ = scored["other question"]
    assert share(values, HALF) <= 0.05
    assert sum(values) / len(values) <= 0.4


def test_of_the_fluently_wrong_half_are_stopped(scored):
    """Contradiction in general is not seen; what is listed is. The other half still passes: a limit, and measured."""
    values, scores = scored["denying"]
    assert share(values, HALF) <= 0.5
    assert share(values, 4.0) <= 0.05
    assert sum(bool(score.misconceptions) for score in scores) >= 0.8 * len(scores)
