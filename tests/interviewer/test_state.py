"""Replay: the same state whichever way the events are cut, and what each event changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.score import CriterionScore, Evidence, Score
from evaluators.verdict import FORMULAS, UNREADABLE_FILE, Check, Verdict
from interviewer.events import (
    Answered,
    AnyEvent,
    Asked,
    Called,
    Ended,
    Move,
    Planned,
    Ran,
    Scored,
    Setup,
    Started,
    Understood,
)
from interviewer.state import QuestionState, State, numbered, replay

IDS = st.sampled_from(["a", "b", "c"])
KINDS = st.sampled_from(["answer", "dont_know", "hint", "skip", "code", "thinking_aloud", "pushback", "repeat"])
MOVES = st.sampled_from(["question", "probe", "challenge", "hint", "answer", "encourage", "wrap", "greet"])


def score(points: int) -> Score:
    evidence = (Evidence(quote="x", start=0, end=1),) if points else ()
    return Score(
        overall=float(points),
        band=None,
        criteria=(CriterionScore(criterion="k", score=points, evidence=evidence, reason=""),),
        engine="offline",
    )


VERDICT = Verdict(exercise="adam", passed=False, score=0.5, checks=(), isolation_level=0)
EVENTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        Started, setup=st.builds(Setup, seed=st.integers(0, 3)), plan=st.just((Planned(question_id="a", minutes=5),))
    ),
    st.builds(Answered, question_id=IDS, text=st.text(max_size=30), kind=KINDS, seconds=st.floats(0, 600)),
    st.builds(Understood, kind=KINDS),
    st.builds(Scored, question_id=IDS, score=st.integers(0, 5).map(score)),
    st.builds(Ran, question_id=IDS, attempt=st.just(1), verdict=st.just(VERDICT)),
    st.builds(
        Asked,
        move=st.builds(Move, kind=MOVES, question_id=st.one_of(st.none(), IDS), target=st.sampled_from(["", "k"])),
        text=st.text(max_size=30),
    ),
    st.builds(Called, purpose=st.just("p"), model=st.just("m"), prompt=st.just("p"), latency_s=st.just(0.1)),
    st.builds(Ended, reason=st.sampled_from(["finished", "stopped"])),
)


@given(st.lists(EVENTS, max_size=25), st.integers(0, 25))
def test_replay_of_a_prefix_and_the_rest_is_replay_of_all(events: list[AnyEvent], cut: int) -> None:
    assert replay(events[cut:], replay(events[:cut])) == replay(events)


@given(st.lists(EVENTS, max_size=25))
def test_the_number_is_the_count_and_minutes_never_run_backwards(events: list[AnyEvent]) -> None:
    states = [replay(events[:n]) for n in range(len(events) + 1)]
    assert [s.seq for s in states] == list(range(len(events) + 1))
    minutes = [s.minutes for s in states]
    assert minutes == sorted(minutes)


@given(st.lists(EVENTS, max_size=25))
def test_a_state_survives_its_json(events: list[AnyEvent]) -> None:
    state = replay(events)
    assert State.model_validate_json(state.model_dump_json()) == state


STARTED = Started(
    setup=Setup(minutes=20), plan=(Planned(question_id="a", minutes=4), Planned(question_id="b", minutes=5))
)


def asked(kind: Any, question: str | None = "a", target: str = "", text: str = "") -> Asked:
    return Asked(move=Move(kind=kind, question_id=question, target=target), text=text)


def said(text: str, kind: Any = "answer", **more: Any) -> Answered:
    return Answered(question_id="a", text=text, kind=kind, **more)


def test_the_answer_is_what_was_said_to_the_matter() -> None:
    state = replay(
        [
            STARTED,
            asked("question"),
            said("one"),
            said("hint?", "hint"),
            said("two", "thinking_aloud"),
            said("which one?", "clarifying_question"),
            said("three", "pushback"),
            said("def f(): ...", "code"),
        ]
    )
    assert state.current is not None
    assert state.current.answer == "one\n\ntwo\n\nthree"


def test_i_dont_know_is_the_answer_only_when_there_is_no_other() -> None:
    opened = replay([STARTED, asked("question"), said("I don't know.", "dont_know")])
    assert opened.current is not None
    assert opened.current.answer == "I don't know."
    later = replay([said("zebras")], opened)
    assert later.current is not None
    assert later.current.answer == "zebras"


@pytest.mark.parametrize(
    ("message", "minutes"),
    [
        (said("word " * 300), 2.0),
        (said("word " * 300, seconds=30), 0.5),
        (said("x = 1\n" * 100, "code"), 2.0),
        (said(""), 0.0),
    ],
)
def test_minutes_are_declared_or_spoken(message: Answered, minutes: float) -> None:
    state = replay([STARTED, asked("question"), message])
    assert state.minutes == pytest.approx(minutes)
    assert state.current is not None
    assert state.current.spent == pytest.approx(minutes)
    assert state.remaining == pytest.approx(20 - minutes)


def test_the_interviewers_words_are_counted_once() -> None:
    opened = replay([STARTED, asked("question", text="word " * 150)])
    assert opened.minutes == 1.0
    assert replay([said("Well.", seconds=180)], opened).minutes == 3.0
    assert replay([said("Well.", seconds=20)], opened).minutes == 1.0
    assert replay([said("word " * 150)], opened).minutes == 2.0


def test_a_correction_of_the_kind_replaces_the_first_look() -> None:
    state = replay([STARTED, asked("question"), said("beats me"), Understood(kind="dont_know")])
    assert state.pending is not None
    assert state.pending.kind == "dont_know"
    assert state.current is not None
    assert [m.kind for m in state.current.messages] == ["dont_know"]


def test_probes_that_bring_nothing_are_counted_in_a_row() -> None:
    start = [STARTED, asked("question"), said("a"), Scored(question_id="a", score=score(2)), asked("probe", target="k")]
    nothing = [said("b"), Scored(question_id="a", score=score(2)), asked("probe", target="l")]
    something = [said("c"), Scored(question_id="a", score=score(3)), asked("probe", target="m")]

    def fruitless(*events: AnyEvent) -> int:
        current = replay([*start, *events]).current
        assert current is not None
        return current.fruitless

    assert fruitless() == 0
    assert fruitless(*nothing) == 1
    assert fruitless(*nothing, *nothing) == 2
    assert fruitless(*nothing, *something) == 0
    assert fruitless(said("no idea", "dont_know")) == 1
    assert fruitless(said("no idea"), Understood(kind="dont_know")) == 1
    assert fruitless(said("no idea", "dont_know"), Understood(kind="answer")) == 0


def test_questions_take_their_minutes_from_the_plan_in_order() -> None:
    state = replay([STARTED, asked("question", "other"), asked("question", "b")])
    assert [(q.question_id, q.minutes) for q in state.questions] == [("other", 4), ("b", 5)]


def test_the_first_attempt_that_cannot_be_read_is_free() -> None:
    wrong = VERDICT.model_copy(update={"checks": (Check(name="shape", passed=False),)})
    unread = VERDICT.model_copy(update={"checks": (Check(name=UNREADABLE_FILE, passed=False),)})
    formulas = VERDICT.model_copy(update={"checks": tuple(Check(name=name, passed=False) for name in (FORMULAS, "dw"))})
    partly = VERDICT.model_copy(update={"checks": (Check(name=FORMULAS, passed=False), Check(name="dw", passed=True))})
    for slip in (unread, formulas):
        assert [number for number, _ in numbered([slip, wrong, slip])] == [0, 1, 2]
        assert [number for number, _ in numbered([wrong, slip, wrong])] == [1, 0, 2]
    assert [number for number, _ in numbered([partly, wrong])] == [1, 2]


def test_code_that_we_could_not_run_leaves_what_counts_as_it_was() -> None:
    def ran(text: str, verdict: Verdict) -> list[AnyEvent]:
        return [said(text, "code"), Ran(question_id="a", attempt=1, verdict=verdict)]

    wrong = VERDICT.model_copy(update={"checks": (Check(name="shape", passed=False),)})
    unread = VERDICT.model_copy(update={"checks": (Check(name=UNREADABLE_FILE, passed=False),)})
    opened = [STARTED, asked("question")]
    current = replay([*opened, *ran("def f(): 1", wrong)]).current
    assert current is not None
    assert current.was_run
    for later in ([said("def f(): 2", "code")], ran("def f(:", unread)):
        current = replay([*opened, *ran("def f(): 1", wrong), *later]).current
        assert current is not None
        assert current.counted == (wrong, "def f(): 1")
        assert current.attempts == 1
        assert current.was_run == (len(later) == 2)
    nothing = replay([*opened, said("def f(): 2", "code")]).current
    assert nothing is not None
    assert nothing.counted is None


def test_an_ended_interview_waits_for_nothing() -> None:
    state = replay([STARTED, asked("question"), said("x"), Ended(reason="stopped")])
    assert (state.ended, state.pending) == ("stopped", None)


def test_a_bare_disagreement_or_a_moments_thought_is_no_part_of_the_answer() -> None:
    said = [("answer", "It is convex."), ("thinking_aloud", "Let me think."), ("pushback", "I disagree.")]
    said.append(("pushback", "I disagree. The Hessian is positive."))
    messages = tuple(Answered(question_id="first", text=text, kind=kind) for kind, text in said)
    current = QuestionState(question_id="first", minutes=5, messages=messages)
    assert current.answer == "It is convex.\n\nI disagree. The Hessian is positive."


def test_what_is_told_along_with_a_question_is_part_of_the_answer() -> None:
    asks = "I would start with two teams. What hurts them most today?"
    message = Answered(question_id="first", text=asks, kind="clarifying_question")
    assert QuestionState(question_id="first", minutes=5, messages=(message,)).answer == "I would start with two teams."
    bare = message.model_copy(update={"text": "Just to clarify: is this for training. What is the latency budget?"})
    assert QuestionState(question_id="first", minutes=5, messages=(bare,)).answer == ""


def test_where_the_reply_to_a_follow_up_begins_and_what_was_asked_for_is_known() -> None:
    told = [
        asked("question"), said("We lost the index."), said("Let me think.", "thinking_aloud"), said("I rebuilt it."),
        asked("probe", target="result"), said("I don't know.", "dont_know"), asked("probe", target="measurement"),
        asked("repeat"),
        said("From 9 to 1."), said("Percent, I mean."), asked("probe", target="follow_up_1"), said("By phone."),
    ]  # fmt: skip
    current = replay([STARTED, *told]).questions[-1]
    begun = [(current.answer[start:].split("\n\n")[0], target) for start, target in current.follow_ups]
    assert begun == [("From 9 to 1.", "measurement"), ("Percent, I mean.", "measurement"), ("By phone.", "follow_up_1")]


def test_what_is_told_first_is_the_story_even_when_it_was_asked_for() -> None:
    told = [
        asked("question"),
        said("No idea.", "dont_know"),
        asked("probe", target="story"),
        said("We lost the index."),
    ]
    current = replay([STARTED, *told]).questions[-1]
    assert (current.answer, current.follow_ups) == ("We lost the index.", ())
