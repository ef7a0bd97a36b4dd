"""The policy as a table: what was said and scored on the left, what happens next on the right."""

from __future__ import annotations

import ast
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import interviewer.policy
from evaluators.score import CriterionScore, Evidence, MisconceptionFound, Score
from evaluators.verdict import UNREADABLE_FILE, Check, Verdict
from interviewer.events import Answered, AnyEvent, Asked, Move, Planned, Ran, Scored, Setup, Started
from interviewer.policy import decide
from interviewer.state import State, replay
from knowledge.library import Library

TEXT = "I think that the cause is the zebras."


def scored(question: str = "first", flags: tuple[str, ...] = (), wrong: bool = False, **points: int | None) -> Scored:
    evidence = (Evidence(quote=TEXT[:7], start=0, end=7),)
    criteria = tuple(
        CriterionScore(
            criterion=name,
            score=p,
            evidence=evidence if p else (),
            reason="",
            weight=2 if name in {"cost", "result"} else 3 if name == "beyond" else 1,
        )
        for name, p in points.items()
    )
    judged = [c.score for c in criteria if c.score is not None]
    overall = sum(judged) / len(judged) if judged else None
    found = MisconceptionFound(
        id="horses", evidence=Evidence(quote="It is horses, surely", start=0, end=20), correction="No.", confidence=1
    )
    return Scored(
        question_id=question,
        score=Score(
            overall=0.0 if flags else overall,
            band=None,
            criteria=criteria,
            flags=flags,
            misconceptions=(found,) if wrong else (),
            engine="offline",
        ),
    )


def said(kind: Any = "answer", text: str = TEXT, question: str = "first", seconds: float = 20) -> Answered:
    return Answered(question_id=question, text=text, kind=kind, seconds=seconds)


def asked(kind: Any, target: str = "", question: str | None = "first", **more: Any) -> Asked:
    return Asked(move=Move(kind=kind, question_id=question, target=target, **more), text="…")


def ran(*, passed: bool, error: str = "") -> Ran:
    checks = () if error else (Check(name="runs", passed=True), Check(name="mask", passed=passed))
    verdict = Verdict(exercise="adam", passed=passed, score=0.5, checks=checks, isolation_level=0, error=error)
    return Ran(question_id="code", attempt=1, verdict=verdict)


def unread() -> Ran:
    check = Check(name=UNREADABLE_FILE, passed=False, detail="line 1: a bracket is open")
    verdict = Verdict(
        exercise="adam", passed=False, score=0, checks=(check,), isolation_level=0, error="line 1: a bracket is open"
    )
    return Ran(question_id="code", attempt=0, verdict=verdict)


def state(*events: AnyEvent, question: str = "first", minutes: float = 40, planned: float = 6) -> State:
    setup = Setup(round="technical", level="senior", minutes=minutes)
    plan = (Planned(question_id=question, minutes=planned), Planned(question_id="third", minutes=6))
    return replay([Started(setup=setup, plan=plan), asked("question", question=question), *events])


