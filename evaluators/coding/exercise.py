"""What a coding exercise is, and the catalogue of them.

An exercise is one file, `evaluators/exercises/<slug>.py`, that defines `EXERCISE`. Its reference takes a set of bug
flags, so that every known wrong version, and every pair of them, is the reference with one line changed: whoever reads
the file sees where the misconception lives. The catalogue imports a file only when its exercise is asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluators.catalogue import Catalogue
from evaluators.coding.readable import call_text, value_text

Array: TypeAlias = NDArray[Any]
Bugs: TypeAlias = frozenset[str]
Value: TypeAlias = Any
"""None, bool, int, float, str, an array, or a list, tuple or dict of these."""

NO_BUGS: Bugs = frozenset()

Level = Literal["junior", "senior", "staff"]

EDGE, TERM, CONCEPT, UNDONE = 0.15, 0.30, 0.45, 0.80
"""What a recognised misconception costs: an edge case or epsilon, a missing term, a misunderstood idea, a task that was
left undone."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the candidate's function, arguments by position. `name` says what it is there to show."""

    name: str
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong version that people really write: the reference with the flag `id`.

    `explanation` is what a kind senior colleague would say: the symptom, why it happens, what to check. `probe` is the
    question that an interviewer asks next; it points at the misconception without giving the fix away.
    """

    id: str
    explanation: str
    probe: str
    severity: float = CONCEPT


@dataclass(frozen=True, slots=True)
class Convention:
    """An accepted variant: the reference with the flag `id`. Full marks, and `name` says which convention was seen."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A property that every right answer has. `message` tells the candidate what broke; it needs no expected value."""

    name: str
    holds: Callable[[tuple[Value, ...], Value], bool | np.bool_]
    message: str


@dataclass(frozen=True, slots=True)
class Growth:
    """How time should grow: `arguments(n, rng)` builds a call of size n, `expected` is the claim in words.

    `exponent` is the steepest slope of log time over log n that still agrees with the claim.
    """

    expected: str
    exponent: float
    sizes: tuple[int, ...]
    arguments: Callable[[int, np.random.Generator], tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Broken:
    """What the candidate of a debugging exercise is handed.

    `code` is a file that does what the reference does with the flags `bugs`; replacing the first text of each pair of
    `fix` by the second makes it right, which the tests use to prove that it has no other fault. `symptom()` tells what
    is seen in practice; its numbers are measured by running the broken version when the statement is read.
    """

    code: str
    bugs: Bugs
    fix: tuple[tuple[str, str], ...]
    symptom: Callable[[], str]


@dataclass(frozen=True)
class Exercise:
    """A coding exercise. `reference` is called with the arguments of a case and the keyword `bugs`.

    `task` is Markdown: context, shapes, conventions. The worked example below it is computed from `example`.
    `observe(args, output)`, where given, maps an output to the quantities that are compared, for exercises that have
    more than one right output.
    """

    slug: str
    title: str
    topic: str
    level: Level
    task: str
    reference: Callable[..., Value]
    cases: Callable[[np.random.Generator], list[Case]]
    example: tuple[Value, ...]
    wrong: tuple[Wrong, ...]
    hints: tuple[str, str, str]
    follow_ups: tuple[str, ...]
    complexity: str
    source: str
    conventions: tuple[Convention, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    banned: tuple[str, ...] = ()
    growth: Growth | None = None
    observe: Callable[[tuple[Value, ...], Value], Value] | None = None
    minutes: int = 15
    broken: Broken | None = None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(name for name in inspect.signature(self.reference).parameters if name != "bugs")

    @cached_property
    def signature(self) -> str:
        """The line to start from, such as `def ridge(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:`."""
        signature = inspect.signature(self.reference)
        parameters = [
            f"{name}: {_annotation(parameter.annotation)}"
            for name, parameter in signature.parameters.items()
            if name != "bugs"
        ]
        return f"def {self.slug}({', '.join(parameters)}) -> {_annotation(signature.return_annotation)}:"

    @cached_property
    def starter(self) -> str:
        """A file to start from: the broken one, or one that defines the function and nothing else."""
        if self.broken is not None:
            return self.broken.code.lstrip()
        return f'import numpy as np\n\n\n{self.signature}\n    """{self.title}."""\n    raise NotImplementedError\n'

    @cached_property
    def statement(self) -> str:
        """The exercise as the candidate reads it, Markdown, with the worked example."""
        call = call_text(self.slug, self.parameters, self.example)
        result = value_text(self.variant(self.example))
        return (
            f"# {self.title}\n\n{self.task.strip()}\n\n{self._handed_over}"
            f"## Signature\n\n```python\n{self.signature}\n```\n\n"
            f"## Example\n\n```python\n>>> {call}\n{result}\n```\n\n{self._allowed}"
        )

    @property
    def _handed_over(self) -> str:
        if self.broken is None:
            return ""
        with np.errstate(all="ignore"):
            symptom = self.broken.symptom().strip()
        return f"## What is seen\n\n{symptom}\n\n## The code\n\n```python\n{self.starter.rstrip()}\n```\n\n"

    @property
    def _allowed(self) -> str:
        allowed = "NumPy, or PyTorch where it is installed; send the imports, too."
        if self.banned:
            allowed += f" Not allowed, since they hold the answer: {', '.join(f'`{name}`' for name in self.banned)}."
        return allowed

    def variant(self, args: tuple[Value, ...], bugs: Bugs = NO_BUGS) -> Value:
        """What the reference, or its version with these bugs, returns. Overflow and 0/0 give inf and nan in silence."""
        with np.errstate(all="ignore"):
            return self.reference(*args, bugs=bugs)

    def observed(self, args: tuple[Value, ...], output: Value) -> Value:
        """The part of an output that is compared."""
        return output if self.observe is None else self.observe(args, output)


def _annotation(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return text.replace("Array", "np.ndarray")


@cache
def load_exercises() -> Catalogue[Exercise]:
    """The catalogue; reading one exercise imports one file."""
    return Catalogue("evaluators.exercises", "EXERCISE", "exercise", "interviewer exercises")


def find_exercise(slug: str) -> Exercise:
    """The exercise of that slug.

    Raises:
        NotFoundError: no exercise has that slug; the hint gives near ones.
    """
    return load_exercises().find(slug)
