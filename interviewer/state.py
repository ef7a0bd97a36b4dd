"""Where an interview stands: `replay(events)`. Nothing else holds state, so resuming is replaying."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import chain, repeat
from typing import Any, Literal, TypeVar

from pydantic import Field

from evaluators.coding.fenced import words_around
from evaluators.score import Score
from evaluators.verdict import Verdict
from interviewer.events import (
    Answered,
    AnyEvent,
    Asked,
    Ended,
    MessageKind,
    Move,
    Planned,
    Ran,
    Resumed,
    Scored,
    Setup,
    Started,
    Understood,
)
from interviewer.pacing import exchange_minutes, spoken_minutes
from interviewer.quoting import says_nothing, statements
from knowledge.models import Frozen

SUBSTANCE: frozenset[MessageKind] = frozenset({"answer", "thinking_aloud", "pushback"})
"""Kinds of message that are part of the answer."""

ASKING = frozenset({"question", "probe", "challenge"})
"""Kinds of move that the candidate is to answer."""

MAX_ATTEMPTS = 3

_EXPLAINS = 20
"""Words around code from which on they explain it, rather than announce it."""

_BETWEEN = "\n\n"

_GAIN = 0.2
"""An overall score that rises by less has not moved: any words share a little with any key point."""


class QuestionState(Frozen):
    """One question that was asked, and everything that happened on it."""

    question_id: str
    minutes: float
    spent: float = 0.0
    moves: tuple[Move, ...] = ()
    messages: tuple[Answered, ...] = ()
    asked_for: tuple[str, ...] = ()
    """For each message the target of the follow-up that it came after; empty where the question itself stood."""
    score: Score | None = None
    verdicts: tuple[Verdict, ...] = ()
    graded: tuple[int, ...] = ()
    """For each verdict which message it is about."""
    fruitless: int = 0
    """Follow-ups in a row that brought nothing new."""

    @property
    def answer(self) -> str:
        """What the candidate said to the matter, joined by an empty line; "I don't know" only if there is no more."""
        return _BETWEEN.join(text for text, _ in self._told)

    @property
    def follow_ups(self) -> tuple[tuple[int, str], ...]:
        """Where in `answer` each reply to a follow-up begins, and that follow-up's target."""
        found, start = [], 0
        for text, target in self._told:
            if start and target:
                found.append((start, target))
            start += len(text) + len(_BETWEEN)
        return tuple(found)

    @property
    def _told(self) -> list[tuple[str, str]]:
        messages = zip(self.messages, chain(self.asked_for, repeat("")), strict=False)
        said = [(text, target) for message, target in messages if (text := _said(message))]
        return said or [(m.text, "") for m in self.messages if m.kind == "dont_know"]

    @property
    def attempts(self) -> int:
        """Attempts used; a fault of ours made no verdict, so it used none."""
        return sum(number > 0 for number, _ in numbered(self.verdicts))

    @property
    def counted(self) -> tuple[Verdict, str] | None:
        """The verdict that counts, with its code: the last that was run; where none was, the last."""
        if not self.verdicts:
            return None
        run = [at for at, verdict in enumerate(self.verdicts) if verdict.was_run and not verdict.unreadable]
        at = run[-1] if run else len(self.verdicts) - 1
        return self.verdicts[at], self.messages[self.graded[at]].text

    @property
    def was_run(self) -> bool:
        """Whether there is a verdict on the last message."""
        return bool(self.graded) and self.graded[-1] == len(self.messages) - 1

    @property
    def hints(self) -> int:
        """Hints taken."""
        return sum(move.kind == "hint" for move in self.moves)

    @property
    def probed(self) -> tuple[str, ...]:
        """Targets of the probes made so far."""
        return tuple(move.target for move in self.moves if move.kind == "probe")

    @property
    def challenged(self) -> tuple[str, ...]:
        """Targets of the challenges made so far."""
        return tuple(move.target for move in self.moves if move.kind == "challenge")

    @property
    def facts_asked(self) -> tuple[str, ...]:
        """Scenario facts that the candidate asked for, each once, in order."""
        targets = (t for move in self.moves if move.kind == "answer" for t in move.target.split(",") if t)
        return tuple(dict.fromkeys(targets))

    @property
    def skipped(self) -> bool:
        """Whether the candidate skipped it without a word to the matter."""
        return any(m.kind == "skip" for m in self.messages) and not self.answer and not self.verdicts

    def count(self, kind: MessageKind) -> int:
        """Return how many messages of this kind the candidate sent here."""
        return sum(message.kind == kind for message in self.messages)


