"""What the writer does when its disk is full, when it fails, and when another thread is in the way."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bench.crash import campaign as crashes
from bench.faults import campaign as faults
from bench.faults import cases
from bench.storage.load import judge
from signal_ctrl.centre.late_writes import LateWrites
from signal_ctrl.centre.ports import Condition, Importance, Store
from signal_ctrl.domain.errors import (
    InvalidInputError,
    StorageBusyError,
    StorageFailedError,
    StorageFullError,
)
from signal_ctrl.stores import writer as writer_module
from signal_ctrl.stores.disk import DiskGuard, used_share
from signal_ctrl.stores.migrations import MIGRATIONS, Migration, migrate, version_of
from signal_ctrl.stores.opening import open_database, open_folder, open_memory
from signal_ctrl.stores.postgres import url_of
from signal_ctrl.stores.sqlite import SqliteDatabase


def note(transaction, result: str = "done") -> int:
    return transaction.record("ann", "note", "x", result, 1)


@pytest.fixture
def memory() -> Iterator[Store]:
    store = open_memory()
    yield store
    store.close()


@pytest.mark.parametrize(
    ("share", "condition", "taken"),
    [
        (0.0, Condition.OPEN, "raw normal essential"),
        (0.7999, Condition.OPEN, "raw normal essential"),
        (0.80, Condition.SPACE_LOW, "raw normal essential"),
        (0.8999, Condition.SPACE_LOW, "raw normal essential"),
        (0.90, Condition.SHEDDING, "normal essential"),
        (0.9699, Condition.SHEDDING, "normal essential"),
        (0.97, Condition.READ_ONLY, "essential"),
        (1.0, Condition.READ_ONLY, "essential"),
    ],
)
def test_what_is_taken_by_how_full_the_disk_is(share: float, condition: Condition, taken: str, tmp_path: Path) -> None:
    store = open_database(SqliteDatabase(tmp_path / "centre.db"), DiskGuard(tmp_path, lambda _folder: share))
    assert store.condition is condition
    assert bool(store.reason) == (condition is not Condition.OPEN)
    for importance in Importance:
        if importance.value in taken:
            store.write(note, importance)
        else:
            with pytest.raises(StorageFullError, match=r"make room"):
                store.write(note, importance)
    store.close()


def test_a_disk_that_does_not_say_counts_as_full(tmp_path: Path) -> None:
    assert DiskGuard(tmp_path / "missing").condition() is Condition.READ_ONLY
    assert 0 < used_share(tmp_path) < 1


def test_the_ballast_is_real_and_laid_once(tmp_path: Path) -> None:
    guard = DiskGuard(tmp_path, lambda _folder: 0.5, ballast_bytes=3_000_000)
    assert guard.lay_ballast()
    found = (tmp_path / "ballast").stat()
    assert found.st_size == 3_000_000 and found.st_blocks * 512 >= 3_000_000
    assert guard.lay_ballast()
    assert guard.free_ballast()
    assert not guard.free_ballast()
    assert not DiskGuard(tmp_path, lambda _folder: 0.95, ballast_bytes=1000).lay_ballast()


def test_nobody_waits_for_a_store_that_is_closed_or_overrun(memory: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go = threading.Event(), threading.Event()
    monkeypatch.setattr(writer_module, "MAX_WAITING", 2)
    threads = [threading.Thread(target=memory.write, args=(lambda _: (inside.set(), go.wait(10)),))]
    threads[0].start()
    inside.wait(10)
    threads += [threading.Thread(target=memory.write, args=(note,)) for _ in range(2)]
    for thread in threads[1:]:
        thread.start()
    with pytest.raises(StorageBusyError, match="try again"):
        for _ in range(200):
            if memory._writer._queue.qsize() == 2:
                memory.write(note)
            threading.Event().wait(0.01)
    go.set()
    for thread in threads:
        thread.join(10)
    memory.close()
    with pytest.raises(StorageFailedError, match="closed"):
        memory.write(note)


def test_what_proceeds_is_recorded_later_in_its_order(memory: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    late = LateWrites(memory)

    def release(name: str):
        return lambda transaction, is_late: transaction.record("ann", "release", name, "done", 1, is_late)

    assert late.write(release("a"))
    monkeypatch.setattr(memory._writer.disk, "check", full)
    assert not late.write(release("b"))
    monkeypatch.undo()
    assert not late.write(release("c")), "nothing overtakes what is owed"
    assert late.owed == 2
    assert late.settle() == 0
    records = memory.read(lambda reading: [stored.record for stored in reading.audit.records()])
    assert [(record.object, record.late) for record in records] == [("a", False), ("b", True), ("c", True)]


def full(_importance: Importance) -> None:
    raise StorageFullError("no room")


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A real file system of 8 MiB."""
    folder = Path(tempfile.mkdtemp(prefix="signal-ctrl-disk-"))
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


def test_a_disk_that_is_full_indeed(small_disk: Path) -> None:
    """By filling a real disk to its last byte: no false answer, releases and reading go on, room heals it."""
    guard = DiskGuard(small_disk, lambda _folder: 0.5, ballast_bytes=1 << 20)
    assert guard.lay_ballast()
    store = open_database(SqliteDatabase(small_disk / "centre.db"), guard)
    acknowledged = 0
    with pytest.raises(StorageFullError):
        for _ in range(4000):
            store.write(lambda t: note(t, "x" * 3000))
            acknowledged += 1
    assert 50 < acknowledged < 1500
    assert store.read(lambda reading: reading.audit.head()).n == acknowledged
    assert (small_disk / "ballast").exists()
    assert store.write(lambda t: note(t, "released"), Importance.ESSENTIAL) == acknowledged + 1
    assert not (small_disk / "ballast").exists()
    store.close()
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    again = open_database(SqliteDatabase(small_disk / "centre.db"), guard)
    assert again.write(note) == acknowledged + 2
    again.close()


