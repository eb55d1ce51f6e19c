"""Backup and restore: the drill, and what a restored centre must not do."""

import json
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError, StorageDamagedError
from signal_ctrl.stores.backup import kept, make_backup, name_of, rotate
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.restore import epoch_after, restore
from signal_ctrl.stores.sealed_stream import PIECE

SECRET = b"correct horse battery"
NOW_MS = 1_800_000_000_000


def note(text: str) -> Callable[..., int]:
    return lambda transaction: transaction.record("ann", "note", text, "done", 1000)


def objects(store) -> list[str]:
    return [stored.record.object for stored in store.read(lambda reading: reading.audit.records(limit=100_000))]


def test_drill(place: Any, tmp_path: Path) -> None:
    store = place.open()
    signing_key(place.folder)
    for k in range(50):
        store.write(note(f"a{k}"))
    epoch = store.epoch
    made = make_backup(place.folder, tmp_path / "b.backup", SECRET, NOW_MS, place.address)
    store.write(note("after the backup"))
    store.close()
    assert b"note" not in made.file.read_bytes()
    found = restore(made.file, tmp_path / "new", SECRET, NOW_MS + 5000)
    assert found.epoch == 1_800_000_005 > epoch
    again = open_folder(tmp_path / "new", ballast_bytes=4096)
    assert again.epoch == found.epoch
    assert objects(again) == [f"a{k}" for k in range(50)] + [f"backup of {NOW_MS}"]
    assert again.write(note("goes on")) == 52
    again.close()
    assert call(["audit", "verify", "--data", str(tmp_path / "new")]) == 0


def test_a_backup_of_one_kind_restores_into_the_other(tmp_path: Path, new_database: Callable[[], str]) -> None:
    store = open_folder(tmp_path / "data", ballast_bytes=4096)
    signing_key(tmp_path / "data")
    store.write(note("naïve ☃ \n 'x'"))
    store.close()
    made = make_backup(tmp_path / "data", tmp_path / "b", SECRET, NOW_MS)
    address = new_database()
    restore(made.file, tmp_path / "new", SECRET, NOW_MS, address)
    city = open_postgres(tmp_path / "new", address, ballast_bytes=4096)
    assert objects(city)[0] == "naïve ☃ \n 'x'"
    assert city.write(note("b")) == 3
    city.close()
    with pytest.raises(InvalidInputError, match="not empty"):
        restore(made.file, tmp_path / "newer", SECRET, NOW_MS, address)
    assert not (tmp_path / "newer").exists()


def test_a_backup_under_load_is_of_one_moment(place: Any, tmp_path: Path) -> None:
    store = place.open()
    signing_key(place.folder)
    going = threading.Event()

    def load() -> None:
        while not going.is_set():
            store.write(lambda t: [t.record("a", "b", half, "c", 1) for half in "xy"])

    thread = threading.Thread(target=load)
    thread.start()
    made = [make_backup(place.folder, tmp_path / f"b{k}", SECRET, NOW_MS + k, place.address) for k in range(3)]
    going.set()
    thread.join()
    store.close()
    counts = [backup.head["audit"][0] for backup in made]
    assert counts == sorted(counts) and all(count % 2 == 0 for count in counts)
    restore(made[2].file, tmp_path / "new", SECRET, NOW_MS)


def made_of(data: Path) -> Path:
    """Make a store with a record and its keys, and return its folder."""
    store = open_folder(data, ballast_bytes=4096)
    signing_key(data)
    store.write(note("a"))
    store.close()
    return data


@pytest.fixture
def small(tmp_path: Path) -> Path:
    made_of(tmp_path / "data")
    return make_backup(tmp_path / "data", tmp_path / "b.backup", SECRET, NOW_MS).file


