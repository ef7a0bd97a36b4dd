"""What a coding question hands out, by one slug: an exercise, or a derivation.

The code of an exercise is run; formulas are not. No derivation has the slug of an exercise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evaluators.coding.exercise import find_exercise, load_exercises
from evaluators.derivation.problem import find_derivation, load_derivations

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluators.code import CodeGrader
    from evaluators.verdict import Verdict


class Task(Protocol):
    """What both kinds have in common."""

    @property
    def statement(self) -> str:
        """Markdown, as the candidate reads it."""
        ...

    @property
    def starter(self) -> str:
        """A file to start from."""
        ...


def task_slugs() -> list[str]:
    """The slugs of all exercises and derivations."""
    return [*load_exercises(), *load_derivations()]


def is_derivation(slug: str) -> bool:
    """Whether the slug is that of a derivation."""
    return slug in load_derivations()


def find_task(slug: str) -> Task:
    """The exercise or derivation of that slug.

    Raises:
        NotFoundError: there is none.
    """
    return find_derivation(slug) if is_derivation(slug) else find_exercise(slug)


def grade_task(slug: str, text: str, grader: Callable[[], CodeGrader]) -> Verdict:
    """The verdict on what was handed in; the grader of code is made only when there is code to run.

    Raises:
        NotFoundError: no task has that slug.
        TooLargeError: the formulas are more than any derivation.
        SandboxError: code cannot be run here.
    """
    if is_derivation(slug):
        from evaluators.derivation.grading import grade_derivation

        return grade_derivation(slug, text)
    return grader().grade(slug, text)
