"""What the index's three stores share: one writer at a time, and errors that say what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from knowledge.errors import ConflictError, InterviewError, StorageError

REBUILD = "Run `interviewer index rebuild`; your files are read again and nothing of yours is lost."
_FULL = ("disk is full", "no space left", "os error 28", "file too large")
_FORBIDDEN = ("readonly database", "permission denied", "read-only", "unable to open database file")


def storage_error(error: BaseException, where: Path) -> StorageError:
    """Return the user's view of what a store raised: a full disk, a folder that may not be written, or corruption."""
    said = str(error).lower()
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or any(words in said for words in _FULL):
        return StorageError(f"The disk is full: {where} cannot grow.", "Free some space and repeat the command.")
    if "disk i/o error" in said:
        return StorageError(
            f"The disk is full or failing: {where} ({error}).", "Free some space and repeat the command."
        )
    if number in {errno.EACCES, errno.EROFS, errno.EPERM} or any(words in said for words in _FORBIDDEN):
        return StorageError(f"{where} cannot be written.", "Check its permissions, or set INTERVIEWER_HOME elsewhere.")
    return StorageError(f"The index in {where} is damaged ({type(error).__name__}).", REBUILD)


@contextmanager
def guarded(where: Path) -> Iterator[None]:
    """Turn whatever a store raises into `StorageError`; ours pass through.

    Chroma's and tantivy's Rust halves panic on some damaged files, and a panic is a `BaseException`.
    """
    try:
        yield
    except (InterviewError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise storage_error(error, where) from error


@contextmanager
def writer_lock(path: Path, wait: float) -> Iterator[None]:
    """Hold the only right to write for as long as the block runs.

    SQLite's exclusive lock on an empty database works on every platform and between threads, and the system
    releases it when its process dies.

    Args:
        path: the lock's file.
        wait: how many seconds to wait for another writer.

    Raises:
        ConflictError: another writer is still at work.
        StorageError: the file cannot be made.
    """
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise ConflictError(
                    "Another process is writing to the index.", "Wait until it is done and repeat the command."
                ) from error
            raise storage_error(error, path) from error
        except sqlite3.DatabaseError as error:
            raise storage_error(error, path) from error
        yield
    finally:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        connection.close()
