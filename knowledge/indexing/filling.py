"""Passages get their vectors and go into the stores.

Of a changed file only the passages that are new are encoded, and of our own notes none: their vectors came with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from knowledge.indexing.catalogue import UNFINISHED
from knowledge.indexing.outcome import Outcome, Progress
from knowledge.indexing.stores import Job, Stores, chunk_of
from knowledge.own_notes import load_vectors, text_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

# Passages that are stored together, a large file's all at once: what a crash can cost.
_BATCH = 256

# Passages between two looks at the clock: the step of the progress bar, and what ^C can cost.
_STEP = 32

# Importing sentence-transformers costs 7.0 s of processor time, and a passage of 103 word pieces 88 ms with it against
# 125 ms with NumPy (86 passages, two busy cores): it pays from 190 passages on.
BULK_PAYS_FROM = 190

Vectors: TypeAlias = "dict[str, NDArray[np.float32]]"
"""By the text that they stand for."""


class Filler:
    """Encodes what has no vector yet: with one encoder a few passages, with another of the same model many."""

    def __init__(self, encoder: Encoder, bulk: Callable[[], Encoder] | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            encoder: for few passages.
            bulk: makes the encoder for many; by default sentence-transformers for our model, and `encoder` itself for
                any other.
        """
        self._encoder = encoder
        self._bulk = bulk or (lambda: _bulk_encoder(encoder))

    def write(self, stores: Stores, jobs: list[Job], outcome: Outcome, progress: Progress | None) -> None:
        """Encode what has no vector yet, and store files in batches."""
        if not jobs:
            return
        before = {entry.path for entry in stores.catalogue.files()}
        vectors = self._vectors_at_hand(stores, jobs)
        chunks = [one for job in jobs for one in job.chunks]
        missing = sum(one.embedded not in vectors for one in chunks)
        encoder = self._bulk() if missing >= BULK_PAYS_FROM else self._encoder
        done = 0
        for batch in _batches(jobs):
            texts = [one.embedded for job in batch for one in job.chunks]
            # By length, because a step costs as much as its longest text.
            new = sorted({text for text in texts if text not in vectors}, key=len)
            try:
                for start in range(0, len(new), _STEP):
                    if progress:
                        progress("Encoding", done + len(texts) - len(new) + start, len(chunks))
                    step = new[start : start + _STEP]
                    vectors |= zip(step, encoder.encode(step), strict=True)
            except KeyboardInterrupt:
                self._put(stores, [_as_far(job, vectors) for job in batch], vectors)
                raise
            self._put(stores, batch, vectors)
            done += len(texts)
            for job in batch:
                (outcome.replaced if job.entry.path in before else outcome.added).append(job.entry.name)
        outcome.passages += done
        if progress:
            progress("Encoding", done, len(chunks))

    def _put(self, stores: Stores, jobs: Sequence[Job], vectors: Vectors) -> None:
        texts = [one.embedded for job in jobs for one in job.chunks]
        if texts:
            stores.put(
                [job for job in jobs if job.chunks], np.stack([vectors[text] for text in texts]), self._encoder.name
            )

    def _vectors_at_hand(self, stores: Stores, jobs: Sequence[Job]) -> Vectors:
        """Return vectors, by text, that are there already: of passages that a change left alone, and of our notes."""
        found: Vectors = {}
        if any(job.entry.ours for job in jobs):
            shipped = load_vectors(self._encoder.name)
            texts = (one.embedded for job in jobs if job.entry.ours for one in job.chunks)
            found |= {text: shipped[key] for text in texts if (key := text_digest(text)) in shipped}
        for job in jobs:
            wanted = {one.embedded for one in job.chunks} - found.keys()
            stored = {chunk_of(old).embedded: old for old in stores.catalogue.passages_of(job.entry.path)}
            by_category: dict[str, dict[int, str]] = {}
            for text in wanted & stored.keys():
                by_category.setdefault(stored[text].category, {})[stored[text].id] = text
            for category, names in by_category.items():
                for identity, vector in stores.vectors.fetch(category, list(names)).items():
                    found[names[identity]] = vector
        return found


def _batches(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    held: list[Job] = []
    size = 0
    for job in jobs:
        if held and size + len(job.chunks) > _BATCH:
            yield held
            held, size = [], 0
        held.append(job)
        size += len(job.chunks)
    if held:
        yield held


def _as_far(job: Job, vectors: Vectors) -> Job:
    """Return what is encoded of a file; one that is not whole has no digest, so that the next run goes on with it."""
    chunks = [one for one in job.chunks if one.embedded in vectors]
    return job if len(chunks) == len(job.chunks) else Job(job.entry._replace(digest=UNFINISHED), chunks)


def _bulk_encoder(encoder: Encoder) -> Encoder:
    """Return the encoder for many texts that gives what `encoder` gives: another of the same model, or itself."""
    from knowledge.bulk_encoder import BulkEncoder

    return BulkEncoder() if encoder.name == BulkEncoder.name else encoder