class State(Frozen):
    """The interview after `seq` events."""

    seq: int = 0
    setup: Setup = Setup()
    versions: dict[str, str] = Field(default_factory=dict)
    """What was in force when it began."""
    plan: tuple[Planned, ...] = ()
    questions: tuple[QuestionState, ...] = ()
    minutes: float = 0.0
    standing: Asked | None = None
    """What the candidate is to answer now: the last question, probe or challenge."""
    last: Asked | None = None
    """What the interviewer said last."""
    pending: Answered | None = None
    """The candidate's message that is not answered yet."""
    ended: Literal["finished", "stopped", "out_of_time", "out_of_answers"] | None = None

    @property
    def current(self) -> QuestionState | None:
        """The question under way."""
        return self.questions[-1] if self.questions else None

    @property
    def remaining(self) -> float:
        """Minutes left of those that the candidate asked for."""
        return max(0.0, self.setup.minutes - self.minutes)

    def question(self, question_id: str) -> QuestionState | None:
        """Return the state of a question that was asked, or None."""
        return next((q for q in self.questions if q.question_id == question_id), None)


_Record = TypeVar("_Record", QuestionState, State)


def numbered(verdicts: Sequence[Verdict]) -> list[tuple[int, Verdict]]:
    """Return each verdict with the number of its attempt; 0 for the first that could not be read, which is free."""
    free = next((at for at, verdict in enumerate(verdicts) if verdict.unreadable), len(verdicts))
    return [(0 if at == free else at + (at < free), verdict) for at, verdict in enumerate(verdicts)]


def _said(message: Answered) -> str:
    """Return what a message says to the matter: of code, the words around it when they are an explanation.

    A bare "Let me think." or "I disagree." is heard, and is no part of the answer that is scored. What is told along
    with a question is.
    """
    if message.kind == "code":
        around = words_around(message.text)
        return around if len(around.split()) >= _EXPLAINS else ""
    if message.kind == "clarifying_question":
        return statements(message.text)
    if message.kind != "answer" and says_nothing(message.text):
        return ""
    return message.text if message.kind in SUBSTANCE else ""


def _with(record: _Record, **changes: Any) -> _Record:
    return record.model_copy(update=changes)


def replay(events: Iterable[AnyEvent], start: State | None = None) -> State:
    """Return the state after `events`, beginning at `start`."""
    return reduce(advance, events, start or State())


def advance(state: State, event: AnyEvent) -> State:
    """Return the state after one more event."""
    state = _with(state, seq=state.seq + 1)
    match event:
        case Started():
            return _with(state, setup=event.setup, versions=event.versions, plan=event.plan)
        case Answered():
            return _answered(state, event)
        case Understood():
            return _understood(state, event.kind)
        case Scored(occasion="turn"):
            return _on(state, event.question_id, lambda q: _scored(q, event.score))
        case Scored(occasion="regrade"):  # it changes what was achieved, not what the interviewer makes of it
            return _on(state, event.question_id, lambda q: _with(q, score=event.score))
        case Ran():
            return _on(state, event.question_id, lambda q: _ran(q, event.verdict))
        case Asked():
            return _asked(state, event)
        case Resumed():
            return _with(state, ended=None)
        case Ended():
            return _with(state, ended=event.reason, pending=None)
        case _:
            return state


