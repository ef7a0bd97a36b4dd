"""A 45-minute interview as the speaking model is told of it: short, with the facts, always beginning the same way."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from interviewer.events import Answered, AnyEvent, Asked, Move, Planned, Scored, Setup, Started
from interviewer.model.wire import in_turns
from interviewer.state import State, advance
from interviewer.voices.model import ModelVoice
from interviewer.voices.offline import OfflineVoice
from interviewer.voices.transcript import told_earlier, told_here
from knowledge.library import Library

MOST_TOKENS = 3_200
"""Of one request, at four characters a token; the whole transcript of this interview is more than twice that."""

ROUNDS = ["warm-up", "technical", "technical", "technical", "behavioural", "behavioural", "design"]
TURNS = {"design": 9}
PADDING = (
    "So the way I would think about it is that one has to weigh the cost of being wrong against the cost of waiting,"
    " and that depends on who reads the result and what they do with it. In our team we mostly talked it through with"
    " the people downstream before we changed anything, and wrote the reasons down for whoever came next. "
)


def answer(question: int, turn: int) -> str:
    return f"{PADDING * 2}We measured {100 * question + turn} requests a second in that part. {PADDING}"


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


@pytest.fixture(scope="module")
def events(bank: Library) -> list[AnyEvent]:
    """Seven questions, each answered in several messages with a follow-up after each."""
    by_round: dict[str, list[Any]] = {}
    for question in sorted(bank.questions.values(), key=lambda q: q.id):
        by_round.setdefault(question.round, []).append(question)
    asked = [by_round[round_].pop(0) for round_ in ROUNDS]
    plan = tuple(Planned(question_id=question.id, minutes=6) for question in asked)
    happened: list[AnyEvent] = [Started(setup=Setup(minutes=45, seed=3, engine="llm"), plan=plan)]
    for number, question in enumerate(asked, 1):
        move = Move(kind="question", question_id=question.id)
        happened.append(Asked(move=move, text=question.text, voice="llm:fake"))
        targets = [p.id for p in question.key_points] or [c.id for c in bank.rubric_for(question).criteria]
        for turn in range(1, TURNS.get(question.round, 3) + 1):
            happened.append(Answered(question_id=question.id, text=answer(number, turn), kind="answer"))
            probe = Move(kind="probe", question_id=question.id, target=targets[turn % len(targets)])
            happened.append(Asked(move=probe, text="And then?", voice="llm:fake"))
    return happened


class Listening:
    """Keeps what it is shown."""

    name = "fake"

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def stream(self, purpose: str, prompt: str, messages: Sequence[tuple[Any, str]]) -> AsyncIterator[str]:
        system, told = in_turns(messages)
        self.shown.append(f"{system[1]}\n\n{told[1]}")
        yield "Thank you."


async def requests(bank: Library, events: Sequence[AnyEvent]) -> list[tuple[State, str]]:
    """Every request of the interview, with the state that it was made in."""
    model, state, made = Listening(), State(), []
    voice = ModelVoice(model, OfflineVoice(bank), bank, lambda: pytest.fail("nothing is encoded"))  # type: ignore[arg-type]
    for event in events:
        if isinstance(event, Asked):
            _ = [piece async for piece in voice.words(state, event.move, ())]
            made.append((state, model.shown[-1]))
        state = advance(state, event)
    return made


async def test_the_request_stays_short_and_keeps_the_figures(bank: Library, events: list[AnyEvent]) -> None:
    made = await requests(bank, events)
    said = sum(len(event.text) for event in events if isinstance(event, Answered))
    assert said / 4 > 2 * MOST_TOKENS
    assert max(len(request) / 4 for _, request in made) < MOST_TOKENS
    state, last = made[-1]
    assert len(state.questions) == len(ROUNDS)
    for number in range(1, len(ROUNDS)):  # of each earlier question something that was said, and with its figure
        assert any(f"{100 * number + turn} requests" in last for turn in range(1, 4)), number
        assert " ".join(bank.question(state.questions[number - 1].question_id).text.split())[:60] in last
    for turn in range(1, TURNS["design"] + 1):  # of the question under way every figure
        assert f"{100 * len(ROUNDS) + turn} requests" in last
    assert last.count(PADDING.strip()[:60]) < 2 * TURNS["design"]


async def test_recent_messages_are_told_word_for_word(bank: Library, events: list[AnyEvent]) -> None:
    for state, request in await requests(bank, events):
        if state.current is not None and len(state.current.messages) > 1:
            assert state.current.messages[-2].text.strip() in request


async def test_a_request_begins_as_the_one_before_it(bank: Library, events: list[AnyEvent]) -> None:
    made = await requests(bank, events)
    for (before, first), (after, second) in itertools.pairwise(made[1:]):
        common = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
        if len(before.questions) == len(after.questions):  # up to the question and what was said on it
            assert common > first.index("The question on the table")
        lines = told_earlier(before, bank, OfflineVoice(bank).asked_for)
        assert told_earlier(after, bank, OfflineVoice(bank).asked_for).startswith(lines)
        assert common >= first.find(lines) + len(lines)


def test_what_was_said_here_is_only_added_to_until_it_is_shortened(events: list[AnyEvent]) -> None:
    state, told, broken = State(), "", 0
    for event in events:
        state = advance(state, event)
        if isinstance(event, Asked) and event.move.kind == "probe" and len(state.questions) == len(ROUNDS):
            now = told_here(state)
            broken += not now.startswith(told)
            told = now
    assert broken <= 2


async def test_a_score_changes_nothing_that_the_voice_is_told(bank: Library, events: list[AnyEvent]) -> None:
    from evaluators.score import Score

    state = State()
    for event in events:
        state = advance(state, event)
    asked_for = OfflineVoice(bank).asked_for
    before = told_earlier(state, bank, asked_for)
    first = state.questions[0].question_id
    after = advance(
        state, Scored(question_id=first, score=Score(overall=1.0, band=None, criteria=(), engine="ensemble"))
    )
    assert told_earlier(after, bank, asked_for) == before


def test_nothing_secret_is_told_of_earlier_questions(bank: Library, events: list[AnyEvent]) -> None:
    state = State()
    for event in events:
        state = advance(state, event)
    told = told_earlier(state, bank, OfflineVoice(bank).asked_for)
    for past in state.questions:
        question = bank.question(past.question_id)
        for point in question.key_points:
            assert point.text not in told
            assert point.hint not in told or not point.hint
