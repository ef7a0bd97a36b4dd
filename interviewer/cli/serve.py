"""`interviewer serve`: the API on this machine."""

from __future__ import annotations

import copy
import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.cli.output import JsonOption, print_json

if TYPE_CHECKING:
    from interviewer.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(
    host: Annotated[str, typer.Option(help="Address to bind to; loopback unless you say otherwise.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    accept_unsafe_code: Annotated[
        bool,
        typer.Option("--accept-unsafe-code", help="Grade other people's code below the safe isolation level."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve the API (documentation to try out under /docs).

    There is no login: anyone who can reach the address can read every interview. Put a proxy that
    authenticates in front before you bind to anything but loopback.
    """
    import asyncio

    import uvicorn

    from interviewer.settings import read_settings

    asyncio.run(_check(read_settings()))
    if host not in LOOPBACK:
        sys.stderr.write(f"Warning: {host} may be reached from other machines, and there is no login.\n")
    if accept_unsafe_code:
        os.environ["INTERVIEWER_ACCEPT_UNSAFE_CODE"] = "1"
    log = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    log["handlers"]["access"]["stream"] = "ext://sys.stderr"  # standard output is for the one document

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(host, self.servers[0].sockets[0].getsockname()[1], as_json)

    # Named, not imported: `api` stands on `interviewer`, so the arrow must not point back.
    config = uvicorn.Config(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        server_header=False,
        log_config=log,
        log_level="warning",
    )
    Server(config).run()


async def _check(settings: Settings) -> None:
    """Raise what would keep the server from starting, before it starts: there it would be a traceback."""
    from interviewer.assembly import open_engine

    async with open_engine(settings, warm=False) as engine:
        await engine.check()


def _announce(host: str, port: int, as_json: bool) -> None:
    """Say where the server listens, once it does."""
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if as_json:
        print_json({"url": url, "host": host, "port": port, "docs": f"{url}/docs"})
    else:
        sys.stdout.write(f"Serving on {url} (documentation under {url}/docs). Ctrl-C stops.\n")
    sys.stdout.flush()
