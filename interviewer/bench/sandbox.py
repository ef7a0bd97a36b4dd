"""The cost of grading code in the sandbox, against a fresh process and against no isolation at all, in turns."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from evaluators.code import CodeGrader
from evaluators.coding.exercise import find_exercise
from evaluators.sandbox import Call, Job, Sandbox, describe_level
from interviewer.bench.timing import Comparison, comparison
from knowledge.errors import SandboxError

EXERCISE = "multi_head_attention"
ANSWER = """
import numpy as np


def multi_head_attention(x, Wq, Wk, Wv, Wo, heads):
    n, t, d = x.shape
    q, k, v = ((x @ W).reshape(n, t, heads, d // heads).swapaxes(1, 2) for W in (Wq, Wk, Wv))
    scores = q @ k.swapaxes(2, 3) / np.sqrt(d // heads)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return (weights @ v).swapaxes(1, 2).reshape(n, t, d) @ Wo
"""
FRESH = [sys.executable, "-c", "import numpy"]
MOST_MILLISECONDS, LEAST_PER_SECOND, MOST_MEGABYTES = 10.0, 100.0, 60.0  # the aims
MOST_OF_FRESH = 1 / 8
MEGABYTE = 1 << 20


class Times(BaseModel):
    """Milliseconds of repeated runs."""

    model_config = ConfigDict(frozen=True)

    median: float
    p95: float
    repeats: int


class SandboxReport(BaseModel):
    """What was measured. A submission is graded whole: fresh inputs, reference, wrong versions, verdict."""

    model_config = ConfigDict(frozen=True)

    isolation_level: int
    isolation: str
    cores: int
    exercise: str
    boot_milliseconds: float = Field(description="From nothing to the first result.")
    graded: Times
    sandbox_only: Times = Field(description="The run alone, without inputs, reference and verdict.")
    comparisons: tuple[Comparison, ...]
    graded_per_second: float = Field(description="One submission after another on as many threads as there are cores.")
    runs_per_second: float
    zygote_megabytes: float = Field(description="Resident: the warm process and the one that started it.")
    aims_met: dict[str, bool]


def run(progress: Callable[[str], None] = lambda _: None, seconds: float = 5.0) -> SandboxReport:
    """Return what grading costs here.

    Args:
        progress: told what is measured next.
        seconds: time given to each measurement.

    Raises:
        SandboxError: no sandbox can be started, or the honest answer was not accepted.
    """
    progress("The start of a sandbox")
    began = time.perf_counter()
    with Sandbox() as sandbox:
        grader = CodeGrader(sandbox)
        job = _job()
        sandbox.run(job)
        boot = 1e3 * (time.perf_counter() - began)
        _grade(grader)
        progress("A graded submission, a fresh process, and exec in this process, in turns")
        graded, alone, fresh, inside = _in_turns(
            [lambda: _grade(grader), lambda: sandbox.run(job), _fresh_process, lambda: _exec(job)], seconds
        )
        megabytes = sum(process.memory_info().rss for process in sandbox.processes()[:2]) / MEGABYTE
        progress("Submissions a second on every core")
        graded_rate = _rate(lambda: _grade(grader), seconds)
        run_rate = _rate(lambda: sandbox.run(job), seconds)
        level = sandbox.level
    size = f"{EXERCISE}, level {level}"
    comparisons = (
        comparison("graded submission", size, "fresh process, import numpy", graded, fresh, MOST_OF_FRESH),
        comparison("run in the sandbox", size, "fresh process, import numpy", alone, fresh, None),
        comparison("run in the sandbox", size, "exec in this process", alone, inside, None),
    )
    return SandboxReport(
        isolation_level=level,
        isolation=describe_level(level),
        cores=os.cpu_count() or 1,
        exercise=EXERCISE,
        boot_milliseconds=boot,
        graded=_times(graded),
        sandbox_only=_times(alone),
        comparisons=comparisons,
        graded_per_second=graded_rate,
        runs_per_second=run_rate,
        zygote_megabytes=megabytes,
        aims_met={
            f"median at most {MOST_MILLISECONDS:g} ms": statistics.median(graded) * 1e3 <= MOST_MILLISECONDS,
            f"at most 1/{1 / MOST_OF_FRESH:g} of a fresh process": bool(comparisons[0].met),
            f"at least {LEAST_PER_SECOND:g} a second": graded_rate >= LEAST_PER_SECOND,
            f"zygote under {MOST_MEGABYTES:g} MB": megabytes < MOST_MEGABYTES,
        },
    )


def _job() -> Job:
    cases = find_exercise(EXERCISE).cases(np.random.default_rng(0))
    return Job(ANSWER, EXERCISE, tuple(Call(case.args) for case in cases))


def _grade(grader: CodeGrader) -> None:
    verdict = grader.grade(EXERCISE, ANSWER)
    if not verdict.passed:
        failed = [f"{check.name}: {check.detail}" for check in verdict.checks if not check.passed]
        raise SandboxError("The answer that is timed was not accepted.", "; ".join(failed))


def _fresh_process() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # its fastest start
    subprocess.run(FRESH, check=True, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own interpreter


def _exec(job: Job) -> None:
    names: dict[str, object] = {}
    exec(compile(job.source, "answer.py", "exec"), names)  # noqa: S102 - the text above
    function = names[job.function]
    assert callable(function)
    for call in job.calls:
        function(*call.args)


def _in_turns(runs: list[Callable[[], object]], seconds: float) -> list[list[float]]:
    """Seconds of each run, in turns, so that whatever else the machine does falls on all alike."""
    taken: list[list[float]] = [[] for _ in runs]
    end = time.perf_counter() + seconds
    while len(taken[0]) < 5 or time.perf_counter() < end:
        for each, times in zip(runs, taken, strict=True):
            began = time.perf_counter()
            each()
            times.append(time.perf_counter() - began)
    return taken


def _rate(each: Callable[[], object], seconds: float) -> float:
    """Runs a second, on as many threads as there are cores."""
    threads = os.cpu_count() or 1
    end = time.perf_counter() + seconds

    def go_on() -> int:
        count = 0
        while time.perf_counter() < end:
            each()
            count += 1
        return count

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        total = sum(future.result() for future in [pool.submit(go_on) for _ in range(threads)])
    return total / (time.perf_counter() - began)


def _times(seconds: list[float]) -> Times:
    return Times(
        median=1e3 * statistics.median(seconds),
        p95=1e3 * statistics.quantiles(seconds, n=20)[-1],
        repeats=len(seconds),
    )
