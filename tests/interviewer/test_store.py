"""One suite for both databases; PostgreSQL runs in a schema of its own that is dropped afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from interviewer.database import MIGRATIONS
from interviewer.events import Answered, AnyEvent, Asked, Ended, Move, Planned, Resumed, Setup, Started
from interviewer.store import Store, export
from knowledge.errors import ConflictError, InputError, NotFoundError, StorageError

STARTED = Started(setup=Setup(seed=7, level="staff"), plan=(Planned(question_id="q", minutes=5),))
ASKED = Asked(move=Move(kind="question", question_id="q"), text="What is overfitting?")


def answer(words: str, key: str | None = None) -> Answered:
    return Answered(question_id="q", text=words, kind="answer", idempotency_key=key)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with Store.open(url) as opened:
        yield opened


async def test_what_was_appended_is_read_back_in_order(store: Store) -> None:
    interview = await store.create([STARTED, ASKED])
    assert await store.append(interview, 2, [answer("High variance."), ASKED]) == 4
    events = await store.read(interview)
    assert [e.type for e in events] == ["started", "asked", "answered", "asked"]
    assert events[0] == STARTED
    assert await store.read(interview, after=3) == events[3:]
    assert await store.read(interview, after=4) == []


@pytest.mark.parametrize(
    "words", ["nul \x00 inside", "👍🏽 עברית \u202e", "'; DROP TABLE events; --", "x" * 900_000, ""]
)
async def test_any_text_comes_back_as_it_was(store: Store, words: str) -> None:
    interview = await store.create([STARTED])
    await store.append(interview, 1, [answer(words)])
    stored = (await store.read(interview))[1]
    assert isinstance(stored, Answered)
    assert stored.text == words


async def test_of_many_writers_exactly_one_wins(store: Store) -> None:
    interview = await store.create([STARTED])
    outcomes = await asyncio.gather(
        *(store.append(interview, 1, [answer(f"writer {n}")]) for n in range(8)), return_exceptions=True
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["ConflictError"] * 7 + ["int"]
    assert len(await store.read(interview)) == 2


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
async def test_a_wrong_number_is_a_conflict_and_writes_nothing(store: Store, expected: int) -> None:
    interview = await store.create([STARTED, ASKED])
    with pytest.raises(ConflictError):
        await store.append(interview, expected, [answer("late"), answer("later")])
    assert len(await store.read(interview)) == 2


async def test_an_idempotency_key_is_found_and_cannot_be_used_twice(store: Store) -> None:
    interview = await store.create([STARTED])
    other = await store.create([STARTED])
    await store.append(interview, 1, [answer("first", key="k1")])
    assert await store.seq_of_key(interview, "k1") == 2
    assert await store.seq_of_key(interview, "k2") is None
    assert await store.seq_of_key(other, "k1") is None
    with pytest.raises(ConflictError):
        await store.append(interview, 2, [answer("again", key="k1")])
    await store.append(other, 1, [answer("another interview's", key="k1")])


@pytest.mark.parametrize("unknown", ["0" * 20, "", "../../etc", "a\x00b", "x" * 5000, "É" * 10])
async def test_an_unknown_id_is_not_found_whatever_it_looks_like(store: Store, unknown: str) -> None:
    for call in (
        store.read(unknown),
        store.read(unknown, after=3),
        store.append(unknown, 1, [ASKED]),
        store.delete(unknown),
        store.seq_of_key(unknown, "k"),
    ):
        with pytest.raises(NotFoundError, match="no interview"):
            await call


async def test_the_list_has_the_last_used_first_and_says_what_ended(store: Store) -> None:
    first = await store.create([STARTED])
    second = await store.create([Started(setup=Setup(), plan=())])
    await store.append(first, 1, [Ended(reason="stopped")])
    listed = await store.list()
    assert [(x.interview_id, x.events, x.ended) for x in listed] == [(first, 2, "stopped"), (second, 1, "")]
    assert listed[0].setup == STARTED.setup
    assert [x.interview_id for x in await store.list(limit=1)] == [first]


async def test_who_was_stopped_twice_stands_in_the_list_once(store: Store) -> None:
    kept = await store.create([STARTED, Ended(reason="stopped"), Resumed()])
    assert [(x.interview_id, x.ended) for x in await store.list()] == [(kept, "")]
    await store.append(kept, 3, [Ended(reason="finished")])
    assert [(x.interview_id, x.ended) for x in await store.list()] == [(kept, "finished")]


async def test_deleting_is_for_good_and_for_one(store: Store) -> None:
    gone = await store.create([STARTED, answer("my secret salary")])
    kept = await store.create([STARTED])
    await store.delete(gone)
    with pytest.raises(NotFoundError):
        await store.read(gone)
    with pytest.raises(NotFoundError):
        await store.append(gone, 2, [ASKED])
    assert [x.interview_id for x in await store.list()] == [kept]


async def test_a_second_start_keeps_what_is_there(url: str) -> None:
    async with Store.open(url) as store:
        interview = await store.create([STARTED])
    async with Store.open(url) as first, Store.open(url) as second:
        assert await first.read(interview) == await second.read(interview) == [STARTED]


async def test_two_starts_at_once_migrate_once(url: str) -> None:
    async def start() -> str:
        async with Store.open(url) as store:
            return await store.create([STARTED])

    assert len(set(await asyncio.gather(*(start() for _ in range(4))))) == 4


async def test_a_newer_database_is_refused_and_left_alone(url: str, store: Store) -> None:
    async with store._transaction() as connection:
        await connection.execute(text(f"INSERT INTO migrations VALUES ({len(MIGRATIONS) + 1})"))
    with pytest.raises(StorageError, match="newer version"):
        async with Store.open(url):
            pass


def test_an_export_holds_every_event() -> None:
    history: list[AnyEvent] = [STARTED, ASKED, answer("it \x00 fits")]
    document = export("abc", history)
    assert document["interview_id"] == "abc"
    assert [e["type"] for e in document["events"]] == ["started", "asked", "answered"]  # type: ignore[attr-defined]


def bytes_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_deleted_text_is_in_no_file_of_sqlite(tmp_path: Path) -> None:
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        interview = await store.create([STARTED, answer("zebra-crossing-secret " * 400)])
        await store.delete(interview)
        assert b"zebra-crossing-secret" not in bytes_under(tmp_path)


async def test_a_damaged_file_is_named_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    path.write_bytes(b"this is no database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"i\.db is damaged"):
        async with Store.open(f"sqlite:///{path}"):
            pass
    assert path.read_bytes() == before


async def test_a_damaged_page_is_told_and_other_interviews_stay(tmp_path: Path) -> None:
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        good = await store.create([STARTED])
        bad = await store.create([STARTED])
        async with store._transaction() as connection:
            await connection.execute(text("UPDATE events SET payload = '{' WHERE interview_id = :i"), {"i": bad})
        with pytest.raises(StorageError, match=f"Event 1 of interview {bad}"):
            await store.read(bad)
        assert await store.read(good) == [STARTED]


async def test_a_locked_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interviewer.database._BUSY_MS", 50)
    async with Store.open(f"sqlite:///{tmp_path}/i.db") as store:
        interview = await store.create([STARTED])
        other = sqlite3.connect(tmp_path / "i.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            await store.append(interview, 1, [ASKED])
        other.execute("ROLLBACK")
        other.close()
        await store.append(interview, 1, [ASKED])


FULL_DISK = """
import asyncio, resource, sys
from interviewer.events import Answered, Planned, Setup, Started
from interviewer.store import Store
from knowledge.errors import StorageError

