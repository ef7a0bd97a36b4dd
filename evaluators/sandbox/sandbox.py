"""The sandbox: warm processes that are closed in, and one call that runs a job in one of them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

import psutil

from evaluators.sandbox.conversation import LostError, hold
from evaluators.sandbox.inside import lockdown
from evaluators.sandbox.job import Job, Outcome
from evaluators.sandbox.processes import Child, Worker, Zygote
from knowledge.errors import SandboxError

if TYPE_CHECKING:
    from evaluators.verdict import IsolationLevel


class Sandbox:
    """Runs candidates' code; several jobs at once, from any thread.

    Processes are started on the first use, or by `with`, and ended by `close`. `most_level` caps the isolation
    (0 to 4): tests use it to run on less than the system offers.
    """

    def __init__(self, *, concurrency: int | None = None, most_level: int = 4) -> None:
        cores = os.cpu_count() or 2
        self._ready_wanted = max(2, min(concurrency or cores, 8))
        self._turns = threading.BoundedSemaphore(concurrency or max(4, cores))
        self._spawned = most_level < 1 or not lockdown.supported()
        self._most_level = most_level
        self._plants = {torch: _Plant(torch=torch) for torch in (False, True)}
        self._closed = False

    def __enter__(self) -> Self:
        self._refill(self._plants[False])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def level(self) -> IsolationLevel:
        """The isolation that holds here, 0 to 4, as a child of the warm process found it by trying."""
        if self._spawned:
            return 0
        with self._plants[False].lock:
            return self._zygote(self._plants[False]).level

    def run(self, job: Job) -> Outcome:
        """Run one job.

        Raises:
            SandboxError: no process can be started here.
            TypeError: an argument is not a value that may cross.
        """
        plant = self._plants[job.torch]
        with self._turns:
            for _ in range(3):
                child, zygote = self._take(plant)
                try:
                    return hold(child, job, zygote.level if zygote else 0)
                except LostError:
                    with plant.lock:
                        if plant.zygote is zygote:  # nobody else has replaced it meanwhile
                            self._empty(plant)
                finally:
                    child.close()
                    with contextlib.suppress(SandboxError):  # the next job says so; this one has its outcome
                        self._refill(plant)
        raise SandboxError("The process that runs candidates' code keeps ending.", "Is the machine out of memory?")

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to the sandbox now."""
        found: list[psutil.Process] = []
        for plant in self._plants.values():
            with plant.lock:
                found += plant.zygote.processes() if plant.zygote else []
                found += [psutil.Process(child.process.pid) for child in plant.ready if isinstance(child, Worker)]
        return found

    def close(self) -> None:
        """End every process."""
        self._closed = True
        for plant in self._plants.values():
            with plant.lock:
                self._empty(plant)

    def _take(self, plant: _Plant) -> tuple[Child, Zygote | None]:
        with plant.lock:
            if self._closed:
                raise SandboxError("The sandbox is closed.")
            child = plant.ready.popleft() if plant.ready else self._start(plant)
            return child, plant.zygote

    def _start(self, plant: _Plant) -> Child:
        if self._spawned:
            return Worker(torch=plant.torch)
        try:
            return self._zygote(plant).child()
        except ConnectionError:  # it ended: the next one starts
            self._empty(plant)
        except OSError as error:
            raise SandboxError(f"No process can be started: {error.strerror}.", "Too many open files?") from error
        return self._zygote(plant).child()

    def _zygote(self, plant: _Plant) -> Zygote:
        if plant.zygote is None:
            plant.zygote = Zygote(torch=plant.torch, most_level=self._most_level)
        return plant.zygote

    def _refill(self, plant: _Plant) -> None:
        with plant.lock:
            while not self._closed and len(plant.ready) < self._ready_wanted:
                plant.ready.append(self._start(plant))

    @staticmethod
    def _empty(plant: _Plant) -> None:
        while plant.ready:
            plant.ready.popleft().close()
        if plant.zygote is not None:
            plant.zygote.close()
            plant.zygote = None


class _Plant:
    """A zygote, and children that wait for jobs, closed in ahead of time."""

    def __init__(self, *, torch: bool) -> None:
        self.torch = torch
        self.lock = threading.RLock()
        self.zygote: Zygote | None = None
        self.ready: deque[Child] = deque()
