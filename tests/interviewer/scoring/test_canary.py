"""A candidate on trial scores its share beside what is in force, counts for none, and is promoted or rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import update

from evaluators.score import Score
from interviewer.database import connected, trials
from interviewer.events import Called, Scored, Setup
from interviewer.material import Editions, load_library
from interviewer.promotion.table import Trials
from interviewer.scoring.canary import Canary, chosen, compared, may_promote, score_due
from interviewer.scoring.regrading import Regrader
from interviewer.settings import Settings
from interviewer.state import QuestionState, State, replay
from interviewer.store import Store
from knowledge.errors import ConflictError, ContentError, InputError
from knowledge.library import Library
from knowledge.models import Question, Rubric


def lenient(question: Question, current: QuestionState, level: str, earlier: object = ()) -> Score:
    return Score(overall=5.0, band=(4.5, 5.0), engine="offline", versions={"rubric": "technical@2"})


def rubric_file(folder: Path, version: int = 2, **changes: Any) -> Path:
    """The real star rubric under another version."""
    document = Library.load().rubrics["star"].model_dump(mode="json") | {"version": version} | changes
    path = folder / f"star{version}.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def start(home: Path, folder: Path, version: int = 2, share: float = 1.0) -> Canary:
    canary, path = Canary(Settings(home=home)), rubric_file(folder, version)
    canary.start_rubric(path, Library.load().with_rubric(path).rubrics["star"], share)
    return canary


@pytest.fixture(name="ours")
def version_of_ours() -> int:
    return Library.load().rubrics["star"].version


def version_in_force(home: Path) -> int:
    return load_library(Settings(home=home)).rubrics["star"].version


async def interview(open_fake_engine: Any, text: str) -> str:
    async with open_fake_engine() as engine:
        interview_id: str = await engine.create(Setup(round="technical", minutes=30, seed=1))
        async for _ in engine.reply(interview_id, text):
            pass
        await engine.end(interview_id, "stopped")
        return interview_id


async def test_both_scores_are_kept_and_the_candidates_does_not_count(
    open_fake_engine: Any, library: Library, tmp_path: Path
) -> None:
    interview_id = await interview(open_fake_engine, "There are reasons.")
    trial = start(tmp_path / "home", tmp_path).current()
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        before = replay(await store.read(interview_id))
        assert await score_due(store, trial, Regrader(library, lenient)) == 1
        history = await store.read(interview_id)
        assert isinstance(history[-1], Scored)
        assert history[-1].occasion == "canary"
        assert history[-1].score.versions["canary"] == trial.name
        assert replay(history).questions == before.questions
        assert await score_due(store, trial, Regrader(library, lenient)) == 0  # each answer once
        assert await store.read(interview_id) == history
        found = await compared(store, trial, library, library)
    assert (found.interviews, found.answers) == (1, 1)
    assert found.points == pytest.approx(5.0)
    assert found.verdicts_changed == 1.0
    assert found.worst[0].interview == interview_id
    with pytest.raises(InputError, match="20 are needed"):
        may_promote(found)


async def test_an_interview_under_way_is_not_scored(open_fake_engine: Any, library: Library, tmp_path: Path) -> None:
    async with open_fake_engine() as engine:
        interview_id = await engine.create(Setup(round="technical", minutes=30, seed=1))
        async for _ in engine.reply(interview_id, "Because of zebras."):
            pass
        trial = start(tmp_path / "home", tmp_path).current()
        async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
            assert await score_due(store, trial, Regrader(library, lenient)) == 0


async def test_a_judge_that_gives_nothing_leaves_no_score(
    open_fake_engine: Any, library: Library, tmp_path: Path
) -> None:
    await interview(open_fake_engine, "Because of zebras.")
    canary = Canary(Settings(home=tmp_path / "home"))
    trial = canary.start_judge("openai:another", 1.0)

    async def broken(state: State, question_id: str, offline: Score | None) -> Sequence[Called | Scored]:
        assert offline is not None
        return [Scored(question_id=question_id, score=offline)]

    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        assert await score_due(store, trial, Regrader(library, lenient, broken, always=True)) == 0
        assert (await compared(store, trial, library, library)).answers == 0


def test_the_id_alone_decides_and_the_share_is_kept(tmp_path: Path) -> None:
    trial = start(tmp_path / "home", tmp_path, share=0.2).current()
    ids = [f"{number:020x}" for number in range(5000)]
    first = [chosen(trial, one) for one in ids]
    assert first == [chosen(trial, one) for one in ids]
    assert sum(first) / len(ids) == pytest.approx(0.2, abs=0.02)
    larger = trial.model_copy(update={"share": 0.5})
    assert all(chosen(larger, one) for one, was in zip(ids, first, strict=True) if was)
    other = trial.model_copy(update={"name": "another"})
    assert [chosen(other, one) for one in ids] != first


def test_promote_puts_it_in_force_and_rollback_what_was_before(tmp_path: Path, ours: int) -> None:
    home = tmp_path / "home"
    assert version_in_force(home) == ours
    canary = start(home, tmp_path, ours + 1)
    assert version_in_force(home) == ours
    canary.promote()
    assert version_in_force(home) == ours + 1
    start(home, tmp_path, ours + 2).promote()
    assert version_in_force(home) == ours + 2
    assert canary.rollback().status == "rolled back"
    assert version_in_force(home) == ours + 1
    canary.rollback()
    assert version_in_force(home) == ours
    with pytest.raises(InputError, match="nothing to roll back"):
        canary.rollback()


def test_a_candidate_dropped_before_it_counts_changes_nothing(tmp_path: Path, ours: int) -> None:
    home = tmp_path / "home"
    canary = start(home, tmp_path, ours + 1)
    assert canary.rollback().status == "rolled back"
    assert version_in_force(home) == ours
    assert canary.running() is None


def test_a_judge_is_promoted_and_rolled_back(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, judge_model="openai:old")
    canary = Canary(settings)
    canary.start_judge("openai:new", 0.5)
    assert Editions(settings).settings(None).judge_model == "openai:old"
    canary.promote()
    assert Editions(settings).settings(None).judge_model == "openai:new"
    canary.rollback()
    assert Editions(settings).settings(None).judge_model == "openai:old"


def test_one_trial_at_a_time(tmp_path: Path) -> None:
    canary = start(tmp_path / "home", tmp_path)
    with pytest.raises(ConflictError, match="already"):
        canary.start_judge("openai:new", 0.5)


def test_what_is_tried_does_not_change_with_the_file(tmp_path: Path, ours: int) -> None:
    home = tmp_path / "home"
    canary = start(home, tmp_path, ours + 1)
    trial = canary.current()
    (tmp_path / f"star{ours + 1}.yaml").write_text("rubric: nonsense", encoding="utf-8")
    canary.promote()
    assert version_in_force(home) == ours + 1
    candidate = canary.rubric(trial).record  # as whoever looked before it was decided still asks for it
    assert isinstance(candidate, Rubric)
    assert candidate.version == ours + 1


def test_a_trial_that_somebody_else_has_decided_on_is_not_decided_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = start(tmp_path, tmp_path)
    before = Trials(Settings(home=tmp_path)).read()
    canary.rollback()
    with monkeypatch.context() as patched:
        patched.setattr(Trials, "read", lambda _: before)  # what this process saw before the other one decided
        with pytest.raises(ConflictError, match="Somebody else"):
            canary.promote()
    assert canary.current().status == "rolled back"


def test_a_rubric_in_force_that_no_longer_reads_is_named(tmp_path: Path) -> None:
    canary = start(tmp_path, tmp_path)
    name = canary.promote().name
    with connected(Settings(home=tmp_path).storage_url) as connection:
        connection.execute(update(trials).values(rubric="rubric: star\nversion: none\n"))
    with pytest.raises(ContentError, match=rf"{name}:2: version"):
        load_library(Settings(home=tmp_path))