def test_any_flipped_byte_is_found(small: Path, tmp_path: Path) -> None:
    sound = small.read_bytes()
    small.with_name("b.backup.sha256").unlink()
    head = 21 + 16 + 8
    for place in (0, 20, 21, head - 1, head, head + 1, head + 3, head + 4, len(sound) // 2, len(sound) - 1):
        changed = bytearray(sound)
        changed[place] ^= 0x10
        small.write_bytes(changed)
        with pytest.raises(InvalidInputError):
            restore(small, tmp_path / "new", SECRET, NOW_MS)
        assert not (tmp_path / "new").exists()
    for length in (0, 30, head, head + 4, len(sound) // 2, len(sound) - 1):
        small.write_bytes(sound[:length])
        with pytest.raises(InvalidInputError):
            restore(small, tmp_path / "new", SECRET, NOW_MS)


@pytest.mark.parametrize("what", ["verify", "structure_findings", "load_lines"])
def test_whatever_fails_late_a_server_is_left_as_it_was(
    what: str, small: Path, tmp_path: Path, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StorageDamagedError("planted")

    address = new_database()
    with psycopg.connect(address) as city:
        city.execute("CREATE TABLE of_others (n integer)")
    with monkeypatch.context() as patched:
        patched.setattr(f"signal_ctrl.stores.restore.{what}", fails)
        with pytest.raises(StorageDamagedError, match="planted"):
            restore(small, tmp_path / "new", SECRET, NOW_MS, address)
    assert not (tmp_path / "new").exists()
    with psycopg.connect(address) as city:
        names = city.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert names == [("of_others",)]
    assert restore(small, tmp_path / "new", SECRET, NOW_MS, address).rows > 0
    with pytest.raises(InvalidInputError, match="not empty"):
        restore(small, tmp_path / "newer", SECRET, NOW_MS, address)
    store = open_postgres(tmp_path / "new", address, ballast_bytes=4096)
    assert objects(store)[0] == "a", "what was refused took nothing out"
    store.close()


def test_a_backup_cut_short_leaves_a_server_as_it_was(tmp_path: Path, new_database: Callable[[], str]) -> None:
    store = open_folder(tmp_path / "data", ballast_bytes=4096)
    signing_key(tmp_path / "data")
    texts = [random.Random(k).randbytes(1_500).hex() for k in range(600)]  # nothing packs them
    store.write(lambda t: [t.record("ann", "note", "sheep", text, 1000) for text in texts])
    store.close()
    file = make_backup(tmp_path / "data", tmp_path / "b.backup", SECRET, NOW_MS).file
    sound, address = file.read_bytes(), new_database()
    assert len(sound) > 2 * PIECE
    file.with_name("b.backup.sha256").unlink()
    file.write_bytes(sound[:-1])
    with pytest.raises(InvalidInputError):
        restore(file, tmp_path / "new", SECRET, NOW_MS, address)
    file.write_bytes(sound)
    assert restore(file, tmp_path / "new", SECRET, NOW_MS, address).rows >= len(texts)


def test_a_hash_that_does_not_fit_is_found(small: Path, tmp_path: Path) -> None:
    small.write_bytes(small.read_bytes() + b"x")
    with pytest.raises(InvalidInputError, match="does not fit"):
        restore(small, tmp_path / "new", SECRET, NOW_MS)


def test_another_secret_opens_nothing(small: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="the key is another one"):
        restore(small, tmp_path / "new", b"incorrect horse battery", NOW_MS)


def test_a_folder_in_use_is_left_alone(small: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="new folder"):
        restore(small, tmp_path / "data", SECRET, NOW_MS)


def test_topics_end_what_has_ended_in_the_restoring_transaction(small: Path, tmp_path: Path) -> None:
    def end(transaction, at_utc_ms: int) -> None:
        transaction.record("centre", "expire", "override 7", "done", at_utc_ms)

    restore(small, tmp_path / "new", SECRET, NOW_MS, after=(end,))
    store = open_folder(tmp_path / "new", ballast_bytes=4096)
    assert objects(store)[1:] == ["override 7", f"backup of {NOW_MS}"]
    store.close()


def test_the_epoch_rises_with_every_restore() -> None:
    assert epoch_after(3, NOW_MS) == 1_800_000_000
    assert epoch_after(1_900_000_000, NOW_MS) == 1_900_000_001
    assert epoch_after(3, NOW_MS) < epoch_after(3, NOW_MS + 1000)


def test_thirty_days_and_twelve_months_are_kept(tmp_path: Path) -> None:
    hour_ms = 3_600_000
    names = [name_of(NOW_MS - k * hour_ms) for k in range(24 * 800)]
    keep = kept(names)
    assert set(names[:24]) <= keep
    assert {name[7:15] for name in keep} >= {name[7:15] for name in names[: 24 * 29]}
    assert len({name[7:13] for name in keep}) == 12
    assert len(keep) <= 24 + 30 + 12
    for name in names[: 24 * 3]:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "other.backup").write_bytes(b"")
    rotate(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept(names[: 24 * 3]) | {"other.backup"}


def test_commands(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    key = tmp_path / "secret"
    key.write_bytes(SECRET + b"\n")
    shutil.rmtree(tmp_path / "folder", ignore_errors=True)
    (tmp_path / "folder").mkdir()
    data, out, new = str(tmp_path / "data"), str(tmp_path / "folder"), str(tmp_path / "new")
    assert call(["backup", "--data", data, "--out", out, "--key-file", str(key), "--json"]) == 0
    file = json.loads(capsys.readouterr().out)["file"]
    assert call(["restore", file, "--data", new]) == 2
    monkeypatch.setenv("SIGNAL_CTRL_BACKUP_SECRET", SECRET.decode())
    assert call(["restore", file, "--data", new]) == 0
    assert "the audit chain is sound" in capsys.readouterr().out
    monkeypatch.setenv("SIGNAL_CTRL_BACKUP_SECRET", "short")
    assert call(["backup", "--data", data, "--out", str(tmp_path / "c")]) == 2


def test_a_store_that_has_no_key_yet_can_be_restored(tmp_path: Path) -> None:
    store = open_folder(tmp_path / "data", ballast_bytes=4096)
    store.write(note("a"))
    store.close()
    made = make_backup(tmp_path / "data", tmp_path / "b", SECRET, NOW_MS)
    restore(made.file, tmp_path / "new", SECRET, NOW_MS)
    assert call(["audit", "verify", "--data", str(tmp_path / "new")]) == 0
