"""The questions and rubrics in force: ours, the user's own packs, and the rubrics that were promoted from a trial."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from interviewer.settings import Settings
from knowledge.library import Library

logger = logging.getLogger(__name__)


_PROMOTED = "promoted "
_JUDGE = f"{_PROMOTED}judge"


def digest(text: bytes) -> str:
    """Return what tells one text of a rubric from another, short enough to read."""
    return hashlib.sha256(text).hexdigest()[:8]


def trial_folder(home: Path) -> Path:
    """Return the folder with a copy of every rubric that was ever on trial; it need not exist."""
    return home / "canary"


def promoted_folder(home: Path) -> Path:
    """Return the folder of the rubrics that stand in for ours, `<rubric>.yaml` each; it need not exist."""
    return home / "rubrics"


def promoted_judge_file(home: Path) -> Path:
    """Return the file with the name of the judge's model that was promoted; it need not exist."""
    return home / "judge.txt"


def load_library(settings: Settings) -> Library:
    """Return everything that can be asked, with the rubrics in force.

    Raises:
        ContentError: a malformed pack, rubric or scenario.
    """
    return Editions(settings).library(None)


class Editions:
    """What was promoted, by interview: each is judged to its end by what was in force when it began.

    An edition is a few entries of the versions that an interview's first event holds: `promoted star` with the digest
    of the rubric's text, `promoted judge` with the model. It is found by reading a handful of small files, so that a
    server learns of a promotion without being told, whichever process made it.
    """

    def __init__(self, settings: Settings) -> None:
        """Nothing is read yet."""
        self._settings = settings
        self._base: Library | None = None

    def in_force(self) -> dict[str, str]:
        """Return the edition of an interview that begins now; empty when nothing was promoted."""
        found = {}
        for path in sorted(promoted_folder(self._settings.home).glob("*.yaml")):
            found[_PROMOTED + path.stem] = digest(path.read_bytes())
        try:
            model = promoted_judge_file(self._settings.home).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            model = ""
        return {**found, **({_JUDGE: model} if model else {})}

    def of(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Return the edition among the versions of an interview."""
        return {name: version for name, version in versions.items() if name.startswith(_PROMOTED)}

    def library(self, edition: Mapping[str, str] | None) -> Library:
        """Return everything that can be asked, with the rubrics of an edition; None is what is in force.

        Raises:
            ContentError: a malformed pack, rubric or scenario.
        """
        if self._base is None:
            self._base = Library.load([self._settings.pack_folder])
        library = self._base
        for name, wanted in (self.in_force() if edition is None else edition).items():
            path = None if name == _JUDGE else self._rubric(name.removeprefix(_PROMOTED), wanted)
            library = library.with_rubric(path) if path is not None else library
        return library

    def settings(self, edition: Mapping[str, str] | None) -> Settings:
        """Return the settings with the judge of an edition; None is what is in force."""
        model = (self.in_force() if edition is None else edition).get(_JUDGE)
        return self._settings.model_copy(update={"judge_model": model}) if model else self._settings

    def _rubric(self, subject: str, wanted: str) -> Path | None:
        """Return the file with the text of a promoted rubric; None, with a warning, when it is no longer kept."""
        home = self._settings.home
        in_force = promoted_folder(home) / f"{subject}.yaml"
        for path in (in_force, *sorted(trial_folder(home).glob(f"{subject}@*.yaml"))):
            if path.is_file() and digest(path.read_bytes()) == wanted:
                return path
        logger.warning("the rubric %s of %s is no longer kept; ours stands in for it", wanted, subject)
        return None
