"""What there is to practise with: questions, exercises, and search over the notes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from api.dependencies import ServicesDependency
from api.problems import responses
from api.records import (
    DerivationDetail,
    DerivationSubmission,
    DerivationSummary,
    ExerciseDetail,
    ExerciseSummary,
    Passages,
    QuestionSummary,
    Submission,
)
from evaluators.coding.exercise import find_exercise, load_exercises
from evaluators.derivation.grading import grade_derivation
from evaluators.derivation.problem import find_derivation, load_derivations
from evaluators.verdict import Verdict
from knowledge.models import Level, Question, Round

router = APIRouter(prefix="/v1", tags=["material"])

Slug = Annotated[str, Path(max_length=64, examples=["ridge"], description="The exercise's slug.")]
DerivationSlug = Annotated[str, Path(max_length=64, examples=["ridge_gradients"], description="The derivation's slug.")]


@router.get("/questions", responses=responses(422))
async def list_questions(
    services: ServicesDependency,
    round: Annotated[Round | None, Query(description="Only this round.")] = None,  # noqa: A002 - the field's name
    level: Annotated[Level | None, Query(description="Only this level.")] = None,
) -> list[QuestionSummary]:
    """The question bank."""
    wanted = services.parts.library().questions.values()
    return [_summary(q) for q in wanted if round in (None, q.round) and level in (None, q.level)]


@router.get("/questions/{question_id}", responses=responses(404, 422))
async def read_question(
    question_id: Annotated[str, Path(max_length=64, description="The question's id.")], services: ServicesDependency
) -> QuestionSummary:
    """One question."""
    return _summary(services.parts.library().question(question_id))


@router.get("/exercises")
async def list_exercises(services: ServicesDependency) -> list[ExerciseSummary]:
    """The coding exercises."""
    loaded = (await services.on_worker(load_exercises)).values()
    return [ExerciseSummary(slug=e.slug, title=e.title, topic=e.topic, level=e.level) for e in loaded]


@router.get("/exercises/{slug}", responses=responses(404, 422))
async def read_exercise(slug: Slug, services: ServicesDependency) -> ExerciseDetail:
    """One exercise as the candidate reads it."""
    exercise = await services.on_worker(lambda: find_exercise(slug))
    return ExerciseDetail(
        slug=exercise.slug, statement=exercise.statement, signature=exercise.signature, starter=exercise.starter
    )


@router.post("/exercises/{slug}/submissions", responses=responses(404, 413, 422, 503))
async def submit(slug: Slug, submission: Submission, services: ServicesDependency) -> Verdict:
    """Run and grade code in the sandbox. The verdict never shows the reference."""
    return await services.on_worker(lambda: services.parts.grader().grade(slug, submission.source))


@router.get("/derivations")
async def list_derivations(services: ServicesDependency) -> list[DerivationSummary]:
    """The derivations: formulas that are typed and compared term by term with the right gradients."""
    loaded = (await services.on_worker(load_derivations)).values()
    return [DerivationSummary(slug=d.slug, title=d.title, topic=d.topic, level=d.level) for d in loaded]


@router.get("/derivations/{slug}", responses=responses(404, 422))
async def read_derivation(slug: DerivationSlug, services: ServicesDependency) -> DerivationDetail:
    """One derivation as the candidate reads it."""
    problem = await services.on_worker(lambda: find_derivation(slug))
    terms = tuple(target.name for target in problem.targets)
    return DerivationDetail(slug=problem.slug, statement=problem.statement, terms=terms, starter=problem.starter)


@router.post("/derivations/{slug}/submissions", responses=responses(404, 413, 422))
async def submit_derivation(
    slug: DerivationSlug, submission: DerivationSubmission, services: ServicesDependency
) -> Verdict:
    """Grade formulas, one check a term. They are parsed and evaluated on random arrays; nothing is executed."""
    return await services.on_worker(lambda: grade_derivation(slug, submission.formulas))


@router.get("/search", responses=responses(422, 503))
async def search(
    services: ServicesDependency,
    q: Annotated[str, Query(min_length=1, max_length=1000, description="A few words, or a question.")],
    k: Annotated[int, Query(ge=1, le=50, description="How many passages.")] = 5,
    category: Annotated[Literal["ours", "stories", "notes"] | None, Query(description="Only this category.")] = None,
) -> Passages:
    """Passages by words and by meaning, with source and line, and whether any is near the query."""
    found = await services.on_worker(lambda: services.parts.retriever().search(q, k, category))
    return Passages(near=found.near, passages=found.passages)


def _summary(question: Question) -> QuestionSummary:
    return QuestionSummary(
        id=question.id, round=question.round, topic=question.topic, level=question.level, text=question.text
    )
