"""Old interviews graded again: both scores stay, the later counts, and what was not judged before is not judged now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluators.score import Score
from interviewer.events import Answered, AnyEvent, Called, Ended, Scored, Setup
from interviewer.scorecard.reporting import as_first_graded, build_report
from interviewer.scoring.regrading import Regraded, Regrader, judged_questions, new_rubric, regrade, under_way
from interviewer.state import QuestionState, State, replay
from interviewer.store import Store
from knowledge.errors import ConflictError, ContentError, NotFoundError
from knowledge.library import Library
from knowledge.models import Question


def harsh(question: Question, current: QuestionState, level: str, earlier: object = ()) -> Score:
    """One of five, whatever was said."""
    return Score(overall=1.0, band=(0.5, 1.5), engine="offline", versions={"rubric": "technical@2"})


async def interview(open_fake_engine: Any, *messages: str, end: bool = True) -> str:
    async with open_fake_engine() as engine:
        interview_id: str = await engine.create(Setup(round="technical", minutes=30, seed=1))
        for text in messages:
            async for _ in engine.reply(interview_id, text):
                pass
        if end:
            await engine.end(interview_id, "stopped")
        return interview_id


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/i.db"


async def again(
    url: str, regrader: Regrader, interview_id: str, **options: Any
) -> tuple[list[Regraded], list[AnyEvent]]:
    async with Store.open(url) as store:
        found = [one async for one in regrade(store, [interview_id], regrader, **options)]
        return found, await store.read(interview_id)


async def test_the_new_score_counts_and_the_old_one_is_kept(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras and lions.")
    (one,), history = await again(url, Regrader(library, harsh), interview_id)
    assert one.changed
    assert one.points == pytest.approx(1.0 - (one.before.overall or 0))
    assert isinstance(history[-1], Scored)
    assert history[-1].occasion == "regrade"
    question = replay(history).question(one.question_id)
    assert question is not None
    assert question.score == one.after
    report = await build_report(interview_id, history, library)
    first = await build_report(interview_id, as_first_graded(history), library)
    graded, originally = (next(q for q in r.questions if q.id == one.question_id) for r in (report, first))
    assert graded.score == 1.0
    assert originally.score == one.before.overall
    assert [g.score for g in graded.gradings] == [one.before.overall, 1.0]
    assert graded.gradings[1].versions["rubric"] == "technical@2"
    assert originally.gradings == ()


async def test_an_ended_interview_stays_ended_and_can_be_resumed(
    open_fake_engine: Any, library: Library, url: str
) -> None:
    interview_id = await interview(open_fake_engine, "There are several reasons.")
    (one,), history = await again(url, Regrader(library, harsh), interview_id)
    assert replay(history).ended == "stopped"
    async with open_fake_engine() as engine:
        async for _ in engine.resume(interview_id):
            pass
        async for _ in engine.reply(interview_id, "Because of zebras and lions."):
            pass
        state = await engine.state(interview_id)
        assert state.ended is None
        assert state.question(one.question_id).score.overall > 1.0  # judged in the interview again: that counts now


async def test_grading_the_same_way_again_stores_nothing(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.")
    _, once = await again(url, Regrader(library, harsh), interview_id)
    (one,), twice = await again(url, Regrader(library, harsh), interview_id)
    assert not one.changed
    assert twice == once


async def test_a_dry_run_stores_nothing(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.")
    (one,), history = await again(url, Regrader(library, harsh), interview_id, keep=False)
    assert one.changed
    assert not any(isinstance(e, Scored) and e.occasion == "regrade" for e in history)


async def test_what_came_after_the_judgement_is_not_judged(open_fake_engine: Any, library: Library, url: str) -> None:
    """The hint was taken after the answer, and the candidate gave up: its price was never part of the score."""
    interview_id = await interview(open_fake_engine, "Because of zebras.", "/hint", "/skip")
    seen: list[QuestionState] = []

    def look(question: Question, current: QuestionState, level: str, earlier: object = ()) -> Score:
        seen.append(current)
        return harsh(question, current, level)

    await again(url, Regrader(library, look), interview_id)
    assert seen[0].answer == "Because of zebras."
    assert seen[0].hints == 0


async def test_a_turn_under_way_is_left_alone(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.", end=False)
    async with Store.open(url) as store:
        history = await store.read(interview_id)
        question_id = replay(history).questions[-1].question_id
        await store.append(interview_id, len(history), [Answered(question_id=question_id, text="And", kind="answer")])
        assert under_way(await store.read(interview_id))
        with pytest.raises(ConflictError, match="being answered"):
            [one async for one in regrade(store, [interview_id], Regrader(library, harsh))]


async def test_a_question_that_has_left_the_bank_says_so(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.")
    empty = Library({}, library.rubrics, library.scenarios)
    (one,), _ = await again(url, Regrader(empty, harsh), interview_id)
    assert one.after is None
    assert "no longer" in one.why_not


async def test_what_a_model_judged_is_not_replaced_by_less(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.")
    async with Store.open(url) as store:
        history = await store.read(interview_id)
        ((question_id, judged),) = judged_questions(history).items()
        better = judged.score.model_copy(update={"engine": "ensemble", "overall": 4.0})
        await store.append(interview_id, len(history), [Scored(question_id=question_id, score=better)])
    (left,), _ = await again(url, Regrader(library, harsh), interview_id)
    assert left.after is None
    assert "language model" in left.why_not

    async def opinion(state: State, question_id: str, offline: Score | None) -> Sequence[Called | Scored]:
        assert offline is not None
        call = Called(purpose="judge", model="m", prompt="p@1", latency_s=0.1)
        return [call, Scored(question_id=question_id, score=offline.model_copy(update={"engine": "ensemble"}))]

    (one,), history = await again(url, Regrader(library, harsh, opinion), interview_id)
    assert one.after is not None
    assert one.after.engine == "ensemble"
    assert [type(event) for event in history[-2:]] == [Called, Scored]


async def test_only_the_rubric_that_changed_is_graded(open_fake_engine: Any, library: Library, url: str) -> None:
    interview_id = await interview(open_fake_engine, "Because of zebras.")
    found, _ = await again(url, Regrader(library, harsh, only="star"), interview_id)
    assert found == []


def write(library: Library, path: Path, **changes: Any) -> Path:
    document = {**library.rubrics["technical"].model_dump(mode="json"), **changes}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_rubric_file_stands_in_for_the_one_of_its_name(library: Library, tmp_path: Path) -> None:
    changed, rubric = new_rubric(library, write(library, tmp_path / "r.yaml", version=2, hint_caps=[3, 2, 1]))
    assert rubric.rubric == "technical"
    assert changed.rubrics["technical"].hint_caps == (3, 2, 1)
    assert library.rubrics["technical"].version == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "in force"),
        ({"title": "Another"}, "version 1"),
        ({"rubric": "tecnical", "version": 2}, "technical"),
        ({"version": 2, "hint_caps": "none"}, "hint_caps"),
    ],
)
def test_a_rubric_that_cannot_stand_in_says_why(
    library: Library, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises((ContentError, NotFoundError), match=said):
        new_rubric(library, write(library, tmp_path / "r.yaml", **changes))


def test_a_rubric_may_not_rename_what_answers_are_searched_for(library: Library, tmp_path: Path) -> None:
    other = library.rubrics["star"].model_dump(mode="json") | {"rubric": "technical", "version": 2}
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(other), encoding="utf-8")
    with pytest.raises(ContentError, match="coverage"):
        library.with_rubric(path)


def test_a_score_on_trial_never_counts(library: Library) -> None:
    question = library.question("first")
    score = harsh(question, QuestionState(question_id="first", minutes=5), "senior")
    state = State(questions=(QuestionState(question_id="first", minutes=5),))
    trial = Scored(question_id="first", score=score, occasion="canary")
    after = replay([trial, Ended(reason="finished")], state)
    assert after.questions == state.questions
    assert after.seq == 2
    assert replay([trial.model_copy(update={"occasion": "regrade"})], state).questions[0].score == score
