"""Files go into the index, are replaced when they change, and disappear when they are removed.

Writing goes in an order that a crash cannot spoil: ids are reserved, vectors and terms are written under them, and then
one SQLite transaction makes the new passages exist and the old ones orphans; orphans are swept at the end, or by the
next writer.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from knowledge.catalogue import Catalogue, FileEntry
from knowledge.chunking import Chunk, chunk
from knowledge.errors import InterviewError, NotFoundError, StorageError
from knowledge.lexical import LexicalIndex
from knowledge.reading import blocks_of, digest, files_under, read_bytes
from knowledge.sources import load_sources, save_sources
from knowledge.storage import guarded, writer_lock
from knowledge.vectors import VectorStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.encoder import Encoder

CATEGORIES = ("ours", "stories", "notes")

# Changes whenever readers or chunker cut differently, so that our own material is made again.
RECIPE = "1"

# Passages that are encoded and stored together: what a crash can cost, and the step of the progress bar.
_BATCH = 256

# Importing sentence-transformers takes as long as encoding this many passages with NumPy takes longer than with it.
BULK_PAYS_FROM = 120

# A program that starts while another one is indexing our own material for the first time waits for it.
_FIRST_RUN_SECONDS = 120.0

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


class _Job(NamedTuple):
    entry: FileEntry
    chunks: list[Chunk]


class Index:
    """The index in a home folder, as its writer sees it."""

    def __init__(self, home: Path, encoder: Encoder, bulk: Callable[[], Encoder] | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            home: the folder of the user's data.
            encoder: encodes queries, and passages while they are few.
            bulk: makes the encoder for many passages; sentence-transformers by default.
        """
        self.home = home
        self.folder = home / "index"
        self._encoder = encoder
        self._bulk = bulk or _bulk_encoder
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
                kept = [_Job(*before[key]) for key in gone if key in before]
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
    ) -> list[_Job]:
        """Return what has changed among `(path, key, name, ours)`, cut into passages."""
        jobs: list[_Job] = []
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
            jobs.append(_Job(entry, [one._replace(category="ours") for one in chunks] if ours else chunks))
        return jobs

    def _write(self, stores: _Stores, jobs: list[_Job], outcome: Outcome, progress: Progress | None) -> None:
        """Encode and store files in batches."""
        total = sum(len(job.chunks) for job in jobs)
        if not jobs:
            return
        encoder = self._bulk() if total >= BULK_PAYS_FROM else self._encoder
        known = {entry.path for entry in stores.catalogue.files()}
        done = 0
        for batch in _batches(jobs):
            chunks = [one for job in batch for one in job.chunks]
            if progress:
                progress("Encoding", done, total)
            stores.put(batch, _encoded(encoder, chunks), self._encoder.name)
            done += len(chunks)
            for job in batch:
                (outcome.replaced if job.entry.path in known else outcome.added).append(job.entry.name)
        outcome.passages += done
        if progress:
            progress("Encoding", done, total)

    def _save_sources(self, stores: _Stores) -> None:
        entries = [entry for entry in stores.catalogue.files() if not entry.ours]
        save_sources(self.home / "sources.json", {entry.path: entry.name for entry in entries})

    @contextmanager
    def _writing(self, wait: float) -> Iterator[_Stores]:
        with writer_lock(self.home / "index.lock", wait), self._stores() as stores:
            recorded = stores.catalogue.fact("encoder")
            if recorded and recorded != self._encoder.name:
                raise StorageError(
                    f"The index was made with the encoder {recorded}, not {self._encoder.name}.",
                    "Run `interviewer index rebuild`.",
                )
            yield stores

    @contextmanager
    def _stores(self) -> Iterator[_Stores]:
        catalogue = Catalogue(self.folder / "catalogue.sqlite")
        try:
            vectors = VectorStore.at(self.folder / "vectors")
            vectors.follow(catalogue.generation)
            stores = _Stores(catalogue, vectors, LexicalIndex(self.folder / "lexical"))
            stores.sweep()
            yield stores
        finally:
            catalogue.close()


class _Stores(NamedTuple):
    """The three stores, opened by the one writer."""

    catalogue: Catalogue
    vectors: VectorStore
    lexical: LexicalIndex

    def put(self, jobs: Sequence[_Job], vectors: NDArray[np.float32], encoder: str) -> None:
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


def ensure_own(home: Path, encoder: Encoder, progress: Progress | None = None) -> Outcome:
    """Index the material that came with the program into `home`, when that is not done yet; see `Index.ensure_own`."""
    return Index(home, encoder).ensure_own(progress)


def own_files() -> dict[str, Path]:
    """Return the notes that came with the program, by the name under which they are indexed and cited."""
    folder = Path(__file__).parent / "notes"
    return {f"ours/{path.name}": path for path in sorted(folder.glob("*.md"))}


def _batches(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    held: list[_Job] = []
    size = 0
    for job in jobs:
        if held and size + len(job.chunks) > _BATCH:
            yield held
            held, size = [], 0
        held.append(job)
        size += len(job.chunks)
    if held:
        yield held


def _encoded(encoder: Encoder, chunks: Sequence[Chunk]) -> NDArray[np.float32]:
    """Return the vectors in order; encoded by length, because a batch costs as much as its longest text."""
    order = sorted(range(len(chunks)), key=lambda index: len(chunks[index].embedded))
    vectors = encoder.encode([chunks[index].embedded for index in order])
    restored = np.empty_like(vectors)
    restored[order] = vectors
    return restored


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
                [
                    Chunk(stored.text, stored.line, stored.heading, stored.category, stored.section)
                    for stored in catalogue.passages_of(entry.path)
                ],
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
