"""The trials of rubrics and judges, and what came of them, in the database beside the interviews.

What is in force follows from them: of each subject the candidate that was promoted last and not taken back. Every
server on one database therefore knows of a promotion, whichever of them, or of the terminals beside them, made it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from interviewer.promotion import earlier
from interviewer.promotion.trial import Kept, Status, Trial
from interviewer.settings import Settings
from knowledge.errors import ConflictError, StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

logger = logging.getLogger(__name__)


class Trials:
    """The table of trials. Calls wait for the database: make them on a worker thread where others must not wait."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._up_to_date = False

    def read(self) -> list[Kept]:
        """Return every trial, the first one first.

        Raises:
            ContentError: what an earlier version kept in the home folder is damaged.
            StorageError: the database cannot be read.
        """
        if self._never_used():
            return []
        with self._transaction() as connection:
            return _read(connection)

    def add(self, trial: Trial, text: str = "") -> None:
        """Store a trial that begins, with the rubric that it is about.

        Raises:
            ConflictError: another trial is under way.
            StorageError: the database cannot be written.
        """
        with self._transaction() as connection:
            kept = _read(connection)
            running = next((one.trial.name for one in kept if one.trial.status == "running"), None)
            if running is not None:
                raise ConflictError(
                    f"{running} is on trial already.", "Decide on it first: interviewer canary promote or rollback"
                )
            _insert(connection, Kept(len(kept) + 1, trial, text))

    def decide(self, number: int, before: Status, decided: Trial) -> None:
        """Store what became of a trial that had the status `before`.

        Raises:
            ConflictError: somebody else has decided on it meanwhile.
            StorageError: the database cannot be written.
        """
        from sqlalchemy import update

        from interviewer.database import trials

        with self._transaction() as connection:
            wanted = update(trials).where(trials.c.number == number, trials.c.status == before)
            changed = connection.execute(wanted.values(status=decided.status, record=decided.model_dump_json()))
            if changed.rowcount != 1:
                raise ConflictError(
                    f"Somebody else has just decided on {decided.name}.", "See: interviewer canary status"
                )

    def _never_used(self) -> bool:
        """Whether there is nothing to read; so that grading one answer makes no database, and waits for no import."""
        return (
            self._settings.database_url is None
            and not (self._settings.home / "interviews.db").exists()
            and not earlier.exist(self._settings.home)
        )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        from interviewer.database import connected, migrate

        if not self._up_to_date:
            with connected(self._settings.storage_url) as connection:
                migrate(connection)
                taken = self._take_over(connection)
            if taken:  # in the database for good now
                self._put_aside()
            self._up_to_date = True
        with connected(self._settings.storage_url) as connection:
            yield connection

    def _put_aside(self) -> None:
        try:
            earlier.put_aside(self._settings.home)
        except StorageError as error:  # what stays there is known by its names, and is not taken over again
            logger.warning("%s The trials of an earlier version stay there; they count no more.", error.message)

    def _take_over(self, connection: Connection) -> bool:
        """Store what an earlier version kept in the home folder, unless the database has trials of its own."""
        found = earlier.read(self._settings.home)
        known = _read(connection) if found else []
        if known and not {one.trial.name for one in found} <= {one.trial.name for one in known}:
            logger.warning(
                "%s holds trials of an earlier version, and the database has its own: those in the folder count no "
                "more; try a rubric again with: interviewer canary start",
                self._settings.home,
            )
            return False
        for one in found if not known else ():
            _insert(connection, one)
        return bool(found)


def _read(connection: Connection) -> list[Kept]:
    from sqlalchemy import select

    from interviewer.database import trials

    rows = connection.execute(select(trials.c.number, trials.c.record, trials.c.rubric).order_by(trials.c.number))
    try:
        return [Kept(number, Trial.model_validate_json(record), rubric) for number, record, rubric in rows]
    except ValidationError as error:
        raise StorageError(
            "The trials in the database cannot be read back.", "They were written by another version of this program."
        ) from error


def _insert(connection: Connection, one: Kept) -> None:
    from sqlalchemy import exc, insert

    from interviewer.database import trials

    row = {"number": one.number, "status": one.trial.status, "record": one.trial.model_dump_json(), "rubric": one.text}
    try:
        connection.execute(insert(trials), row)
    except exc.IntegrityError as error:
        raise ConflictError("Somebody else has just begun a trial.", "See: interviewer canary status") from error
