"""One story told to two questions of an interview: whether it is, for which question it was told, and what is new.

Words decide, by the content that they carry: the share of what is told now that was told before. Of twelve retellings
in other words eleven share .70 to .88 with the first telling; of nine other stories that begin with two sentences of
the first one's context, or play in the same project, none shares more than .53, and of 4,032 pairs of different stories
none more than .51. The retelling that is missed says everything in new words (.48).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluators.text.gates import READ
from evaluators.text.language import content, stem
from interviewer.state import QuestionState, State
from knowledge.library import Library

RETOLD = "story_retold"
"""The flag of an answer that was told to an earlier question."""

SHARE = 0.6
LEAST = 20
"""Different content words, about forty words of speech: of less it cannot be said what it tells."""


class Earlier(NamedTuple):
    """What was told to an earlier question."""

    asked: str
    answer: str


def earlier_stories(state: State, question_id: str, library: Library) -> tuple[Earlier, ...]:
    """Return what was told to the behavioural questions before this one; empty when it is none itself."""
    if not _asks_for_a_story(question_id, library):
        return ()
    ids = [question.question_id for question in state.questions]
    before = state.questions[: ids.index(question_id)] if question_id in ids else ()
    return tuple(
        Earlier(library.question(one.question_id).text.strip(), one.answer)
        for one in before
        if _asks_for_a_story(one.question_id, library) and one.answer.strip()
    )


def told_before(current: QuestionState, earlier: Sequence[Earlier]) -> Earlier | None:
    """Return the earlier story that is told again: by all that was said, or by a reply to the question itself."""
    texts = [current.answer, *(text for text, _ in _replies(current))]
    found = ((_share(text, one.answer), one) for one in earlier for text in texts)
    share, story = max(found, key=lambda pair: pair[0], default=(0.0, None))
    return story if share >= SHARE else None


def what_is_new(current: QuestionState, earlier: Sequence[Earlier]) -> QuestionState:
    """Return the question with the replies that tell an earlier story blanked; places in the answer stay the same."""
    again = [
        position for text, position in _replies(current) if any(_share(text, one.answer) >= SHARE for one in earlier)
    ]
    messages = tuple(
        message.model_copy(update={"text": " " * len(message.text)}) if position in again else message
        for position, message in enumerate(current.messages)
    )
    return current.model_copy(update={"messages": messages})


def _replies(current: QuestionState) -> list[tuple[str, int]]:
    """The answers to the question itself, not to its follow-ups, and which message each is."""
    pairs = zip(current.messages, current.asked_for, strict=False)
    return [(m.text, n) for n, (m, target) in enumerate(pairs) if m.kind == "answer" and not target]


def _share(text: str, earlier: str) -> float:
    told, before = ({stem(word) for word in content(each[:READ])} for each in (text, earlier))
    return len(told & before) / len(told) if len(told) >= LEAST else 0.0


def _asks_for_a_story(question_id: str, library: Library) -> bool:
    question = library.questions.get(question_id)
    return question is not None and question.round == "behavioural"
