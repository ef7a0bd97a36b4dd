"""Errors as `application/problem+json` (RFC 9457): what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from knowledge.errors import (
    ConflictError,
    InputError,
    InterviewError,
    NotFoundError,
    OutsideError,
    SandboxError,
    TooLargeError,
)
from knowledge.models import Frozen

MEDIA_TYPE = "application/problem+json"

# The most particular class comes first.
_STATUS: tuple[tuple[type[InterviewError], int], ...] = (
    (NotFoundError, 404),
    (TooLargeError, 413),
    (InputError, 422),
    (ConflictError, 409),
    (SandboxError, 503),
    (OutsideError, 503),
)


_UNPROCESSABLE = HTTPStatus(422).phrase
_JSON_HINT = "Send JSON, with `content-type: application/json`."
HINTS = {
    400: _JSON_HINT,
    404: "/docs lists every path.",
    405: "/docs lists the methods of every path.",
    413: "Send the part that matters.",
}


class FieldProblem(Frozen):
    """What is wrong with one field of the request."""

    field: str
    detail: str


class Problem(Frozen):
    """An error as RFC 9457 describes it; `hint` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str = ""
    errors: tuple[FieldProblem, ...] = Field(
        (), description="The fields that are wrong, when the request is malformed."
    )


def status_of(error: InterviewError) -> int:
    """The HTTP status that stands for `error`."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of(error: InterviewError) -> Problem:
    """`error` as a problem document."""
    status = status_of(error)
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=error.message, hint=error.hint)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of a path's error responses; 413 and 422 are part of every one that has a body."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "model": Problem,
            "content": {MEDIA_TYPE: {"example": _example(status)}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    @app.exception_handler(InterviewError)
    async def _ours(_request: Request, error: InterviewError) -> JSONResponse:
        return answer(problem_of(error))

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = tuple(FieldProblem(field=_field(e), detail=str(e["msg"])) for e in error.errors())
        detail = "; ".join(f"{field.field}: {field.detail}" for field in fields[:3])
        is_json = request.headers.get("content-type", "application/json").partition(";")[0].strip().endswith("json")
        hint = "Correct the fields that are named; /docs describes them." if is_json else _JSON_HINT
        return answer(Problem(title=_UNPROCESSABLE, status=422, detail=detail, hint=hint, errors=fields))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        hint = HINTS.get(error.status_code, "")
        problem = Problem(title=phrase, status=error.status_code, detail=str(error.detail), hint=hint)
        return answer(problem, dict(error.headers or {}))


def _field(error: Mapping[str, Any]) -> str:
    """Return the name of the field; which member of a union refused it, and at which byte, helps nobody."""
    names = [str(part) for part in error["loc"] if "[" not in str(part)]
    return names[0] if error["type"] == "json_invalid" else ".".join(names)


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response that carries a problem."""
    body = problem.model_dump(mode="json", exclude_defaults=False)
    return JSONResponse(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _example(status: int) -> dict[str, Any]:
    details = {
        404: ("There is no interview '7c9e…'.", "GET /v1/interviews lists those that exist."),
        409: ("Another message to this interview is being answered.", "Wait for its answer, then reply to that."),
        413: ("The message has 1,200,000 characters; at most 1 MB is taken.", "Send the part that matters."),
        422: ("minutes: Input should be greater than 0", ""),
        503: ("The database did not answer.", "Try again; nothing that was stored is lost."),
    }
    detail, hint = details.get(status, (HTTPStatus(status).phrase, ""))
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, hint=hint).model_dump(mode="json")
