"""Grades a code answer: fresh inputs, two processes, outputs only, compared here.

Inputs, reference and wrong versions stay in this process; the candidate's process sees one call after another. Each
attempt has its own secret seed, so an answer cannot be written for the cases.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evaluators.coding.compare import Difference, as_expected, as_numbers, difference
from evaluators.coding.diagnosis import MISSING, Diagnosis, Variants, diagnose
from evaluators.coding.exercise import Case, Exercise, Invariant, find_exercise
from evaluators.coding.fenced import code_in
from evaluators.coding.growth import observed_growth
from evaluators.coding.readable import call_text, entries, value_text
from evaluators.coding.source_check import SourceCheck, check_source
from evaluators.sandbox import Call, CallResult, Job, Outcome, Sandbox
from evaluators.verdict import BORROWED_ANSWER, UNREADABLE_FILE, Check, IsolationLevel, MisconceptionSeen, Verdict

SHAPE, INVARIANTS, CASES = 0.1, 0.3, 0.6
"""Partial credit of an answer that no known version explains."""

OUTPUT_SHOWN = 4096

QUICK, SLOW = 0.1, 1.0
"""Seconds. When growth is measured, a quick call is timed twice and the better time counts; a slow one is the last."""

UNCHECKED = "cannot be checked before the structure is right"

UNREADABLE = object()
"""An output from which the compared quantities cannot be read."""


class CodeGrader:
    """Grades answers in the sandbox it is handed. Safe to use from several threads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def grade(self, slug: str, source: str, *, seed: int | None = None) -> Verdict:
        """The verdict on one attempt, fenced as in Markdown or not.

        `seed` fixes the inputs, for tests; an attempt gets a secret one.

        Raises:
            NotFoundError: no exercise has that slug.
            SandboxError: code cannot be run here.
        """
        exercise = find_exercise(slug)
        source = code_in(source)
        check = check_source(exercise, source)
        problem = check.problem or check.borrowed
        if problem:
            name = UNREADABLE_FILE if check.problem else BORROWED_ANSWER
            return self._refused(exercise, name, problem)
        rng = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
        cases = exercise.cases(rng)
        job = _job(exercise, source, check, [case.args for case in cases])
        verdict = judge(exercise, cases, self._sandbox.run(job), source)
        if check.torch and not verdict.passed:  # torch may be imported and NumPy used: then arrays are what is wanted
            arrays = replace(job, tensors=False)
            second = judge(exercise, cases, self._sandbox.run(arrays), source)
            job, verdict = (arrays, second) if second.score > verdict.score else (job, verdict)
        if verdict.passed and exercise.growth is not None:
            return verdict.model_copy(update={"complexity": self._complexity(exercise, job, rng)})
        return verdict

    def _refused(self, exercise: Exercise, name: str, problem: str) -> Verdict:
        failed = Check(name=name, passed=False, detail=problem)
        level: IsolationLevel = self._sandbox.level
        return Verdict(
            exercise=exercise.slug, passed=False, score=0.0, checks=(failed,), isolation_level=level, error=problem
        )

    def _complexity(self, exercise: Exercise, graded: Job, rng: np.random.Generator) -> str:
        """Timed here, one process a call, less what a call of size 1 costs beside its work."""
        growth = exercise.growth
        assert growth is not None
        durations: list[float] = []
        stopped = ""
        for n in (1, *growth.sizes):
            job = replace(graded, calls=(Call(growth.arguments(n, rng)),))
            outcome = self._sandbox.run(job)
            if not outcome.ok:
                stopped = f"; the call with n = {n:,} did not finish: {_reason(outcome)}"
                break
            again = self._sandbox.run(job).seconds if outcome.seconds < QUICK else outcome.seconds
            durations.append(min(outcome.seconds, again))
            if outcome.seconds > SLOW:
                break
        return observed_growth(growth, [taken - durations[0] for taken in durations[1:]]) + stopped


def _reason(outcome: Outcome) -> str:
    error = outcome.error or next((result.error for result in outcome.results if not result.ok), outcome.killed)
    return error.rstrip(".")


