"""The list of what the user added, kept outside the index: the index can be lost, and is made again from this."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from knowledge.indexing.disk import guarded


def load_sources(path: Path) -> dict[str, str]:
    """Return absolute path → name as the user gave it; empty when the list is missing or damaged."""
    try:
        listed = json.loads(path.read_text("utf-8"))
        return {str(key): str(name) for key, name in listed["sources"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return {}


def save_sources(path: Path, sources: Mapping[str, str]) -> None:
    """Replace the list; a crash leaves the old one.

    Raises:
        StorageError: the disk refused.
    """
    beside = path.with_suffix(".new")
    with guarded(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            json.dump({"sources": dict(sorted(sources.items()))}, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
