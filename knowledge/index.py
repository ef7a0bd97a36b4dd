"""Files go into the index, are replaced when they change, and disappear when they are removed.

Files are known by the digest of their bytes: what has not changed is not read again, and of a changed file only the
passages that are new are encoded.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from knowledge.catalogue import Catalogue, FileEntry
from knowledge.chunking import Chunk, chunk
from knowledge.errors import InterviewError, NotFoundError, StorageError
from knowledge.lexical import LexicalIndex
from knowledge.own_notes import load_vectors, own_files, text_digest
from knowledge.reading import blocks_of, digest, files_under, read_bytes
from knowledge.sources import load_sources, save_sources
from knowledge.storage import guarded, writer_lock
from knowledge.stores import Job, Stores, chunk_of
from knowledge.vectors import VectorStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

# Changes whenever readers or chunker cut differently, so that our own material is made again.
RECIPE = "1"

# Passages that are encoded and stored together: what a crash can cost, and the step of the progress bar.
_BATCH = 256

# Importing sentence-transformers costs 7.0 s of processor time, and a passage of 103 word pieces 88 ms with it against
# 125 ms with NumPy (86 passages, two busy cores): it pays from 190 passages on.
BULK_PAYS_FROM = 190
_BULK_MODEL = "all-MiniLM-L6-v2"

# A program that starts while another one is indexing our own material for the first time waits for it.
_FIRST_RUN_SECONDS = 120.0

Vectors: TypeAlias = "dict[str, NDArray[np.float32]]"
"""By the text that they stand for."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("Reading", "Encoding"), how much is done and how much there is."""


class Failure(NamedTuple):
    """A file that could not be indexed, and why."""

    name: str
    error: InterviewError


