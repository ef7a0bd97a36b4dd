"""The index's table of contents, in SQLite: which files are in it, and the text of every passage.

It decides what exists. Chroma and tantivy are written before it and cleaned after it, and an id that one of them finds
but the catalogue does not know is passed over; so a crash at any moment leaves either the old state or the new.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.chunking import Chunk
from knowledge.indexing.disk import guarded

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, ours INTEGER NOT NULL,
    digest TEXT NOT NULL, recipe TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, section INTEGER NOT NULL,
    line INTEGER NOT NULL, category TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_of_file ON passages (file, section);
CREATE TABLE IF NOT EXISTS orphans (id INTEGER PRIMARY KEY, category TEXT NOT NULL);
"""


UNFINISHED = ""
"""The digest of a file of which a part is indexed, because it was interrupted."""


class FileEntry(NamedTuple):
    """A file in the index.

    Attributes:
        path: its absolute path, or `ours/<name>` for our own material.
        name: how the user named it.
        ours: whether it came with the program.
        digest: SHA-256 of the bytes that were indexed, or `UNFINISHED`.
        recipe: which reader, chunker and encoder made its passages.
        passages: how many there are.
    """

    path: str
    name: str
    ours: bool
    digest: str
    recipe: str
    passages: int = 0


class StoredPassage(NamedTuple):
    """A passage with its place."""

    id: int
    source: str
    section: int
    line: int
    category: str
    heading: str
    text: str
    file: int


_COLUMNS = "p.id, f.name, p.section, p.line, p.category, p.heading, p.text, p.file"


class Catalogue:
    """One connection, shared by threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._connection.executescript(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise
        weakref.finalize(self, self._connection.close)  # where nobody closes it: with its last user

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @property
    def generation(self) -> int:
        """A number that grows with every change."""
        return int(self.fact("generation") or 0)

    def fact(self, name: str) -> str:
        """Return a fact about the index, "" when it is not known."""
        row = self._one("SELECT value FROM facts WHERE name = ?", (name,))
        return "" if row is None else str(row[0])

    def files(self) -> list[FileEntry]:
        """Return every file, the user's first, in order of name."""
        rows = self._rows(
            "SELECT path, name, ours, digest, recipe, (SELECT count(*) FROM passages p WHERE p.file = f.id) "
            "FROM files f ORDER BY ours, name"
        )
        return [FileEntry(path, name, bool(ours), digest, recipe, n) for path, name, ours, digest, recipe, n in rows]

    def counts(self) -> dict[str, int]:
        """Return the number of passages in each category."""
        return dict(self._rows("SELECT category, count(*) FROM passages GROUP BY category"))

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return those of the passages that exist, by id."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT {_COLUMNS} FROM passages p JOIN files f ON f.id = p.file WHERE p.id IN ({marks})"  # noqa: S608
        return {row[0]: StoredPassage(*row) for row in self._rows(query, ids)}

    def passages_of(self, path: str) -> list[StoredPassage]:
        """Return a file's passages in order."""
        query = f"SELECT {_COLUMNS} FROM passages p JOIN files f ON f.id = p.file WHERE f.path = ? ORDER BY p.id"  # noqa: S608
        return [StoredPassage(*row) for row in self._rows(query, (path,))]

    def section(self, source: str, line: int, text: str) -> list[StoredPassage]:
        """Return the passages of the section in which a passage stands, in order."""
        query = (
            f"SELECT {_COLUMNS} FROM passages p JOIN files f ON f.id = p.file JOIN passages q "  # noqa: S608
            "ON q.file = p.file AND q.section = p.section WHERE f.name = ? AND q.line = ? AND q.text = ? ORDER BY p.id"
        )
        return [StoredPassage(*row) for row in self._rows(query, (source, line, text))]

    def reserve(self, categories: Sequence[str]) -> list[int]:
        """Return new ids, written down as orphans until `swap` adopts them; an id is never given out twice."""
        with self._transaction() as connection:
            first = int(self.fact("next_id") or 1)
            ids = list(range(first, first + len(categories)))
            connection.executemany("INSERT INTO orphans VALUES (?, ?)", zip(ids, categories, strict=True))
            self._set(next_id=first + len(categories))
        return ids

    def swap(self, entries: Sequence[tuple[FileEntry, Sequence[int], Sequence[Chunk]]], encoder: str) -> None:
        """Put files in, each with its passages under reserved ids, in place of what they held before."""
        with self._transaction() as connection:
            for entry, ids, chunks in entries:
                self._orphan(connection, entry.path)
                cursor = connection.execute(
                    "INSERT INTO files (path, name, ours, digest, recipe) VALUES (?, ?, ?, ?, ?)", entry[:5]
                )
                connection.executemany(
                    "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (identity, cursor.lastrowid, c.section, c.line, c.category, c.heading, c.text)
                        for identity, c in zip(ids, chunks, strict=True)
                    ],
                )
                connection.executemany("DELETE FROM orphans WHERE id = ?", [(identity,) for identity in ids])
            self._set(encoder=encoder, generation=self.generation + 1)

    def drop(self, paths: Iterable[str]) -> None:
        """Take files out; their passages become orphans."""
        with self._transaction() as connection:
            for path in paths:
                self._orphan(connection, path)
            self._set(generation=self.generation + 1)

    def orphans(self) -> list[tuple[int, str]]:
        """Return ids with their categories that the stores may still hold and must not."""
        return self._rows("SELECT id, category FROM orphans")

    def forget_orphans(self, ids: Sequence[int]) -> None:
        """Note that the stores no longer hold these."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM orphans WHERE id = ?", [(identity,) for identity in ids])

    def _orphan(self, connection: sqlite3.Connection, path: str) -> None:
        connection.execute(
            "INSERT INTO orphans SELECT p.id, p.category FROM passages p JOIN files f ON f.id = p.file "
            "WHERE f.path = ?",
            (path,),
        )
        connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def _set(self, **facts: object) -> None:
        rows = [(name, str(value)) for name, value in facts.items()]
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, guarded(self.path):
            return self._connection.execute(query, values).fetchall()

    def _one(self, query: str, values: Sequence[object] = ()) -> Any:
        rows = self._rows(query, values)
        return rows[0] if rows else None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, guarded(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
