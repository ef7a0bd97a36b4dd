"""Typing an answer: several lines, sent by an empty one, with a pacing line below."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_AT_ONCE = frozenset({"/hint", "/repeat", "/skip", "/code", "/time", "/quit", "/help"})


class Interrupted(Exception):  # noqa: N818 - it is no error
    """Ctrl-C while an answer was being typed; `draft` is what stood there."""

    def __init__(self, draft: str) -> None:
        super().__init__("interrupted")
        self.draft = draft


class Reader(Protocol):
    """Where answers come from."""

    async def read(self, draft: str = "") -> str | None:
        """The next answer, or None at the end of input.

        Raises:
            Interrupted: Ctrl-C, with the draft.
        """


class TypedReader:
    """Reads at a terminal. An empty line or Ctrl-D sends; a slash command is sent by Enter alone."""

    def __init__(self, pacing: Callable[[str], str]) -> None:
        self._session: PromptSession[str] = PromptSession(
            multiline=True,
            key_bindings=_bindings(),
            bottom_toolbar=lambda: " " + pacing(self._session.default_buffer.text),
            prompt_continuation=lambda width, _line, _wrapped: " " * width,
        )

    async def read(self, draft: str = "") -> str | None:
        try:
            # What fails behind the prompt is logged by the loop: a request to press ENTER would take the answer's keys.
            return await self._session.prompt_async("> ", default=draft, set_exception_handler=False)
        except KeyboardInterrupt:
            raise Interrupted(self._session.default_buffer.text) from None
        except EOFError:
            return None


class PipedReader:
    """Reads standard input that is no terminal: an answer ends at an empty line or at the end of input."""

    async def read(self, draft: str = "") -> str | None:
        # A daemon of our own: after Ctrl-C the event loop would wait for a thread of its pool, and that for more input.
        loop = asyncio.get_running_loop()
        block: asyncio.Future[str | None] = loop.create_future()

        def hand_over(text: str | None) -> None:
            if not block.done():
                block.set_result(text)

        def work() -> None:
            text = _read_block()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(hand_over, text)

        threading.Thread(target=work, name="standard input", daemon=True).start()
        return await block


class ListReader:
    """Hands out answers that were written beforehand."""

    def __init__(self, answers: list[str]) -> None:
        self._left = iter(answers)

    async def read(self, draft: str = "") -> str | None:
        return next(self._left, None)


def _read_block() -> str | None:
    lines: list[str] = []
    for line in sys.stdin:
        if line.strip():
            lines.append(line)
            if line.split()[0] in _AT_ONCE - {"/code"}:
                break
        elif lines:
            break
    return "".join(lines) if lines else None


def _bindings() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        on_empty_last_line = not buffer.document.current_line.strip() and buffer.document.is_cursor_at_the_end
        if buffer.text.strip() in _AT_ONCE or (buffer.text.strip() and on_empty_last_line):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    @keys.add("c-d")
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text.strip():
            event.current_buffer.validate_and_handle()
        else:
            event.app.exit(exception=EOFError)

    return keys
