"""The score of code: what it did, the attempts it took, what was said about it."""

from __future__ import annotations

from typing import Any

import pytest

from evaluators.score import CriterionScore, Evidence, Score
from evaluators.verdict import UNREADABLE_FILE, Check, Verdict
from interviewer.events import Answered
from interviewer.scoring.coding import coding_score
from interviewer.state import QuestionState
from knowledge.library import Library
from knowledge.models import Cap, Rubric

SOURCE = "import numpy as np\n\ndef adam(params, grads):\n    return params\n"


@pytest.fixture
def rubric(library: Library) -> Rubric:
    caps = (
        Cap(criterion="correctness", at_most=1, overall=2.0, reason="does not work"),
        Cap(criterion="explanation", at_most=0, overall=3.5, reason="not explained"),
    )
    return library.rubrics["coding"].model_copy(update={"caps": caps})


def attempt(passed: int, total: int = 4) -> Verdict:
    checks = tuple(Check(name=f"c{n}", passed=n < passed) for n in range(total))
    return Verdict(exercise="adam", passed=passed == total, score=passed / total, checks=checks, isolation_level=4)


def current(*verdicts: Verdict) -> QuestionState:
    code: tuple[Any, ...] = tuple(Answered(question_id="code", text=SOURCE, kind="code") for _ in verdicts)
    graded = tuple(range(len(verdicts)))
    return QuestionState(question_id="code", minutes=10, messages=code, verdicts=verdicts, graded=graded)


def talk(overall: float) -> Score:
    evidence = (Evidence(quote="x", start=0, end=1),)
    point = CriterionScore(criterion="cost", score=3, evidence=evidence, reason="")
    return Score(overall=overall, band=None, criteria=(point,), engine="offline")


def test_without_code_there_is_no_score(rubric: Rubric) -> None:
    score = coding_score(rubric, current(), talk(5))
    assert score.overall is None
    assert "no code" in score.reason


def test_correctness_is_measured_and_quotes_the_definition(rubric: Rubric) -> None:
    score = coding_score(rubric, current(attempt(4)), talk(5))
    correctness = score.criteria[0]
    assert (correctness.criterion, correctness.score, score.overall) == ("correctness", 5, 5.0)
    quote = correctness.evidence[0]
    assert quote.quote == "def adam(params, grads):"
    assert SOURCE[quote.start : quote.end] == quote.quote


def test_more_checks_more_points_and_only_all_of_them_all(rubric: Rubric) -> None:
    points = [coding_score(rubric, current(attempt(n)), None).criteria[0].score for n in range(5)]
    assert points == [0, 1, 2, 4, 5]


def test_a_fix_is_worth_a_little_less_than_a_clean_start_and_more_than_a_failure(rubric: Rubric) -> None:
    clean = coding_score(rubric, current(attempt(4)), None).overall
    fixed = coding_score(rubric, current(attempt(3), attempt(4)), None).overall
    late = coding_score(rubric, current(attempt(1), attempt(3), attempt(4)), None).overall
    failed = coding_score(rubric, current(attempt(2), attempt(2), attempt(2)), None).overall
    assert clean is not None
    assert fixed is not None
    assert late is not None
    assert failed is not None
    assert clean > fixed > late > failed


def test_what_cannot_be_read_takes_nothing_away_and_the_first_time_costs_nothing(rubric: Rubric) -> None:
    unread = Verdict(
        exercise="adam",
        passed=False,
        score=0,
        checks=(Check(name=UNREADABLE_FILE, passed=False),),
        isolation_level=4,
        error="line 1 is not valid Python",
    )
    clean, slipped = (
        coding_score(rubric, current(attempt(4)), None),
        coding_score(rubric, current(unread, attempt(4)), None),
    )
    assert slipped.overall == clean.overall == 5
    twice = coding_score(rubric, current(unread, unread, attempt(4)), None)
    assert twice.overall == coding_score(rubric, current(attempt(3), attempt(4)), None).overall
    half = coding_score(rubric, current(attempt(2)), None)
    assert coding_score(rubric, current(attempt(2), unread, unread), None).overall == half.overall
    alone = coding_score(rubric, current(unread), None)
    assert alone.overall == 0
    assert "not valid Python" in alone.criteria[0].reason


def test_code_that_does_nothing_right_is_capped_whatever_is_said(rubric: Rubric) -> None:
    score = coding_score(rubric, current(attempt(1)), talk(5))
    assert score.overall == 2.0
    assert any("does not work" in step for step in score.trace)


def test_silence_about_the_code_is_left_out_and_said(rubric: Rubric) -> None:
    score = coding_score(rubric, current(attempt(4)), None)
    assert score.overall == 5.0
    assert any("left out" in step for step in score.trace)
    assert score.band is not None
    assert score.band[1] - score.band[0] >= 0.5


def test_what_was_said_counts(rubric: Rubric) -> None:
    good, poor = coding_score(rubric, current(attempt(4)), talk(5)), coding_score(rubric, current(attempt(4)), talk(1))
    assert good.overall is not None
    assert poor.overall is not None
    assert good.overall > poor.overall
    assert [c.criterion for c in good.criteria] == ["correctness", "cost"]


def test_talk_that_could_not_be_judged_is_left_out(rubric: Rubric) -> None:
    unjudged = Score(overall=None, band=None, engine="offline")
    assert coding_score(rubric, current(attempt(4)), unjudged).overall == 5.0
