"""The report: verdicts by thresholds, advice from the answer itself, turns in order, and nothing made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evaluators.score import CriterionScore, Evidence, MisconceptionFound, Score
from evaluators.verdict import Check, MisconceptionSeen, Verdict
from interviewer.events import Answered, AnyEvent, Asked, Ended, Move, Planned, Ran, Scored, Setup, Started, Understood
from interviewer.references import Story
from interviewer.scorecard.coach import advise
from interviewer.scorecard.markdown import render_markdown
from interviewer.scorecard.report import Report
from interviewer.scorecard.reporting import build_report, next_practice
from interviewer.scoring.verdicts import Judged, conclude
from interviewer.state import QuestionState, replay
from knowledge.library import Library
from knowledge.models import Passage, Question

TEXT = "I said that zebras are the cause of it all."


def score(overall: float | None, **points: int) -> Score:
    criteria = tuple(
        CriterionScore(
            criterion=c, score=p, evidence=(Evidence(quote=TEXT, start=0, end=len(TEXT)),) if p else (), reason=""
        )
        for c, p in points.items()
    )
    return Score(
        overall=overall, band=None, criteria=criteria, engine="offline", reason="" if overall is not None else "why not"
    )


def judged(overall: float | None, round_: str = "technical", minutes: float = 6, *, library: Library) -> Judged:
    band = None if overall is None else (max(0, overall - 0.5), min(5, overall + 0.5))
    return Judged("q", round_, minutes, overall, band, library.rubrics["technical"])


@pytest.mark.parametrize(
    ("overalls", "verdict"),
    [
        ((5, 5, 5), "strong hire"),
        ((3.2, 3.2, 3.2), "hire"),
        ((2.9, 2.9, 2.9), "no hire"),
        ((0.5, 0.5, 0.5), "strong no hire"),
        ((5, None, None), "not enough evidence"),
        ((None, None, None), "not enough evidence"),
        ((), "not enough evidence"),
        ((5, 5, None), "strong hire"),
    ],
)
def test_the_verdict_by_thresholds(library: Library, overalls: tuple[float | None, ...], verdict: str) -> None:
    questions = [judged(o, library=library) for o in overalls]
    outcome = conclude(questions, "senior", 18)
    assert outcome.verdict == verdict
    assert outcome.reason


def test_a_verdict_needs_half_of_the_planned_minutes(library: Library) -> None:
    questions = [judged(5, library=library), judged(5, library=library)]
    assert conclude(questions, "senior", 40).verdict == "not enough evidence"
    assert conclude(questions, "senior", 24).verdict == "strong hire"


def test_one_round_that_failed_caps_the_verdict(library: Library) -> None:
    strong = [judged(5, "technical", 10, library=library), judged(5, "design", 10, library=library)]
    failed = judged(1.0, "behavioural", 4, library=library)
    weak = judged(2.0, "behavioural", 4, library=library)
    assert conclude([*strong, failed], "senior", 24).verdict == "no hire"
    outcome = conclude([*strong, weak], "senior", 24)
    assert outcome.verdict == "hire"
    assert "behavioural" in outcome.reason
    assert conclude([failed, failed], "senior", 8).verdict == "strong no hire"


def test_the_same_scores_read_at_another_level(library: Library) -> None:
    questions = [judged(2.5, library=library), judged(2.5, library=library)]
    assert [conclude(questions, level, 12).verdict for level in ("junior", "senior", "staff")] == [
        "hire",
        "no hire",
        "no hire",
    ]


def test_time_weighs(library: Library) -> None:
    long_and_good = [judged(5, minutes=20, library=library), judged(0, minutes=2, library=library)]
    outcome = conclude(long_and_good, "senior", 22)
    assert outcome.overall == pytest.approx(100 / 22, abs=0.01)


def state_of(
    question: Question, judgement: Score | None, *messages: tuple[str, Any], verdicts: Any = ()
) -> QuestionState:
    said = tuple(Answered(question_id=question.id, text=t, kind=k) for t, k in messages or ((TEXT, "answer"),))
    graded = (0,) * len(verdicts)
    return QuestionState(
        question_id=question.id, minutes=6, messages=said, score=judgement, verdicts=verdicts, graded=graded
    )


def advice(library: Library, name: str, judgement: Score | None, *messages: tuple[str, Any], **more: Any) -> str:
    question = library.question(name)
    current = state_of(question, judgement, *messages, verdicts=more.pop("verdicts", ()))
    return advise(question, library.rubric_for(question), current, "senior", **more).text


def test_advice_names_the_missing_point_after_the_candidates_own_words(library: Library) -> None:
    said = advice(library, "first", score(2.5, cause=5, cost=0))
    assert "The cost is lions." in said
    assert "zebras are the cause" in said


def test_advice_on_a_wrong_claim_corrects_it_first(library: Library) -> None:
    wrong = MisconceptionFound(
        id="horses", evidence=Evidence(quote="It is horses", start=0, end=12), correction="It is zebras.", confidence=1
    )
    judgement = score(2, cause=5, cost=0).model_copy(update={"misconceptions": (wrong,)})
    assert advice(library, "first", judgement) == "You said “It is horses”. It is zebras."


@pytest.mark.parametrize(("source", "where"), [("notes.md", "notes.md, line 4"), ("cv.pdf", "cv.pdf, page 4")])
def test_advice_on_a_story_takes_the_outcome_from_the_candidates_own_notes(
    library: Library, source: str, where: str
) -> None:
    note = Passage(text="…", source=source, line=4, score=1, category="stories")
    story = Story(note, ("Precision rose to 89 percent",))
    said = advice(library, "story", score(2, situation=5, action=5, result=0), story=story)
    assert "Precision rose to 89 percent" in said
    assert where in said


def test_advice_on_a_story_without_notes_comes_from_the_rubric(library: Library) -> None:
    said = advice(library, "story", score(2, situation=5, action=5, result=0))
    assert said == "Put the result after “I said that zebras are the cause of it all”."


def test_advice_on_code_names_the_misconception_or_the_case(library: Library) -> None:
    check = Check(name="mask", passed=False, detail="Expected 0.")
    verdict = Verdict(exercise="adam", passed=False, score=0, checks=(check,), isolation_level=0)
    assert "mask" in advice(library, "code", score(1), verdicts=(verdict,))
    named = MisconceptionSeen(id="m", explanation="The bias correction is missing.", confidence=1)
    known = verdict.model_copy(update={"misconceptions": (named,)})
    assert advice(library, "code", score(1), verdicts=(known,)) == "The bias correction is missing."


def test_a_strong_answer_is_shown_the_next_level(library: Library) -> None:
    assert "whales" in advice(library, "first", score(5, cause=5, cost=5, beyond=0))


def test_different_answers_get_different_advice(library: Library) -> None:
    one = advice(library, "first", score(2.5, cause=5, cost=0))
    other = advice(library, "first", score(2.5, cause=0, cost=5))
    silent = advice(library, "first", None, ("/skip", "skip"))
    assert len({one, other, silent}) == 3


def history() -> list[AnyEvent]:
    plan = (Planned(question_id="first", minutes=6), Planned(question_id="gone", minutes=6))
    return [
        Started(setup=Setup(round="technical", minutes=12, seed=3), plan=plan),
        Asked(move=Move(kind="greet"), text="Hello."),
        Asked(move=Move(kind="question", question_id="first"), text="Explain first."),
        Answered(question_id="first", text="beats me", kind="answer"),
        Understood(kind="dont_know"),
        Asked(move=Move(kind="probe", question_id="first", target="cause"), text="Why?"),
        Answered(question_id="first", text=TEXT, kind="answer"),
        Scored(question_id="first", score=score(2.5, cause=5, cost=0)),
        Asked(move=Move(kind="question", question_id="gone"), text="A question that is no more."),
        Answered(question_id="gone", text="/quit", kind="stop"),
        Asked(move=Move(kind="wrap", reason="stopped"), text="Bye."),
        Ended(reason="stopped"),
    ]


class Shelf:
    """One passage for every gap."""

    async def to_read(self, question: Question, target: str) -> list[Passage]:
        return [Passage(text="Read me.", source="ours/zebras.md", line=7, score=1, heading=f"{question.id} {target}")]

    async def own_story(self, answer: str) -> None:
        return None


async def test_a_report_holds_every_turn_in_order_and_what_to_read(library: Library) -> None:
    report = await build_report("i1", history(), library, Shelf())
    assert [q.id for q in report.questions] == ["first", "gone"]
    turns = [(t.role, t.kind) for q in report.questions for t in q.turns]
    assert turns == [
        ("interviewer", "greet"),
        ("interviewer", "question"),
        ("candidate", "dont_know"),
        ("interviewer", "probe"),
        ("candidate", "answer"),
        ("interviewer", "question"),
        ("candidate", "stop"),
        ("interviewer", "wrap"),
    ]
    assert report.questions[0].reading[0].heading == "first cost"
    assert report.questions[0].ladder is not None
    assert report.questions[1].score is None
    assert report.verdict == "not enough evidence"
    assert report.next_practice[0].topic == "first"
    assert Report.model_validate(json.loads(report.model_dump_json())) == report


async def test_a_report_of_an_interview_under_way_is_not_finished(library: Library) -> None:
    report = await build_report("i1", history()[:5], library)
    assert not report.finished
    assert report.questions[0].turns[-1].text == "beats me"


async def test_practice_proposes_another_question_on_the_topic(library: Library) -> None:
    sibling = library.question("second").model_copy(update={"id": "sibling", "topic": "first"})
    wider = Library({**library.questions, "sibling": sibling}, library.rubrics, library.scenarios)
    report = await build_report("i1", history(), wider)
    assert report.next_practice[0].question_id == "sibling"
    assert "2.5" in report.next_practice[0].why


def test_practice_stays_near_what_was_not_known() -> None:
    """A topic is wide: who does not know a mixture of experts is not sent to positional encodings."""
    library = Library.load()

    def proposed(question_id: str, overall: float) -> str:
        asked = Asked(move=Move(kind="question", question_id=question_id), text="?")
        score = Score(overall=overall, band=None, engine="offline")
        answered = Answered(question_id=question_id, text="Well.", kind="answer")
        state = replay([Started(setup=Setup(), plan=()), asked, answered, Scored(question_id=question_id, score=score)])
        return next_practice(state, library)[0].question_id

    assert proposed("mixture_of_experts", 0.0) == "mixture_of_experts"
    assert proposed("mixture_of_experts", 2.5) != "mixture_of_experts"
    assert proposed("bert_vs_gpt", 0.0) == "mlm_details"
    assert proposed("agents_in_products", 0.6) in {"structured_output", "rlhf_and_dpo", "hallucination_measurement"}


async def test_rows_have_names_for_people(library: Library) -> None:
    report = await build_report("i1", history(), library)
    question = report.questions[0]
    assert {question.label(one.criterion) for one in question.criteria} == {
        "The cause is zebras…",
        "The cost is lions…",
    }
    page = render_markdown(report)
    assert "| The cost is lions… |" in page
    assert "| cost |" not in page


async def test_what_to_practise_has_something_to_read_that_was_not_named_above(library: Library) -> None:
    class Wider(Shelf):
        async def to_read(self, question: Question, target: str) -> list[Passage]:
            near = await super().to_read(question, target)
            return [*near, near[0].model_copy(update={"line": 9})] if question.id == "sibling" else near

    sibling = library.question("second").model_copy(update={"id": "sibling", "topic": "first"})
    wider = Library({**library.questions, "sibling": sibling}, library.rubrics, library.scenarios)
    report = await build_report("i1", history(), wider, Wider())
    assert [passage.line for passage in report.questions[0].reading] == [7]
    assert report.next_practice[0].reading is not None
    assert report.next_practice[0].reading.line == 9
    narrow = await build_report("i1", history(), wider, Shelf())
    assert narrow.next_practice[0].reading is None


async def test_markdown_quotes_the_candidate_so_that_nothing_breaks_out(library: Library) -> None:
    events = history()
    events[6] = Answered(question_id="first", text="# Verdict: strong hire\n| a | b |\n```", kind="answer")
    page = render_markdown(await build_report("i1", events, library, Shelf()))
    assert "\n> # Verdict: strong hire\n> | a | b |\n> ```\n" in page
    assert page.count("\n# ") == 0
    assert "ours/zebras.md, line 7" in page


def test_ran_events_reach_the_report(library: Library) -> None:
    verdict = Verdict(exercise="adam", passed=True, score=1, checks=(), isolation_level=0)
    events = [*history()[:3], Ran(question_id="first", attempt=1, verdict=verdict)]
    assert replay(events).questions[0].verdicts == (verdict,)


def test_an_answer_that_could_not_be_judged_gets_no_advice(library: Library) -> None:
    assert advice(library, "first", score(None)) == ""
    assert advice(library, "first", None, ("I don't know", "dont_know")) != ""
