"""`interviewer serve`: the API on this machine."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(
    host: Annotated[str, typer.Option(help="Address to bind to; loopback unless you say otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    accept_unsafe_code: Annotated[
        bool,
        typer.Option("--accept-unsafe-code", help="Grade other people's code below the safe isolation level."),
    ] = False,
) -> None:
    """Serve the API (documentation to try out under /docs).

    There is no login: anyone who can reach the address can read every interview. Put a proxy that
    authenticates in front before you bind to anything but loopback.
    """
    import uvicorn

    if host not in LOOPBACK:
        sys.stderr.write(f"Warning: {host} may be reached from other machines, and there is no login.\n")
    if accept_unsafe_code:
        os.environ["INTERVIEWER_ACCEPT_UNSAFE_CODE"] = "1"
    # Named, not imported: `api` stands on `interviewer`, so the arrow must not point back.
    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, server_header=False)
