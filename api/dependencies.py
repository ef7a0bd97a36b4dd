"""What the routes stand on, made once when the server starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from interviewer.assembly import Parts
from interviewer.engine import Engine

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Services:
    """The engine, and the heavy parts beside it."""

    engine: Engine
    parts: Parts

    async def on_worker(self, work: Callable[[], _Result]) -> _Result:
        """Run CPU work beside the event loop, on the same few threads that judge answers."""
        return await asyncio.get_running_loop().run_in_executor(self.parts.executor, work)


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


ServicesDependency = Annotated[Services, Depends(_services)]