async def main() -> None:
    async with Store.open(sys.argv[1]) as store:
        started = Started(setup=Setup(), plan=(Planned(question_id="q", minutes=5),))
        interview = await store.create([started])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        stored = 1
        try:
            while stored < 100:
                stored = await store.append(
                    interview, stored, [Answered(question_id="q", text="x" * 9_000, kind="answer")]
                )
        except StorageError as error:
            print(interview, stored, "full" in error.message, "Make room" in error.hint)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file size are POSIX's")
async def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/i.db"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", FULL_DISK, url, stdout=asyncio.subprocess.PIPE)
    printed, _ = await child.communicate()
    interview, stored, *told = printed.decode().split()
    assert told == ["True", "True"]
    assert 1 < int(stored) < 100
    async with Store.open(url) as store:
        assert len(await store.read(interview)) == int(stored)
        assert await store.append(interview, int(stored), [ASKED]) == int(stored) + 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://u@h/d", "", "postgresql"])
async def test_a_url_of_another_kind_is_the_users_error(url: str) -> None:
    with pytest.raises(InputError, match="INTERVIEWER_DATABASE_URL"):
        async with Store.open(url):
            pass


async def test_an_absent_server_is_told_without_the_password() -> None:
    with pytest.raises(StorageError) as caught:
        async with Store.open("postgresql://someone:hunter2@127.0.0.1:1/none"):
            pass
    assert "127.0.0.1:1" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be used"):
        async with Store.open(f"sqlite:///{tmp_path}/file/i.db"):
            pass
