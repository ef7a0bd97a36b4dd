"""The scorecard on a screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from evaluators.score import CriterionScore, Evidence
from evaluators.verdict import Check, MisconceptionSeen, Verdict
from interviewer.scorecard.report import Practice, QuestionReport, Report, Turn, Usage
from interviewer.terminal.scorecard import show_scorecard
from knowledge.models import Ladder, Passage

HOSTILE = "[bold]x[/bold] \x1b[31mred [/nonsense] " + "long " * 60


def _shown(report: Report, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show_scorecard(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _report(**changes: object) -> Report:
    passage = Passage(text="…", source="ours/attention.md", line=12, score=1.0)
    question = QuestionReport(
        id="attention",
        round="technical",
        topic="transformers",
        level="senior",
        text="How does self-attention work?",
        score=2.5,
        band=(2.0, 3.0),
        turns=(Turn(role="candidate", kind="answer", text=HOSTILE),),
        criteria=(
            CriterionScore(
                criterion="scale",
                score=3,
                evidence=(Evidence(quote=HOSTILE, start=0, end=len(HOSTILE)),),
                reason="said",
            ),
            CriterionScore(criterion="cost", score=None, reason="the judge gave no answer"),
        ),
        labels={"scale": "Dividing by the root of d keeps…"},
        hints=1,
        verdicts=(
            Verdict(
                exercise="x",
                passed=False,
                score=0.5,
                checks=(Check(name="a", passed=True), Check(name="b", passed=False)),
                misconceptions=(MisconceptionSeen(id="m", explanation="The scale is missing.", confidence=0.9),),
                isolation_level=3,
            ),
        ),
        advice="Say why the scale is there.",
        reading=(passage,),
    )
    fields: dict[str, object] = {
        "interview_id": "abc",
        "engine": "offline",
        "round": "technical",
        "level": "senior",
        "minutes": 12.3456,
        "seed": 1,
        "finished": True,
        "verdict": "no hire",
        "verdict_reason": "2.5 of 5.",
        "overall": 2.5,
        "band": (2.0, 3.0),
        "questions": (question,),
        "next_practice": (Practice(topic="transformers", question_id="attention", why="the cost was missing"),),
        **changes,
    }
    return Report.model_validate(fields)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_it_fits_the_screen(width: int) -> None:
    assert max(map(len, _shown(_report(), width).splitlines())) <= width


def test_it_says_what_a_candidate_needs_to_know() -> None:
    flat = " ".join(_shown(_report()).split())
    for part in (
        "no hire",
        "2.5 of 5",
        "2.0–3.0",
        "●●●○○",
        "hints taken: 1",
        "Dividing by the root",
        "1 of 2 checks",
        "The scale is missing",
    ):
        assert part in flat
    assert "isolation" not in flat
    for part in ("offline engine", "ours/attention.md, line 12", "Say why the scale is there.", "Practise next"):
        assert part in flat


def test_what_was_not_judged_gets_no_number() -> None:
    shown = _shown(_report(overall=None, band=None, verdict="not enough evidence"))
    assert "not scored" in shown
    cost = next(line for line in shown.splitlines() if "cost" in line and "judge" in line)
    assert "–" in cost
    assert "○" not in cost


def test_a_candidates_text_is_no_markup_and_no_escape() -> None:
    shown = _shown(_report())
    assert "[bold]x[/bold]" in shown
    assert "\x1b" not in shown


def test_calls_of_a_model_are_accounted_for() -> None:
    usage = Usage(calls=3, input_tokens=1200, output_tokens=80, cost_usd=0.0123)
    shown = _shown(_report(usage=usage))
    assert "3 model calls" in shown
    assert "1,200 in, 80 out" in shown
    assert "$0.0123" in shown


def test_of_an_exercise_that_was_not_handed_in_no_row_of_empty_points_is_shown() -> None:
    empty = CriterionScore(criterion="paths", score=0, reason="Not said: there are three paths.")
    question = _report().questions[0].model_copy(update={"score": None, "criteria": (empty,)})
    assert "Not said" not in _shown(_report(questions=(question,)))
    judged = question.model_copy(update={"score": 0.0})
    assert "Not said" in _shown(_report(questions=(judged,)))


@pytest.mark.parametrize(("score", "told"), [(1, True), (2, True), (4, False)])
def test_a_thin_criterion_says_why_beside_its_quotation(score: int, told: bool) -> None:
    evidence = (Evidence(quote="it is cheap", start=0, end=11),)
    criterion = CriterionScore(criterion="cost", score=score, evidence=evidence, reason="Said to 20%: it is quadratic.")
    question = _report().questions[0].model_copy(update={"criteria": (criterion,)})
    shown = _shown(_report(questions=(question,)))
    assert "“it is cheap”" in shown
    assert ("it is quadratic" in shown) is told


def test_nothing_is_said_twice() -> None:
    ladder = Ladder(junior="It counts.", senior="It weighs.", staff="It decides.")
    question = _report().questions[0]

    def shown(**changes: object) -> str:
        changed = question.model_copy(update={"ladder": ladder, "advice": "", **changes})
        return _shown(_report(questions=(changed,)))

    assert "It counts." not in shown(), "said at the level below the candidate's"
    assert "It counts." in shown(score=None)
    assert shown(advice="Hold it beside a staff answer: It decides.").count("It decides.") == 1
    named = {"senior": "Say the price.", "staff": "Say for whom."}
    page = shown(advice="After “x”, the sentence that lifts this answer: Say the price.", next_on_the_ladder=named)
    assert page.count("Say the price.") == 1
    assert "a staff engineer goes on: Say for whom." in page


def test_a_reason_that_holds_for_all_is_given_once() -> None:
    reason = "Said openly."
    criteria = tuple(CriterionScore(criterion=name, score=0, reason=reason) for name in ("scale", "cost", "order"))
    question = _report().questions[0].model_copy(update={"criteria": criteria})
    assert _shown(_report(questions=(question,))).count(reason) == 1
