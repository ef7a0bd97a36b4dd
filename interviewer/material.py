"""The questions and rubrics in force: ours, the user's own packs, and the rubrics that were promoted from a trial."""

from __future__ import annotations

from pathlib import Path

from interviewer.settings import Settings
from knowledge.library import Library


def promoted_folder(home: Path) -> Path:
    """Return the folder of the rubrics that stand in for ours, `<rubric>.yaml` each; it need not exist."""
    return home / "rubrics"


def load_library(settings: Settings) -> Library:
    """Return everything that can be asked, with the rubrics that score it.

    Raises:
        ContentError: a malformed pack, rubric or scenario.
    """
    library = Library.load([settings.pack_folder])
    for path in sorted(promoted_folder(settings.home).glob("*.yaml")):
        library = library.with_rubric(path)
    return library
