"""The questions and rubrics in force: ours, the user's own packs, and the rubrics that were promoted from a trial."""

from __future__ import annotations

from pathlib import Path

from interviewer.settings import Settings
from knowledge.library import Library


def promoted_folder(home: Path) -> Path:
    """Return the folder of the rubrics that stand in for ours, `<rubric>.yaml` each; it need not exist."""
    return home / "rubrics"


def promoted_judge_file(home: Path) -> Path:
    """Return the file with the name of the judge's model that was promoted; it need not exist."""
    return home / "judge.txt"


def with_promoted_judge(settings: Settings) -> Settings:
    """Return the settings with the judge that was promoted from a trial, if one was."""
    try:
        model = promoted_judge_file(settings.home).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return settings
    return settings.model_copy(update={"judge_model": model}) if model else settings


def load_library(settings: Settings) -> Library:
    """Return everything that can be asked, with the rubrics that score it.

    Raises:
        ContentError: a malformed pack, rubric or scenario.
    """
    library = Library.load([settings.pack_folder])
    for path in sorted(promoted_folder(settings.home).glob("*.yaml")):
        library = library.with_rubric(path)
    return library
