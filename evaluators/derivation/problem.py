"""What a derivation problem is, and the catalogue of them: one file each under `evaluators/derivation/problems`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from evaluators.catalogue import Catalogue
from evaluators.coding.exercise import NO_BUGS, Bugs, Convention, Level, Wrong
from evaluators.derivation.expression import Array

Sizes = Mapping[str, int]
Values = Mapping[str, Array]

NOTATION = """
One formula a line, `name = formula`. You may define intermediate names, and use them in later lines.

- Python: `@` is the matrix product, `*` is entry by entry, `.T` transposes; `sum(x, axis=0)`, `mean`, `rowsum(x)` (over
  the last axis, which is kept), `exp`, `log`, `sqrt`, `softmax(x)`, `sigmoid`, `(z > 0)` as a mask of 0 and 1
- LaTeX: `\\frac{1}{n}`, `x^\\top y` (the product of matrices), `\\odot` (entry by entry), `\\sqrt{d}`, `\\hat{x}`,
  `\\mathbf{1}^\\top x` (the sum over the batch), `\\mathbb{1}[z > 0]`
"""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name with its shape in letters; a number has the shape ()."""

    name: str
    shape: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Problem:
    """A derivation problem.

    `draw(rng, sizes)` gives the value of each symbol; `gradients(values, bugs)` the targets, right or with the wrong
    versions of these ids. `sizes` are those of the draws: no two axes alike, no axis the same in all of them, so that a
    factor of n is not taken for one of d. `scale` names the axis whose root scales the scores, where there is one.
    """

    slug: str
    title: str
    topic: str
    level: Level
    task: str
    symbols: tuple[Symbol, ...]
    targets: tuple[Symbol, ...]
    sizes: tuple[Sizes, ...]
    draw: Callable[[np.random.Generator, Sizes], Mapping[str, Array | float]]
    gradients: Callable[[Values, Bugs], Mapping[str, Array]]
    wrong: tuple[Wrong, ...]
    hints: tuple[str, str, str]
    follow_ups: tuple[str, ...]
    source: str
    conventions: tuple[Convention, ...] = ()
    scale: str = ""
    minutes: int = 12

    @cached_property
    def signature(self) -> str:
        """The terms that are asked for, such as `dw, db`."""
        return ", ".join(target.name for target in self.targets)

    @cached_property
    def starter(self) -> str:
        """A file to start from: one line for each term, its shape behind it."""
        return "".join(f"{target.name} =    # {_shape(target).strip('`')}\n" for target in self.targets)

    @cached_property
    def statement(self) -> str:
        """The problem as the candidate reads it, Markdown."""
        given = "\n".join(f"| `{each.name}` | {_shape(each)} | {each.meaning} |" for each in self.symbols)
        wanted = "\n".join(f"- `{each.name}`, {_shape(each)}: {each.meaning}" for each in self.targets)
        return (
            f"# {self.title}\n\n{self.task.strip()}\n\n"
            f"## Given\n\n| name | shape | meaning |\n|---|---|---|\n{given}\n\n"
            f"## Wanted\n\n{wanted}\n\n## How to write it\n{NOTATION}"
        )

    def values(self, rng: np.random.Generator, sizes: Sizes) -> dict[str, Array]:
        """One draw: the symbols, the sizes of the axes by their letters, and `ones` as long as the first axis."""
        drawn: dict[str, Array] = {name: np.asarray(value, dtype=np.float64) for name, value in sizes.items()}
        drawn |= {name: np.asarray(value, dtype=np.float64) for name, value in self.draw(rng, sizes).items()}
        return drawn | {"ones": np.ones(next(iter(sizes.values())))}

    def expected(self, values: Values, bugs: Bugs = NO_BUGS) -> Mapping[str, Array]:
        """The targets on one draw, right or with these bugs."""
        with np.errstate(all="ignore"):
            return {name: np.asarray(value, dtype=np.float64) for name, value in self.gradients(values, bugs).items()}


def _shape(symbol: Symbol) -> str:
    if not symbol.shape:
        return "a number"
    return f"`({symbol.shape[0]},)`" if len(symbol.shape) == 1 else f"`({', '.join(symbol.shape)})`"


@cache
def load_derivations() -> Catalogue[Problem]:
    """The catalogue; reading one problem imports one file."""
    return Catalogue("evaluators.derivation.problems", "PROBLEM", "derivation", "interviewer exercises derivations")


def find_derivation(slug: str) -> Problem:
    """The problem of that slug.

    Raises:
        NotFoundError: no problem has that slug; the hint gives near ones.
    """
    return load_derivations().find(slug)