def _job(exercise: Exercise, source: str, check: SourceCheck, arguments: Sequence[tuple[Any, ...]]) -> Job:
    return Job(source, exercise.slug, tuple(Call(args) for args in arguments), torch=check.torch)


def judge(exercise: Exercise, cases: Sequence[Case], outcome: Outcome, source: str = "") -> Verdict:
    """The verdict on what came back. Pure: the same outcome gives the same verdict."""
    results: list[CallResult | None] = [*outcome.results, *[None] * len(cases)][: len(cases)]
    answers = [_observed(exercise, case, result) for case, result in zip(cases, results, strict=True)]
    variants = Variants(exercise, cases)
    found = diagnose(exercise, variants, answers)
    expected = variants.outputs(frozenset(convention.id for convention in found.conventions))
    comparisons = [
        Comparison(case, want, got, result)
        for case, want, got, result in zip(cases, expected, answers, results, strict=True)
    ]
    ran = _ran(exercise, comparisons, outcome, source)
    invariants = [_invariant_check(invariant, comparisons) for invariant in exercise.invariants]
    untouched = _untouched(exercise, found)
    changed = [] if exercise.broken is None else [_changed_check(untouched, comparisons)]
    checks = [ran, *changed, _shape_check(comparisons), *_case_checks(exercise, comparisons), *invariants]
    return Verdict(
        exercise=exercise.slug,
        passed=found.correct,
        score=0.0 if untouched else _score(found, comparisons, invariants),
        checks=tuple(checks),
        misconceptions=tuple(
            MisconceptionSeen(
                id=wrong.id,
                explanation=wrong.explanation,
                confidence=round(found.confidence, 3),
                probe=wrong.probe,
            )
            for wrong in found.wrong
        ),
        conventions=tuple(convention.name for convention in found.conventions),
        isolation_level=outcome.isolation_level,
        error=ran.detail.partition("\n")[0],
        output=outcome.stdout[:OUTPUT_SHOWN],
        seconds=outcome.seconds,
    )


def _observed(exercise: Exercise, case: Case, result: CallResult | None) -> Any:
    if result is None or not result.ok:
        return MISSING
    if exercise.observe is None:
        return result.value
    try:
        return exercise.observe(case.args, result.value)
    except Exception:
        return UNREADABLE


@dataclass(frozen=True)
class Comparison:
    """One case: what was expected, what came back, and where the two part."""

    case: Case
    expected: Any
    got: Any
    result: CallResult | None

    @cached_property
    def difference(self) -> Difference | None:
        """None when the output is the expected one."""
        if self.got is MISSING:
            return Difference("no output", structural=True)
        if self.got is UNREADABLE:
            return Difference("the result has not the structure that the statement asks for", structural=True)
        return difference(self.expected, self.got)

    @property
    def has_its_parts(self) -> bool:
        """Whether an output of several parts came as that many, whatever is in them."""
        if self.shaped or not isinstance(self.expected, list | tuple | dict):
            return True
        return isinstance(self.got, list | tuple | dict) and len(self.got) == len(self.expected)

    @property
    def shaped(self) -> bool:
        """Whether the output has the right structure and shape, right numbers or not."""
        return self.difference is None or not self.difference.structural


def _ran(exercise: Exercise, comparisons: Sequence[Comparison], outcome: Outcome, source: str) -> Check:
    """Whether every call came back; else the first exception, with the candidate's own line."""
    name = "runs on every input"
    if outcome.error:
        return Check(name=name, passed=False, detail=_error_text(outcome.error, outcome.error_line, source))
    for each in comparisons:
        if each.result is not None and not each.result.ok:
            detail = _error_text(each.result.error, each.result.error_line, source)
            call = call_text(exercise.slug, exercise.parameters, each.case.args)
            return Check(name=name, passed=False, detail=f"{detail} (in the case: {each.case.name})\ninput:    {call}")
    if any(each.result is None for each in comparisons):
        return Check(name=name, passed=False, detail=outcome.killed or "the process ended before it answered")
    return Check(name=name, passed=True)


