"""What goes into the sandbox and what comes out: plain values only, so that nothing that comes back can run here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from numpy.typing import NDArray

if TYPE_CHECKING:
    from evaluators.verdict import IsolationLevel

Value: TypeAlias = "bool | int | float | str | NDArray[Any] | Sequence[Value] | Mapping[Any, Value] | None"
"""What may cross: scalars, arrays of numbers, booleans or strings, and lists, tuples and dictionaries of them.

What comes back is exactly `None`, `bool`, `int` (64 bits), `float`, `str`, `np.ndarray`, `list`, `tuple` or `dict`
(keys are strings or integers).
"""

Killed = Literal["", "cpu", "wall", "memory", "died", "output"]

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one job may use.

    `cpu_seconds` is enforced by the kernel (whole seconds; one more for code that ignores the warning). `wall_seconds`,
    by the parent, is for code that sleeps or waits: long enough not to strike first on a busy machine. `memory_mb` is
    what the job may add to the warm process that it starts from.
    """

    cpu_seconds: int = 2
    wall_seconds: float = 8.0
    memory_mb: int = 512
    output_bytes: int = 8 * MEGABYTE
    stdout_characters: int = 4096


TORCH_LIMITS = Limits(cpu_seconds=10, wall_seconds=40.0, memory_mb=2048)


@dataclass(frozen=True)
class Call:
    """The arguments of one call; the candidate's function gets a fresh copy of them."""

    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A candidate's source, run once as a module named `answer`, then `function` called once for each of `calls`.

    With `torch`, it starts from a process that has PyTorch loaded, and arrays arrive as tensors unless `tensors` is
    false. Tensors that come back are arrays here. The global random generators start from the same seed in every job.
    """

    source: str
    function: str
    calls: tuple[Call, ...] = ()
    torch: bool = False
    limits: Limits = Limits()
    tensors: bool = True

    @property
    def effective_limits(self) -> Limits:
        """The limits, PyTorch's own where the job uses it and states none."""
        return TORCH_LIMITS if self.torch and self.limits == Limits() else self.limits


@dataclass(frozen=True)
class CallResult:
    """What one call returned. `seconds` was measured by the candidate's own process: for display, never for a grade."""

    value: Value | None
    error: str = ""
    error_line: int | None = None
    seconds: float = 0.0
    ok: bool = True
    error_text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Outcome:
    """What a job did.

    `results` holds the calls that finished, in order: fewer than were asked for when something stopped the job.
    `error` is the exception of the source itself, or what stopped the job; `error_line` and `error_text` are the
    candidate's own line. `killed` names the limit that was reached: `cpu`, `wall`, `memory` (also when an allocation
    failed and the code went on), `output` (too much, or not readable as values), or `died` (the process ended without
    an answer). `seconds` is wall time measured here.
    """

    results: tuple[CallResult, ...]
    error: str
    error_line: int | None
    stdout: str
    isolation_level: IsolationLevel
    seconds: float
    killed: Killed
    error_text: str = ""

    @property
    def ok(self) -> bool:
        """Whether the source ran and every call returned a value."""
        return not self.error and not self.killed and all(result.ok for result in self.results)
