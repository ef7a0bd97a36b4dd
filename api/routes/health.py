"""Is the process alive, and can it hold interviews?"""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter

from api.dependencies import ServicesDependency
from api.problems import responses
from api.records import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/v1/health")
async def health() -> Health:
    """Answers as long as the process does."""
    return Health(version=metadata.version("ml-mock-interviewer"))


@router.get("/v1/ready", responses=responses(503))
async def ready(services: ServicesDependency) -> Readiness:
    """Answers when the database does."""
    await services.engine.check()
    sandbox = services.parts.sandbox.made
    return Readiness(isolation_level=sandbox.level if sandbox else None)
