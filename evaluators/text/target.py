"""What a technical answer is measured against: key points and misconceptions, of the bank or from a reference."""

from __future__ import annotations

from dataclasses import dataclass

from evaluators.text.evidence import sentences
from evaluators.text.language import content
from knowledge.models import Level, Question

FEWEST_WORDS = 4  # content words of a statement that stands for itself; shorter ones join their neighbour
MOST_STATEMENTS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a good answer says."""

    id: str
    text: str
    anchors: tuple[str, ...] = ()
    weight: float = 1.0
    core: bool = False
    level: Level = "junior"
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong claim that people really make, and what is true."""

    id: str
    statement: str
    correction: str = ""
    signs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A question with what its answer is measured against.

    Attributes:
        question: its text; what it says itself earns nothing.
        points: the key points.
        wrongs: the misconceptions.
        reference: the reference answer, when the points were split from one; then each point weighs as much as it says.
        level: points above it count as a bonus only.
    """

    question: str
    points: tuple[Point, ...]
    wrongs: tuple[Wrong, ...] = ()
    reference: str = ""
    level: Level = "senior"


def from_question(question: Question, level: Level | None = None) -> Target:
    """Return what an answer to a question of the bank is measured against at `level` (the question's own if None)."""
    points = tuple(Point(p.id, p.text, p.anchors, p.weight, p.core, p.level, p.also) for p in question.key_points)
    wrongs = tuple(Wrong(m.id, m.statement, m.correction, m.signs, m.unless) for m in question.misconceptions)
    return Target(question.text, points, wrongs, level=level or question.level)


def from_reference(question: str, reference: str, wrongs: tuple[Wrong, ...] = ()) -> Target:
    """Return a target whose points are the statements of a reference answer."""
    return Target(question, tuple(statements(reference)), wrongs, reference=reference)


def statements(reference: str) -> list[Point]:
    """Return the sentences of a reference as points, at most twelve; scraps join the sentence before them."""
    parts: list[tuple[int, int]] = []
    for span in sentences(reference):
        if parts and (len(content(reference[slice(*span)])) < FEWEST_WORDS or len(parts) == MOST_STATEMENTS):
            parts[-1] = (parts[-1][0], span.end)
        elif len(parts) == 1 and len(content(reference[slice(*parts[0])])) < FEWEST_WORDS:
            parts[0] = (parts[0][0], span.end)
        else:
            parts.append((span.start, span.end))
    return [Point(f"statement_{number}", reference[start:end]) for number, (start, end) in enumerate(parts, 1)]
