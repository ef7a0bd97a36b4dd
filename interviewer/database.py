"""The tables, their numbered migrations, and what SQLite and PostgreSQL each need said."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    exc,
    make_url,
    text,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from knowledge.errors import InputError, StorageError

metadata = MetaData()

interviews = Table(
    "interviews",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", String(40), nullable=False),
    Column("setup", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("interview_id", String(64), ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("type", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("idempotency_key", String(255)),
    Column("payload", Text, nullable=False),
    UniqueConstraint("interview_id", "idempotency_key"),
)

trials = Table(
    "trials",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("status", String(20), nullable=False),
    Column("record", Text, nullable=False),
    Column("rubric", Text, nullable=False),
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE interviews (
            id VARCHAR(64) NOT NULL PRIMARY KEY,
            created_at VARCHAR(40) NOT NULL,
            setup TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE events (
            interview_id VARCHAR(64) NOT NULL REFERENCES interviews (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            type VARCHAR(20) NOT NULL,
            at VARCHAR(40) NOT NULL,
            idempotency_key VARCHAR(255),
            payload TEXT NOT NULL,
            PRIMARY KEY (interview_id, seq),
            UNIQUE (interview_id, idempotency_key)
        )
        """,
        "CREATE INDEX events_by_type ON events (type, interview_id)",
    ),
    (
        """
        CREATE TABLE trials (
            number INTEGER NOT NULL PRIMARY KEY,
            status VARCHAR(20) NOT NULL,
            record TEXT NOT NULL,
            rubric TEXT NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX one_trial_at_a_time ON trials (status) WHERE status = 'running'",
    ),
)
"""Each is applied once, in order, in one transaction with its number. Never change one that was released: add one."""

_BUSY_MS = 10_000
_QUEUE_SECONDS = 120
_POSTGRES_LOCK = 0x6D6C6D69  # any number of our own; it keeps two starting servers from migrating at once


async def open_database(url: str) -> AsyncEngine:
    """Return an engine on an up-to-date schema.

    Raises:
        InputError: not a database URL that is supported.
        StorageError: the database cannot be opened.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_make_folder, parsed)
        # Writers take turns anyway: a few connections, each with its thread, and a queue that a thousand may stand in.
        engine = create_async_engine(
            parsed, connect_args={"timeout": _BUSY_MS / 1000}, pool_size=4, max_overflow=0, pool_timeout=_QUEUE_SECONDS
        )
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    else:
        engine = create_async_engine(parsed, pool_pre_ping=True, pool_timeout=_QUEUE_SECONDS)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
        await engine.dispose()
        raise refused(parsed, error) from error
    except BaseException:
        await engine.dispose()
        raise
    return engine


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Hold a connection for one transaction, for those who cannot await: it is committed at the end of the block.

    Raises:
        InputError: not a database URL that is supported.
        StorageError: the database refused.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
        engine = create_engine(
            parsed.set(drivername="sqlite"), connect_args={"timeout": _BUSY_MS / 1000}, poolclass=NullPool
        )
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        engine = create_engine(parsed, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
            connection.commit()
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise refused(parsed, error) from error


async def tidy_after_delete(engine: AsyncEngine) -> None:
    """Empty SQLite's write-ahead log, where deleted rows would otherwise stay readable for a while."""
    if engine.url.get_backend_name() != "sqlite":
        return
    try:
        async with engine.connect() as connection:
            await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    except exc.DBAPIError:
        return  # a reader holds the log; the next checkpoint empties it, and the rows are gone either way


def refused(url: URL, error: Exception) -> StorageError:
    """Return what to tell the user when the database said no."""
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())[:200].rstrip(".?") or type(cause).__name__
    lower = said.lower()
    if "full" in lower or "no space" in lower or "disk i/o" in lower:
        return StorageError(
            f"The disk with {where} is full or failing: {said}.",
            "Nothing that was stored is lost. Make room, then resume the interview.",
        )
    if "locked" in lower or "busy" in lower:
        return StorageError(
            f"{where} is locked by another process: {said}.",
            "Close the other program that has it open, then try again; nothing that was stored is lost.",
        )
    if "not a database" in lower or "malformed" in lower or "corrupt" in lower:
        return StorageError(
            f"{where} is damaged: {said}.",
            f"It was left as it is. Move it away to start afresh, or mend it with `sqlite3 {where} .recover`.",
        )
    if url.get_backend_name() == "sqlite":
        return StorageError(
            f"{where} cannot be used: {said}.",
            "Check that the folder exists and may be written, or set INTERVIEWER_HOME to another one.",
        )
    return StorageError(
        f"The database {where} did not answer: {said}.",
        "Check that it runs and that INTERVIEWER_DATABASE_URL is right; nothing that was stored is lost.",
    )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise InputError(
            "INTERVIEWER_DATABASE_URL is not a database URL.",
            "For example sqlite:////path/interviews.db or postgresql://user@host/database.",
        ) from None
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    driver = drivers.get(parsed.drivername.split("+")[0])
    if driver is None:
        raise InputError(
            f"INTERVIEWER_DATABASE_URL names {parsed.drivername}, which is not supported.",
            "Use sqlite:////path/interviews.db or postgresql://user@host/database.",
        )
    return parsed.set(drivername=driver)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _use_wal(cursor)
    # FULL: an answer that was acknowledged survives a power cut. secure_delete: deleting is for good.
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Write ahead. Of two that open a new database at once SQLite refuses one without any wait, so it tries again."""
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.005)


def migrate(connection: Connection) -> None:
    """Bring the schema up to date, in the transaction that the caller commits.

    Raises:
        StorageError: a newer version has written here.
    """
    # The lock comes before the look, so of two processes that start together the second sees the first one's work.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})")
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS migrations (number INTEGER NOT NULL PRIMARY KEY)")
    applied = set(connection.exec_driver_sql("SELECT number FROM migrations").scalars())
    if applied - set(range(1, len(MIGRATIONS) + 1)):
        raise StorageError(
            "The database was written by a newer version of this program.",
            "Update this program, or name another database by INTERVIEWER_DATABASE_URL.",
        )
    for number, statements in enumerate(MIGRATIONS, start=1):
        if number not in applied:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.execute(text("INSERT INTO migrations VALUES (:number)"), {"number": number})


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(url, error) from error