FULL = scored(cause=5, cost=5, beyond=0)
CASES: list[tuple[str, State, str, str | None]] = [
    ("the heavier missing point waits for a core one", state(said(), scored(cause=0, cost=0)), "probe", "cause"),
    ("the missing point is probed", state(said(), scored(cause=5, cost=0)), "probe", "cost"),
    ("a thin point is probed", state(said(), scored(cause=5, cost=2)), "probe", "cost"),
    ("a point above the level is not", state(said(), scored(cause=3, cost=3, beyond=0)), "question", ""),
    (
        "a probe is not asked twice",
        state(said(), scored(cause=0, cost=5), asked("probe", "cause"), said(), scored(cause=1, cost=5)),
        "question",
        "",
    ),
    (
        "an answer that stands is taken further",
        state(said(), FULL.model_copy(update={"score": FULL.score.model_copy(update={"overall": 4.2})})),
        "probe",
        "follow_up_1",
    ),
    (
        "a known misconception is challenged first",
        state(said(), scored(cause=0, cost=0, wrong=True)),
        "challenge",
        "horses",
    ),
    (
        "and only once",
        state(
            said(),
            scored(cause=5, cost=0, wrong=True),
            asked("challenge", "horses"),
            said(),
            scored(cause=5, cost=0, wrong=True),
        ),
        "probe",
        "cost",
    ),
    (
        "two probes in vain are enough",
        state(
            said(),
            scored(cause=0, cost=0),
            asked("probe", "cause"),
            said(),
            scored(cause=0, cost=0),
            asked("probe", "cost"),
            said(),
            scored(cause=0, cost=0),
            planned=30,
        ),
        "question",
        "",
    ),
    ("a question has its minutes", state(said(seconds=400), scored(cause=5, cost=0)), "question", ""),
    (
        "a short question has few probes",
        state(said(), scored(cause=0, cost=0), asked("probe", "cause"), said(), scored(cause=4, cost=0), planned=2.5),
        "question",
        "",
    ),
    ("gibberish is asked for again", state(said(), scored(cause=0, flags=("gibberish",))), "encourage", "gibberish"),
    (
        "and then left",
        state(
            said(),
            scored(cause=0, flags=("gibberish",)),
            asked("encourage", "gibberish"),
            said(),
            scored(cause=0, flags=("gibberish",)),
        ),
        "question",
        "",
    ),
    (
        "the question back is told so",
        state(said(), scored(cause=0, flags=("question_copied",))),
        "encourage",
        "question_copied",
    ),
    ("what could not be judged is not held against anyone", state(said(), scored()), "question", ""),
    ("a first hint", state(said("hint")), "hint", "hint_1"),
    ("thinking aloud is waited for", state(said("thinking_aloud", "Let me think.")), "encourage", "thinking"),
    ("who is nervous is calmed", state(said("thinking_aloud", "Sorry, I am nervous.")), "encourage", "calm"),
    ("the next hint", state(said("hint"), asked("hint", "hint_1"), said("hint")), "hint", "hint_2"),
    ("after one of an earlier version", state(asked("hint", hint_level=1), said("hint")), "hint", "hint_2"),
    (
        "a hint is for what lacks most",
        state(said(), scored(cause=5, cost=1), asked("encourage", "thinking"), said("hint")),
        "hint",
        "cost",
    ),
    ("never for what is covered", state(said(), scored(cause=5, cost=5, beyond=0), said("hint")), "hint", "beyond"),
    ("nor when all is", state(said(), scored(cause=5, cost=5, beyond=3), said("hint")), "encourage", "no_hints"),
    ("a core point first", state(said(), scored(cause=2, cost=0, beyond=4), said("hint")), "hint", "cause"),
    (
        "what is being asked about comes before",
        state(said(), scored(cause=0, cost=0, beyond=4), asked("probe", "cost"), said("hint")),
        "hint",
        "cost",
    ),
    (
        "no hint comes twice, and none is left out",
        state(
            *(said(), scored(cause=0, cost=0, beyond=4), said("hint"), asked("hint", "cause", hint_level=1)),
            *(said(), scored(cause=5, cost=0, beyond=4), said("hint")),
        ),
        "hint",
        "cost",
    ),
    (
        "a follow-up beyond the question has none",
        state(said(), FULL, asked("probe", "follow_up_1"), said("hint")),
        "encourage",
        "no_hints",
    ),
    (
        "what could not be judged may be hinted at",
        state(said(), scored(cause=None, cost=None, beyond=None), said("hint")),
        "hint",
        "hint_1",
    ),
    (
        "of a story, the part that lacks most, where its words can be taken up",
        state(
            said(question="story"),
            scored("story", situation=4, action=4, result=0),
            said("hint", question="story"),
            question="story",
        ),
        "hint",
        "result",
    ),
    (
        "of a story that has hardly begun, the hint of the place",
        state(
            said(question="story"),
            scored("story", situation=2, action=0, result=0),
            said("hint", question="story"),
            question="story",
        ),
        "hint",
        "hint_2",
    ),
    (
        "of code that fails, the exercise's own",
        state(
            said("code", question="code"),
            ran(passed=False),
            scored("code", cause=0),
            said("hint", question="code"),
            question="code",
        ),
        "hint",
        "hint_1",
    ),
    (
        "of code that passes, what was not said",
        state(
            said("code", question="code"),
            ran(passed=True),
            scored("code", cause=5, cost=0),
            said("hint", question="code"),
            question="code",
        ),
        "hint",
        "cost",
    ),
    (
        "hints run out",
        state(*[e for n in (1, 2, 3) for e in (said("hint"), asked("hint", hint_level=n))], said("hint")),
        "encourage",
        "no_hints",
    ),
    ("not knowing gets a smaller step", state(said("dont_know")), "probe", "cause"),
    (
        "not knowing twice gets another question",
        state(said("dont_know"), asked("probe", "cause"), said("dont_know")),
        "question",
        "",
    ),
    ("a clarifying question without a fact", state(said("clarifying_question")), "answer", ""),
    (
        "asking on and on",
        state(*[said("clarifying_question"), asked("answer")] * 3, said("clarifying_question")),
        "encourage",
        "begin",
    ),
    ("thinking is not interrupted", state(said("thinking_aloud")), "encourage", "thinking"),
    ("who asks is told", state(said("identity")), "identity", ""),
    ("again and again", state(*[said("identity"), asked("identity")] * 3, said("identity")), "identity", ""),
    ("off topic, back", state(said("off_topic")), "encourage", "off_topic"),
    (
        "off topic twice, on",
        state(said("off_topic"), asked("encourage", "off_topic"), said("off_topic")),
        "question",
        "",
    ),
    ("repeat", state(said("repeat")), "repeat", ""),
    ("time", state(said("time")), "time", ""),
    ("help", state(said("help")), "help", ""),
    ("skip", state(said("skip")), "question", ""),
    ("stop", state(said("stop")), "wrap", ""),
    (
        "disagreement with a challenge is heard",
        state(
            said(),
            scored(cause=5, cost=5, wrong=True),
            asked("challenge", "horses"),
            said("pushback"),
            scored(cause=5, cost=5, wrong=True),
        ),
        "encourage",
        "pushback",
    ),
    (
        "who disputes the question is asked for the argument",
        state(said("pushback"), scored(cause=0, cost=0)),
        "encourage",
        "pushback",
    ),
    ("disagreement with anything else is an answer", state(said("pushback"), scored(cause=5, cost=0)), "probe", "cost"),
    ("no time for another question", state(said("skip", seconds=39.5 * 60)), "wrap", ""),
]


