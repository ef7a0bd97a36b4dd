"""Search by meaning: vectors in Chroma, embedded and persistent. The only module that imports chromadb.

One collection a category: a metadata filter over 1,000,000 vectors takes 930 ms (p50, two cores), a collection of its
own 3 ms. Chroma holds vectors and ids only. The text lives in the catalogue, because stored here it would also be
indexed for Chroma's own full-text search, which nobody asks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.indexing.disk import guarded

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCH = 2_000
_open: dict[Path, VectorStore] = {}
_failures: dict[Path, int] = {}
_opening = threading.Lock()


class VectorStore:
    """Vectors by category. Within a process Chroma shares one engine a folder, so there is one of these a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._collections: dict[str, Any] = {}
        self._condition = threading.Condition()
        self._readers = 0
        self._client: Any = None
        self.generation = -1
        """The state of the catalogue that the connection has seen; this process's writer moves it along."""
        with guarded(folder):
            self._connect()

    @classmethod
    def at(cls, folder: Path) -> VectorStore:
        """Return this process's store of that folder, opened when it is not open yet.

        Raises:
            StorageError: the folder cannot be written, or holds something else.
        """
        folder = folder.resolve()
        with _opening:
            if folder not in _open:
                _open[folder] = cls(folder)
            return _open[folder]

    @staticmethod
    def release(folder: Path) -> None:
        """Let go of the folder, if this process has it open, so that it can be moved or removed."""
        with _opening:
            store = _open.pop(folder.resolve(), None)
            if store is not None:
                store.close()

    @staticmethod
    def release_all() -> None:
        """Let go of every folder that this process has open."""
        for folder in tuple(_open):
            VectorStore.release(folder)

    def close(self) -> None:
        """Close the connection and its files; whoever asks next opens it again."""
        with self._alone():
            self._disconnect()

    def follow(self, generation: int) -> None:
        """See what another process has written, if it has: the catalogue is at `generation` now."""
        if generation != self.generation:
            if self.generation >= 0:
                self.refresh()
            self.generation = generation

    def refresh(self) -> None:
        """Open anew: Chroma keeps what it has read in memory and never looks again at the disk."""
        with self._alone(), guarded(self.folder):
            self._disconnect()
            self._connect()

    def add(self, category: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store vectors `(n, dimensions)` under ids that are new."""
        with self._in_use(), guarded(self.folder):
            collection = self._collection(category, create=True)
            for start in range(0, len(ids), _BATCH):
                chosen = slice(start, start + _BATCH)
                collection.upsert(ids=[str(identity) for identity in ids[chosen]], embeddings=vectors[chosen])

    def delete(self, category: str, ids: Sequence[int]) -> None:
        """Remove ids; those that are not there are no error."""
        with self._in_use(), guarded(self.folder):
            collection = self._collection(category)
            for start in range(0, len(ids) if collection is not None else 0, _BATCH):
                collection.delete(ids=[str(identity) for identity in ids[start : start + _BATCH]])

    def nearest(self, category: str, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return the ids of the `k` nearest vectors with their cosine similarities, best first."""
        with self._in_use(), guarded(self.folder):
            collection = self._collection(category)
            if collection is None:
                return []
            found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=k, include=["distances"])
        distances = found["distances"][0]
        return [(int(identity), 1.0 - float(far)) for identity, far in zip(found["ids"][0], distances, strict=True)]

    def fetch(self, category: str, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Return the stored vectors of those ids that are there."""
        with self._in_use(), guarded(self.folder):
            collection = self._collection(category)
            if collection is None or not ids:
                return {}
            found = collection.get(ids=[str(identity) for identity in ids], include=["embeddings"])
        return {int(name): np.asarray(v, np.float32) for name, v in zip(found["ids"], found["embeddings"], strict=True)}

    def count(self, category: str) -> int:
        """Return the number of vectors in a category."""
        with self._in_use(), guarded(self.folder):
            collection = self._collection(category)
            return 0 if collection is None else int(collection.count())

    def _collection(self, category: str, *, create: bool = False) -> Any:
        if category not in self._collections:
            known = {collection.name for collection in self._client.list_collections()}
            if category in known:
                self._collections[category] = self._client.get_collection(category, embedding_function=None)
            elif create:
                self._collections[category] = self._client.create_collection(
                    category, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
        return self._collections.get(category)

    def _connect(self) -> None:
        import chromadb
        from chromadb.config import Settings

        self.folder.mkdir(parents=True, exist_ok=True)
        # Chroma keeps an engine that failed to start under the path's spelling for as long as the process lives, so
        # after a failure the same folder is spelled anew.
        path = str(self.folder) + "/." * _failures.get(self.folder, 0)
        try:
            self._client = chromadb.PersistentClient(path=path, settings=Settings(anonymized_telemetry=False))
        except BaseException:
            _failures[self.folder] = _failures.get(self.folder, 0) + 1
            raise
        self._collections = {}

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._collections = None, {}

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Count this thread among those that use the connection; any number may."""
        with self._condition:
            if self._client is None:
                with guarded(self.folder):
                    self._connect()
            self._readers += 1
        try:
            yield
        finally:
            with self._condition:
                self._readers -= 1
                self._condition.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until nobody uses the connection, and keep it so."""
        with self._condition:
            self._condition.wait_for(lambda: self._readers == 0)
            yield
