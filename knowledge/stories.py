"""The candidate's own stories: which one is being told, and what the note says that the telling left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from knowledge.star_parts import PARTS, label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.models import Passage
    from knowledge.retrieval import Retriever

# Nobody tells a story in less; a sentence on its topic is not the story.
LEAST_WORDS = 20

# Measured on a candidate's notes with four stories: eight tellings in other words scored 0.50 and more, eleven other
# answers (other stories, theory, refusals) 0.39 and less, and no telling came within 0.2 of another story.
NEAR = 0.44
APART = 0.08

# How much the words that answer and note share count beside the cosine of their meanings.
_WORDS_COUNT = 0.5

_PARTS_COMPARED = 60
_WINDOW_WORDS = 150
_SAID = 0.5  # a line of the note with a sentence of the answer at this cosine has been said
_SAID_WITH_ITS_FIGURES = 0.3
_SAID_BUT_FOR_ITS_FIGURES = 0.75
_LEAST_LINE_WORDS = 3
# What is missed most comes first: a story without its Result is the commonest and costliest.
_ORDER = ("Result", "Reflection", "Task", "Situation", "Action", "")

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKS = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+(?:\[[ xX]\]\s+)?")


class Omission(NamedTuple):
    """Something that the note says and the answer does not.

    Attributes:
        part: Situation, Task, Action, Result or Reflection; "" where the note names none.
        text: the line of the note, without its list mark.
        numbers: the figures in it that the answer did not give.
    """

    part: str
    text: str
    numbers: tuple[str, ...]


def recognise(answer: str, retriever: Retriever) -> Passage | None:
    """Return the whole story of the candidate's notes that `answer` tells, its score the likeness; `None` for none.

    For answers to a behavioural question: a general remark on the topic of a story is near to it as well.
    """
    if len(answer.split()) < LEAST_WORDS:
        return None
    found = likeness(answer, retriever)
    if not found or found[0].score < NEAR:
        return None
    runner_up = found[1].score if len(found) > 1 else 0.0
    return found[0] if found[0].score - runner_up >= APART else None


def likeness(answer: str, retriever: Retriever) -> list[Passage]:
    """Return the candidate's stories, whole, with their likeness to `answer` (at most 1) as score, likest first.

    Likeness weighs the cosine to the story's parts (its nearest one and their mean, half and half) with the share of
    the answer's words that the story has too.
    """
    vector = _vector(answer, retriever)
    if vector is None:
        return []
    cosines: dict[tuple[str, int], list[float]] = {}
    stories: dict[tuple[str, int], Passage] = {}
    for part in retriever.nearest(vector, _PARTS_COMPARED, "stories"):
        story = retriever.section(part)
        cosines.setdefault((story.source, story.line), []).append(part.score)
        stories[story.source, story.line] = story
    words = set(retriever.terms(answer))
    scored = []
    for key, story in stories.items():
        meaning = (max(cosines[key]) + float(np.mean(cosines[key]))) / 2
        shared = len(words & set(retriever.terms(story.text))) / max(1, len(words))
        score = (meaning + _WORDS_COUNT * shared) / (1 + _WORDS_COUNT)
        scored.append(story.model_copy(update={"score": score}))
    return sorted(scored, key=lambda story: -story.score)


def omissions(answer: str, story: Passage, retriever: Retriever, most: int = 5) -> list[Omission]:
    """Return what the note has and the answer lacks, the weightiest first: what to add to the telling.

    Args:
        answer: the candidate's telling.
        story: the whole story, as `recognise` returns it.
        retriever: encodes both.
        most: how many at most.
    """
    lines = _lines(story.text)
    sentences = [sentence for sentence in _SENTENCE.split(answer) if sentence.strip()]
    if not lines or not sentences:
        return []
    vectors = retriever.encode([text for _, text in lines] + sentences)
    nearest = (vectors[: len(lines)] @ vectors[len(lines) :].T).max(axis=1)  # (lines,)
    given = set(_numbers(answer))
    found: list[tuple[int, float, Omission]] = []
    for (part, text), cosine in zip(lines, nearest.tolist(), strict=True):
        figures = _numbers(text)
        missing = tuple(number for number in figures if number not in given)
        needed = _SAID
        if figures:
            needed = _SAID_BUT_FOR_ITS_FIGURES if len(missing) == len(figures) else _SAID_WITH_ITS_FIGURES
        if cosine < needed:
            found.append((_ORDER.index(part), cosine, Omission(part, text, missing)))
    return [omission for _, _, omission in sorted(found, key=lambda row: row[:2])][:most]


def _vector(answer: str, retriever: Retriever) -> NDArray[np.float32] | None:
    """Return the mean direction of an answer's windows: the encoder reads only the beginning of a long text."""
    words = answer.split()
    windows = [" ".join(words[start : start + _WINDOW_WORDS]) for start in range(0, len(words), _WINDOW_WORDS)]
    if not windows:
        return None
    mean = retriever.encode(windows).mean(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length else None


def _lines(story: str) -> list[tuple[str, str]]:
    """Return the lines of a story that say something, each with the STAR part in which it stands."""
    found: list[tuple[str, str]] = []
    part = ""
    for line in _SENTENCE.split(story):
        named = label(line)
        part = named or part
        text = _MARKS.sub("", line).strip()
        if named and len(text) <= len(max(PARTS[named], key=len)) + 2:
            continue  # a heading
        if len(text.split()) >= _LEAST_LINE_WORDS and (part or found):
            found.append((part, text))
    return found


def _numbers(text: str) -> list[str]:
    """Return the figures of a text without thousands separators, so that "$2,000" and "2000" agree."""
    return [number.replace(",", "") for number in _NUMBER.findall(text)]
