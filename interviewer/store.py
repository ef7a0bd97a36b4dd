"""Interviews as append-only events in SQL. `(interview_id, seq)` is unique, so of two writers one is told no."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import delete, exc, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from interviewer.database import events, interviews, open_database, refused, tidy_after_delete
from interviewer.events import EVENT, Answered, AnyEvent, Ended, Setup, Started
from knowledge.errors import ConflictError, NotFoundError, StorageError

History: TypeAlias = list[AnyEvent]
"""An interview's events; the one at position 0 has number 1."""

_ID = re.compile(r"[a-z0-9]{8,64}")


class Listed(NamedTuple):
    """One line of the list of interviews."""

    interview_id: str
    created_at: datetime
    updated_at: datetime
    setup: Setup
    events: int
    ended: str
    """Why it ended; empty while it can go on."""


class Store:
    """The database of interviews. `Store.open` connects, brings the schema up to date, and closes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Store]:
        """Open the database at an SQLAlchemy URL; SQLite files and their folder are made when missing.

        Raises:
            StorageError: it cannot be opened, is damaged, or was written by a newer version.
        """
        engine = await open_database(url)
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    async def create(self, first: Sequence[AnyEvent]) -> str:
        """Store a new interview that begins with `first` (a Started, then what was said) and return its id."""
        started = first[0]
        assert isinstance(started, Started)
        interview_id = secrets.token_hex(10)
        record = {"id": interview_id, "created_at": _text(started.at), "setup": started.setup.model_dump_json()}
        async with self._transaction() as connection:
            await connection.execute(insert(interviews), record)
            await connection.execute(insert(events), _rows(interview_id, 0, first))
        return interview_id

    async def append(self, interview_id: str, expected_seq: int, new: Sequence[AnyEvent]) -> int:
        """Add `new` after the event with number `expected_seq`, all or nothing; return the last number.

        Raises:
            ConflictError: somebody else has written since, or the idempotency key was used.
            NotFoundError: no such interview.
        """
        if not new:
            return expected_seq
        try:
            async with self._transaction() as connection:
                last = await self._last(connection, interview_id)
                if last != expected_seq:
                    raise _conflict(interview_id)
                await connection.execute(insert(events), _rows(interview_id, expected_seq, new))
        except exc.IntegrityError:
            # The other writer committed between our look and our write, or deleted the interview.
            async with self._transaction() as connection:
                await self._last(connection, interview_id)
            raise _conflict(interview_id) from None
        return expected_seq + len(new)

    async def read(self, interview_id: str, after: int = 0) -> History:
        """Return the events with numbers above `after`; numbers start at 1 and have no gaps.

        Raises:
            NotFoundError: no such interview.
            StorageError: a stored event cannot be read back.
        """
        # With the one before, which is there if the interview is: a turn then looks once, not twice.
        wanted = select(events.c.seq, events.c.payload).where(
            events.c.interview_id == interview_id, events.c.seq >= after
        )
        async with self._transaction() as connection:
            if not after or not _ID.fullmatch(interview_id):
                await self._exists(connection, interview_id)
            rows = (await connection.execute(wanted.order_by(events.c.seq))).all()
            if after and not rows:
                await self._exists(connection, interview_id)
        return [_event(interview_id, seq, payload) for seq, payload in rows if seq > after]

    async def of_types(self, *types: str) -> AsyncIterator[tuple[str, AnyEvent]]:
        """Yield the events of these types, each with its interview's id; an interview's events come in order.

        Raises:
            StorageError: a stored event cannot be read back.
        """
        wanted = (
            select(events.c.interview_id, events.c.seq, events.c.payload)
            .where(events.c.type.in_(types))
            .order_by(events.c.interview_id, events.c.seq)
        )
        async with self._transaction() as connection:
            rows = await connection.stream(wanted)
            async for interview_id, seq, payload in rows:
                yield interview_id, _event(interview_id, seq, payload)

    async def seq_of_key(self, interview_id: str, idempotency_key: str) -> int | None:
        """Return the number of the Answered that came with this key, or None."""
        wanted = select(events.c.seq).where(
            events.c.interview_id == interview_id, events.c.idempotency_key == idempotency_key
        )
        async with self._transaction() as connection:
            await self._exists(connection, interview_id)
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def list(self, limit: int | None = None) -> list[Listed]:
        """Return the interviews, the one that was used last first."""
        totals = (
            select(events.c.interview_id, func.count().label("events"), func.max(events.c.at).label("updated_at"))
            .group_by(events.c.interview_id)
            .subquery()
        )
        last = (  # who was stopped and went on has several ends, and what counts is what came last
            select(events.c.interview_id, func.max(events.c.seq).label("seq"))
            .where(events.c.type.in_(("ended", "resumed")))
            .group_by(events.c.interview_id)
            .subquery()
        )
        end = (
            select(events.c.interview_id, events.c.payload)
            .join(last, (last.c.interview_id == events.c.interview_id) & (last.c.seq == events.c.seq))
            .where(events.c.type == "ended")
            .subquery()
        )
        wanted = (
            select(interviews, totals.c.events, totals.c.updated_at, end.c.payload)
            .join(totals, totals.c.interview_id == interviews.c.id)
            .outerjoin(end, end.c.interview_id == interviews.c.id)
            .order_by(totals.c.updated_at.desc(), interviews.c.id)
            .limit(limit)
        )
        async with self._transaction() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            Listed(
                interview_id=row.id,
                created_at=datetime.fromisoformat(row.created_at),
                updated_at=datetime.fromisoformat(row.updated_at),
                setup=Setup.model_validate_json(row.setup),
                events=row.events,
                ended=_reason(row.payload),
            )
            for row in rows
        ]

    async def delete(self, interview_id: str) -> None:
        """Remove the interview for good: the rows, and what SQLite would keep of them in free pages and its log.

        Raises:
            NotFoundError: no such interview.
        """
        async with self._transaction() as connection:
            await self._exists(connection, interview_id)
            await connection.execute(delete(events).where(events.c.interview_id == interview_id))
            await connection.execute(delete(interviews).where(interviews.c.id == interview_id))
        await tidy_after_delete(self._engine)

    async def check(self) -> None:
        """Make one round trip.

        Raises:
            StorageError: the database does not answer.
        """
        async with self._transaction() as connection:
            await connection.execute(select(1))

    async def _last(self, connection: AsyncConnection, interview_id: str) -> int:
        if not _ID.fullmatch(interview_id):
            raise _unknown(interview_id)
        wanted = select(func.max(events.c.seq)).where(events.c.interview_id == interview_id)
        last: int | None = (await connection.execute(wanted)).scalar_one()
        if last is None:
            raise _unknown(interview_id)
        return last

    async def _exists(self, connection: AsyncConnection, interview_id: str) -> None:
        # An id of another shape is not sent to the database: PostgreSQL would refuse a NUL in it.
        wanted = select(interviews.c.id).where(interviews.c.id == interview_id)
        if not _ID.fullmatch(interview_id) or (await connection.execute(wanted)).first() is None:
            raise _unknown(interview_id)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except exc.IntegrityError:
            raise
        except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
            raise refused(self._engine.url, error) from error


def export(interview_id: str, history: Sequence[AnyEvent]) -> dict[str, object]:
    """Return everything that is kept of an interview as one JSON document."""
    dumped = [event.model_dump(mode="json") for event in history]
    return {"format": "ml-mock-interviewer/1", "interview_id": interview_id, "events": dumped}


def _rows(interview_id: str, after: int, new: Sequence[AnyEvent]) -> list[dict[str, object]]:
    return [
        {
            "interview_id": interview_id,
            "seq": after + offset,
            "type": event.type,
            "at": _text(event.at),
            "idempotency_key": event.idempotency_key if isinstance(event, Answered) else None,
            # JSON text escapes NUL, which PostgreSQL's own text and jsonb types refuse.
            "payload": event.model_dump_json(),
        }
        for offset, event in enumerate(new, start=1)
    ]


def _event(interview_id: str, seq: int, payload: str) -> AnyEvent:
    try:
        return EVENT.validate_json(payload)
    except ValueError as error:
        raise StorageError(
            f"Event {seq} of interview {interview_id} cannot be read back.",
            "It was written by another version, or the database is damaged; the other interviews are not touched.",
        ) from error


def _reason(payload: str | None) -> str:
    if payload is None:
        return ""
    event = EVENT.validate_json(payload)
    return event.reason if isinstance(event, Ended) else ""


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _unknown(interview_id: str) -> NotFoundError:
    shown = re.sub(r"[^ -~]", "?", interview_id)[:64]
    hint = "`interviewer report --list`, or GET /v1/interviews, shows those that exist."
    return NotFoundError(f"There is no interview {shown!r}.", hint)


def _conflict(interview_id: str) -> ConflictError:
    return ConflictError(
        f"Another message to interview {interview_id} came first.",
        "Read the interview again, then reply to what was asked last.",
    )