@pytest.mark.parametrize(("_name", "before", "kind", "target"), CASES, ids=[case[0] for case in CASES])
def test_the_table(library: Library, _name: str, before: State, kind: str, target: str) -> None:
    move = decide(before, library)
    assert (move.kind, move.target) == (kind, target)
    if kind == "question":
        assert move.question_id not in {q.question_id for q in before.questions}


CODE: list[tuple[str, tuple[AnyEvent, ...], str, str]] = [
    ("talk before code asks for code", (said(question="code"),), "encourage", "code"),
    ("a failed check is the next question", (said("code", question="code"), ran(passed=False)), "challenge", "mask"),
    (
        "an exception as well",
        (said("code", question="code"), ran(passed=False, error="line 2: x")),
        "challenge",
        "error",
    ),
    (
        "an explanation of the failure asks for the fix",
        (
            said("code", question="code"),
            ran(passed=False),
            asked("challenge", "mask", question="code"),
            said(question="code"),
            scored("code", cause=3),
        ),
        "encourage",
        "fix",
    ),
    ("code that passes is talked about", (said("code", question="code"), ran(passed=True)), "probe", "follow_up_1"),
    ("three attempts are enough", tuple([said("code", question="code"), ran(passed=False)] * 3), "question", ""),
    (
        "the first that cannot be read is no attempt",
        (said("code", question="code"), unread(), *[said("code", question="code"), ran(passed=False)] * 2),
        "challenge",
        "mask",
    ),
    (
        "the second is one",
        tuple([said("code", question="code"), unread()] * 2 + [said("code", question="code"), ran(passed=False)] * 2),
        "question",
        "",
    ),
    (
        "a fault of ours is no attempt, and what failed before is not said again",
        (said("code", question="code"), ran(passed=False), said("code", question="code"), scored("code")),
        "encourage",
        "not_run",
    ),
    (
        "a second fault ends it",
        (said("code", question="code"), asked("encourage", "not_run", question="code"), said("code", question="code")),
        "question",
        "",
    ),
    (
        "what did not run is not held against anyone",
        (said("code", question="code"), scored("code")),
        "encourage",
        "not_run",
    ),
]


