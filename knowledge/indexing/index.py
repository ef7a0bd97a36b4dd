"""Files go into the index, are replaced when they change, and disappear when they are removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import InterviewError, NotFoundError, StorageError, UnreadableError
from knowledge.indexing.catalogue import Catalogue, FileEntry
from knowledge.indexing.disk import guarded, writer_lock
from knowledge.indexing.filling import Filler
from knowledge.indexing.intake import changed
from knowledge.indexing.lexical import LexicalIndex
from knowledge.indexing.outcome import Failure, Outcome, Progress
from knowledge.indexing.salvage import lost, salvaged
from knowledge.indexing.sources import load_sources, save_sources
from knowledge.indexing.stores import Job, Stores
from knowledge.indexing.vectors import VectorStore
from knowledge.own_notes import own_files
from knowledge.reading import digest, files_under

if TYPE_CHECKING:
    from knowledge.encoder import Encoder

# Changes whenever readers or chunker cut differently, so that our own material is made again.
RECIPE = "1"

# A program that starts while another one is indexing our own material for the first time waits for it.
_FIRST_RUN_SECONDS = 120.0


class Index:
    """The index in a home folder, as its writer sees it."""

    def __init__(self, home: Path, encoder: Encoder, bulk: Callable[[], Encoder] | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            home: the folder of the user's data.
            encoder: encodes queries, and passages while they are few.
            bulk: makes the encoder for many passages; see `Filler`.
        """
        self.home = home
        self.folder = home / "index"
        self._encoder = encoder
        self._filler = Filler(encoder, bulk)
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
            wanted |= {_key(file): str(file) for file in found}
            if path.is_dir():
                inside = _key(path) + "/"
                left = [key for key in known if key.startswith(inside) and not Path(key).exists()]
                if not found and not left:
                    outcome.failures.append(_nothing_in(path))
                gone += left
        files = [(Path(key), key, name, False) for key, name in wanted.items()]
        jobs = changed(files, known, self._recipe, outcome, progress)
        if jobs or gone:
            with self._writing(0.0) as stores:
                try:
                    self._filler.write(stores, jobs, outcome, progress)
                    stores.drop(gone)
                finally:  # what was stored before ^C is listed as well
                    self._save_sources(stores)
            outcome.removed += [known[key].name for key in gone]
        return outcome

    def remove(self, path: Path) -> Outcome:
        """Take a file, or every file of a folder, out of the index; the files themselves stay.

        Raises:
            NotFoundError: nothing of that name is in the index.
            ConflictError: another process is writing.
        """
        key = _key(path)
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
            files = [(path, key, key, True) for key, path in ours.items()]
            jobs = changed(files, known, self._recipe, outcome, progress)
            self._filler.write(stores, jobs, outcome, progress)
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
            before = salvaged(aside / "catalogue.sqlite")
            sources |= {entry.path: entry.name for entry, _ in before.values() if not entry.ours}
            with self._stores() as stores:
                ours = [(path, key, key, True) for key, path in own_files().items()]
                theirs = [(Path(key), key, name, False) for key, name in sources.items() if Path(key).exists()]
                jobs = changed(ours + theirs, {}, self._recipe, outcome, progress)
                self._filler.write(stores, jobs, outcome, progress)
                gone = [key for key in sources if not Path(key).exists()]
                kept = [Job(*before[key]) for key in gone if key in before]
                self._filler.write(stores, kept, outcome, progress)
                outcome.failures += [lost(sources[key]) for key in gone if key not in before]
                self._save_sources(stores)
            shutil.rmtree(aside, ignore_errors=True)
        return outcome

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


def _key(path: Path) -> str:
    """Return the absolute path, links followed; one that leads to itself stays as it is."""
    return os.path.realpath(path)


def _nothing_in(folder: Path) -> Failure:
    return Failure(
        str(folder),
        UnreadableError(
            f"{folder} holds no file that is read.",
            "Read are Markdown, text, HTML, PDF, DOCX and notebooks; name a file of another kind itself.",
        ),
    )
