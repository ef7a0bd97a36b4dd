"""Scores for single answers, outside an interview."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import ServicesDependency
from api.problems import responses
from api.records import StarAnswer, TechnicalAnswer
from evaluators.score import Score
from evaluators.star import StarEvaluator

router = APIRouter(prefix="/v1/grade", tags=["grading"])


@router.post("/star", responses=responses(413, 422, 503))
async def grade_star(wanted: StarAnswer, services: ServicesDependency) -> Score:
    """Score a story: eight criteria, each with quotations from it."""

    def score() -> Score:
        rubric = services.engine.library.rubrics["star"]
        return StarEvaluator(rubric, services.parts.encoder()).score(wanted.answer, wanted.question)

    return await services.on_worker(score)


@router.post("/answer", responses=responses(404, 413, 422, 503))
async def grade_answer(wanted: TechnicalAnswer, services: ServicesDependency) -> Score:
    """Score an answer to a question of any round, as the interview would; code in it is run."""
    question = services.parts.library().question(wanted.question)
    return await services.on_worker(lambda: services.engine.assessor.grade(question, wanted.answer))