@pytest.mark.parametrize(("_name", "events", "kind", "target"), CODE, ids=[case[0] for case in CODE])
def test_code(library: Library, _name: str, events: tuple[AnyEvent, ...], kind: str, target: str) -> None:
    move = decide(state(*events, question="code", planned=12), library)
    assert (move.kind, move.target) == (kind, target)


def test_the_last_question_is_followed_by_goodbye(library: Library) -> None:
    last = asked("question", question="third"), Answered(question_id="third", text="x", kind="skip")
    move = decide(state(*last, minutes=4), library)
    assert (move.kind, move.reason) == ("wrap", "finished")


def test_who_is_ahead_of_the_plan_is_asked_more(library: Library) -> None:
    last = asked("question", question="third"), Answered(question_id="third", text="x", kind="skip")
    move = decide(state(*last), library)
    assert (move.kind, move.reason) == ("question", "skipped")
    assert move.question_id not in {"first", "third"}
    assert move.minutes == library.question(move.question_id or "").minutes


def test_what_the_time_ran_out_on_is_said(library: Library) -> None:
    assert decide(state(said("skip", seconds=39.5 * 60)), library).reason == "out_of_time"


def test_a_probe_takes_up_the_candidates_words(library: Library) -> None:
    text = "Zebras are striped. I would argue that predators confuse the herd, and so on and so forth for a while."
    move = decide(state(said(text=text), scored(cause=5, cost=0)), library)
    assert move.quote
    assert move.quote in text


def test_a_story_without_its_result_is_asked_for_it_and_never_for_brevity(library: Library) -> None:
    thin = scored("story", situation=4, action=4, result=0, concision=0)
    move = decide(state(said(question="story"), thin, question="story", planned=5), library)
    assert move.target == "result"
    told = scored("story", situation=3, action=4, result=3, concision=0)
    after = decide(state(said(question="story"), told, question="story", planned=5), library)
    assert after.target != "concision"


@pytest.mark.parametrize(
    ("text", "points", "first"),
    [
        ("We learned a lot.", {"situation": 0, "action": 0, "result": 0}, "situation"),
        ("It was the ranker of a shop.", {"situation": 2, "action": 0, "result": 0}, "action"),
        ("In a shop I rewrote the ranker.", {"situation": 3, "action": 2, "result": 0}, "result"),
        ("In a shop I rewrote the ranker. " * 12, {"situation": 0, "action": 3, "result": 0}, "result"),
    ],
)
def test_of_a_story_that_is_hardly_told_comes_first_what_it_needs_first(
    library: Library, text: str, points: dict[str, int], first: str
) -> None:
    here = state(said(question="story", text=text), scored("story", **points), question="story", planned=5)
    assert (decide(here, library).kind, decide(here, library).target) == ("probe", first)


def test_facts_are_told_as_asked(library: Library) -> None:
    move = decide(state(said("clarifying_question", question="zoo"), question="zoo"), library, ["visitors", "budget"])
    assert (move.kind, move.target) == ("answer", "visitors,budget")


@lru_cache(maxsize=1)
def bank() -> Library:
    """The library fixture, where Hypothesis cannot take a fixture."""
    spec = importlib.util.spec_from_file_location("parts", Path(__file__).parent / "conftest.py")
    assert spec
    assert spec.loader
    parts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(parts)
    found: Library = parts.library.__wrapped__()
    return found


KINDS = st.sampled_from(
    [
        "answer",
        "thinking_aloud",
        "clarifying_question",
        "dont_know",
        "hint",
        "repeat",
        "skip",
        "pushback",
        "off_topic",
        "identity",
        "time",
    ]
)


@given(
    st.lists(st.tuples(KINDS, st.integers(0, 5), st.integers(0, 5), st.booleans(), st.floats(0, 300)), max_size=60),
    st.sampled_from(["first", "story", "zoo", "code", "hello"]),
)
def test_every_interview_ends_and_every_move_can_be_worded(
    turns: list[tuple[Any, int, int, bool, float]], question: str
) -> None:
    library = bank()
    now = state(question=question)
    probes: dict[str, int] = {}
    for kind, cause, cost, wrong, seconds in turns:
        current = now.current
        assert current is not None
        now = replay([said(kind, question=current.question_id, seconds=seconds)], now)
        if kind in {"answer", "pushback"}:
            now = replay([scored(current.question_id, wrong=wrong, cause=cause, cost=cost)], now)
        move = decide(now, library)
        assert decide(now, library) == move
        if move.kind == "wrap":
            return
        assert move.question_id in library.questions
        if move.kind == "probe":
            probes[current.question_id] = probes.get(current.question_id, 0) + 1
            assert probes[current.question_id] <= 6
        now = replay([Asked(move=move, text="words")], now)


