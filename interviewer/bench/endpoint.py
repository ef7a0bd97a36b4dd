"""A local OpenAI-compatible endpoint whose completions a function decides: for `bench turn`, and for tests of faults.

It speaks just enough HTTP/1.1 for a chat client: chat completions, streamed or whole, as text, JSON or a function call,
and the ways in which servers fail. It listens on loopback only.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_LONGEST = 64 * 1024 * 1024
_ANSWERING = "answering"
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Completion:
    """What the endpoint answers.

    Attributes:
        text: the assistant's words, or the JSON that was asked for.
        finish: the finish reason; a function call has its own.
        delay_s: seconds before the first byte.
        pause_s: seconds between the pieces of a stream.
        piece: words in a piece of a stream.
        status: another status than 200 sends `body` instead of a completion.
        body: the body of an error.
        headers: more headers of an error.
        reset_after: break the connection off after so many pieces of a stream.
    """

    text: str = ""
    finish: str = "stop"
    delay_s: float = 0.0
    pause_s: float = 0.0
    piece: int = 1
    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    reset_after: int | None = None


Respond: TypeAlias = Callable[[str, Mapping[str, Any]], Completion]
"""From the path and the request's JSON to what is answered."""


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """Serve in a thread of its own; yields the address without `/v1`."""
    loop = asyncio.new_event_loop()
    ready: list[str] = []
    started = threading.Event()
    stop = asyncio.Event()

    async def run() -> None:
        server = await start(respond)
        ready.append(address(server))
        started.set()
        await stop.wait()
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())  # a closed server drops what it is just accepting, unclosed
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            # Only what answers already: a connection whose task is cancelled before it begins is never closed.
            for task in others:
                if task.get_name() == _ANSWERING:
                    task.cancel()
            await asyncio.wait(others, timeout=0.05)
        server.close()
        await asyncio.sleep(0)  # the last connection is closed one round later

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=work, name="local endpoint", daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


async def start(respond: Respond, port: int = 0) -> asyncio.Server:
    """Return a server on loopback that answers by `respond`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            task.set_name(_ANSWERING)
        try:
            while await _answer(reader, writer, respond):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    return await asyncio.start_server(handle, "127.0.0.1", port, limit=_LONGEST, backlog=2048)


def address(server: asyncio.Server) -> str:
    """Return where a server listens."""
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond) -> bool:
    """Answer one request; False when the connection is over."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    path = first.split(" ")[1]
    request = json.loads(raw) if raw else {}
    completion = respond(path, request)
    if completion.delay_s:
        await asyncio.sleep(completion.delay_s)
    if completion.status != 200:
        writer.write(_whole(completion.status, dict(completion.body), completion.headers))
    elif request.get("stream"):
        if not await _stream(writer, request, completion):
            return False
    else:
        writer.write(_whole(200, _whole_completion(request, completion), {}))
    await writer.drain()
    return True


def _whole(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    data = json.dumps(body, ensure_ascii=False).encode()
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reason = _REASONS.get(status, "Error")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{more}\r\n"
    return head.encode() + data


def _message(request: Mapping[str, Any], completion: Completion) -> tuple[dict[str, Any], str]:
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        function = {"name": choice["function"]["name"], "arguments": completion.text}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}, (
            "tool_calls" if completion.finish == "stop" else completion.finish
        )
    return {"role": "assistant", "content": completion.text}, completion.finish


def _usage(request: Mapping[str, Any], completion: Completion) -> dict[str, int]:
    """Four characters a token: the wire format wants some count."""
    prompt = len(json.dumps(request.get("messages", ""))) // 4
    said = max(1, len(completion.text) // 4)
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}


def _whole_completion(request: Mapping[str, Any], completion: Completion) -> dict[str, Any]:
    message, finish = _message(request, completion)
    return {
        "id": "chatcmpl-local",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "local"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": _usage(request, completion),
    }


async def _stream(writer: asyncio.StreamWriter, request: Mapping[str, Any], completion: Completion) -> bool:
    """Send the completion word by word; False when the connection was broken off on purpose."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    head = {
        "id": "chatcmpl-local",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": request.get("model", "local"),
    }

    def send(choices: list[dict[str, Any]], **more: Any) -> None:
        data = f"data: {json.dumps({**head, 'choices': choices, **more}, ensure_ascii=False)}\n\n".encode()
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    message, finish = _message(request, completion)
    words = [message] if message.get("tool_calls") else _pieces(completion.text, completion.piece)
    for number, delta in enumerate(words):
        if completion.reset_after == number:
            await writer.drain()
            writer.transport.abort()
            return False
        send([{"index": 0, "delta": delta, "finish_reason": None}])
        if completion.pause_s:
            await writer.drain()
            await asyncio.sleep(completion.pause_s)
    send([{"index": 0, "delta": {}, "finish_reason": finish}])
    if (request.get("stream_options") or {}).get("include_usage"):
        send([], usage=_usage(request, completion))
    done = b"data: [DONE]\n\n"
    writer.write(f"{len(done):x}\r\n".encode() + done + b"\r\n0\r\n\r\n")
    return True


def _pieces(text: str, size: int) -> list[dict[str, Any]]:
    words = text.split(" ") if text else []
    pieces = [" ".join(words[at : at + size]) for at in range(0, len(words), size)]
    first = {"role": "assistant", "content": ""}
    return [first, *({"content": piece if number == 0 else f" {piece}"} for number, piece in enumerate(pieces))]
