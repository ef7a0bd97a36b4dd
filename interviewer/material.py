"""The questions and rubrics in force: ours, the user's own packs, and the rubrics that were promoted from a trial."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from interviewer.promotion.table import Trials
from interviewer.promotion.trial import in_force
from interviewer.settings import Settings
from knowledge.data_files import checked
from knowledge.library import Library

logger = logging.getLogger(__name__)

_PROMOTED = "promoted "
_JUDGE = f"{_PROMOTED}judge"


def load_library(settings: Settings) -> Library:
    """Return everything that can be asked, with the rubrics in force.

    Raises:
        ContentError: a malformed pack, rubric or scenario.
        StorageError: the database, which knows what is in force, cannot be read.
    """
    return Editions(settings).library(None)


class Editions:
    """What was promoted, by interview: each is judged to its end by what was in force when it began.

    An edition is a few entries of the versions that an interview's first event holds: `promoted star` with the digest
    of the rubric's text, `promoted judge` with the model. What is in force is looked up in the database each time, so
    that a server learns of a promotion without being told, whichever process made it.
    """

    def __init__(self, settings: Settings) -> None:
        """Nothing is read yet."""
        self._settings = settings
        self._trials = Trials(settings)
        self._base: Library | None = None

    def in_force(self) -> dict[str, str]:
        """Return the edition of an interview that begins now; empty when nothing was promoted.

        Raises:
            StorageError: the database cannot be read.
        """
        return {_PROMOTED + subject: kept.version for subject, kept in in_force(self._trials.read()).items()}

    def of(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Return the edition among the versions of an interview."""
        return {name: version for name, version in versions.items() if name.startswith(_PROMOTED)}

    def library(self, edition: Mapping[str, str] | None) -> Library:
        """Return everything that can be asked, with the rubrics of an edition; None is what is in force.

        Raises:
            ContentError: a malformed pack, rubric or scenario.
            StorageError: the database cannot be read.
        """
        if self._base is None:
            self._base = Library.load([self._settings.pack_folder])
        wanted = self.in_force() if edition is None else edition
        rubrics = {name.removeprefix(_PROMOTED): version for name, version in wanted.items() if name != _JUDGE}
        kept = {(one.trial.subject, one.version): one for one in self._trials.read()} if rubrics else {}
        library = self._base
        for subject, version in rubrics.items():
            one = kept.get((subject, version))
            if one is None:
                logger.warning("the rubric %s of %s is no longer kept; ours stands in for it", version, subject)
            else:
                library = library.with_rubric_in(checked(one.text, one.trial.name))
        return library

    def settings(self, edition: Mapping[str, str] | None) -> Settings:
        """Return the settings with the judge of an edition; None is what is in force."""
        model = (self.in_force() if edition is None else edition).get(_JUDGE)
        return self._settings.model_copy(update={"judge_model": model}) if model else self._settings