def test_a_full_disk_heals_without_a_restart(small_disk: Path) -> None:
    store = open_database(SqliteDatabase(small_disk / "centre.db"), DiskGuard(small_disk, lambda _folder: 0.5))
    blocker = small_disk / "blocker"
    blocker.write_bytes(b"x" * (os.statvfs(small_disk).f_bavail * 4096 - 65536))
    with pytest.raises(StorageFullError):
        for _ in range(100):
            store.write(lambda t: note(t, "x" * 3000))
    blocker.unlink()
    before = store.read(lambda reading: reading.audit.head()).n
    assert store.write(note) == before + 1
    assert store.condition is Condition.OPEN
    store.close()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler for the failing disk")
def test_a_disk_that_fails_at_chosen_calls() -> None:
    """A short form of `python -m bench.faults`."""
    wanted = [case for case in cases(1, 300, seed=2) if case.at in (18, 100)]
    wanted += [case for case in cases(1, 300, seed=2, opened_first=True) if case.at in (1, 20, 75)]
    rows = faults(wanted, ledger=None)
    assert [row for row in rows if row["wrong"]] == []
    assert {"StorageFailedError", "StorageFullError"} <= {name for row in rows for name in row["errors"]}
    assert sum(row["acknowledged"] for row in rows) > len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_writers(kind: str, request: pytest.FixtureRequest) -> None:
    """A short form of `python -m bench.crash`."""
    if kind == "postgresql":
        request.getfixturevalue("pg_cluster")  # or skipped
    slow: list[str] = []
    for seed in (7, 8, 9):
        (row,) = crashes(kind, kills=1, seed=seed, ledger=None)
        slow = [text for text in row["wrong"] if text.startswith("restarts over")]
        assert row["wrong"] == slow
        assert row["acknowledged"] > 0
        if not slow:
            return
    pytest.fail(f"never back in time, however often: {slow}")  # once it may be the machine that has no time


def test_the_judge_of_crashes_sees_what_it_has_to_see() -> None:
    clean = judge(["k1/a", "k1/b", "k2/a", "k2/b"], {"k1"}, {"k1", "k2", "k3"})
    assert clean.is_clean and clean.acknowledged == 1
    assert judge(["k1/a", "k1/b"], {"k1", "k2"}, {"k1", "k2"}).lost == ("k2",)
    assert judge(["k1/a", "k1/b", "k1/a"], {"k1"}, {"k1"}).doubled == ("k1/a",)
    assert judge(["k1/a"], set(), {"k1"}).half == ("k1",)
    assert judge(["k9/a", "k9/b"], set(), {"k1"}).unknown == ("k9",)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    store = open_folder(tmp_path / "data", ballast_bytes=4096)
    store.write(lambda t: t.meta.put("schema", "99"))
    store.close()
    with pytest.raises(InvalidInputError, match="schema 99, this program knows"):
        open_folder(tmp_path / "data", ballast_bytes=4096)


def test_a_migration_is_whole_or_not_and_backed_up_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_folder(tmp_path / "data", ballast_bytes=4096)
    store.write(note)
    store.close()

    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE colours (name TEXT)"))
        connection.execute(text("INSERT INTO audit (n) VALUES (7)"))

    def whole(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE colours (name TEXT)"))

    database = SqliteDatabase(tmp_path / "data" / "centre.db")
    connection = database.open_writer()
    backups: list[int] = []
    last = MIGRATIONS[-1].number
    with pytest.raises(Exception, match="NOT NULL"):
        migrate(connection, backups.append, [*MIGRATIONS, Migration(last + 1, "half", half)])
    connection.rollback()
    with connection.begin():
        assert version_of(connection) == last
        assert not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'colours'")).first()
    assert migrate(connection, backups.append, [*MIGRATIONS, Migration(last + 1, "whole", whole)]) == 1
    with connection.begin():
        assert version_of(connection) == last + 1
    assert backups == [last, last]
    database.close()


def test_a_process_killed_inside_a_migration_leaves_the_old_schema(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import text
from signal_ctrl.stores import migrations
from signal_ctrl.stores.sqlite import SqliteDatabase
from signal_ctrl.stores.opening import open_folder
open_folder(Path(sys.argv[1]), ballast_bytes=4096).close()
def die(connection):
    connection.execute(text("CREATE TABLE colours (name TEXT)"))
    os.kill(os.getpid(), signal.SIGKILL)
connection = SqliteDatabase(Path(sys.argv[1]) / "centre.db").open_writer()
last = migrations.MIGRATIONS[-1].number
migrations.migrate(connection, migrations=[*migrations.MIGRATIONS, migrations.Migration(last + 1, "die", die)])
"""
    data = tmp_path / "data"
    done = subprocess.run([sys.executable, "-c", code, str(data)], check=False, timeout=120, capture_output=True)
    assert done.returncode == -9
    store = open_folder(data, ballast_bytes=4096)
    assert store.read(lambda reading: reading.meta.number("schema")) == MIGRATIONS[-1].number
    store.close()


@pytest.mark.parametrize("address", ["", "mysql://a@b/c", "postgresql://a@b", "nonsense"])
def test_an_address_that_is_none_is_told_so(address: str) -> None:
    with pytest.raises(InvalidInputError, match="write postgresql://"):
        url_of(address)


def test_the_measure_of_speed_measures() -> None:
    from bench.store_speed import measured

    rows = measured("sqlite", lasts_s=0.1)
    assert [row["what"] for row in rows][-1] == "reads, one thread"
    assert all(float(row["per_s"]) > 0 for row in rows)
