"""A score worked out in the process beside a server is the score; when that process fails, the server works it out."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evaluators.reliability.calibration import Calibration
from evaluators.score import Score
from interviewer.assembly import Parts, open_engine
from interviewer.events import Answered, Scored, Setup
from interviewer.process import ChildProcess
from interviewer.scoring.assessment import OfflineAssessor
from interviewer.scoring.judging import Judging, Subject, judge_here
from interviewer.settings import Settings
from interviewer.state import QuestionState, State
from knowledge.encoder import TokenEncoder
from knowledge.library import Library

ANSWER = "Last year I cut the skew between training and serving from 9% to 1%: L2 shrinks weights, L1 makes some zero."
QUESTIONS = ["a_failure", "design_feature_store", "proud_project", "l1_vs_l2"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    with closing(Parts(Settings(home=tmp_path_factory.mktemp("home")), many=True)) as opened:
        yield opened


def told(question: str, text: str = ANSWER) -> State:
    message = Answered(question_id=question, text=text, kind="answer")
    current = QuestionState(question_id=question, minutes=5.0, messages=(message,))
    return State(questions=(current,), pending=message)


async def score_of(assessor: OfflineAssessor, state: State) -> Score:
    (found,) = await assessor.assess(state)
    assert isinstance(found, Scored)
    return found.score


def here(assessor: OfflineAssessor, library: Library, state: State) -> Score:
    assert state.current is not None
    return assessor.score(library.question(state.current.question_id), state.current, state.setup.level)


def pid_of(child: ChildProcess) -> int:
    """Wait until there is one."""
    deadline = time.monotonic() + 20
    while (pid := child.pid) is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return pid


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_child_gives_the_same_score(parts: Parts, question: str) -> None:
    assessor, state = parts.assessor(), told(question)
    found = await score_of(assessor, state)
    assert parts.beside is not None
    assert parts.beside.pid is not None
    assert found.overall is not None
    assert found == here(assessor, parts.library(), state)


async def test_a_persons_calibration_and_a_changed_rubric_reach_the_child(parts: Parts) -> None:
    state, absent = told("l1_vs_l2"), None
    plain = await score_of(parts.assessor(), state)
    kinder = Calibration(slope=1, intercept=1, answers=20, error_before=1, error_after=0.5)
    ours = parts.library()
    rubric = ours.rubric_for(ours.question("l1_vs_l2"))
    changed = {**ours.rubrics, rubric.rubric: rubric.model_copy(update={"version": 91})}
    other = Library(ours.questions, changed, ours.scenarios)
    made: Any = (parts.encoder, absent, parts.executor)
    calibrated = OfflineAssessor(ours, *made, calibration=kinder, beside=parts.beside)
    promoted = OfflineAssessor(other, *made, beside=parts.beside)
    moved = await score_of(calibrated, state)
    assert plain.overall is not None
    assert moved.overall == pytest.approx(plain.overall + 1, abs=0.01)
    assert (await score_of(promoted, state)).versions["rubric"].endswith("@91")
    assert await score_of(parts.assessor(), state) == plain  # nobody else is touched by it


async def test_a_child_that_is_killed_in_mid_turn_costs_no_score(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    child, none = ChildProcess(), None
    made: Any = (parts.library(), parts.encoder, none, parts.executor)
    assessor = OfflineAssessor(*made, beside=child)
    try:
        turn = asyncio.create_task(score_of(assessor, told("l1_vs_l2")))
        os.kill(await asyncio.to_thread(pid_of, child), signal.SIGKILL)  # before it has loaded what it judges with
        assert await turn == here(assessor, parts.library(), told("l1_vs_l2"))
        assert "judged by the server itself" in caplog.text
    finally:
        child.shutdown()


async def test_an_engine_that_closes_leaves_no_child(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    parts = Parts(settings, many=True)
    assert parts.beside is not None
    async with open_engine(settings, parts=parts, warm=False) as engine:
        interview = await engine.create(Setup(round="technical", minutes=10, seed=1, engine="offline"))
        found = [item async for item in engine.reply(interview, ANSWER) if isinstance(item, Scored)]
        assert found[0].score.overall is not None
        pid = parts.beside.pid
        assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_breaks_in_an_evaluator_is_not_scored(parts: Parts) -> None:
    def broken(*_: object) -> Score:
        raise ZeroDivisionError

    state, absent = told("l1_vs_l2"), None
    made: Any = (parts.library(), parts.encoder, absent, parts.executor)
    score = here(OfflineAssessor(*made, evaluate=broken), parts.library(), state)
    assert score.overall is None
    assert "our fault" in score.reason


def test_the_evaluators_that_were_used_last_are_kept_and_no_others(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = 4  # each takes most of a second to make
    monkeypatch.setattr("interviewer.scoring.judging.KEPT", kept)
    made: list[int] = []

    def encoder() -> TokenEncoder:
        made.append(1)
        return parts.encoder()

    judging, state = Judging(encoder), told("l1_vs_l2", "-")
    asked = parts.library().question("l1_vs_l2")
    assert state.current is not None

    def judge(version: int) -> int:
        """How many evaluators were made for it."""
        before = len(made)
        rubric = parts.library().rubric_for(asked).model_copy(update={"version": version})
        judging.score(Subject(asked, rubric, None, "senior"), state.current)
        return len(made) - before

    assert judge(0) == 1
    for version in range(1, kept + 5):
        assert judge(version) == 1
        assert judge(0) == 0
    assert judge(kept + 4) == 0
    assert judge(1) == 1


def test_judging_is_a_function_of_values(parts: Parts) -> None:
    state = told("l1_vs_l2")
    assert state.current is not None
    subject = parts.assessor().subject(parts.library().question("l1_vs_l2"), state.setup.level)
    assert judge_here(subject, state.current) == here(parts.assessor(), parts.library(), state)
