"""A backup of a parking service's store brings back a parking service, and no code of a plate after its time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.permits import PASSES, PassKind, Wish
from signal_ctrl.parking.plates import KEPT_MS, PLATE_KEYS
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.stores.backup import PLATES_KEPT_MS, backup_lines, make_backup, plates_of
from signal_ctrl.stores.dumping import PERSONAL, dump_before_migration
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.restore import restore
from signal_ctrl.stores.store import SqlStore
from tests.signal_ctrl.parking.made import BEGIN_MS, facility, service

SECRET = bytes(range(32))
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PLATE = "浙A12345"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN_MS, 1_000_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = opened(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def parking(store: SqlStore, clock: ManualClock) -> Parking:
    made = service(store, clock, facility())
    machine = made.machines.get("s1")
    assert machine is not None
    items = [reading_document(SpaceReading("P1", "A001", BEGIN_MS, False))]
    made.intake.take(machine, FORM.to_bytes("s1", "0" * 32, 1, items))
    made.passes.give("office", Wish(PassKind.PERMIT, "P1", PLATE, BEGIN_MS, BEGIN_MS + KEPT_MS))
    return made


def opened(folder: Path) -> SqlStore:
    return open_folder(folder, ballast_bytes=4096, migrations=PARKING_MIGRATIONS)


def restored(file: Path, new: Path, clock: ManualClock) -> tuple[SqlStore, Parking, bool | None]:
    found = restore(file, new, SECRET, clock.utc_ms())
    store = opened(new)
    return store, service(store, clock), found.has_plates


def words_of(file: Path) -> str:
    return "\n".join(backup_lines(file, SECRET))


def test_a_restored_service_knows_what_it_knew(
    parking: Parking, clock: ManualClock, folder: Path, tmp_path: Path
) -> None:
    made = make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms())
    again, found, has_plates = restored(made.file, tmp_path / "again", clock)
    assert found.book.of("P1", BEGIN_MS).total.low == 1
    assert found.passes.admit("gate", "P1", PLATE) is not None and has_plates is True
    again.close()


def test_no_code_of_a_plate_and_no_key_is_in_what_is_kept_for_a_year(
    parking: Parking, clock: ManualClock, folder: Path, tmp_path: Path
) -> None:
    code = parking.codes.code(PLATE)
    file = make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms()).file
    assert code not in words_of(file) and not any(f'"table":"{name}"' in words_of(file) for name in PERSONAL)
    assert code in words_of(plates_of(file)) and code.encode() not in plates_of(file).read_bytes()
    assert plates_of(file).stat().st_mode & 0o077 == 0
    single = make_backup(tmp_path / "data", tmp_path / "by-hand.backup", SECRET, clock.utc_ms()).file
    assert code not in words_of(single) and not plates_of(single).exists()
    dump_before_migration(tmp_path / "data", "", 1001)
    (dump,) = (tmp_path / "data" / "before-migration").iterdir()
    assert code not in dump.read_text(encoding="utf-8") and "parking_documents" in dump.read_text(encoding="utf-8")


def test_codes_lie_beside_backups_for_a_day_and_older_ones_restore_without_them(
    parking: Parking, clock: ManualClock, folder: Path, tmp_path: Path
) -> None:
    made = []
    for _ in range(7):
        made.append(make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms()).file)
        clock.pass_ms(6 * HOUR_MS)
    there = sorted(folder.glob("*.plates"))
    assert there == [plates_of(file) for file in made[-PLATES_KEPT_MS // (6 * HOUR_MS) :]]
    old = next(file for file in made if file.exists() and not plates_of(file).exists())
    again, found, has_plates = restored(old, tmp_path / "again", clock)
    assert found.book.facilities.index.keys() == {"P1"} and has_plates is False
    assert found.passes.admit("gate", "P1", PLATE) is None and not found.passes.all()
    given = found.passes.give("office", Wish(PassKind.PERMIT, "P1", PLATE, clock.utc_ms(), clock.utc_ms() + DAY_MS))
    admitted = found.passes.admit("gate", "P1", PLATE)
    assert admitted is not None and admitted.pass_id == given.pass_id  # under a new key
    again.close()


def test_nothing_that_is_over_comes_back(parking: Parking, clock: ManualClock, folder: Path, tmp_path: Path) -> None:
    """Somebody has kept a copy of the file with the codes: a service that starts on it forgets what is over."""
    file = make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms()).file
    clock.pass_ms(KEPT_MS + 6 * DAY_MS)
    again, _, _ = restored(file, tmp_path / "again", clock)
    assert again.read(lambda r: (r.shelf(PASSES).count(), r.shelf(PLATE_KEYS).count())) == (0, 0)
    again.close()


def test_codes_of_another_backup_are_refused(
    parking: Parking, clock: ManualClock, folder: Path, tmp_path: Path
) -> None:
    first = make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms()).file
    clock.pass_ms(HOUR_MS)
    second = make_backup(tmp_path / "data", folder, SECRET, clock.utc_ms()).file
    plates_of(first).replace(plates_of(second))
    with pytest.raises(InvalidInputError, match="another backup"):
        restore(second, tmp_path / "again", SECRET, clock.utc_ms())
    assert not (tmp_path / "again").exists()


def test_the_command_says_what_is_missing(
    parking: Parking, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_bytes(b"correct horse battery")
    key = ["--key-file", str(tmp_path / "secret")]
    assert call(["backup", "--data", str(tmp_path / "data"), "--out", str(folder), "--json", *key]) == 0
    file = Path(json.loads(capsys.readouterr().out)["file"])
    plates_of(file).unlink()
    assert call(["restore", str(file), "--data", str(tmp_path / "again"), *key]) == 0
    assert "permits and reservations are not in it" in capsys.readouterr().out
