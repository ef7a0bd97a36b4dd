"""Which known wrong version gave these outputs?

The candidate's outputs are compared with those of the reference under every accepted convention, every single bug, and
every pair of bugs, on the same inputs. Nothing of the candidate's code is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from evaluators.coding.compare import same
from evaluators.coding.exercise import NO_BUGS, Bugs, Case, Convention, Exercise, Value, Wrong

PARTLY = 0.6
"""A wrong version that matches at least this share of the calls, and more of them than the reference, is suggested."""

Outputs = Sequence[Value]
"""One observed output a case; `MISSING` where the call failed."""

MISSING = object()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the outputs look like.

    `complete`: the named version gives every one of the outputs. `confidence` is the share of the calls on which the
    outputs are those of the named version, divided by the number of versions that explain them equally well.
    """

    correct: bool
    complete: bool = True
    wrong: tuple[Wrong, ...] = ()
    conventions: tuple[Convention, ...] = ()
    confidence: float = 1.0


class Variants:
    """The observed outputs of the reference with any set of bugs, on one set of cases, each computed once."""

    def __init__(self, exercise: Exercise, cases: Sequence[Case]) -> None:
        self._exercise = exercise
        self._cases = cases
        self._outputs: dict[Bugs, list[Any]] = {}

    def outputs(self, bugs: Bugs = NO_BUGS) -> list[Any]:
        """One observed output a case; `MISSING` where that version cannot answer."""
        if bugs not in self._outputs:
            self._outputs[bugs] = [self._output(case, bugs) for case in self._cases]
        return self._outputs[bugs]

    def _output(self, case: Case, bugs: Bugs) -> Any:
        if not bugs:
            return self._exercise.observed(case.args, self._exercise.variant(case.args))
        try:
            return self._exercise.observed(case.args, self._exercise.variant(case.args, bugs))
        except (ArithmeticError, IndexError, ValueError, KeyError, TypeError):
            return MISSING  # two bugs together may break what either alone does not

    def matches(self, outputs: Outputs, bugs: Bugs = NO_BUGS) -> list[bool]:
        """Per case, whether `outputs` are those of this version."""
        return [_alike(expected, got) for expected, got in zip(self.outputs(bugs), outputs, strict=True)]

    def explains(self, outputs: Outputs, bugs: Bugs) -> bool:
        """Whether every output is that of this version; stops at the first that is not."""
        computed = self._outputs.get(bugs)
        if computed is not None:
            return all(_alike(expected, got) for expected, got in zip(computed, outputs, strict=True))
        return all(_alike(self._output(case, bugs), got) for case, got in zip(self._cases, outputs, strict=True))


def _alike(expected: Any, got: Any) -> bool:
    return expected is not MISSING and got is not MISSING and same(expected, got)


def diagnose(exercise: Exercise, variants: Variants, outputs: Outputs) -> Diagnosis:
    """The simplest explanation of the outputs: right, right by another convention, one bug, two bugs, or partly one."""
    for conventions in _subsets(exercise.conventions, 2):
        if variants.explains(outputs, _flags(conventions)):
            return Diagnosis(correct=True, conventions=conventions)
    for count in (1, 2):
        found = list(_explanations(exercise, variants, outputs, count))
        if found:
            wrong, conventions = found[0]
            return Diagnosis(correct=False, wrong=wrong, conventions=conventions, confidence=1 / len(found))
    return _partial(exercise, variants, outputs)


def _explanations(
    exercise: Exercise, variants: Variants, outputs: Outputs, count: int
) -> Iterator[tuple[tuple[Wrong, ...], tuple[Convention, ...]]]:
    """Every set of `count` bugs that gives these outputs, under the fewest conventions that do."""
    for wrong in combinations(exercise.wrong, count):
        for conventions in _subsets(exercise.conventions, 1):
            if variants.explains(outputs, _flags(wrong) | _flags(conventions)):
                yield wrong, conventions
                break


def _partial(exercise: Exercise, variants: Variants, outputs: Outputs) -> Diagnosis:
    """A bug that explains most calls, and more of them than the reference does, when no version explains all."""
    right = sum(variants.matches(outputs))
    shares = {wrong: sum(variants.matches(outputs, frozenset({wrong.id}))) for wrong in exercise.wrong}
    best = max(shares.values(), default=0)
    if best <= right or best < PARTLY * len(outputs):
        return Diagnosis(correct=False, complete=False)
    named = [wrong for wrong, count in shares.items() if count == best]
    return Diagnosis(False, False, wrong=(named[0],), confidence=best / len(outputs) / len(named))


def _subsets(conventions: tuple[Convention, ...], largest: int) -> Iterator[tuple[Convention, ...]]:
    for size in range(largest + 1):
        yield from combinations(conventions, size)


def _flags(items: Sequence[Wrong | Convention]) -> Bugs:
    return frozenset(item.id for item in items)
