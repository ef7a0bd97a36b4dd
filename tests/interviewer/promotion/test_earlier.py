"""What earlier versions kept in the home folder is taken over once, into SQLite and PostgreSQL alike."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from interviewer.material import Editions, load_library
from interviewer.promotion.table import Trials
from interviewer.promotion.trial import Trial
from interviewer.settings import Settings
from knowledge.data_files import HOME
from knowledge.errors import ContentError
from knowledge.library import Library


def rubric(version: int) -> str:
    text = (HOME / "rubrics" / "star.yaml").read_text(encoding="utf-8")
    return text.replace("\nversion: ", f"\nversion: {version}", 1)


def digest(text: str) -> str:
    """As earlier versions made it: of the file's bytes."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def kept_by_an_earlier_version(home: Path, *statuses: str) -> list[str]:
    """Write a home in which star rubrics 71, 72… went through these trials; return the digests."""
    records: list[dict[str, Any]] = []
    promoted: list[str] = []
    texts = [rubric(71 + number) for number in range(len(statuses))]
    (home / "canary").mkdir(parents=True)
    (home / "rubrics").mkdir()
    for number, (status, text) in enumerate(zip(statuses, texts, strict=True)):
        name = f"star@{71 + number}-{digest(text)}"
        (home / "canary" / f"{name}.yaml").write_text(text, encoding="utf-8")
        at = datetime(2026, 1, number + 1, tzinfo=UTC).isoformat()
        replaced = promoted[-1] if promoted and status == "promoted" else ""
        records.append({"name": name, "kind": "rubric", "subject": "star", "share": 0.5, "status": status})
        records[-1] |= {"started": at, "decided": None if status == "running" else at, "replaced": replaced}
        if status == "promoted":
            promoted.append(name)
            (home / "rubrics" / "star.yaml").write_text(text, encoding="utf-8")
    (home / "canary" / "trials.json").write_text(json.dumps(records), encoding="utf-8")
    return [digest(text) for text in texts]


@pytest.fixture
def settings(tmp_path: Path, url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=SecretStr(url))


def statuses(settings: Settings) -> list[str]:
    return [kept.trial.status for kept in Trials(settings).read()]


def test_trials_and_what_is_in_force_are_taken_over_once_and_put_aside(settings: Settings) -> None:
    before = kept_by_an_earlier_version(settings.home, "promoted", "rolled back", "promoted", "running")
    editions = Editions(settings)
    assert editions.in_force() == {"promoted star": before[2]}
    assert [kept.version for kept in Trials(settings).read()] == before
    assert statuses(settings) == ["promoted", "rolled back", "promoted", "running"]
    # An interview that began under an earlier one, in the old version, is judged by it to its end.
    assert str(editions.library({"promoted star": before[0]}).rubrics["star"].version).startswith("71")
    assert not (settings.home / "canary").exists()
    assert not (settings.home / "rubrics").exists()
    assert (settings.home / "taken-over-1" / "canary" / "trials.json").exists()
    assert len(Trials(settings).read()) == 4


def test_a_second_home_does_not_overrule_the_database(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = kept_by_an_earlier_version(settings.home, "promoted")
    assert Editions(settings).in_force() == {"promoted star": first[0]}
    other = settings.model_copy(update={"home": tmp_path / "other"})
    kept_by_an_earlier_version(other.home, "rolled back", "promoted")
    assert Editions(other).in_force() == {"promoted star": first[0]}
    assert "those in the folder count no more" in caplog.text
    assert (other.home / "rubrics" / "star.yaml").exists()


def test_a_crash_between_taking_over_and_putting_aside_is_mended(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    kept_by_an_earlier_version(settings.home, "promoted")
    before = Trials(settings).read()
    (settings.home / "taken-over-1" / "canary").rename(settings.home / "canary")
    (settings.home / "taken-over-1" / "rubrics").rename(settings.home / "rubrics")
    assert Trials(settings).read() == before
    assert not (settings.home / "canary").exists()
    assert caplog.text == ""


def test_a_home_that_cannot_be_written_is_taken_over_all_the_same(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    before = kept_by_an_earlier_version(settings.home, "rolled back", "promoted")
    monkeypatch.setattr(Path, "rename", refuse)
    for _ in range(2):
        assert Editions(settings).in_force() == {"promoted star": before[1]}
    assert len(Trials(settings).read()) == 2
    assert "cannot be written: Permission denied" in caplog.text


def test_promoted_files_count_whatever_the_record_says(settings: Settings) -> None:
    kept_by_an_earlier_version(settings.home, "promoted")
    (settings.home / "rubrics" / "star.yaml").write_text(rubric(75), encoding="utf-8")
    (settings.home / "judge.txt").write_text("openai:new\n", encoding="utf-8")
    editions = Editions(settings)
    assert editions.in_force() == {"promoted judge": "openai:new", "promoted star": digest(rubric(75))}
    assert editions.settings(None).judge_model == "openai:new"


def test_what_was_taken_out_of_force_by_hand_stays_out(settings: Settings) -> None:
    kept_by_an_earlier_version(settings.home, "promoted")
    (settings.home / "rubrics" / "star.yaml").unlink()
    assert Editions(settings).in_force() == {}
    assert statuses(settings) == ["rolled back"]


def test_a_damaged_record_or_rubric_is_named_and_nothing_is_moved(settings: Settings) -> None:
    kept_by_an_earlier_version(settings.home, "promoted")
    (settings.home / "rubrics" / "star.yaml").write_text("rubric: star\nversion: none\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"star\.yaml:2"):
        load_library(settings)
    (settings.home / "canary" / "trials.json").write_text("[{", encoding="utf-8")
    with pytest.raises(ContentError, match=r"trials\.json|star\.yaml"):
        load_library(settings)
    assert (settings.home / "canary" / "trials.json").exists()


def test_a_home_without_a_database_is_read_without_making_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert load_library(settings).rubrics == Library.load().rubrics
    assert not settings.home.exists()
    kept_by_an_earlier_version(settings.home, "promoted")
    assert str(load_library(settings).rubrics["star"].version).startswith("71")


def test_a_trial_keeps_its_digest_whatever_the_line_ends_are(settings: Settings) -> None:
    text = "\ufeff" + rubric(71).replace("\n", "\r\n")
    trial = Trial(name="star@71", kind="rubric", subject="star", share=1, started=datetime.now(UTC))
    Trials(settings).add(trial, text)
    (kept,) = Trials(settings).read()
    assert kept.text == text
    assert kept.version == digest(text)
