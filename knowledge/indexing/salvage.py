"""What can still be read of an index that is being made anew."""

from __future__ import annotations

from pathlib import Path

from knowledge.chunking import Chunk
from knowledge.errors import NotFoundError, StorageError
from knowledge.indexing.catalogue import Catalogue, FileEntry
from knowledge.indexing.outcome import Failure
from knowledge.indexing.stores import chunk_of


def salvaged(path: Path) -> dict[str, tuple[FileEntry, list[Chunk]]]:
    """Return the files of an index put aside with their passages; empty when it cannot be read."""
    if not path.exists():
        return {}
    try:
        catalogue = Catalogue(path)
    except StorageError:
        return {}
    try:
        return {
            entry.path: (
                entry,
                [chunk_of(stored) for stored in catalogue.passages_of(entry.path)],
            )
            for entry in catalogue.files()
        }
    except StorageError:
        return {}
    finally:
        catalogue.close()


def lost(name: str) -> Failure:
    """Return the failure of a file that neither lies on the disk nor could be salvaged."""
    return Failure(
        name, NotFoundError(f"{name} is gone, and so is what was indexed of it.", "Add it again if you have it.")
    )
