"""Heavy parts that are made when first needed, and kept."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

_Part = TypeVar("_Part")

_RETRY_SECONDS = 30.0
"""A part that failed is not tried again sooner, so that a damaged index does not slow every turn down."""


class Once(Generic[_Part]):
    """Something that is made when first asked for, by one thread while the others wait."""

    def __init__(self, make: Callable[[], _Part]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[_Part] = []
        self._maker: threading.Thread | None = None
        self._failed_at = -_RETRY_SECONDS

    def __call__(self) -> _Part:
        """Return it; makes it the first time. A failure is raised, and tried again next time."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    async def within(self, seconds: float) -> _Part | None:
        """Return it if it can be had so soon; else None, while it goes on being made in the background."""
        deadline = time.monotonic() + seconds
        while not self._made:
            self.begin()
            if not self.begun or time.monotonic() >= deadline:
                return None
            await asyncio.sleep(0.02)
        return self._made[0]

    @property
    def begun(self) -> bool:
        """Whether it is being made in the background."""
        return self._maker is not None and self._maker.is_alive()

    def begin(self) -> None:
        """Make it in the background, unless it is made, being made, or failed a moment ago."""
        if self._made or self.begun or time.monotonic() - self._failed_at < _RETRY_SECONDS:
            return
        # A daemon: leaving the program does not wait for the first run's indexing, which survives being cut off.
        self._maker = threading.Thread(target=self._try, daemon=True)
        self._maker.start()

    def _try(self) -> None:
        try:
            self()
        except Exception as error:
            self._failed_at = time.monotonic()
            logger.warning("%s", error)

    def forget(self) -> None:
        """Let go of it; who asks again has it made again."""
        self._made.clear()

    @property
    def made(self) -> _Part | None:
        """It, if it was made."""
        return self._made[0] if self._made else None
