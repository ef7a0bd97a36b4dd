"""The three stores of the index – catalogue, vectors, terms – and the order in which a writer changes them.

Ids are reserved, vectors and terms are written under them, and then one SQLite transaction makes the new passages exist
and the old ones orphans; orphans are swept at the end, or by the next writer. A crash at any step spoils nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from knowledge.chunking import Chunk
from knowledge.indexing.catalogue import Catalogue, FileEntry, StoredPassage
from knowledge.indexing.lexical import LexicalIndex
from knowledge.indexing.vectors import VectorStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORIES = ("ours", "stories", "notes")


class Job(NamedTuple):
    """A file to be stored, with its passages."""

    entry: FileEntry
    chunks: list[Chunk]


class Stores(NamedTuple):
    """The three stores, opened by the one writer."""

    catalogue: Catalogue
    vectors: VectorStore
    lexical: LexicalIndex

    def put(self, jobs: Sequence[Job], vectors: NDArray[np.float32], encoder: str) -> None:
        """Store files with the vectors of all their passages, in order, in place of what they held."""
        chunks = [one for job in jobs for one in job.chunks]
        ids = self.catalogue.reserve([one.category for one in chunks])
        categories = np.array([one.category for one in chunks])
        for category in set(categories.tolist()):
            rows = np.flatnonzero(categories == category)
            self.vectors.add(category, [ids[row] for row in rows], vectors[rows])
        self.lexical.replace(
            [(identity, one.category, one.embedded) for identity, one in zip(ids, chunks, strict=True)]
        )
        remaining = iter(ids)
        entries = [(job.entry, [next(remaining) for _ in job.chunks], job.chunks) for job in jobs]
        self.catalogue.swap(entries, encoder)
        self.vectors.generation = self.catalogue.generation
        self.sweep()

    def drop(self, paths: Sequence[str]) -> None:
        """Take files out."""
        if not paths:
            return
        self.catalogue.drop(paths)
        self.vectors.generation = self.catalogue.generation
        self.sweep()

    def sweep(self) -> None:
        """Remove from the stores what the catalogue does not know: old passages, and those of a writer that died."""
        orphans = self.catalogue.orphans()
        if not orphans:
            return
        for category in CATEGORIES:
            self.vectors.delete(category, [identity for identity, of in orphans if of == category])
        self.lexical.replace([], [identity for identity, _ in orphans])
        self.catalogue.forget_orphans([identity for identity, _ in orphans])


def chunk_of(stored: StoredPassage) -> Chunk:
    """Return a passage as it was before it was stored."""
    return Chunk(stored.text, stored.line, stored.heading, stored.category, stored.section)
