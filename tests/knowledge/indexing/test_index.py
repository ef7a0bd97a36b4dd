from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.errors import ConflictError, NotFoundError, StorageError, UnreadableError
from knowledge.indexing import filling
from knowledge.indexing import index as index_module
from knowledge.indexing.catalogue import UNFINISHED, Catalogue
from knowledge.indexing.disk import storage_error, writer_lock
from knowledge.indexing.index import Index
from knowledge.indexing.lexical import LexicalIndex
from knowledge.indexing.sources import load_sources
from knowledge.indexing.stores import CATEGORIES
from knowledge.indexing.vectors import VectorStore
from knowledge.retrieval import Retriever

from ..conftest import HashingEncoder  # noqa: TID252 - tests are not installed, so there is no absolute name


@pytest.fixture
def index(home: Path, encoder: HashingEncoder) -> Index:
    return Index(home, encoder, bulk=lambda: encoder)


def texts(home: Path, encoder: HashingEncoder, query: str, k: int = 20) -> list[str]:
    retriever = Retriever(home, encoder)
    try:
        return [passage.text for passage in retriever.search(query, k).passages]
    finally:
        retriever.close()


def test_a_file_added_is_found_with_its_source_and_line(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    outcome = index.add([notes])
    assert outcome.added == [str(notes)]
    best = Retriever(home, encoder).search("topic coverage alarm").passages[0]
    assert best.source == str(notes)
    assert best.category == "stories"
    assert notes.read_text().split("\n")[best.line - 1].endswith(best.text.split("\n")[0])


def test_adding_it_again_unchanged_encodes_nothing(index: Index, encoder: HashingEncoder, notes: Path) -> None:
    index.add([notes])
    encoder.encoded.clear()
    assert index.add([notes]).unchanged == [str(notes)]
    assert encoder.encoded == []


def test_a_changed_file_replaces_its_passages(index: Index, home: Path, encoder: HashingEncoder, notes: Path) -> None:
    index.add([notes])
    notes.write_text(notes.read_text().replace("Bring water", "Bring glasses"))
    assert index.add([notes]).replaced == [str(notes)]
    found = "\n".join(texts(home, encoder, "bring water glasses"))
    assert "Bring glasses" in found
    assert "Bring water" not in found


def test_a_removed_file_disappears_from_every_store(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    index.add([notes])
    assert index.remove(notes).removed == [str(notes)]
    assert texts(home, encoder, "topic coverage alarm") == []
    assert LexicalIndex(home / "index" / "lexical").count() == 0
    assert VectorStore.at(home / "index" / "vectors").count("stories") == 0
    with pytest.raises(NotFoundError, match="not in the index"):
        index.remove(notes)


def test_a_file_that_left_an_added_folder_is_taken_out(index: Index, notes: Path) -> None:
    other = notes.with_name("other.txt")
    other.write_text("Quantisation halves the memory of a model.")
    index.add([notes.parent])
    other.unlink()
    outcome = index.add([notes.parent])
    assert outcome.removed == [str(other)]
    assert [entry.name for entry in index.files()] == [str(notes)]


def test_a_broken_file_is_reported_and_the_others_are_indexed(index: Index, notes: Path) -> None:
    broken = notes.with_name("broken.pdf")
    broken.write_bytes(b"%PDF-1.7 nothing")
    outcome = index.add([broken, notes, notes.with_name("none.md")])
    assert outcome.added == [str(notes)]
    assert [failure.name for failure in outcome.failures] == [str(broken), str(notes.with_name("none.md"))]
    assert all(isinstance(failure.error, UnreadableError) for failure in outcome.failures)


def test_a_file_that_became_unreadable_keeps_its_passages(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    index.add([notes])
    notes.write_bytes(b"\x00\x01" * 100)
    assert index.add([notes]).failures
    assert texts(home, encoder, "topic coverage alarm")


def test_progress_ends_at_the_whole(index: Index, notes: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    outcome = index.add([notes], lambda *step: seen.append(step))
    assert seen[0] == ("Reading", 0, 1)
    assert seen[-1] == ("Encoding", outcome.passages, outcome.passages)


def test_many_passages_go_to_the_bulk_encoder(
    home: Path, encoder: HashingEncoder, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BULK_PAYS_FROM", 2)
    bulk = HashingEncoder()
    Index(home, encoder, bulk=lambda: bulk).add([notes])
    assert bulk.encoded
    assert encoder.encoded == []


class Interrupted(HashingEncoder):
    """^C comes after so many texts."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(self.encoded) + len(texts) > self._after:
            raise KeyboardInterrupt
        return super().encode(texts)


def paragraphs(count: int, word: str) -> str:
    return "\n\n".join(f"# {word} {number}\n\nThe {word} {number} has its own paragraph." for number in range(count))


def test_what_was_encoded_before_an_interrupt_is_kept_whole_files_and_parts_of_one(
    home: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    small, large = tmp_path / "a.md", tmp_path / "b.md"
    small.write_text(paragraphs(250, "beam"))
    large.write_text(paragraphs(400, "owl"))
    with pytest.raises(KeyboardInterrupt):
        Index(home, Interrupted(after=500)).add([small, large])
    kept = {entry.name: entry for entry in Index(home, encoder).files()}
    assert kept[str(small)].passages == 250
    assert kept[str(large)].digest == UNFINISHED
    assert 200 <= kept[str(large)].passages <= 250
    assert load_sources(home / "sources.json") == {str(small): str(small), str(large): str(large)}
    assert texts(home, encoder, "owl paragraph")
    outcome = Index(home, encoder, bulk=lambda: encoder).add([small, large])
    assert (outcome.unchanged, outcome.replaced) == ([str(small)], [str(large)])
    assert len(encoder.encoded) <= 201  # with one query; what had a vector was not encoded again
    assert {entry.passages for entry in Index(home, encoder).files()} == {250, 400}


def test_an_interrupt_before_anything_is_encoded_changes_nothing(
    home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    Index(home, encoder).add([notes])
    before = Index(home, encoder).files()
    other = notes.with_name("other.md")
    other.write_text("Quantisation halves the memory of a model.")
    with pytest.raises(KeyboardInterrupt):
        Index(home, Interrupted(after=0)).add([other])
    assert Index(home, encoder).files() == before


def test_links_that_lead_to_themselves_are_told_and_passed_over(index: Index, notes: Path) -> None:
    loop = notes.with_name("loop.md")
    loop.symlink_to(loop)
    (notes.parent / "up").symlink_to(notes.parent)
    outcome = index.add([loop, notes.parent])
    assert outcome.added == [str(notes)]
    assert ["symbolic links" in failure.error.message for failure in outcome.failures] == [True]
    with pytest.raises(NotFoundError):
        index.remove(loop)


def test_a_folder_that_holds_nothing_to_read_is_told(index: Index, tmp_path: Path) -> None:
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "talk.pptx").write_bytes(b"x")
    (failure,) = index.add([tmp_path / "slides"]).failures
    assert "holds no file that is read" in failure.error.message
    assert "PDF" in failure.error.hint


@pytest.mark.parametrize("become", ["unreadable", "gone"])
def test_of_a_file_that_can_no_longer_be_read_the_older_passages_are_mentioned(
    index: Index, notes: Path, become: str
) -> None:
    index.add([notes])
    if become == "gone":
        notes.unlink()
    else:
        notes.write_bytes(b"\x00\x01" * 100)
    (failure,) = index.add([notes]).failures
    assert f"`interviewer index remove {notes}` drops it" in failure.error.hint


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system refuses such a name")
def test_a_name_that_is_not_utf8_is_told_and_the_others_are_indexed(index: Index, notes: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(notes.parent) + b"/bad\xff.md"))
    odd.write_text("# Owls\n\nOf owls.\n")
    outcome = index.add([notes.parent])
    assert outcome.added == [str(notes)]
    (failure,) = outcome.failures
    assert "bad\\udcff.md: the name of this file is not UTF-8" in failure.error.message


@pytest.mark.parametrize("step", ["vectors.add", "lexical.replace", "catalogue.swap", "sweep"])
def test_a_writer_that_dies_at_any_step_leaves_the_old_or_the_new_state(
    index: Index,
    home: Path,
    encoder: HashingEncoder,
    notes: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    index.add([notes])
    notes.write_text("# Only this\n\nA single line about beam search.\n")
    target = {
        "vectors.add": (VectorStore, "add"),
        "lexical.replace": (LexicalIndex, "replace"),
        "catalogue.swap": (Catalogue, "swap"),
        "sweep": (Catalogue, "forget_orphans"),
    }[step]

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*target, die)
        with pytest.raises(KeyboardInterrupt):
            index.add([notes])
    found = texts(home, encoder, "topic coverage alarm beam search")
    assert any("beam search" in text for text in found) != any("topic coverage" in text for text in found)
    index.add([notes])
    assert texts(home, encoder, "topic coverage alarm beam search") == ["Only this\nA single line about beam search."]
    assert LexicalIndex(home / "index" / "lexical").count() == 1
    assert sum(VectorStore.at(home / "index" / "vectors").count(name) for name in CATEGORIES) == 1


def test_a_second_writer_is_turned_away_and_told_what_to_do(index: Index, home: Path, notes: Path) -> None:
    with writer_lock(home / "index.lock", 0.0), pytest.raises(ConflictError, match="Another process"):
        index.add([notes])
    assert index.add([notes]).added


def test_the_lock_of_a_killed_process_is_free(index: Index, home: Path, notes: Path) -> None:
    program = f"""
        import sys, time
        from pathlib import Path
        from knowledge.indexing.disk import writer_lock
        with writer_lock(Path({str(home / "index.lock")!r}), 0.0):
            print("held", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(ConflictError):
            index.add([notes])
        child.kill()
    assert index.add([notes]).added


def _garble(path: Path) -> None:
    path.write_bytes(b"garbage" * 500)


def _garble_vectors(home: Path) -> None:
    VectorStore.release(home / "index" / "vectors")
    _garble(home / "index" / "vectors" / "chroma.sqlite3")


def _remove_vectors(home: Path) -> None:
    VectorStore.release(home / "index" / "vectors")
    shutil.rmtree(home / "index" / "vectors")


DAMAGES = {
    "catalogue garbled": lambda home: _garble(home / "index" / "catalogue.sqlite"),
    "vectors garbled": _garble_vectors,
    "vectors gone": _remove_vectors,
    "terms garbled": lambda home: _garble(home / "index" / "lexical" / "meta.json"),
    "terms gone": lambda home: shutil.rmtree(home / "index" / "lexical"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_says_so_and_can_be_rebuilt(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path, damage: str
) -> None:
    index.add([notes])
    for leftover in (home / "index").glob("catalogue.sqlite-*"):
        leftover.unlink()
    DAMAGES[damage](home)
    with pytest.raises(StorageError, match="damaged") as caught:
        texts(home, encoder, "topic coverage alarm")
    assert "interviewer index rebuild" in caught.value.hint
    outcome = index.rebuild()
    assert outcome.failures == []
    assert str(notes) in outcome.added
    assert "topic coverage" in texts(home, encoder, "topic coverage alarm")[0]
    assert not (home / "index.old").exists()


def test_rebuilding_keeps_the_passages_of_a_file_that_is_gone(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    index.add([notes])
    notes.unlink()
    index.rebuild()
    assert "topic coverage" in texts(home, encoder, "topic coverage alarm")[0]


def test_rebuilding_names_what_cannot_be_recovered(index: Index, home: Path, notes: Path) -> None:
    index.add([notes])
    notes.unlink()
    _garble(home / "index" / "catalogue.sqlite")
    for leftover in (home / "index").glob("catalogue.sqlite-*"):
        leftover.unlink()
    assert [failure.name for failure in index.rebuild().failures] == [str(notes)]


def test_an_index_of_another_encoder_is_not_mixed_with(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path
) -> None:
    index.add([notes])
    other = HashingEncoder()
    other.name = "another"
    with pytest.raises(StorageError, match="hashing"):
        Retriever(home, other)
    with pytest.raises(StorageError, match="hashing"):
        Index(home, other).remove(notes)


def test_our_own_notes_are_indexed_once_and_again_when_they_change(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "own_files", lambda: {"ours/notes.md": notes})
    assert index.ensure_own().added == ["ours/notes.md"]
    passage = Retriever(home, encoder).search("topic coverage alarm", category="ours").passages[0]
    assert (passage.source, passage.category) == ("ours/notes.md", "ours")
    encoder.encoded.clear()
    assert index.ensure_own().unchanged == ["ours/notes.md"]
    assert encoder.encoded == []
    notes.write_text("# Beam search\n\nKeeps the k best prefixes.\n")
    assert index.ensure_own().replaced == ["ours/notes.md"]
    monkeypatch.setattr(index_module, "own_files", dict)
    index.ensure_own()
    assert index.files() == []


def test_two_first_runs_at_once_both_succeed(
    home: Path, encoder: HashingEncoder, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "own_files", lambda: {"ours/notes.md": notes})
    outcomes: list[object] = []
    runs = [
        threading.Thread(target=lambda: outcomes.append(Index(home, encoder).ensure_own().failures)) for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert outcomes == [[], []]
    assert len(Index(home, encoder).files()) == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device"), "disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "disk is full"),
        (sqlite3.OperationalError("disk I/O error"), "full or failing"),
        (PermissionError(13, "Permission denied"), "cannot be written"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "cannot be written"),
        (sqlite3.DatabaseError("file is not a database"), "damaged"),
    ],
)
def test_what_the_stores_raise_is_told_in_the_words_of_its_cause(error: Exception, says: str) -> None:
    assert says in storage_error(error, Path("index")).message


def test_a_full_disk_loses_nothing(
    index: Index, home: Path, encoder: HashingEncoder, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([notes])
    more = notes.with_name("more.md")
    more.write_text("# Beam search\n\nKeeps the k best prefixes.\n")

    def full(*_: object, **__: object) -> None:
        raise storage_error(OSError(28, "No space left on device"), home)

    with monkeypatch.context() as patched:
        patched.setattr(LexicalIndex, "replace", full)
        with pytest.raises(StorageError, match="disk is full"):
            index.add([more])
    assert "topic coverage" in texts(home, encoder, "topic coverage alarm")[0]
    assert index.add([more]).added == [str(more)]
