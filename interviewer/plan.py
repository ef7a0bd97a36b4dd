"""Which questions, in which order, for how many minutes: from the candidate's wishes and a seed, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from interviewer.events import Planned, Setup
from interviewer.state import State
from knowledge.library import Library
from knowledge.models import LEVELS, Level, Question, Round

SHARES: dict[Round, float] = {
    "warm-up": 0.08,
    "technical": 0.32,
    "coding": 0.20,
    "design": 0.22,
    "behavioural": 0.18,
}
"""How a mixed loop divides its minutes; no part gets so much that the others starve."""

LEAST_MINUTES: dict[Round, float] = {"warm-up": 1.5, "technical": 4, "coding": 6, "design": 6, "behavioural": 3}
"""A part that cannot have so many minutes is left out."""

_FIRST_TO_KEEP: tuple[Round, ...] = ("technical", "behavioural", "warm-up", "coding", "design")
_ADAPTED: frozenset[Round] = frozenset({"technical", "coding", "design"})
_GREETING_AND_GOODBYE = 1.0
_MOST_OF_ONE_ROUND = 0.6


def make_plan(setup: Setup, library: Library, seed: int) -> tuple[Planned, ...]:
    """Return the questions in order, each with the minutes it may take; together they fit into `setup.minutes`.

    The same setup, library and seed give the same plan. It holds at least one question if the bank has one for the
    round that was asked for.
    """
    random = Random(f"plan:{seed}:{setup.round}:{setup.level}")
    minutes = max(setup.minutes - _GREETING_AND_GOODBYE, setup.minutes / 2)
    plan: list[Planned] = []
    topics: set[str] = set()
    for round_, budget in _budgets(setup, minutes, library, random):
        several = setup.round != "mixed" and budget * (1 - _MOST_OF_ONE_ROUND) >= LEAST_MINUTES[round_]
        most = budget * _MOST_OF_ONE_ROUND if several else budget
        bank = _bank(library, round_)
        while bank and (budget >= LEAST_MINUTES[round_] or not plan):
            question = _choose(bank, setup.level, topics, random)
            bank.remove(question)
            topics.add(question.topic)
            given = min(question.minutes, budget, most)
            if budget - given < LEAST_MINUTES[round_]:
                given = min(budget, most, question.minutes * 1.5)  # a rest too short for another question goes here
            plan.append(Planned(question_id=question.id, minutes=round(given, 2)))
            budget -= given
            if round_ == "warm-up" and setup.round == "mixed":
                break
    return tuple(plan)


def next_question(state: State, library: Library) -> Planned | None:
    """Return the question for the next place in the plan, harder or easier by the answers so far; None at the end.

    The plan ends early for whoever answers faster than it reckons with. Then there are further questions while there is
    time for one, at most as many again.
    """
    slot = len(state.questions)
    if slot >= len(state.plan):
        return _further(state, library) if slot < 2 * len(state.plan) else None
    planned = state.plan[slot]
    question = library.question(planned.question_id)
    wanted = shown_level(state, library)
    if question.round not in _ADAPTED or question.level == wanted or wanted == state.setup.level:
        return planned
    taken = {q.question_id for q in state.questions} | {p.question_id for p in state.plan[slot:]}
    others = [q for q in _bank(library, question.round) if q.id not in taken and q.level == wanted]
    if not others:
        return planned
    topics = {library.question(q.question_id).topic for q in state.questions}
    random = Random(f"adapt:{state.setup.seed}:{slot}:{wanted}")
    return Planned(question_id=_choose(others, wanted, topics, random).id, minutes=planned.minutes)


def _further(state: State, library: Library) -> Planned | None:
    """Return one more question, of the part that has had the least of its share and still fits; None when none does."""
    asked = {q.question_id: q.spent for q in state.questions}
    spent: dict[Round, float] = {}
    for question in (library.question(identity) for identity in asked):
        if question.round != "warm-up" or state.setup.round == "warm-up":
            spent[question.round] = spent.get(question.round, 0.0) + asked[question.id]
    topics = {library.question(identity).topic for identity in asked}
    left = state.remaining - _GREETING_AND_GOODBYE / 2
    for round_ in sorted(spent, key=lambda r: spent[r] / SHARES[r]):
        bank = [q for q in _bank(library, round_) if q.id not in asked]
        if bank and left >= LEAST_MINUTES[round_]:
            level = shown_level(state, library) if round_ in _ADAPTED else state.setup.level
            random = Random(f"further:{state.setup.seed}:{len(asked)}")
            question = _choose(bank, level, topics, random)
            return Planned(question_id=question.id, minutes=round(min(question.minutes, left), 2))
    return None


def shown_level(state: State, library: Library) -> Level:
    """Return the level to ask at: the one asked for, a step up after strong answers, a step down after weak ones."""
    scores = [
        q.score.overall
        for q in state.questions
        if q.score and q.score.overall is not None and library.question(q.question_id).round in _ADAPTED
    ]
    recent = scores[-2:]
    step = 0
    if recent:
        mean = sum(recent) / len(recent)
        step = 1 if mean >= 4 else -1 if mean <= 1.5 else 0
    at = LEVELS.index(state.setup.level) + step
    return LEVELS[min(max(at, 0), len(LEVELS) - 1)]


_PART_NAMES: dict[Round, str] = {
    "warm-up": "a short warm-up",
    "technical": "fundamentals",
    "coding": "code",
    "design": "a design problem",
    "behavioural": "your own experience",
}

_ALL_OF: dict[Round, str] = {
    "warm-up": "the questions that interviews begin with",
    "technical": "questions on fundamentals",
    "coding": "code to write and to explain",
    "design": "system design",
    "behavioural": "stories from your own work",
}


def parts_of(plan: Sequence[Planned], library: Library) -> str:
    """Return what the plan consists of, in order, as a person would say it."""
    rounds = dict.fromkeys(library.question(planned.question_id).round for planned in plan)
    names = [_PART_NAMES[round_] for round_ in rounds]
    if len(rounds) == 1:
        return _ALL_OF[next(iter(rounds))]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _budgets(setup: Setup, minutes: float, library: Library, random: Random) -> list[tuple[Round, float]]:
    if setup.round != "mixed":
        return [(setup.round, minutes)]
    kept: list[Round] = []
    for round_ in _FIRST_TO_KEEP:
        least = sum(LEAST_MINUTES[r] for r in kept) + LEAST_MINUTES[round_]
        if _bank(library, round_) and (least <= minutes or not kept):
            kept.append(round_)
    order: list[Round] = [r for r in kept if r != "warm-up"]
    random.shuffle(order)
    order = [r for r in kept if r == "warm-up"] + order
    spare = max(0.0, minutes - sum(LEAST_MINUTES[r] for r in order))
    # What is spare goes where the least minutes fall short of the share.
    wants = {r: max(0.0, SHARES[r] / sum(SHARES[k] for k in order) * minutes - LEAST_MINUTES[r]) for r in order}
    total = sum(wants.values()) or 1.0
    return [(r, min(minutes, LEAST_MINUTES[r] + spare * wants[r] / total)) for r in order]


def _bank(library: Library, round_: Round) -> list[Question]:
    return [q for q in library.questions.values() if q.round == round_]


def _choose(bank: Iterable[Question], level: Level, topics: set[str], random: Random) -> Question:
    """Return a question near `level` on a topic that is new; a close neighbour's level wins now and then."""
    ranked = sorted(bank, key=lambda q: q.id)

    def distance(question: Question) -> float:
        apart = abs(LEVELS.index(question.level) - LEVELS.index(level))
        return apart + 3 * (question.topic in topics) + 1.3 * random.random()

    return min(ranked, key=distance)
