"""Timing of two ways to do one thing, in turns, so that whatever else the machine does falls on both alike."""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Comparison(BaseModel):
    """Two ways to do one thing, timed in turns.

    Attributes:
        name: what was timed.
        size: on what.
        against: the other way.
        milliseconds: our median.
        their_milliseconds: the other's median.
        ratio: median of the ratios of neighbouring turns; above 1, ours takes longer.
        best_ratio: our fastest turn over the other's fastest.
        repeats: turns of each.
        target: the highest ratio that is aimed at, where there is an aim.
        met: whether the ratio is within it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    size: str
    against: str
    milliseconds: float
    their_milliseconds: float
    ratio: float
    best_ratio: float
    repeats: int
    target: float | None = None
    met: bool | None = None


def compare(
    name: str,
    size: str,
    ours: Callable[[], object],
    theirs: Mapping[str, tuple[Callable[[], object], float | None]],
    seconds: float = 2.0,
    most: int = 200,
) -> list[Comparison]:
    """Return one comparison with each of the others.

    Args:
        name: what is timed.
        size: on what.
        ours: one run of ours.
        theirs: by name, one run of theirs and the highest ratio that is aimed at.
        seconds: how long to go on, all runs together; at least three turns of each are made.
        most: turns after which to stop in any case.

    A turn is three runs, of which the middle one counts: the first may find the other side's threads still spinning.
    """
    runs = [ours, *(run for run, _ in theirs.values())]
    for run in runs:
        run()  # buffers are made and kernels chosen
    taken: list[list[float]] = [[] for _ in runs]
    collecting = gc.isenabled()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while len(taken[0]) < 3 or (time.perf_counter() < end and len(taken[0]) < most):
            for run, times in zip(runs, taken, strict=True):
                times.append(statistics.median(_seconds(run) for _ in range(3)))
    finally:
        if collecting:
            gc.enable()
    return [
        comparison(name, size, other, taken[0], times, target)
        for (other, (_, target)), times in zip(theirs.items(), taken[1:], strict=True)
    ]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def comparison(
    name: str,
    size: str,
    against: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    target: float | None,
) -> Comparison:
    """Return the comparison of seconds taken in turns; the ratio should be at most the target."""
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Comparison(
        name=name,
        size=size,
        against=against,
        milliseconds=statistics.median(ours) * 1e3,
        their_milliseconds=statistics.median(theirs) * 1e3,
        ratio=ratio,
        best_ratio=min(ours) / min(theirs),
        repeats=len(ours),
        target=target,
        met=None if target is None else ratio <= target,
    )