def _untouched(exercise: Exercise, found: Diagnosis) -> bool:
    """Whether the answer to a debugging exercise does in every case what the code did as it was handed over."""
    named = frozenset(wrong.id for wrong in found.wrong)
    return exercise.broken is not None and found.complete and named == exercise.broken.bugs


def _changed_check(untouched: bool, comparisons: Sequence[Comparison]) -> Check:
    detail = "every output is that of the broken code: the fault is still in" if untouched else ""
    passed = not untouched and any(each.got is not MISSING for each in comparisons)
    return Check(name="no longer behaves as it was handed over", passed=passed, detail=detail)


def _error_text(error: str, line: int | None, source: str) -> str:
    lines = source.splitlines()
    if line is None or not 0 < line <= len(lines):
        return error
    return f"line {line}: {error}, at `{lines[line - 1].strip()[:120]}`"


def _shape_check(comparisons: Sequence[Comparison]) -> Check:
    name = "structure and shape"
    for each in comparisons:
        if not each.shaped and each.got is not MISSING and each.difference is not None:
            return Check(name=name, passed=False, detail=f"{each.case.name}: {each.difference.message}")
    return Check(name=name, passed=all(each.shaped for each in comparisons))


def _case_checks(exercise: Exercise, comparisons: Sequence[Comparison]) -> list[Check]:
    """One check a case; the smallest failing one shows its input, expected and got."""
    failing = [each for each in comparisons if each.difference is not None and each.got is not MISSING]
    smallest = min(failing, key=lambda each: entries(each.case.args), default=None)
    checks = []
    for each in comparisons:
        detail = each.difference.message if each.difference is not None else ""
        if each is smallest:
            call = call_text(exercise.slug, exercise.parameters, each.case.args)
            shown = value_text(each.got) if each.got is not UNREADABLE else "unreadable"
            detail += f"\ninput:    {call}\nexpected: {value_text(each.expected)}\ngot:      {shown}"
        checks.append(Check(name=each.case.name, passed=each.difference is None, detail=detail))
    return checks


def _invariant_check(invariant: Invariant, comparisons: Sequence[Comparison]) -> Check:
    readable = [each for each in comparisons if each.got is not MISSING and each.got is not UNREADABLE]
    for each in readable:
        said = "" if each.has_its_parts else UNCHECKED
        try:
            with np.errstate(all="ignore"):
                if not said and not invariant.holds(each.case.args, as_expected(each.expected, each.got)):
                    said = invariant.message
        except Exception:
            said = UNCHECKED
        if said:
            return Check(name=invariant.name, passed=False, detail=f"{said} (in the case: {each.case.name})")
    return Check(name=invariant.name, passed=bool(readable), detail="" if readable else "no output to check")


def _score(found: Diagnosis, comparisons: Sequence[Comparison], invariants: Sequence[Check]) -> float:
    """0 to 1: the shares of shape, invariants and cases, or the price of the misconception where that is kinder."""
    if found.correct:
        return 1.0
    if _blank(comparisons):
        return 0.0
    shaped = all(each.shaped for each in comparisons)
    cases = sum(each.difference is None for each in comparisons) / len(comparisons)
    if invariants:
        kept = shaped * sum(check.passed for check in invariants) / len(invariants)
        score = SHAPE * shaped + INVARIANTS * kept + CASES * cases
    else:
        score = SHAPE * shaped + (INVARIANTS + CASES) * cases
    if found.complete and found.wrong:
        score = max(score, 1 - sum(wrong.severity for wrong in found.wrong))
    return round(min(score, 0.99), 4)


def _blank(comparisons: Sequence[Comparison]) -> bool:
    """Whether every output is one and the same constant, or not a number: nothing was computed from the input."""
    leaves = [leaf for each in comparisons if each.got is not UNREADABLE for leaf in _leaves(each.got)]
    distinct = {float(value) for leaf in leaves for value in np.unique(leaf) if np.isfinite(value)}
    return len(distinct) <= 1


def _leaves(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif (array := as_numbers(value)) is not None:
        yield array
