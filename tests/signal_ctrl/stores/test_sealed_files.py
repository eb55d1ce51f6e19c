"""Watched days beside the backups: sealed once, there again after a restore, and gone only when younger ones are there."""

import json
import os
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.stores import sealed_files
from signal_ctrl.stores.backup import make_backup
from signal_ctrl.stores.folder import WATCHED_DAYS
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.restore import restore
from signal_ctrl.stores.sealed_files import MOST_FILES, seal_beside, unseal_beside

SECRET = b"correct horse battery"
NOW_MS = 1_800_000_000_000
NETWORK = f"{WATCHED_DAYS}/0123456789abcdef"


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / NETWORK / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(folder: Path) -> dict[str, bytes]:
    root = folder / WATCHED_DAYS
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    open_folder(folder, ballast_bytes=4096).close()
    signing_key(folder)
    put(folder, "roads.json", b'{"roads": []}')
    for k in range(3):
        put(folder, f"2026-01-0{k + 1}.day.npz", os.urandom(600_000))
    return folder


def test_days_are_there_again_after_a_restore(data: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    made = make_backup(data, tmp_path / "copies", SECRET, NOW_MS)
    assert made.sealed_files == 4
    days = found(data)
    sealed = found(tmp_path / "copies")
    assert len(sealed) == 4 and not any(day[:64] in each for day in days.values() for each in sealed.values())
    assert all((path.stat().st_mode & 0o777) == 0o600 for path in (tmp_path / "copies").rglob("*.sealed"))
    again = restore(made.file, tmp_path / "new", SECRET, NOW_MS + 1)
    assert (again.files, again.unread) == (4, ())
    assert found(tmp_path / "new") == days


def test_only_what_has_changed_is_sealed_again(data: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    assert seal_beside(data, copies, SECRET) == 4
    before = found(copies)
    assert seal_beside(data, copies, SECRET) == 0 and found(copies) == before
    changed = put(data, "2026-01-03.day.npz", b"later")
    put(data, ".2026-01-04.day.npz.partial", b"half")
    assert seal_beside(data, copies, SECRET) == 1
    assert unseal_beside(copies, tmp_path / "new", SECRET) == (4, ())
    assert found(tmp_path / "new")[f"{NETWORK.partition('/')[2]}/{changed.name}"] == b"later"


def test_old_days_go_when_younger_ones_are_there_and_an_empty_folder_takes_none_out(data: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    seal_beside(data, copies, SECRET)
    (tmp_path / "empty").mkdir()
    assert seal_beside(tmp_path / "empty", copies, SECRET) == 0 and len(found(copies)) == 4
    sealed = copies / NETWORK / "2026-01-03.day.npz.sealed"
    for k in range(MOST_FILES):
        (sealed.parent / f"2027-{k:02d}.day.npz.sealed").write_bytes(sealed.read_bytes())
    seal_beside(tmp_path / "empty", copies, SECRET)
    names = [Path(name).name for name in found(copies)]
    assert "roads.json.sealed" in names and len(names) == MOST_FILES + 1
    assert not any(name.startswith("2026") for name in names)


def test_a_damaged_day_is_told_and_hinders_nothing_else(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("SIGNAL_CTRL_BACKUP_SECRET", SECRET.decode())
    assert call(["backup", "--data", str(data), "--out", str(tmp_path / "copies"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["sealed_files"] == 4
    bad = tmp_path / "copies" / NETWORK / "2026-01-02.day.npz.sealed"
    whole = bad.read_bytes()
    bad.write_bytes(whole[:300_000] + bytes([whole[300_000] ^ 1]) + whole[300_001:])
    assert call(["restore", made["file"], "--data", str(tmp_path / "new")]) == 0
    told = capsys.readouterr().out
    assert "3 files of watched days" in told and f"left out: {bad}" in told
    assert len(found(tmp_path / "new")) == 3


def test_what_cannot_be_sealed_is_said_and_leaves_no_half(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / WATCHED_DAYS).write_bytes(b"in the way")
    with pytest.raises(InvalidInputError, match="beside the backups"):
        make_backup(data, copies, SECRET, NOW_MS)
    assert len(list(copies.glob("*.backup"))) == 1, "the backup itself was made"
    (copies / WATCHED_DAYS).unlink()
    monkeypatch.setattr(sealed_files, "unsealed", lambda _source, _secret: iter([b"something else"]))
    with pytest.raises(BackendError, match="read back"):
        seal_beside(data, copies, SECRET)
    assert found(copies) == {}


def test_a_backup_of_another_name_has_none(data: Path, tmp_path: Path) -> None:
    made = make_backup(data, tmp_path / "monday.backup", SECRET, NOW_MS)
    assert made.sealed_files == 0 and not (tmp_path / WATCHED_DAYS).exists()
    assert restore(made.file, tmp_path / "new", SECRET, NOW_MS).files == 0
