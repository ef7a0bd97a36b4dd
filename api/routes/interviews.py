"""Interviews: begin one, talk, read it, its report, delete it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse

from api.dependencies import ServicesDependency
from api.problems import responses
from api.records import Interview, InterviewSummary, Message, NewInterview
from api.stream import stream
from interviewer.engine import Engine
from interviewer.events import Setup
from interviewer.pacing import waited
from interviewer.scorecard.report import Report

router = APIRouter(prefix="/v1/interviews", tags=["interviews"])

InterviewId = Annotated[str, Path(max_length=64, examples=["5f0c3a9be1d24c7788aa"], description="The interview's id.")]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Only the events after this number.")]

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `delta` with a piece of the reply, then the turn's events by their type "
        "(`answered`, `scored`, `ran`, `asked`, `ended`, …), then `done`. `problem` replaces `done` after a failure.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: delta\ndata: {"text": "What"}\n\nevent: done\ndata: {}\n\n',
            }
        },
    }
}


@router.post("", status_code=201, responses=responses(413, 422, 503))
async def create_interview(wanted: NewInterview, services: ServicesDependency, response: Response) -> Interview:
    """Begin an interview. Its events hold the greeting and the first question."""
    seed = secrets.randbelow(2**31) if wanted.seed is None else wanted.seed
    setup = Setup.model_validate({**wanted.model_dump(), "seed": seed})
    interview_id = await services.engine.create(setup)
    response.headers["Location"] = f"/v1/interviews/{interview_id}"
    return await _read(services.engine, interview_id, 0)


@router.get("", responses=responses(422, 503))
async def list_interviews(
    services: ServicesDependency, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[InterviewSummary]:
    """The interviews that are kept, the one used last first."""
    return [InterviewSummary.model_validate(entry._asdict()) for entry in await services.engine.list(limit)]


@router.get("/{interview_id}", responses=responses(404, 422, 503))
async def read_interview(interview_id: InterviewId, services: ServicesDependency, after: After = 0) -> Interview:
    """Where the interview stands, and its events."""
    return await _read(services.engine, interview_id, after)


@router.post(
    "/{interview_id}/messages",
    response_class=StreamingResponse,
    responses={**_STREAM, **responses(404, 409, 413, 422, 503)},
)
async def post_message(
    interview_id: InterviewId,
    message: Message,
    services: ServicesDependency,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=255, description="A repeated key gets the first answer again.")
    ] = None,
) -> StreamingResponse:
    """Say something; the reply streams. A dropped connection loses nothing: the turn runs to its end."""
    turn = services.engine.reply(
        interview_id,
        message.text,
        code=message.code,
        seconds=message.seconds or await _waited(services.engine, interview_id, message.text),
        idempotency_key=idempotency_key,
        after=message.after,
    )
    return await stream(turn)


@router.post(
    "/{interview_id}/resume", response_class=StreamingResponse, responses={**_STREAM, **responses(404, 409, 422, 503)}
)
async def resume_interview(interview_id: InterviewId, services: ServicesDependency) -> StreamingResponse:
    """Finish a turn that a crash cut off. Streams nothing but `done` when the last message was answered."""
    turn = services.engine.resume(interview_id)
    return await stream(turn)


@router.get("/{interview_id}/report", responses=responses(404, 422, 503))
async def read_report(interview_id: InterviewId, services: ServicesDependency) -> Report:
    """The scorecard as it stands, of an interview under way as well."""
    return await services.engine.report(interview_id)


@router.get("/{interview_id}/export", responses=responses(404, 422, 503))
async def export_interview(interview_id: InterviewId, services: ServicesDependency) -> dict[str, Any]:
    """Everything that is kept of the interview."""
    return await services.engine.export(interview_id)


@router.delete("/{interview_id}", status_code=204, responses=responses(404, 422, 503))
async def delete_interview(interview_id: InterviewId, services: ServicesDependency) -> None:
    """Delete the interview for good."""
    await services.engine.delete(interview_id)


async def _waited(engine: Engine, interview_id: str, text: str) -> float:
    """The seconds since the interviewer spoke, for a client that does not measure them."""
    state = await engine.state(interview_id)
    if state.last is None or state.current is None:
        return 0.0
    return waited(state.last.at, datetime.now(UTC), text, state.current.minutes)


async def _read(engine: Engine, interview_id: str, after: int) -> Interview:
    events = await engine.events(interview_id)
    state = await engine.state(interview_id)
    standing = state.standing.text if state.standing and state.ended is None else ""
    return Interview(
        interview_id=interview_id,
        setup=state.setup,
        last=len(events),
        ended=state.ended,
        standing=standing,
        events=tuple(events[after:]),
    )
