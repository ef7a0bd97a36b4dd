"""Files on their way into the index: read where they have changed, and cut into passages.

Files are known by the digest of their bytes: what has not changed is not read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

from knowledge.chunking import chunk
from knowledge.errors import InterviewError, UnreadableError
from knowledge.indexing.catalogue import FileEntry
from knowledge.indexing.outcome import Failure, Outcome, Progress
from knowledge.indexing.stores import Job
from knowledge.reading import blocks_of, digest, read_bytes


def changed(
    files: Sequence[tuple[Path, str, str, bool]],
    known: Mapping[str, FileEntry],
    recipe: str,
    outcome: Outcome,
    progress: Progress | None,
) -> list[Job]:
    """Return what has changed among files, cut into passages.

    Args:
        files: `(path, key, name, ours)` each: where it lies, and how the catalogue and the user call it.
        known: what is in the index, by key.
        recipe: which reader, chunker and encoder are at work; a file that another one made is read again.
        outcome: learns which files are unchanged, and which cannot be read.
        progress: told how many files are read.
    """
    jobs: list[Job] = []
    for number, (path, key, name, ours) in enumerate(files):
        if progress:
            progress("Reading", number, len(files))
        try:
            _check_name(name)
            raw = read_bytes(path, name)
            entry = FileEntry(key, name, ours, digest(raw), recipe)
            if key in known and (known[key].digest, known[key].recipe) == (entry.digest, entry.recipe):
                outcome.unchanged.append(name)
                continue
            chunks = chunk(blocks_of(raw, path.suffix.lower(), name))
        except InterviewError as error:
            if key in known:
                error.hint += (
                    f" What was indexed of it before is kept; `interviewer index remove {quote(name)}` drops it."
                )
            outcome.failures.append(Failure(name, error))
            continue
        jobs.append(Job(entry, [one._replace(category="ours") for one in chunks] if ours else chunks))
    return jobs


def _check_name(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode(errors="backslashreplace").decode()
        raise UnreadableError(f"{shown}: the name of this file is not UTF-8.", "Rename it and add it again.") from None
