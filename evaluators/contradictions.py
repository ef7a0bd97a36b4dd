"""What in a question of a pack works against itself: signs of a misconception that its own truths show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evaluators.text.evidence import sentences
from evaluators.text.signs import Sentence
from knowledge.models import LEVELS, Misconception, Question


class Contradiction(NamedTuple):
    """Where in the question it stands, as keys and positions, and what is wrong."""

    location: tuple[str | int, ...]
    why: str


def contradictions(question: Question) -> Iterator[Contradiction]:
    """Yield the misconceptions whose signs do not show in their statement, or show in something true.

    A statement without its signs is never found; a key point, a correction or a step of the ladder that shows them
    accuses the candidate who says it. A misconception without signs is known by its words, and nothing is yielded.
    """
    truths = [(f"the key point {one.id!r}", text) for one in question.key_points for text in (one.text, *one.also)]
    truths += [(f"the correction of {wrong.id!r}", wrong.correction) for wrong in question.misconceptions]
    if question.ladder is not None:
        truths += [(f"the ladder for {level}", getattr(question.ladder, level)) for level in LEVELS]
    for position, wrong in enumerate(question.misconceptions):
        if not wrong.signs:
            continue
        at = ("misconceptions", position, "signs")
        if _showing(wrong, wrong.statement) is None:
            yield Contradiction(at, f"the statement of {wrong.id!r} does not show them in any one sentence")
        for name, text in truths:
            if (shown := _showing(wrong, text)) is not None:
                yield Contradiction(at, f"{name}, which is true, shows those of {wrong.id!r}: “{shown}”")


def _showing(wrong: Misconception, text: str) -> str | None:
    """Return the sentence that states the misconception by its signs."""
    for start, end in sentences(text):
        sentence = Sentence(text[start:end])
        if sentence.shows(wrong.signs, wrong.unless) and not sentence.reported:
            return text[start:end].strip()
    return None