@dataclass
class Outcome:
    """What a change of the index did, by the names of files."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    passages: int = 0


class Index:
    """The index in a home folder, as its writer sees it."""

    def __init__(self, home: Path, encoder: Encoder, bulk: Callable[[], Encoder] | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            home: the folder of the user's data.
            encoder: encodes queries, and passages while they are few.
            bulk: makes the encoder for many passages, of the same model; by default sentence-transformers for ours, and
                `encoder` itself for any other.
        """
        self.home = home
        self.folder = home / "index"
        self._encoder = encoder
        self._bulk = bulk or (_bulk_encoder if encoder.name == _BULK_MODEL else lambda: encoder)
        self._recipe = f"{RECIPE} {encoder.name}"

    def files(self) -> list[FileEntry]:
        """Return what is in the index, the user's files first.

        Raises:
            StorageError: the index is damaged.
        """
        if not (self.folder / "catalogue.sqlite").exists():
            return []
        catalogue = Catalogue(self.folder / "catalogue.sqlite")
        try:
            return catalogue.files()
        finally:
            catalogue.close()

    def add(self, paths: Sequence[Path], progress: Progress | None = None) -> Outcome:
        """Index files and folders; what has not changed costs nothing, and what left an added folder is taken out.

        A file that cannot be read is a failure in the outcome and leaves the others, and its own older passages, alone.

        Raises:
            ConflictError: another process is writing.
            StorageError: the disk refused, or the index is damaged.
        """
        outcome = Outcome()
        wanted: dict[str, str] = {}
        gone: list[str] = []
        known = {entry.path: entry for entry in self.files()}
        for path in paths:
            try:
                found = files_under(path)
            except InterviewError as error:
                outcome.failures.append(Failure(str(path), error))
                continue
            wanted |= {str(file.absolute().resolve()): str(file) for file in found}
            if path.is_dir():
                inside = str(path.resolve()) + "/"
                gone += [key for key in known if key.startswith(inside) and not Path(key).exists()]
        files = [(Path(key), key, name, False) for key, name in wanted.items()]
        jobs = self._read(files, known, outcome, progress)
        if jobs or gone:
            with self._writing(0.0) as stores:
                self._write(stores, jobs, outcome, progress)
                stores.drop(gone)
                self._save_sources(stores)
            outcome.removed += [known[key].name for key in gone]
        return outcome

    def remove(self, path: Path) -> Outcome:
        """Take a file, or every file of a folder, out of the index; the files themselves stay.

        Raises:
            NotFoundError: nothing of that name is in the index.
            ConflictError: another process is writing.
        """
        key = str(path.absolute().resolve())
        entries = [
            entry
            for entry in self.files()
            if not entry.ours and (entry.path == key or entry.path.startswith(key + "/") or entry.name == str(path))
        ]
        if not entries:
            raise NotFoundError(f"{path} is not in the index.", "See what is: `interviewer index list`.")
        with self._writing(0.0) as stores:
            stores.drop([entry.path for entry in entries])
            self._save_sources(stores)
        return Outcome(removed=[entry.name for entry in entries])

    def ensure_own(self, progress: Progress | None = None) -> Outcome:
        """Index the material that came with the program, when it is not indexed yet or has changed since.

        Raises:
            StorageError: the disk refused, or the index is damaged.
        """
        ours = own_files()
        known = {entry.path: entry for entry in self.files() if entry.ours}
        if set(known) == set(ours) and all(
            known[key].recipe == self._recipe and known[key].digest == digest(path.read_bytes())
            for key, path in ours.items()
        ):
            return Outcome(unchanged=list(ours))
        outcome = Outcome()
        with self._writing(_FIRST_RUN_SECONDS) as stores:  # another process may have done it while this one waited
            known = {entry.path: entry for entry in stores.catalogue.files() if entry.ours}
            jobs = self._read([(path, key, key, True) for key, path in ours.items()], known, outcome, progress)
            self._write(stores, jobs, outcome, progress)
            stores.drop([key for key in known if key not in ours])
        return outcome

    def rebuild(self, progress: Progress | None = None) -> Outcome:
        """Make the index anew from the files, damaged or not; a file that is gone keeps the passages it had.

        Raises:
            ConflictError: another process is writing.
            StorageError: the disk refused.
        """
        sources = load_sources(self.home / "sources.json")
        outcome = Outcome()
        aside = self.home / "index.old"
        with writer_lock(self.home / "index.lock", 0.0):
            VectorStore.release(self.folder / "vectors")
            with guarded(self.folder):
                if self.folder.exists() and not aside.exists():
                    self.folder.rename(aside)
                shutil.rmtree(self.folder, ignore_errors=True)
            before = _salvaged(aside / "catalogue.sqlite")
            sources |= {entry.path: entry.name for entry, _ in before.values() if not entry.ours}
            with self._stores() as stores:
                ours = [(path, key, key, True) for key, path in own_files().items()]
                theirs = [(Path(key), key, name, False) for key, name in sources.items() if Path(key).exists()]
                self._write(stores, self._read(ours + theirs, {}, outcome, progress), outcome, progress)
                gone = [key for key in sources if not Path(key).exists()]
                kept = [Job(*before[key]) for key in gone if key in before]
                self._write(stores, kept, outcome, progress)
                outcome.failures += [_lost(sources[key]) for key in gone if key not in before]
                self._save_sources(stores)
            shutil.rmtree(aside, ignore_errors=True)
        return outcome

    def _read(
        self,
        files: Sequence[tuple[Path, str, str, bool]],
        known: Mapping[str, FileEntry],
        outcome: Outcome,
        progress: Progress | None,
    ) -> list[Job]:
        """Return what has changed among `(path, key, name, ours)`, cut into passages."""
        jobs: list[Job] = []
        for number, (path, key, name, ours) in enumerate(files):
            if progress:
                progress("Reading", number, len(files))
            try:
                raw = read_bytes(path, name)
                entry = FileEntry(key, name, ours, digest(raw), self._recipe)
                if key in known and (known[key].digest, known[key].recipe) == (entry.digest, entry.recipe):
                    outcome.unchanged.append(name)
                    continue
                chunks = chunk(blocks_of(raw, path.suffix.lower(), name))
            except InterviewError as error:
                outcome.failures.append(Failure(name, error))
                continue
            jobs.append(Job(entry, [one._replace(category="ours") for one in chunks] if ours else chunks))
        return jobs

    def _write(self, stores: Stores, jobs: list[Job], outcome: Outcome, progress: Progress | None) -> None:
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
            if progress:
                progress("Encoding", done, len(chunks))
            texts = [one.embedded for job in batch for one in job.chunks]
            vectors |= _encoded(encoder, [text for text in texts if text not in vectors])
            stores.put(batch, np.stack([vectors[text] for text in texts]), self._encoder.name)
            done += len(texts)
            for job in batch:
                (outcome.replaced if job.entry.path in before else outcome.added).append(job.entry.name)
        outcome.passages += done
        if progress:
            progress("Encoding", done, len(chunks))

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

    def _save_sources(self, stores: Stores) -> None:
        entries = [entry for entry in stores.catalogue.files() if not entry.ours]
        save_sources(self.home / "sources.json", {entry.path: entry.name for entry in entries})

    @contextmanager
    def _writing(self, wait: float) -> Iterator[Stores]:
        with writer_lock(self.home / "index.lock", wait), self._stores() as stores:
            recorded = stores.catalogue.fact("encoder")
            if recorded and recorded != self._encoder.name:
                raise StorageError(
                    f"The index was made with the encoder {recorded}, not {self._encoder.name}.",
                    "Run `interviewer index rebuild`.",
                )
            yield stores

    @contextmanager
    def _stores(self) -> Iterator[Stores]:
        catalogue = Catalogue(self.folder / "catalogue.sqlite")
        try:
            vectors = VectorStore.at(self.folder / "vectors")
            vectors.follow(catalogue.generation)
            stores = Stores(catalogue, vectors, LexicalIndex(self.folder / "lexical"))
            stores.sweep()
            yield stores
        finally:
            catalogue.close()


def ensure_own(home: Path, encoder: Encoder, progress: Progress | None = None) -> Outcome:
    """Index the material that came with the program into `home`, when that is not done yet; see `Index.ensure_own`."""
    return Index(home, encoder).ensure_own(progress)


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


def _encoded(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return the vector of each text; encoded by length, because a batch costs as much as its longest text."""
    ordered = sorted(set(texts), key=len)
    return dict(zip(ordered, encoder.encode(ordered), strict=True)) if ordered else {}


def _salvaged(path: Path) -> dict[str, tuple[FileEntry, list[Chunk]]]:
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


def _lost(name: str) -> Failure:
    return Failure(
        name, NotFoundError(f"{name} is gone, and so is what was indexed of it.", "Add it again if you have it.")
    )


def _bulk_encoder() -> Encoder:
    from knowledge.bulk_encoder import BulkEncoder

    return BulkEncoder()
