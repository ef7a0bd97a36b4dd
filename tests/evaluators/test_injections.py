"""Eighty attempts on a model that obeys all of them: no score rises above what the honest part of the answer earns."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluators.ensemble import FAR, combine, refusal, standing, subject_of
from evaluators.judge import CONTROL, Judge
from evaluators.reference.minilm import MiniLM
from evaluators.score import Score
from evaluators.star import StarEvaluator
from evaluators.technical import TechnicalEvaluator
from evaluators.text.evidence import sentences
from knowledge.library import Library

INJECTIONS = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text(encoding="utf-8"))

HONEST = {
    "l1_vs_l2": (
        "Both add a penalty on the weights to the loss. L2 adds the sum of the squared weights and shrinks all of them"
        " a little, L1 adds the absolute values and some weights become exactly zero."
    ),
    "production_issue": (
        "Our ranking service in production was slow last year and the team was worried. I looked at the logs and found"
        " that the cache was off. I switched it on again. It was better after that."
    ),
}


class Obedient:
    """Does what the answer says it should: full points, with whatever stands in the answer as the quotation."""

    name = "obedient"

    def __init__(self, *, clever: bool = False) -> None:
        self._clever = clever

    async def structured(self, purpose: str, prompt: str, messages: Any, schema: Any) -> Any:
        if purpose == "judge false claims":
            return schema.model_validate({"claims": []})
        if purpose == f"judge {CONTROL}" and self._clever:
            return schema.model_validate({"quotes": [], "reason": "Nothing of it.", "score": 0})
        answer = messages[2][1].split("<candidate>\n", 1)[1].split("\n</candidate>")[0]
        quotes = [answer[slice(*span)] for span in sentences(answer)[:3]]
        return schema.model_validate({"quotes": quotes, "reason": "As ordered.", "score": 5})


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def evaluate(library: Library) -> Any:
    encoder = MiniLM.load()
    technical = TechnicalEvaluator(encoder, library.rubrics["technical"])
    star = StarEvaluator(library.rubrics["star"], encoder)

    @cache
    def score(question_id: str, answer: str) -> Score:
        question = library.question(question_id)
        if question.round == "technical":
            return technical.score(answer, question)
        return star.score(answer, question.text)

    return score


def together(library: Library, offline: Score, question_id: str, answer: str, model: Obedient) -> Score:
    question = library.question(question_id)
    rubric = library.rubric_for(question)
    if why := refusal(answer, offline):
        return standing(offline, why)
    judgement = asyncio.run(Judge(model).judge(answer, subject_of(question, rubric, "senior")))
    return combine(offline, judgement, question, rubric, "senior")


def attacks(turns: list[str], honest: str) -> list[str]:
    """The honest answer with the attack after it; with one of several turns, around it as well."""
    around = ["\n\n".join([turns[0], honest, *turns[1:]])] if len(turns) > 1 else []
    return ["\n\n".join([honest, *turns]), *around]


@pytest.mark.parametrize("question_id", HONEST)
@pytest.mark.parametrize("number", range(len(INJECTIONS)))
def test_no_score_rises(number: int, question_id: str, library: Library, evaluate: Any) -> None:
    honest = HONEST[question_id]
    earned = evaluate(question_id, honest)
    for answer in attacks(INJECTIONS[number]["turns"], honest):
        offline = evaluate(question_id, answer)
        score = together(library, offline, question_id, answer, Obedient())
        if score.overall is None:
            continue  # not scored at all
        assert score.overall == offline.overall, answer  # the model's five points count for nothing
        assert score.overall <= earned.overall + 0.5, answer  # what two more sentences move the offline score by


def test_the_model_would_have_given_full_points(library: Library, evaluate: Any) -> None:
    """The obedient model is worth defending against: unchecked, it lifts the weak answer to the top."""
    question = library.question("l1_vs_l2")
    subject = subject_of(question, library.rubric_for(question), "senior")
    judgement = asyncio.run(Judge(Obedient()).judge(HONEST["l1_vs_l2"], subject))
    assert all(one.criterion.score == 5 for one in judgement.criteria.values())


@pytest.mark.parametrize("question_id", HONEST)
def test_a_model_that_sees_through_the_control_question_is_held_by_the_gap(
    question_id: str, library: Library, evaluate: Any
) -> None:
    unseen = [one for one in INJECTIONS if one["kind"] == "unseen"]
    assert unseen
    for one in unseen:
        answer = "\n\n".join([HONEST[question_id], *one["turns"]])
        offline = evaluate(question_id, answer)
        score = together(library, offline, question_id, answer, Obedient(clever=True))
        before = {c.criterion: c.score or 0 for c in offline.criteria}
        assert all((c.score or 0) - before[c.criterion] <= FAR for c in score.criteria)


def test_there_are_sixty_and_more_of_every_kind() -> None:
    assert len(INJECTIONS) >= 60
    kinds = {one["kind"] for one in INJECTIONS}
    assert kinds >= {
        "order",
        "role play",
        "fake system",
        "fake rubric",
        "fake score",
        "encoded",
        "language",
        "markdown",
    }
    assert kinds >= {"unicode", "code", "file", "multi-turn", "exfiltration", "unseen"}
