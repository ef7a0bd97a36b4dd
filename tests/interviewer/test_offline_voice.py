"""Words: every move of every question can be said, nothing secret is said, and no phrase of the data file is broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import interviewer.voices.offline
from evaluators.score import CriterionScore, Evidence, Score
from evaluators.verdict import UNREADABLE_FILE, Check, Verdict
from interviewer.events import Answered, Asked, Move, Planned, Ran, Scored, Setup, Started
from interviewer.plan import make_plan
from interviewer.state import State, replay
from interviewer.voices.offline import OfflineVoice, filled
from knowledge.library import Library
from knowledge.models import Passage

PHRASES = yaml.safe_load(Path(interviewer.voices.offline.__file__).with_name("offline.yaml").read_text())
PERSONAS = ["warm", "neutral", "bar-raiser"]


@pytest.fixture(scope="module")
def bank() -> Library:
    return Library.load()


async def text_of(library: Library, state: State, move: Move, passages: Any = ()) -> str:
    return "".join([piece async for piece in OfflineVoice(library).words(state, move, passages)])


def on(question: str, *events: Any, persona: Any = "neutral", seed: int = 0) -> State:
    setup = Setup(persona=persona, seed=seed)
    started = Started(setup=setup, plan=(Planned(question_id=question, minutes=6),))
    return replay([started, Asked(move=Move(kind="question", question_id=question), text="The question."), *events])


def judged(question: str, overall: float) -> Scored:
    evidence = (Evidence(quote="x", start=0, end=1),) if overall else ()
    points = (CriterionScore(criterion="any", score=round(overall), evidence=evidence, reason=""),)
    return Scored(question_id=question, score=Score(overall=overall, band=None, criteria=points, engine="offline"))


@pytest.mark.parametrize("persona", PERSONAS)
async def test_every_question_of_the_bank_can_be_led_through(bank: Library, persona: str) -> None:
    unfilled = re.compile(r"\{\w+\}|  |“”|\bNone\b")
    for question in bank.questions.values():
        here = on(question.id, persona=persona)
        rubric = bank.rubric_for(question)
        targets = [p.id for p in question.key_points] or [c.id for c in rubric.criteria]
        moves = [
            Move(kind="probe", question_id=question.id, target=t, quote=q) for t in targets for q in ("", "my words")
        ]
        moves += [Move(kind="probe", question_id=question.id, target=t, reason="smaller step") for t in targets]
        moves += [
            Move(kind="probe", question_id=question.id, target=f"follow_up_{n + 1}")
            for n in range(len(question.follow_ups))
        ]
        moves += [
            Move(kind="challenge", question_id=question.id, target=m.id, quote=q)
            for m in question.misconceptions
            for q in ("", "my words")
        ]
        hints = [f"hint_{n + 1}" for n in range(len(question.hints))] + targets
        moves += [
            Move(kind="hint", question_id=question.id, target=t, quote="my words", hint_level=1)
            for t in hints
            if question.exercise is None or t.startswith("hint_") or question.key_points
        ]
        moves += [Move(kind=k, question_id=question.id) for k in ("repeat", "time", "help", "answer", "question")]  # type: ignore[arg-type]
        for move in moves:
            said = await text_of(bank, here, move)
            assert said.strip(), move
            assert not unfilled.search(said), (move, said)
            if move.quote and move.kind != "hint":
                assert move.quote in said, (move, said)


async def test_nothing_secret_is_said(bank: Library) -> None:
    for question in bank.questions.values():
        here = on(question.id)
        for wrong in question.misconceptions:
            move = Move(kind="challenge", question_id=question.id, target=wrong.id, quote="my words")
            assert wrong.correction not in await text_of(bank, here, move)
        for point in question.key_points:
            move = Move(kind="probe", question_id=question.id, target=point.id, quote="my words")
            said = await text_of(bank, here, move)
            assert point.text not in said
            assert point.hint not in said


@pytest.mark.parametrize("persona", PERSONAS)
async def test_praise_is_for_what_was_good(bank: Library, persona: str) -> None:
    praise = re.compile(
        r"\b(good|great|clear|complete|solid|excellent|liked|enjoyed|well argued|holds|stands|correct)\b", re.IGNORECASE
    )
    for seed in range(20):
        for reason in ("moving on", "does not know", "skipped", "not judged", "three attempts", "no fix came"):
            state = on("l1_vs_l2", judged("l1_vs_l2", 1.0), persona=persona, seed=seed)
            said = await text_of(bank, state, Move(kind="question", question_id="bagging_vs_boosting", reason=reason))
            lead = said.removesuffix(bank.question("bagging_vs_boosting").text.strip())
            assert not praise.search(lead), lead
        weak = on("l1_vs_l2", judged("l1_vs_l2", 0.0), persona=persona, seed=seed)
        probe = await text_of(bank, weak, Move(kind="probe", question_id="l1_vs_l2", target="l1_sparsity"))
        assert not praise.search(probe.split(bank.question("l1_vs_l2").key_points[1].probe[-30:])[0])


async def test_the_candidates_words_are_quoted_harmlessly(bank: Library) -> None:
    move = Move(
        kind="probe",
        question_id="l1_vs_l2",
        target="penalties",
        quote="**bold** `rm -rf` <b>\u202ereversed\x00 [x](y)\nline",
    )
    said = await text_of(bank, on("l1_vs_l2"), move)
    assert not set("*`<>\u202e\x00\n[]") & set(said)
    assert "bold" in said


async def test_phrases_do_not_come_twice_before_all_have_come(library: Library) -> None:
    state = on("first")
    said = []
    for _ in range(len(PHRASES["shared"]["thinking"])):
        said.append(await text_of(library, state, Move(kind="encourage", question_id="first", target="thinking")))
        state = replay([Asked(move=Move(kind="encourage", question_id="first", target="thinking"), text="x")], state)
    assert sorted(said) == sorted(PHRASES["shared"]["thinking"])


async def test_seeds_and_personas_change_the_words(bank: Library) -> None:
    greet = Move(kind="greet")

    async def greeting(seed: int, persona: Any) -> str:
        setup = Setup(seed=seed, persona=persona)
        return await text_of(bank, replay([Started(setup=setup, plan=make_plan(setup, bank, seed))]), greet)

    assert len({await greeting(seed, "neutral") for seed in range(20)}) > 4
    assert await greeting(3, "neutral") == await greeting(3, "neutral")
    probe = Move(kind="probe", question_id="l1_vs_l2", target="penalties", quote="my words")
    assert len({await text_of(bank, on("l1_vs_l2", persona=p), probe) for p in PERSONAS}) == 3


async def test_a_failed_check_is_told_with_its_case(library: Library) -> None:
    checks = (
        Check(name="shape", passed=True),
        Check(name="mask", passed=False, detail="For [1, 2]: expected 0, got 3"),
    )
    verdict = Verdict(exercise="adam", passed=False, score=0.5, checks=checks, isolation_level=0)
    state = on(
        "code",
        Answered(question_id="code", text="def f(): ...", kind="code"),
        Ran(question_id="code", attempt=1, verdict=verdict),
    )
    said = await text_of(library, state, Move(kind="challenge", question_id="code", target="mask"))
    assert "mask" in said
    assert "\nFor [1, 2]: expected 0, got 3\n" in said
    assert "1 of 2" in said


async def test_facts_and_only_the_facts_asked_for_are_told(library: Library) -> None:
    said = await text_of(library, on("zoo"), Move(kind="answer", question_id="zoo", target="budget"))
    assert "One million" in said
    assert "Two thousand" not in said


async def test_a_question_for_which_there_is_no_fact_is_not_passed_over(library: Library) -> None:
    move = Move(kind="answer", question_id="zoo", target="budget")

    async def told(text: str) -> str:
        return await text_of(
            library, on("zoo", Answered(question_id="zoo", text=text, kind="clarifying_question")), move
        )

    one, two = await told("What may it cost?"), await told("What may it cost? Which share of them is new?")
    assert "One million" in one
    assert two.startswith(one)
    assert two.count("assume") + two.count("of your own") == 1


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("What would you have done?", True),
        ("I would roll back; what do you think?", True),
        ("What would you have done? I rolled back.", False),
        ("What would you like me to go into?", False),
        ("I asked her: who needs it?", False),
    ],
)
async def test_a_question_about_the_interviewers_view_is_not_passed_over(
    library: Library, end: str, said: bool
) -> None:
    state = on("first", Answered(question_id="first", text=f"I put a limit on it. {end}", kind="answer"))
    words = await text_of(library, state, Move(kind="probe", question_id="first", target="cost", reason="missing"))
    assert any(words.startswith(phrase) for phrase in PHRASES["shared"]["own_view"]) is said


async def test_repeat_gives_the_last_probe_and_not_the_first_question(library: Library) -> None:
    probe = Asked(move=Move(kind="probe", question_id="first", target="cost"), text="What does it cost?")
    said = await text_of(library, on("first", probe), Move(kind="repeat", question_id="first"))
    assert "What does it cost?" in said


async def test_the_candidates_own_story_is_recognised_once(library: Library) -> None:
    story = Passage(text="…", source="notes.md", line=12, score=1, category="stories")
    probe = Move(kind="probe", question_id="story", target="result", quote="I did it all")
    first = await text_of(library, on("story"), probe, [story])
    assert "your notes" in first or "your own notes" in first
    later = on("story", Asked(move=probe, text="x"))
    assert "notes" not in await text_of(library, later, probe, [story])


@pytest.mark.parametrize(
    ("template", "quote", "expected"),
    [
        ('You said "{quote}". How big was that?', "it broke", "You said “it broke”. How big was that?"),
        ('You said "{quote}". How big was that?', "", "How big was that?"),
        ("You said “{quote}”. Why?", "", "Why?"),
        ("What is it?", "it broke", "What is it?"),
    ],
)
def test_a_probe_with_and_without_a_quotation(template: str, quote: str, expected: str) -> None:
    assert filled(template, quote) == expected


def test_the_data_file_has_several_ways_for_what_is_said_often() -> None:
    shared = PHRASES["shared"]
    for key in ("greet", "pick_up", "probe_plain", "next_plain", "answer_facts", "wrap_finished", "hint"):
        assert len(shared[key]) >= 3, key
    for persona in ("warm", "bar-raiser"):
        assert set(PHRASES[persona]) <= set(shared)
    for lists in PHRASES.values():
        for key, lines in lists.items():
            assert len(set(lines)) == len(lines), key


@pytest.mark.parametrize("reason", ["missing", "smaller step"])
async def test_where_nothing_was_said_it_is_asked_for_plainly(bank: Library, reason: str) -> None:
    plain = {
        "situation": "Set the scene for me. Where was that, who was involved, and what was going wrong?",
        "action": "What did you do yourself, first and after that?",
        "result": "How did it end?",
        "ownership": "Who else worked on this, and where did their work end and yours begin?",
    }
    for seed in range(12):
        for target, probe in plain.items():
            quote = "We learned a lot" if reason == "missing" else ""
            move = Move(kind="probe", question_id="receiving_feedback", target=target, quote=quote, reason=reason)
            assert (await text_of(bank, on("receiving_feedback", seed=seed), move)).endswith(probe)


async def test_a_hint_on_a_story_takes_up_what_was_told(bank: Library) -> None:
    told = "I profiled the service, and then I batched the calls to the feature store."
    here = on("production_issue", Answered(question_id="production_issue", text=told, kind="answer"))
    move = Move(kind="hint", question_id="production_issue", target="result", quote="I batched the calls", hint_level=1)
    said = await text_of(bank, here, move)
    assert "After “I batched the calls” say how" in said
    assert "int 1 of 3" in said


async def test_what_do_you_mean_is_not_answered_by_another_question(library: Library) -> None:
    for seed in range(8):
        move = Move(kind="probe", question_id="story", target="result", quote="I did it all")
        asked_first = await text_of(library, on("story", seed=seed), move)
        probe = Asked(move=move, text=asked_first)
        said = await text_of(library, on("story", probe, seed=seed), Move(kind="answer", question_id="story"))
        assert said.rsplit(". ", 1)[-1].rsplit(": ", 1)[-1] in asked_first


async def test_a_question_about_an_exercise_is_not_answered_by_a_probe_that_stands(library: Library) -> None:
    probe = Asked(move=Move(kind="probe", question_id="code", target="cost"), text="What does it cost?")
    for asks, meant in (("Can I use pandas?", False), ("What do you mean by cost?", True)):
        message = Answered(question_id="code", text=asks, kind="clarifying_question")
        said = await text_of(library, on("code", probe, message), Move(kind="answer", question_id="code"))
        assert ("What does it cost?" in said) == meant


async def test_a_story_that_has_hardly_begun_is_not_called_a_wrong_one(bank: Library) -> None:
    wrong = {line for key in ("probe_lost", "probe_again") for line in PHRASES["shared"][key]}
    asked = Asked(move=Move(kind="probe", question_id="mentoring", target="situation"), text="?")
    for words, begun in (("She was new, and quiet.", True), ("She was new, and quiet. " * 20, False)):
        told = [Answered(question_id="mentoring", text=words, kind="answer"), judged("mentoring", 0.5)]
        for seed in range(6):
            for events in (told, [*told, asked, *told]):
                move = Move(kind="probe", question_id="mentoring", target="action", reason="missing")
                said = await text_of(bank, on("mentoring", *events, seed=seed), move)
                assert any(said.startswith(line) for line in wrong) != begun


async def test_what_do_you_mean_after_a_probe_gets_the_bare_probe(library: Library) -> None:
    probe = Asked(move=Move(kind="probe", question_id="first", target="cost"), text="Hm. What does it cost?")
    said = await text_of(library, on("first", probe), Move(kind="answer", question_id="first"))
    assert "What does it cost?" in said
    assert "Hm." not in said


async def test_repeat_and_what_do_you_mean_leave_the_lead_and_the_quotation_out(bank: Library) -> None:
    move = Move(kind="probe", question_id="proud_project", target="substance", quote="I own the fraud model there")
    for seed in range(4):
        state = on("proud_project", Asked(move=move, text="I am curious. Why? You said “I own…”."), seed=seed)
        meant = await text_of(bank, state, Move(kind="answer", question_id="proud_project"))
        again = await text_of(bank, state, Move(kind="repeat", question_id="proud_project"))
        assert "curious" not in again
        assert bank.question("proud_project").text.strip() in again
        assert "You said" not in meant + again


async def test_code_that_was_not_run_is_not_said_to_have_run(library: Library) -> None:
    check = Check(name=UNREADABLE_FILE, passed=False, detail="line 1 is not valid Python")
    verdict = Verdict(exercise="adam", passed=False, score=0, checks=(check,), isolation_level=4, error=check.detail)
    code = Answered(question_id="code", text="def f(:", kind="code")
    state = on("code", code, Ran(question_id="code", attempt=1, verdict=verdict))
    said = await text_of(library, state, Move(kind="challenge", question_id="code", target="error"))
    assert "I ran it" not in said
    assert "line 1 is not valid Python" in said
    assert "no attempt" in said
    again = replay([code, Ran(question_id="code", attempt=1, verdict=verdict)], state)
    said = await text_of(library, again, Move(kind="challenge", question_id="code", target="error"))
    assert "attempt 1 of 3" in said


async def test_the_same_words_do_not_come_with_every_question(library: Library) -> None:
    def smaller(question: str) -> Move:
        return Move(kind="probe", question_id=question, target="cost", reason="smaller step")

    between = [
        Asked(move=Move(kind="probe", question_id="first", target=t), text="x") for t in ("cause", "beyond", "x")
    ]
    state, leads = on("first"), []
    for _ in range(3):
        said = await text_of(library, state, smaller("first"))
        leads.append(said)
        state = replay([Asked(move=smaller("first"), text=said), *between], state)
    assert len(set(leads)) == 3


def test_a_derivation_is_not_asked_for_as_code() -> None:
    library = Library.load()
    voice = OfflineVoice(library)
    move = Move(kind="question", question_id="derive_logistic_gradients", reason="answered")
    said = " ".join(voice.parts(State(setup=Setup(seed=1)), move))
    assert any(phrase in said for phrase in PHRASES["shared"]["round_derivation"])
    assert "function" not in said.split("Derive the gradients")[0]


@pytest.mark.parametrize("seed", range(6))
async def test_of_formulas_nobody_says_that_they_ran(bank: Library, seed: int) -> None:
    asked = "derive_logistic_gradients"
    of_code = re.compile(r"\b(ran|run|runs|code|function|checks?)\b", re.IGNORECASE)

    def after(*checks: Check, error: str = "") -> State:
        passed = all(check.passed for check in checks)
        verdict = Verdict(
            exercise="logistic_gradients", passed=passed, score=0, checks=checks, isolation_level=0, error=error
        )
        sent = Answered(question_id=asked, text="dw = X.T @ p", kind="code")
        return on(asked, sent, Ran(question_id=asked, attempt=1, verdict=verdict), seed=seed)

    right, wrong = Check(name="dL/db", passed=True), Check(name="dL/dw", passed=False, detail="twice as large")
    unread = Check(name=UNREADABLE_FILE, passed=False, detail="line 1: a bracket is open")
    said = [
        await text_of(bank, state, move)
        for state, move in [
            (after(right, wrong), Move(kind="challenge", question_id=asked, target="dL/dw")),
            (after(right, wrong, error="p is not defined"), Move(kind="challenge", question_id=asked, target="error")),
            (after(unread, error=unread.detail), Move(kind="challenge", question_id=asked, target="error")),
            (after(right), Move(kind="probe", question_id=asked, target="follow_up_1")),
            (on(asked, seed=seed), Move(kind="encourage", question_id=asked, target="not_run")),
            (on(asked, seed=seed), Move(kind="encourage", question_id=asked, target="fix")),
            (on(asked, seed=seed), Move(kind="encourage", question_id=asked, target="code")),
            (after(right, wrong), Move(kind="question", question_id="l1_vs_l2", reason="three attempts")),
        ]
    ]
    assert "twice as large" in said[0]
    assert not [text for text in said if of_code.search(text)]


async def test_words_are_stayed_with_only_where_the_probe_is_about_them(bank: Library) -> None:
    def leads(key: str) -> list[str]:
        return [line.replace("{quote}", "my words") for line in PHRASES["shared"][key]]

    for reason, key in (("thin", "pick_up"), ("missing", "pick_up_and_on")):
        move = Move(kind="probe", question_id="l1_vs_l2", target="when_to_choose", quote="my words", reason=reason)
        said = await text_of(bank, on("l1_vs_l2"), move)
        assert any(said.startswith(lead) for lead in leads(key)), said


async def test_the_answer_to_a_follow_up_is_not_praised(bank: Library) -> None:
    deeper = Move(kind="probe", question_id="l1_vs_l2", target="follow_up_1")
    state = replay([Asked(move=deeper, text="?")], on("l1_vs_l2", judged("l1_vs_l2", 5.0), persona="bar-raiser"))
    said = await text_of(bank, state, deeper.model_copy(update={"target": "follow_up_2"}))
    assert any(said.startswith(lead) for lead in PHRASES["shared"]["deeper_again"]), said


async def test_a_question_about_an_exercise_is_referred_to_its_text(bank: Library) -> None:
    said = await text_of(bank, on("code_softmax"), Move(kind="answer", question_id="code_softmax"))
    assert said in PHRASES["shared"]["answer_open_exercise"]


async def test_at_the_end_of_the_plan_it_is_said_that_this_was_it(library: Library) -> None:
    begun = Started(setup=Setup(), plan=(Planned(question_id="first", minutes=6),))
    asked = Asked(move=Move(kind="question", question_id="first"), text="?")
    move = Move(kind="question", question_id="second", reason="moving on")
    for seed in range(4):
        state = replay([begun.model_copy(update={"setup": Setup(seed=seed)}), asked])
        said = await text_of(library, state, move)
        assert any(said.startswith(line) for line in PHRASES["shared"]["further"])
        unknown = await text_of(library, state, move.model_copy(update={"reason": "does not know"}))
        assert any(unknown.startswith(line) for line in PHRASES["shared"]["next_unknown"])


async def test_who_has_said_it_already_is_heeded(library: Library) -> None:
    again = Answered(question_id="first", text="I already answered that.", kind="pushback")
    for move in (
        Move(kind="probe", question_id="first", target="cost", quote="zebras and lions"),
        Move(kind="question", question_id="second"),
    ):
        said = await text_of(library, on("first", again), move)
        assert any(said.startswith(line) for line in PHRASES["shared"]["said_already"])
        assert "zebras" not in said


async def test_what_went_wrong_is_told_again_and_tools_are_named(library: Library) -> None:
    check = Check(name="mask", passed=False, detail="Expected 0, got 7")
    verdict = Verdict(exercise="adam", passed=False, score=0, checks=(check,), isolation_level=4)
    tried = (
        Answered(question_id="code", text="def f(): ...", kind="code"),
        Ran(question_id="code", verdict=verdict, attempt=1),
        Asked(move=Move(kind="challenge", question_id="code", target="mask"), text="“mask” fails: got 7."),
    )
    for asks, told in (("What did I do wrong?", "got 7"), ("Am I allowed to use numpy?", "NumPy")):
        message = Answered(question_id="code", text=asks, kind="clarifying_question")
        assert told in await text_of(library, on("code", *tried, message), Move(kind="answer", question_id="code"))


async def test_asked_for_a_view_the_interviewer_keeps_it_and_the_question_stands(library: Library) -> None:
    probe = Asked(move=Move(kind="probe", question_id="zoo", target="requirements"), text="?")
    message = Answered(question_id="zoo", text="How would you handle it?", kind="clarifying_question")
    said = await text_of(library, on("zoo", probe, message), Move(kind="answer", question_id="zoo"))
    assert any(said.startswith(line) for line in PHRASES["shared"]["own_view"])
    assert "What was the requirements?" in said


async def test_no_phrase_comes_twice_running(library: Library) -> None:
    move = Move(kind="encourage", question_id="first", target="calm")
    for seed in range(6):
        said = await text_of(library, on("first", seed=seed), move)
        assert await text_of(library, on("first", Asked(move=Move(kind="wrap"), text=said), seed=seed), move) != said
