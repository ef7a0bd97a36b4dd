"""Grades a derivation: every term on random arrays against the right gradient, and what a wrong one looks like."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from evaluators.coding.exercise import NO_BUGS, Bugs, Wrong
from evaluators.coding.readable import value_text
from evaluators.derivation.expression import Array, evaluate, shape_text
from evaluators.derivation.factors import SUM_MISSING, TRANSPOSED, factors_of
from evaluators.derivation.parser import parse_formula
from evaluators.derivation.problem import Problem, Sizes, find_derivation
from evaluators.verdict import FORMULAS, Check, MisconceptionSeen, Verdict
from knowledge.errors import TooLargeError, UnreadableError

LONGEST, MOST_LINES = 20_000, 60
RELATIVE = 1e-7
"""Of the largest entry. All is float64, and the right formulas agree to 1e-12."""

SHAPED = 0.1
"""What a term of the right shape is worth when nothing explains it."""

_FENCE = re.compile(r"\s*(```.*|\$\$|\\\[|\\\]|\\begin\{[a-z*]+\}|\\end\{[a-z*]+\})\s*$")


@dataclass(frozen=True, slots=True)
class Draw:
    """One set of random arrays, and the candidate's names evaluated on it."""

    sizes: Sizes
    values: Mapping[str, Array]
    defined: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Wrong versions that together give exactly what the candidate has, and how many other sets do as well."""

    wrong: tuple[Wrong, ...]
    confidence: float = 1.0


def grade_derivation(slug: str, text: str, *, seed: int | None = None) -> Verdict:
    """The verdict on a derivation: one check a term. Nothing of the text is executed.

    Args:
        slug: the problem.
        text: the candidate's lines.
        seed: fixes the arrays, for tests.

    Raises:
        NotFoundError: no problem has that slug.
        TooLargeError: the text is longer, or nested deeper, than any derivation.
    """
    problem = find_derivation(slug)
    rng = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
    draws = [Draw(sizes, problem.values(rng, sizes)) for sizes in problem.sizes]
    faults = _read(text, draws)
    terms, conventions = _best_reading(problem, draws, faults)
    unplaced = [message for name, message in faults.items() if name not in {each.name for each in problem.targets}]
    readable = Check(name=FORMULAS, passed=not unplaced, detail="\n".join(unplaced))
    return Verdict(
        exercise=slug,
        passed=all(term.right for term in terms),
        score=round(sum(term.credit for term in terms) / len(terms), 4),
        checks=(readable, *(term.check for term in terms)),
        misconceptions=_misconceptions(terms),
        conventions=conventions,
        isolation_level=4,  # nothing of the candidate's runs
        error=next(iter(faults.values()), ""),
    )


def defines_terms(slug: str, text: str) -> bool:
    """Whether a message writes down at least one of the terms that the problem asks for."""
    problem = find_derivation(slug)
    names = {target.name for target in problem.targets}
    try:
        return any(_left_side(line, set()) in names for _, line in formula_lines(text))
    except TooLargeError:
        return True  # to be refused with the reason


def formula_lines(text: str) -> list[tuple[int, str]]:
    """The lines that define something, with their numbers; comments, fences and words between them are left out.

    Raises:
        TooLargeError: there are more characters or lines than any derivation has.
    """
    if len(text) > LONGEST:
        raise TooLargeError(f"The derivation has {len(text):,} characters; at most {LONGEST:,} are read.")
    kept = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip().removesuffix("\\\\").rstrip(" ;,")
        if "=" in bare and not _FENCE.match(bare):
            kept.append((number, bare))
    if len(kept) > MOST_LINES:
        raise TooLargeError(f"The derivation has {len(kept)} lines; at most {MOST_LINES} are read.")
    return kept


def _read(text: str, draws: Sequence[Draw]) -> dict[str, str]:
    """Evaluates every line on every draw; what could not be read or computed, by the name it would have defined."""
    faults: dict[str, str] = {}
    for number, line in formula_lines(text):
        known = {*draws[0].values, *draws[0].defined}
        try:
            formula = parse_formula(line, known)
            values = [evaluate(formula.expression, {**draw.values, **draw.defined}, draw.sizes) for draw in draws]
            _check_given(formula.name, values, draws)
        except UnreadableError as error:
            name = _left_side(line, known)
            hint = f" {error.hint}" if error.hint else ""
            faults[name or f"line {number}"] = f"line {number}, {error.message}{hint}\n    {line[:200]}"
            continue
        faults.pop(formula.name, None)
        for draw, value in zip(draws, values, strict=True):
            draw.defined[formula.name] = value
    return faults


def _check_given(name: str, values: Sequence[Array], draws: Sequence[Draw]) -> None:
    """A given name may be written down again, as what it is; it may not become something else."""
    given = {each.replace("_", ""): each for each in draws[0].values}
    if name in given and not all(
        _alike(value, draw.values[given[name]]) for value, draw in zip(values, draws, strict=True)
    ):
        raise UnreadableError(f"{name} is given, and this is not what it is.", "Use another name for a new quantity.")


def _left_side(line: str, known: set[str]) -> str:
    try:
        return parse_formula(line.partition("=")[0] + " = 0", known).name
    except (UnreadableError, TooLargeError):
        return ""


def _alike(got: Array, expected: Array) -> bool:
    """Equal up to rounding, an axis of length 1 more or less aside."""
    if [size for size in got.shape if size != 1] != [size for size in expected.shape if size != 1]:
        return False
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-12)
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(got.ravel() - expected.ravel()) <= RELATIVE * scale))


def _best_reading(
    problem: Problem, draws: Sequence[Draw], faults: Mapping[str, str]
) -> tuple[list[_Term], tuple[str, ...]]:
    """The terms under the accepted convention that credits them most, the stated one when in doubt.

    A convention has to hold for the whole derivation.
    """
    options: list[tuple[Bugs, tuple[str, ...]]] = [(NO_BUGS, ())]
    options += [(frozenset({each.id}), (each.name,)) for each in problem.conventions]
    readings = [
        ([_Term(problem, target.name, draws, bugs, faults) for target in problem.targets], names)
        for bugs, names in options
    ]
    return max(readings, key=lambda reading: sum(term.credit for term in reading[0]))


def _right(problem: Problem, name: str, draws: Sequence[Draw], bugs: Bugs) -> bool:
    return all(
        name in draw.defined and _alike(draw.defined[name], problem.expected(draw.values, bugs)[name]) for draw in draws
    )


class _Term:
    """One target: whether it is right, and what it looks like when it is not."""

    def __init__(
        self, problem: Problem, name: str, draws: Sequence[Draw], bugs: Bugs, faults: Mapping[str, str]
    ) -> None:
        self.name = name
        self._problem = problem
        self._draws = draws
        self._bugs = bugs
        self._fault = faults.get(name, "")
        self.right = _right(problem, name, draws, bugs)
        self.explanation = None if self.right or self._missing else self._explain()

    @property
    def _missing(self) -> bool:
        return self.name not in self._draws[0].defined

    @property
    def credit(self) -> float:
        """From 0 to 1."""
        if self.right:
            return 1.0
        if self._missing:
            return 0.0
        if self.explanation is not None:
            return max(SHAPED, 1 - sum(wrong.severity for wrong in self.explanation.wrong))
        got, expected = self._pair(self._draws[0])
        return SHAPED if got.shape == expected.shape and np.any(got) else 0.0

    @property
    def check(self) -> Check:
        """The check of this term, its detail for the candidate."""
        if self.right:
            return Check(name=self.name, passed=True)
        if self._missing:
            return Check(name=self.name, passed=False, detail=self._fault or f"no line defines {self.name}")
        return Check(name=self.name, passed=False, detail=self._difference())

    def _pair(self, draw: Draw, bugs: Bugs | None = None) -> tuple[Array, Array]:
        """What the candidate has, and what is right or, with bugs, wrong in that way."""
        flags = self._bugs if bugs is None else self._bugs | bugs
        return draw.defined[self.name], self._problem.expected(draw.values, flags)[self.name]

    def _difference(self) -> str:
        draw = self._draws[0]
        got, expected = self._pair(draw)
        if _letters(got) != _letters(expected):
            shapes = [shape_text(each.shape, draw.sizes) for each in (got, expected)]
            return f"the shape is {shapes[0]}; it should be {shapes[1]}"
        flat, truth = got.ravel(), expected.ravel()
        at = int(np.argmax(np.abs(flat - truth))) if np.all(np.isfinite(flat)) else 0
        entry = f"the entry {tuple(int(i) for i in np.unravel_index(at, expected.shape))} " if expected.ndim else "it "
        shown = f"{entry}should be {value_text(float(truth[at]))} on a random draw; got {value_text(float(flat[at]))}"
        lengths = float(np.linalg.norm(flat)), float(np.linalg.norm(truth))
        if self.explanation is None and len(flat) > 2 and all(0 < length < np.inf for length in lengths):
            cosine = float(flat @ truth) / (lengths[0] * lengths[1])
            shown += f"; cosine with the right gradient {cosine:.2f}, length {lengths[0] / lengths[1]:.2f} of it"
        return shown

    def _explain(self) -> Explanation | None:
        """The simplest sets of mistakes that explain the term; sets of one size share the confidence."""
        for stage in (self._singles, self._pairs):
            found = list({frozenset(each.id for each in wrong): wrong for wrong in stage()}.values())
            if found:
                return Explanation(found[0], 1 / len(found))
        return None

    def _singles(self) -> Iterator[tuple[Wrong, ...]]:
        for wrong in self._problem.wrong:
            if self._matches(frozenset({wrong.id})):
                yield (wrong,)
        yield from self._generic(NO_BUGS)

    def _pairs(self) -> Iterator[tuple[Wrong, ...]]:
        for one, other in combinations(self._problem.wrong, 2):
            if self._matters(one) and self._matters(other) and self._matches(frozenset({one.id, other.id})):
                yield one, other
        for wrong in self._problem.wrong:
            if self._matters(wrong):
                for generic in self._generic(frozenset({wrong.id})):
                    yield wrong, *generic

    def _generic(self, bugs: Bugs) -> Iterator[tuple[Wrong, ...]]:
        """A factor, a transpose, a missing sum over the batch, or one of the last two with a factor."""
        plain = [draw.defined[self.name] for draw in self._draws]
        expected = [self._pair(draw, bugs)[1] for draw in self._draws]
        shapes = [(got.shape, truth.shape) for got, truth in zip(plain, expected, strict=True)]
        views: list[tuple[tuple[Wrong, ...], list[Array]]] = [((), plain)]
        if all(len(got) == 2 and got[::-1] == truth for got, truth in shapes):
            views.append(((TRANSPOSED,), [got.T for got in plain]))
        if all(len(got) > len(truth) and got[1:] == truth for got, truth in shapes):
            views.append(((SUM_MISSING,), [got.sum(axis=0) for got in plain]))
        for seen, got in views:
            if seen and all(map(_alike, got, expected)):
                yield seen
                return
            for wrong, value in factors_of(self._problem):
                scaled = [value(draw.sizes) * truth for draw, truth in zip(self._draws, expected, strict=True)]
                if all(map(_alike, got, scaled)) and any(np.any(truth) for truth in expected):
                    yield (*seen, *wrong)
                    return

    def _matches(self, bugs: Bugs) -> bool:
        return all(_alike(*self._pair(draw, bugs)) for draw in self._draws)

    def _matters(self, wrong: Wrong) -> bool:
        """Whether this mistake changes this term at all."""
        draw = self._draws[0]
        return not _alike(self._pair(draw, frozenset({wrong.id}))[1], self._pair(draw)[1])


def _letters(array: Array) -> list[int]:
    return [size for size in array.shape if size != 1]


def _misconceptions(terms: Sequence[_Term]) -> tuple[MisconceptionSeen, ...]:
    """Each mistake once, with the terms in which it shows."""
    seen: dict[str, tuple[Wrong, float, list[str]]] = {}
    for term in terms:
        for wrong in term.explanation.wrong if term.explanation else ():
            assert term.explanation is not None
            _, confidence, names = seen.setdefault(wrong.id, (wrong, 0.0, []))
            names.append(term.name)
            seen[wrong.id] = wrong, max(confidence, term.explanation.confidence), names
    return tuple(
        MisconceptionSeen(
            id=wrong.id,
            explanation=f"{', '.join(names)}: {wrong.explanation}",
            confidence=round(confidence, 3),
            probe=wrong.probe,
        )
        for wrong, confidence, names in seen.values()
    )