def _answered(state: State, event: Answered) -> State:
    took = exchange_minutes(state.last.text if state.last else "", event.text, event.seconds)

    def heard(question: QuestionState) -> QuestionState:
        return _with(
            question,
            messages=(*question.messages, event),
            asked_for=(*question.asked_for, _follow_up(question)),
            spent=question.spent + took,
            fruitless=question.fruitless + _empty_handed(question, event.kind),
        )

    state = _with(state, pending=event, minutes=state.minutes + took)
    return _on(state, event.question_id, heard)


def _understood(state: State, kind: MessageKind) -> State:
    """The pending message is of another kind than it seemed."""
    before = state.pending
    if before is None:
        return state
    after = before.model_copy(update={"kind": kind})

    def heard(question: QuestionState) -> QuestionState:
        change = _empty_handed(question, kind) - _empty_handed(question, before.kind)
        return _with(question, messages=(*question.messages[:-1], after), fruitless=question.fruitless + change)

    return _on(_with(state, pending=after), before.question_id, heard)


def _empty_handed(question: QuestionState, kind: MessageKind) -> int:
    """1 when a follow-up was answered by "I don't know"."""
    return int(kind == "dont_know" and _last_asking(question) in {"probe", "challenge"})


def _scored(question: QuestionState, score: Score) -> QuestionState:
    fruitless = question.fruitless
    latest = question.messages[-1] if question.messages else None
    answered = latest is not None and latest.kind in SUBSTANCE and (latest.kind == "answer" or _said(latest) != "")
    if answered and _last_asking(question) == "probe":
        fruitless = 0 if _gained(question.score, score) else fruitless + 1
    return _with(question, score=score, fruitless=fruitless)


def _ran(question: QuestionState, verdict: Verdict) -> QuestionState:
    at = max(0, len(question.messages) - 1)
    return _with(question, verdicts=(*question.verdicts, verdict), graded=(*question.graded, at))


def _asked(state: State, event: Asked) -> State:
    took = spoken_minutes(event.text)
    move = event.move
    state = _with(
        state,
        last=event,
        pending=None,
        minutes=state.minutes + took,
        standing=event if move.kind in ASKING else state.standing,
    )
    if move.kind == "question" and move.question_id is not None:
        slot = len(state.questions)
        # An interview of an earlier version has its minutes in the plan alone.
        minutes = move.minutes or (state.plan[slot].minutes if slot < len(state.plan) else 0.0)
        opened = QuestionState(question_id=move.question_id, minutes=minutes, moves=(move,), spent=took)
        return _with(state, questions=(*state.questions, opened))
    if move.question_id is None:
        return state
    return _on(state, move.question_id, lambda q: _with(q, moves=(*q.moves, move), spent=q.spent + took))


def _gained(before: Score | None, after: Score) -> bool:
    if before is None or before.overall is None or after.overall is None:
        return after.overall is not None
    if after.overall >= before.overall + _GAIN:
        return True
    earlier = {c.criterion: c.score or 0 for c in before.criteria}
    return any((c.score or 0) > earlier.get(c.criterion, 0) for c in after.criteria)


def _last_asking(question: QuestionState) -> str:
    return next((move.kind for move in reversed(question.moves) if move.kind in ASKING), "")


def _follow_up(question: QuestionState) -> str:
    """Return the target of the follow-up that stands; empty when the question itself does."""
    move = next((move for move in reversed(question.moves) if move.kind in ASKING), None)
    return "" if move is None or move.kind == "question" else move.target


def _on(state: State, question_id: str, change: Callable[[QuestionState], QuestionState]) -> State:
    """Return the state with one question changed; unchanged when that question was never asked."""
    for position in range(len(state.questions) - 1, -1, -1):
        if state.questions[position].question_id == question_id:
            changed = change(state.questions[position])
            return _with(state, questions=(*state.questions[:position], changed, *state.questions[position + 1 :]))
    return state
