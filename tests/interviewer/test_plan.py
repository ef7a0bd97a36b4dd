"""Plans keep to their minutes, differ by seed, repeat by seed; the next question follows what was shown."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from evaluators.score import Score
from interviewer.events import Answered, Asked, Move, Planned, Scored, Setup, Started
from interviewer.plan import LEAST_MINUTES, make_plan, next_question, shown_level
from interviewer.state import State, replay
from knowledge.library import Library
from knowledge.models import LEVELS, ROUNDS


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


@pytest.mark.parametrize("minutes", [3, 10, 20, 30, 45, 60, 90, 180])
@pytest.mark.parametrize("round_", ["mixed", *ROUNDS])
def test_a_plan_fits_into_its_minutes(bank: Library, round_: Any, minutes: float) -> None:
    for seed in range(20):
        plan = make_plan(Setup(round=round_, minutes=minutes), bank, seed)
        assert plan
        assert sum(p.minutes for p in plan) <= minutes
        assert len({p.question_id for p in plan}) == len(plan)
        if round_ != "mixed":
            assert {bank.question(p.question_id).round for p in plan} == {round_}


def test_a_loop_of_45_minutes_has_every_round_and_no_part_eats_it(bank: Library) -> None:
    for seed in range(50):
        plan = make_plan(Setup(minutes=45), bank, seed)
        spent = {r: sum(p.minutes for p in plan if bank.question(p.question_id).round == r) for r in ROUNDS}
        present = {r for r in ROUNDS if any(q.round == r for q in bank.questions.values())}
        assert {r for r in ROUNDS if spent[r]} == present
        assert max(spent.values()) <= 20
        assert all(spent[r] >= LEAST_MINUTES[r] for r in present)
        assert bank.question(plan[0].question_id).round == "warm-up"


def test_the_same_seed_gives_the_same_plan_and_others_do_not(bank: Library) -> None:
    plans = [make_plan(Setup(minutes=45), bank, seed) for seed in range(200)]
    assert plans == [make_plan(Setup(minutes=45), bank, seed) for seed in range(200)]
    assert len(set(plans)) == 200


def test_the_order_of_files_does_not_matter(bank: Library) -> None:
    turned = Library(dict(reversed(bank.questions.items())), bank.rubrics, bank.scenarios)
    assert make_plan(Setup(), turned, 4) == make_plan(Setup(), bank, 4)


@pytest.mark.parametrize("level", LEVELS)
def test_questions_are_mostly_of_the_level_and_topics_do_not_repeat(bank: Library, level: Any) -> None:
    asked = [
        bank.question(p.question_id)
        for seed in range(40)
        for p in make_plan(Setup(round="technical", level=level, minutes=45), bank, seed)
    ]
    apart = [abs(LEVELS.index(q.level) - LEVELS.index(level)) for q in asked]
    assert sum(distance <= 1 for distance in apart) / len(apart) > 0.9
    technical = [q for q in bank.questions.values() if q.round == "technical"]
    by_chance = sum(q.level == level for q in technical) / len(technical)
    assert sum(distance == 0 for distance in apart) / len(apart) > by_chance
    for seed in range(40):
        plan = make_plan(Setup(round="technical", level=level, minutes=30), bank, seed)
        topics = [bank.question(p.question_id).topic for p in plan]
        assert all(a != b for a, b in pairwise(topics))


def after_scores(library: Library, *overalls: float | None) -> State:
    ids = ["first", "second", "third"]
    plan = tuple(Planned(question_id=i, minutes=6) for i in ids)
    events: list[Any] = [Started(setup=Setup(round="technical", level="senior"), plan=plan)]
    for question, overall in zip(ids, overalls, strict=False):
        events.append(Asked(move=Move(kind="question", question_id=question), text=""))
        events.append(Scored(question_id=question, score=Score(overall=overall, band=None, engine="offline")))
    return replay(events)


@pytest.mark.parametrize(
    ("overalls", "level", "question"),
    [
        ((), "senior", "first"),
        ((3.0,), "senior", "second"),
        ((4.5,), "staff", "hard"),
        ((0.5,), "junior", "easy"),
        ((0.5, 4.5), "senior", "third"),
        ((None,), "senior", "second"),
        ((4.2, 4.8), "staff", "hard"),
    ],
)
def test_difficulty_follows_what_was_shown(
    library: Library, overalls: tuple[float | None, ...], level: str, question: str | None
) -> None:
    state = after_scores(library, *overalls)
    assert shown_level(state, library) == level
    following = next_question(state, library)
    assert following is not None
    assert following.question_id == question


def at_the_end_of(setup: Setup, library: Library, *answers: float) -> State:
    """An interview whose plan has been gone through, each answer taking so many minutes."""
    plan = make_plan(setup, library, setup.seed)
    events: list[Any] = [Started(setup=setup, plan=plan)]
    for planned, minutes in zip(plan, (*answers, *[answers[-1]] * len(plan)), strict=False):
        move = Move(kind="question", question_id=planned.question_id, minutes=planned.minutes)
        events.append(Asked(move=move, text=""))
        events.append(Answered(question_id=planned.question_id, text="x", kind="answer", seconds=60 * minutes))
    return replay(events)


@pytest.mark.parametrize("round_", ["mixed", "technical", "coding", "design", "behavioural"])
def test_who_is_ahead_of_the_plan_gets_more_that_fits_and_is_new(bank: Library, round_: Any) -> None:
    for seed in range(20):
        setup = Setup(round=round_, minutes=40, seed=seed)
        state = at_the_end_of(setup, bank, 1.0)
        further = next_question(state, bank)
        assert further is not None
        question = bank.question(further.question_id)
        assert further.question_id not in {q.question_id for q in state.questions}
        assert question.round in {bank.question(q.question_id).round for q in state.questions}
        assert question.round != "warm-up"
        assert LEAST_MINUTES[question.round] <= further.minutes <= min(question.minutes, state.remaining)


def test_a_coding_round_of_a_quarter_of_an_hour_has_room_for_a_second_exercise(bank: Library) -> None:
    setup = Setup(round="coding", minutes=15)
    assert next_question(at_the_end_of(setup, bank, 5.0), bank) is not None
    assert next_question(at_the_end_of(setup, bank, 10.0), bank) is None


def test_who_skips_everything_is_not_asked_the_whole_bank(bank: Library) -> None:
    setup = Setup(round="technical", minutes=45)
    plan = make_plan(setup, bank, setup.seed)
    events: list[Any] = [Started(setup=setup, plan=plan)]
    while (planned := next_question(replay(events), bank)) is not None:
        move = Move(kind="question", question_id=planned.question_id, minutes=planned.minutes)
        events.append(Asked(move=move, text=""))
    assert len(replay(events).questions) == 2 * len(plan)


def test_an_adapted_question_keeps_the_minutes_of_its_place(library: Library) -> None:
    following = next_question(after_scores(library, 5.0), library)
    assert following is not None
    assert following.minutes == 6


@pytest.mark.parametrize("round_", ["technical", "coding", "design", "behavioural"])
@pytest.mark.parametrize("minutes", [8, 10, 15, 20])
def test_a_short_interview_does_not_leave_its_minutes_unused(bank: Library, round_: Any, minutes: float) -> None:
    for seed in range(20):
        plan = make_plan(Setup(round=round_, minutes=minutes), bank, seed)
        assert sum(p.minutes for p in plan) >= 0.85 * minutes
