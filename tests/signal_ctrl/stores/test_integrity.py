"""Damage is found before anything of it is used, and what is damaged is set aside."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signal_ctrl.centre.anchors import Anchor, Anchoring, anchor_of, sign
from signal_ctrl.centre.audit import Head, StoredRecord
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError, StorageDamagedError, StorageFailedError
from signal_ctrl.stores import anchor_files, audit
from signal_ctrl.stores.anchor_files import AnchorFolder, last_anchor
from signal_ctrl.stores.integrity import daily_findings
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.sqlite import SqliteDatabase, check_single_writer, library_line
from signal_ctrl.stores.wal_check import damage_in

KILLED = """
import os, signal, sys
from pathlib import Path
from signal_ctrl.stores.opening import open_folder
store = open_folder(Path(sys.argv[1]), ballast_bytes=4096)
for k in range(60):
    store.write(lambda t: t.record("a", "b", f"k{k}", "x" * 1500, 1))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def closed(made: Path, tmp_path: Path) -> Path:
    """A data folder that was closed cleanly."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("integrity") / "data"
    store = open_folder(data, ballast_bytes=4096)
    key = signing_key(data)
    clock = ManualClock(5)
    anchoring = Anchoring(store, key, clock, [AnchorFolder(data / "anchors", key.public_key())])
    for k in range(30):
        store.write(lambda t, k=k: t.record("ann", "note", f"a{k}", "x" * 300, 1000))
    clock.pass_ms(60_000)
    anchoring.tick()
    store.close()
    return data


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose process was killed: everything is in the log yet."""
    data = tmp_path_factory.mktemp("killed") / "data"
    done = subprocess.run([sys.executable, "-c", KILLED, str(data)], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    return data


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x04
    path.write_bytes(data)


def test_a_sound_store_opens_again(closed: Path) -> None:
    assert daily_findings(closed) == ()
    store = open_folder(closed, ballast_bytes=4096)
    assert store.read(lambda reading: reading.audit.head()).n == 30
    store.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_byte_in_a_closed_database_is_found(closed: Path, seed: int) -> None:
    path = closed / "centre.db"
    flip(path, random.Random(seed).randrange(path.stat().st_size))
    damaged = path.read_bytes()
    with pytest.raises(StorageDamagedError, match="set aside"):
        open_folder(closed, ballast_bytes=4096)
    assert not path.exists()
    assert (closed / "damaged-1" / "centre.db").read_bytes() == damaged
    with pytest.raises(StorageDamagedError, match="restore a backup"):
        open_folder(closed, ballast_bytes=4096)
    assert not path.exists()


def test_a_flipped_byte_of_the_seal_is_found(closed: Path) -> None:
    flip(closed / "centre.seal", 30)
    with pytest.raises(StorageDamagedError):
        open_folder(closed, ballast_bytes=4096)


def test_a_database_that_is_gone_is_not_replaced(closed: Path) -> None:
    (closed / "centre.db").unlink()
    with pytest.raises(StorageDamagedError, match="is gone"):
        open_folder(closed, ballast_bytes=4096)
    assert not (closed / "centre.db").exists()


def test_a_database_rolled_back_behind_its_anchors_is_found(closed: Path) -> None:
    (closed / "centre.seal").unlink()
    connection = sqlite3.connect(closed / "centre.db")
    connection.execute("DELETE FROM audit WHERE n > 20")
    connection.commit()
    connection.close()
    with pytest.raises(StorageDamagedError, match="audit record 30 was anchored"):
        open_folder(closed, ballast_bytes=4096)


def test_a_start_reads_the_audit_from_its_last_anchor_on(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    stored = audit._stored

    def counted(row: Any) -> StoredRecord:
        found = stored(row)
        read.append(found.record.n)
        return found

    monkeypatch.setattr(audit, "_stored", counted)
    store = open_folder(closed, ballast_bytes=4096)
    store.close()
    assert set(read) <= {30}


def test_a_killed_store_opens_with_everything(killed: Path, tmp_path: Path) -> None:
    data = tmp_path / "copy"
    shutil.copytree(killed, data)
    assert (data / "centre.db-wal").stat().st_size > 100_000
    store = open_folder(data, ballast_bytes=4096)
    assert store.read(lambda reading: reading.audit.head()).n == 60
    store.close()


@pytest.mark.parametrize("seed", range(10))
def test_a_flipped_byte_in_the_log_is_found_or_does_no_harm(killed: Path, tmp_path: Path, seed: int) -> None:
    """But for the last commit in the log, which looks like one that was cut short."""
    data = tmp_path / "copy"
    shutil.copytree(killed, data)
    log = data / "centre.db-wal"
    size = log.stat().st_size
    flip(log, random.Random(seed).randrange(size - 4 * 4120))
    with pytest.raises(StorageDamagedError, match="is damaged"):
        open_folder(data, ballast_bytes=4096)


def test_a_log_cut_at_any_place_is_no_damage(killed: Path, tmp_path: Path) -> None:
    """A crash may leave any beginning of what was never synced."""
    sound = (killed / "centre.db-wal").read_bytes()
    log = tmp_path / "log"
    generator = random.Random(1)
    for length in [0, 10, 32, 33, *(generator.randrange(len(sound)) for _ in range(30))]:
        log.write_bytes(sound[:length])
        assert damage_in(log) == "", length


def test_our_reading_of_the_log_agrees_with_sqlite(killed: Path, tmp_path: Path) -> None:
    """SQLite drops what follows the damage, and only then is something missing."""
    for seed in range(8):
        data = tmp_path / str(seed)
        shutil.copytree(killed, data)
        log = data / "centre.db-wal"
        flip(log, 32 + random.Random(seed).randrange(log.stat().st_size - 4 * 4120 - 32))
        found = damage_in(log)
        connection = sqlite3.connect(data / "centre.db")
        there = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'audit'").fetchone()[0]
        rows = connection.execute("SELECT count(*) FROM audit").fetchone()[0] if there else 0
        connection.close()
        assert bool(found) == (rows < 60)


def test_two_processes_do_not_share_a_folder(closed: Path) -> None:
    store = open_folder(closed, ballast_bytes=4096)
    with pytest.raises(InvalidInputError, match=f"process {os.getpid()} has the data folder"):
        open_folder(closed, ballast_bytes=4096)
    store.close()
    open_folder(closed, ballast_bytes=4096).close()


def test_a_second_writing_connection_is_noticed(closed: Path) -> None:
    database = SqliteDatabase(closed / "centre.db")
    database.open_writer()
    stranger = sqlite3.connect(closed / "centre.db")
    stranger.execute("SELECT count(*) FROM audit").fetchall()
    with pytest.raises(StorageFailedError, match="2 connections"):
        check_single_writer(closed / "centre.db")
    stranger.close()
    with pytest.raises(StorageFailedError, match="already"):
        database.open_writer()
    database.close()


def test_the_writer_keeps_to_the_pragmas(closed: Path) -> None:
    database = SqliteDatabase(closed / "centre.db")
    connection: Any = database.open_writer()

    def value(name: str) -> Any:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    names = ("journal_mode", "synchronous", "mmap_size", "wal_autocheckpoint", "foreign_keys")
    assert [value(name) for name in names] == ["wal", 2, 0, 0, 1]
    connection.rollback()
    database.close()
    assert sqlite3.sqlite_version in library_line()


def test_the_last_anchor_is_read_without_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, read = Ed25519PrivateKey.generate(), list[str]()
    every = [sign(key, Head(n, f"{n:064x}"), 1000 * n) for n in range(1, 2_001)]
    file = tmp_path / "anchors.jsonl"
    assert last_anchor(tmp_path) == (None, ())
    file.write_text("".join(f"{anchor.line()}\n" for anchor in every), encoding="utf-8")

    def counted(line: str) -> Anchor:
        read.append(line)
        return anchor_of(line)

    monkeypatch.setattr(anchor_files, "anchor_of", counted)
    assert last_anchor(tmp_path) == (every[-1], ())
    with file.open("a", encoding="utf-8") as cut:
        cut.write(every[-1].line()[:50])  # a crash
    assert last_anchor(tmp_path) == (every[-1], ())
    assert len(read) == 2
    with file.open("a", encoding="utf-8") as damaged:
        damaged.write("\n")
    last, complaints = last_anchor(tmp_path)
    assert (last, len(complaints)) == (every[-1], 1)
    assert "line 2001" in complaints[0]