def test_the_policy_knows_no_voice_no_model_no_clock_and_no_chance() -> None:
    tree = ast.parse(Path(interviewer.policy.__file__).read_text())
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {
        "__future__",
        "collections.abc",
        "evaluators.score",
        "interviewer.events",
        "interviewer.gaps",
        "interviewer.plan",
        "interviewer.quoting",
        "interviewer.remarks",
        "interviewer.retelling",
        "interviewer.state",
        "knowledge.library",
        "knowledge.models",
        "re",
    }


def test_praise_is_not_earned_by_an_answer_to_something_deeper(library: Library) -> None:
    stands = scored(cause=5, cost=5)
    once = state(said(), stands)
    assert decide(once, library).target == "follow_up_1"
    after = state(said(), stands, asked("probe", "follow_up_1"), said(), stands, planned=2.5)
    assert (decide(after, library).kind, decide(after, library).reason) == ("question", "moving on")
    short = state(said(seconds=400), stands)
    assert decide(short, library).reason == "answered"


def test_a_broad_criterion_is_probed_by_the_key_point_that_it_misses(library: Library) -> None:
    broad = scored("zoo", requirements=4, serving=0)
    serving = broad.score.criteria[1].model_copy(update={"missing": ("beyond", "cost")})
    judged = broad.model_copy(
        update={"score": broad.score.model_copy(update={"criteria": (broad.score.criteria[0], serving)})}
    )
    move = decide(state(said(question="zoo"), judged, question="zoo", planned=15), library)
    assert move.target == "cost"


def test_a_repetition_in_between_leaves_a_challenge_standing(library: Library) -> None:
    challenge = asked("challenge", "error", question="code")
    events = (said("code", question="code"), ran(passed=False, error="boom"), challenge)
    again = (said("repeat", question="code"), asked("repeat", question="code"))
    answer = (said(question="code"), scored("code", cost=1))
    for between in ((), again):
        move = decide(state(*events, *between, *answer, question="code"), library)
        assert (move.kind, move.target) == ("encourage", "fix")


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("I am so nervous", "thinking_aloud", "calm"),
        ("I need a short break", "thinking_aloud", "pause"),
        ("you are being rude", "thinking_aloud", "complaint"),
        ("Entschuldigung, darf ich auf Deutsch antworten?", "thinking_aloud", "other_language"),
        ("Let me think.", "thinking_aloud", "thinking"),
        ("can you say it in other words?", "repeat", "reworded"),
        ("could you repeat that?", "repeat", ""),
    ],
)
def test_a_remark_gets_an_answer_of_its_own(library: Library, text: str, kind: Any, target: str) -> None:
    move = decide(state(said(kind, text)), library)
    assert (move.kind, move.target) == ("repeat" if kind == "repeat" else "encourage", target)


@pytest.mark.parametrize(("planned", "goes_on"), [(6, False), (12, True)])
def test_a_long_question_is_not_left_after_two_weak_replies(library: Library, planned: float, goes_on: bool) -> None:
    weak = scored(cause=0, cost=0)
    asked_twice = (asked("probe", "cause"), said(), weak, asked("probe", "elsewhere"), said(), weak)
    now = state(said(), weak, *asked_twice, planned=planned)
    assert now.current is not None
    assert now.current.fruitless == 2
    assert (decide(now, library).kind == "probe") is goes_on
    left = state(said(), weak, *asked_twice, asked("probe", "third"), said(), weak, planned=planned)
    assert decide(left, library).kind == "question"


def test_who_says_that_it_was_said_is_asked_something_else_and_loses_no_turn(library: Library) -> None:
    again = said("pushback", "I already answered that.")
    before = (said(), scored(cause=0, cost=1), asked("probe", "cause"), again, scored(cause=0, cost=1))
    now = state(*before)
    move = decide(now, library)
    assert (move.kind, move.target) == ("probe", "cost")
    assert now.current is not None
    assert now.current.fruitless == 0
    assert "already" not in now.current.answer
    assert decide(state(again), library).kind == "repeat"
