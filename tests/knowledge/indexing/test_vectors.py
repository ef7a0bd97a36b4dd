from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

from knowledge.indexing.vectors import VectorStore

UNITS = np.eye(8, dtype=np.float32)


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    store = VectorStore.at(tmp_path / "vectors")
    store.add("notes", [1, 2, 3], UNITS[:3])
    return store


def test_the_nearest_come_first_with_their_cosines(store: VectorStore) -> None:
    query = (UNITS[0] * 3 + UNITS[1]) / np.sqrt(10)
    found = store.nearest("notes", query.astype(np.float32), 2)
    assert [identity for identity, _ in found] == [1, 2]
    assert [cosine for _, cosine in found] == pytest.approx([3 / np.sqrt(10), 1 / np.sqrt(10)], abs=1e-5)


def test_categories_are_apart_and_an_unknown_one_is_empty(store: VectorStore) -> None:
    store.add("stories", [9], UNITS[:1])
    assert store.nearest("stories", UNITS[0], 5) == [(9, pytest.approx(1.0, abs=1e-5))]
    assert store.nearest("ours", UNITS[0], 5) == []
    assert store.count("ours") == 0


def test_deleting_is_idempotent(store: VectorStore) -> None:
    for _ in range(2):
        store.delete("notes", [1, 77])
    assert store.count("notes") == 2


def test_vectors_come_back_as_they_went_in(store: VectorStore) -> None:
    fetched = store.fetch("notes", [2, 50])
    assert list(fetched) == [2]
    np.testing.assert_allclose(fetched[2], UNITS[1])


def test_what_another_process_writes_is_seen_after_following_its_generation(store: VectorStore) -> None:
    assert store.nearest("notes", UNITS[5], 1)
    store.follow(1)
    program = f"""
        import numpy as np
        from pathlib import Path
        from knowledge.indexing.vectors import VectorStore
        VectorStore.at(Path({str(store.folder)!r})).add("notes", [6], np.eye(8, dtype=np.float32)[5:6])
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    store.follow(2)
    assert store.nearest("notes", UNITS[5], 1) == [(6, pytest.approx(1.0, abs=1e-5))]


def test_threads_may_search_while_the_connection_is_renewed(store: VectorStore) -> None:
    failures: list[BaseException] = []

    def search() -> None:
        try:
            for _ in range(50):
                assert store.nearest("notes", UNITS[0], 1)[0][0] == 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        store.refresh()
    for thread in threads:
        thread.join()
    assert failures == []
