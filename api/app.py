"""The application: routes, errors, and the life of what they stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import problems
from api.body_limit import BodyLimit
from api.dependencies import Services
from api.routes import grading, health, interviews, material
from interviewer.assembly import Parts, open_engine
from interviewer.settings import Settings, read_settings

MAX_BODY_BYTES = 7_000_000
"""A message of 1 MB whose every character is escaped as six bytes of JSON, and some room."""

DESCRIPTION = """A mock interviewer for machine-learning engineers.

Create an interview, post messages, read the reply as server-sent events, and read the report. Everything works without
a language model; with one, it speaks and judges too. Errors are `application/problem+json` and say what to do.
"""


def create_app(settings: Settings | None = None, *, warm: bool = True) -> FastAPI:
    """The API on `settings` (those of the environment when there are none).

    Args:
        settings: Where things are kept, and which model speaks.
        warm: Load the encoder, the index and the sandbox in the background at start.
    """
    wanted = settings or read_settings()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        parts = Parts(wanted, strangers=True, many=True)
        async with open_engine(wanted, parts=parts, warm=warm) as engine:
            app.state.services = Services(engine=engine, parts=parts)
            yield

    app = FastAPIOffline(  # its page of documentation needs nothing from elsewhere
        redoc_url=None,
        title="ML mock interviewer",
        description=DESCRIPTION,
        version=metadata.version("ml-mock-interviewer"),
        lifespan=life,
    )
    app.add_middleware(BodyLimit, most=MAX_BODY_BYTES)
    problems.install(app)
    for routes in (interviews, material, grading, health):
        app.include_router(routes.router)
    return app
