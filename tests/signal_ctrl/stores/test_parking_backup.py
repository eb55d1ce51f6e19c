"""A backup of a parking service's store brings back a parking service."""

from pathlib import Path

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.permits import PassKind, Wish
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.stores.backup import make_backup
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.restore import restore
from tests.signal_ctrl.parking.made import BEGIN_MS, facility, service

SECRET = bytes(range(32))


def test_a_restored_service_knows_what_it_knew(tmp_path: Path) -> None:
    clock, data, again = ManualClock(BEGIN_MS, 1_000_000), tmp_path / "data", tmp_path / "again"
    store = open_folder(data, ballast_bytes=4096, migrations=PARKING_MIGRATIONS)
    parking = service(store, clock, facility())
    machine = parking.machines.get("s1")
    assert machine is not None
    items = [reading_document(SpaceReading("P1", "A001", BEGIN_MS, False))]
    parking.intake.take(machine, FORM.to_bytes("s1", "0" * 32, 1, items))
    parking.passes.give("office", Wish(PassKind.PERMIT, "P1", "浙A1", BEGIN_MS, BEGIN_MS + 3_600_000))
    made = make_backup(data, tmp_path / "backup", SECRET, BEGIN_MS)
    store.close()
    restore(made.file, again, SECRET, BEGIN_MS + 1000)
    store = open_folder(again, ballast_bytes=4096, migrations=PARKING_MIGRATIONS)
    restored = service(store, clock)
    assert restored.book.of("P1", BEGIN_MS).total.low == 1
    assert restored.passes.admit("gate", "P1", "浙A1") is not None
    store.close()
