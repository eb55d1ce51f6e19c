"""The contract of `signal_ctrl.centre.ports.Store`, over every implementation."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from signal_ctrl.centre.ports import Condition, Transaction
from signal_ctrl.domain.errors import ConflictError, RefusedError, StorageFailedError
from signal_ctrl.stores.opening import open_folder, open_memory, open_postgres
from signal_ctrl.stores.store import SqlStore


def opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> SqlStore:
    if kind == "memory":
        return open_memory()
    if kind == "sqlite":
        return open_folder(folder, ballast_bytes=4096)
    return open_postgres(folder, request.getfixturevalue("new_database")(), ballast_bytes=4096)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    one = opened(request.param, tmp_path / "data", request)
    yield one
    one.close()


def note(text: str):
    return lambda transaction: transaction.record("ann", "note", text, "done", 1000)


def objects(store: SqlStore) -> list[str]:
    return [stored.record.object for stored in store.read(lambda reading: reading.audit.records())]


def test_what_was_written_is_read(store: SqlStore) -> None:
    assert store.write(note("a")) == 1
    assert store.write(note("b")) == 2
    assert objects(store) == ["a", "b"]
    assert store.condition is Condition.OPEN
    assert store.reason == ""


def test_an_error_undoes_its_own_work_alone(store: SqlStore) -> None:
    def fails(transaction: Transaction) -> None:
        transaction.record("ann", "note", "lost", "done", 1)
        raise RefusedError("C/own", "not you")

    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(store.write, fails if k % 2 else note(str(k))) for k in range(40)]
    assert [type(answer.exception()) for answer in answers] == [type(None), RefusedError] * 20
    assert sorted(objects(store), key=int) == [str(k) for k in range(0, 40, 2)]
    kept = store.read(lambda reading: reading.audit.records())
    assert [stored.record.n for stored in kept] == list(range(1, 21))
    assert all(later.record.prev_hash == before.record.hash() for before, later in pairwise(kept))


def test_works_of_an_event_loop(store: SqlStore) -> None:
    async def many() -> list[int]:
        return await asyncio.gather(*(store.awrite(note(str(k))) for k in range(300)))

    before = store.commits
    assert sorted(asyncio.run(many())) == list(range(1, 301))
    assert store.commits - before < 30


def test_a_reader_sees_one_moment(store: SqlStore) -> None:
    store.write(note("a"))
    if store.place == "memory":
        pytest.skip("in memory a writer waits for the readers")

    def twice(reading) -> tuple[int, int]:
        before = reading.audit.head().n
        with ThreadPoolExecutor(1) as pool:
            pool.submit(store.write, note("b")).result()
        return before, reading.audit.head().n

    assert store.read(twice) == (1, 1)
    assert objects(store) == ["a", "b"]


def test_a_work_may_not_call_the_store(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="may not call the store"):
        store.write(lambda transaction: store.write(note("within")))
    assert objects(store) == []


def test_readers_cannot_write(store: SqlStore) -> None:
    from signal_ctrl.domain.errors import StorageError

    with pytest.raises(StorageError):
        store.read(lambda reading: reading.meta.put("key", "value"))


def test_a_taken_key_is_a_conflict(store: SqlStore) -> None:
    from sqlalchemy import insert

    from signal_ctrl.stores.tables.meta import META

    def twice(transaction) -> None:
        for _ in range(2):
            transaction.connection.execute(insert(META).values(key="k", value="v"))

    with pytest.raises(ConflictError):
        store.write(twice)
    assert store.write(note("after")) == 1


def test_threads_read_at_once(store: SqlStore) -> None:
    store.write(note("a"))
    gate = threading.Barrier(8)

    def question(reading) -> int:
        gate.wait(10)
        return reading.audit.head().n

    with ThreadPoolExecutor(8) as pool:
        assert [a.result() for a in [pool.submit(store.read, question) for _ in range(8)]] == [1] * 8


def test_everybody_is_answered_when_the_store_closes(store: SqlStore) -> None:
    with ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(store.write, note(str(k))) for k in range(30)]
        store.close()
    done = [answer.exception() is None for answer in answers]
    assert all(isinstance(a.exception(), StorageFailedError) for a in answers if a.exception())
    assert any(done)


def test_an_event_loop_that_has_gone_stops_nobody(store: SqlStore) -> None:
    async def leave() -> None:
        store_task = asyncio.create_task(store.awrite(lambda t: (time.sleep(0.2), t.record("a", "b", "c", "d", 1))))
        await asyncio.sleep(0.02)
        store_task.cancel()

    asyncio.run(leave())
    assert store.write(note("after")) == 2
