"""A limit on request bodies whose refusal is a problem document: the framework's own answers in plain text."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import HINTS, Problem, answer


class BodyLimit:
    """Refuses a request whose body is over `most` bytes, declared or not, before it is read into memory."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._most:
            problem = Problem(title="Content Too Large", status=413, detail=self._reason, hint=HINTS[413])
            await answer(problem)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise HTTPException(413, self._reason)
            return message

        await self._app(scope, counted, send)

    @property
    def _reason(self) -> str:
        return f"The request's body is over {self._most:,} bytes."
