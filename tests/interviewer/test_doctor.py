"""The doctor blames the part that is broken, and tells what was promoted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from interviewer.database import connected, trials
from interviewer.doctor import Finding, examine
from interviewer.scoring.canary import Canary
from interviewer.settings import Settings
from knowledge.data_files import HOME
from knowledge.library import Library


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(settings)}


def test_a_damaged_database_is_told_of_the_interviews_and_not_of_the_questions(tmp_path: Path) -> None:
    (tmp_path / "interviews.db").write_bytes(b"garbage" * 100)
    found = findings(Settings(home=tmp_path))
    assert found["interviews"].status == "broken"
    assert "damaged" in found["interviews"].detail
    assert found["questions"].status == "ok"


def test_what_is_in_force_is_told_and_a_promoted_rubric_that_does_not_read_is_broken(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    canary = Canary(settings)
    canary.start_judge("openai:new", 0.5)
    canary.promote()
    assert findings(settings)["interviews"].detail == "0 kept, promoted judge openai:new"
    path = tmp_path / "star.yaml"
    text = (HOME / "rubrics" / "star.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("\nversion: ", "\nversion: 7", 1), encoding="utf-8")
    canary.start_rubric(path, Library.load().with_rubric(path).rubrics["star"], 1.0)
    canary.promote()
    with connected(settings.storage_url) as connection:
        connection.execute(update(trials).values(rubric="rubric: star\nversion: none\n"))
    assert "version" in findings(settings)["interviews"].detail
