"""The service over every store: each batch once, nothing lost that was acknowledged, plates nowhere."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    InvalidTimingError,
    NotFoundError,
    NotLoggedInError,
    StorageError,
    StorageFullError,
    StorageLostError,
)
from signal_ctrl.domain.storing import Importance
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Facilities, Sensing, SpaceKind
from signal_ctrl.parking.kept import READINGS, READINGS_KEPT_MS, SAMPLES
from signal_ctrl.parking.machines import Act, MachineKind
from signal_ctrl.parking.occupancy import SAMPLE_MS, Trust
from signal_ctrl.parking.overview import overview
from signal_ctrl.parking.permits import LATE_MS, PASSES, PassKind, Wish
from signal_ctrl.parking.plates import KEPT_MS, KEY_MS, PLATE_KEYS
from signal_ctrl.parking.readings import GateReading, ParkingReading, SpaceReading, SurveyReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.parking.tariffs import PriceBand, Tariff
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_folder, open_memory, open_postgres
from signal_ctrl.stores.store import SqlStore
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, numbers, service

BOOT = "0" * 32
NUMBERS = numbers("A", 40)
PLATE = "浙A12345"


def opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> SqlStore:
    if kind == "memory":
        return open_memory(PARKING_MIGRATIONS)
    if kind == "sqlite":
        return open_folder(folder, ballast_bytes=4096, migrations=PARKING_MIGRATIONS)
    address = request.getfixturevalue("new_database")()
    return open_postgres(folder, address, ballast_bytes=4096, migrations=PARKING_MIGRATIONS)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    one = opened(request.param, tmp_path / "data", request)
    yield one
    one.close()


@pytest.fixture
def store() -> Iterator[SqlStore]:
    one = open_memory(PARKING_MIGRATIONS)
    yield one
    one.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN_MS - BEGIN_MS % SAMPLE_MS, 1_000_000)


def body(sequence: int, *readings: ParkingReading, feed: str = "s1") -> bytes:
    return FORM.to_bytes(feed, BOOT, sequence, [reading_document(each) for each in readings])


def take(parking: Parking, data: bytes, feed: str = "s1") -> dict[str, object]:
    machine = parking.machines.get(feed)
    assert machine is not None
    found: dict[str, object] = json.loads(parking.intake.take(machine, data))
    return found


def spaces(parking: Parking, free: int, sequence: int) -> dict[str, object]:
    at_ms = parking.clock.utc_ms()
    return take(parking, body(sequence, *(SpaceReading("P1", n, at_ms, k >= free) for k, n in enumerate(NUMBERS))))


def test_a_batch_counts_once_and_has_one_receipt(any_store: SqlStore, clock: ManualClock) -> None:
    parking = service(any_store, clock, facility(sensing=Sensing.NONE, gates=("in",)))
    now_ms = clock.utc_ms()
    take(parking, body(1, SurveyReading("P1", now_ms, 10), GateReading("P1", "in", now_ms, 0, 0)))
    batch = body(2, GateReading("P1", "in", now_ms + 1000, 2, 0), GateReading("P9", "in", now_ms, 1, 0))
    receipt = take(parking, batch)
    assert receipt == {"sequence": 2, "taken": 1, "left_out": {"unknown": 1}}
    assert take(parking, batch) == receipt
    assert parking.book.of("P1", now_ms + 1000).total.free == 28
    with pytest.raises(ConflictError):
        take(parking, body(2, GateReading("P1", "in", now_ms + 2000, 5, 0)))


def test_what_was_acknowledged_is_there_after_a_crash(any_store: SqlStore, clock: ManualClock) -> None:
    """The first service is left as a killed process leaves it; states were written down for a part of the batches."""
    park = facility(gates=("in",))
    parking = service(any_store, clock, park, facility("P2", sensing=Sensing.NONE, gates=("g",)))
    take(parking, body(1, SurveyReading("P1", clock.utc_ms(), 30), SurveyReading("P2", clock.utc_ms(), 5)))
    for k in range(2, 40):
        clock.pass_ms(3_000)
        at_ms = clock.utc_ms()
        take(
            parking,
            body(
                k,
                SpaceReading("P1", NUMBERS[k], at_ms, k % 3 == 0),
                GateReading("P1", "in", at_ms, k % 2, 0),
                GateReading("P2", "g", at_ms, 1, k % 2),
            ),
        )
        parking.tick()
    again = service(any_store, clock)
    for name in ("P1", "P2"):
        assert again.book.state(name).document() == parking.book.state(name).document()
        assert again.book.of(name, clock.utc_ms()) == parking.book.of(name, clock.utc_ms())
    spaces(again, 7, 40)
    assert again.book.of("P1", clock.utc_ms()).total.low == 7


class Refusing:
    """A store that refuses so many writes, before they are made or after."""

    def __init__(self, store: SqlStore) -> None:
        self._write = store.write
        self.before = self.after = 0

    def write(self, work: Any, importance: Importance = Importance.NORMAL) -> Any:
        if self.before:
            self.before -= 1
            raise StorageFullError("the disk is full")
        found = self._write(work, importance)
        if self.after:
            self.after -= 1
            raise StorageLostError("the answer of the database was lost")
        return found


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_batch_that_the_store_refused_counts_when_it_comes_again(
    any_store: SqlStore, clock: ManualClock, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parking = service(any_store, clock, facility(sensing=Sensing.NONE, gates=("in",)), facility("P2"))
    now_ms = clock.utc_ms()
    take(parking, body(1, SurveyReading("P1", now_ms, 10), GateReading("P1", "in", now_ms, 0, 0)))
    refusing = Refusing(any_store)
    monkeypatch.setattr(any_store, "write", refusing.write)
    batch = body(2, GateReading("P1", "in", now_ms + 1000, 2, 0), SpaceReading("P2", NUMBERS[0], now_ms, True))
    refusing.before, refusing.after = int(not is_kept), int(is_kept)
    with pytest.raises(StorageError):
        take(parking, batch)
    assert take(parking, batch) == {"sequence": 2, "taken": 2, "left_out": {}}
    assert parking.book.of("P1", now_ms + 1000).total.free == 28
    assert parking.intake.heard["s1"].taken == (2 if is_kept else 4)


def test_no_state_is_written_down_with_readings_that_are_not_kept(
    any_store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store refuses a batch, takes states meanwhile, then the process is killed, and the batch comes again."""
    parking = service(any_store, clock, facility(sensing=Sensing.NONE, gates=("in",)))
    now_ms = clock.utc_ms()
    take(parking, body(1, SurveyReading("P1", now_ms, 10), GateReading("P1", "in", now_ms, 0, 0)))
    refusing = Refusing(any_store)
    monkeypatch.setattr(any_store, "write", refusing.write)
    refusing.before = 1
    batch = body(2, GateReading("P1", "in", now_ms + 1000, 2, 0))
    with pytest.raises(StorageFullError):
        take(parking, batch)
    parking.intake.write_all()
    again = service(any_store, clock)
    assert take(again, batch) == {"sequence": 2, "taken": 1, "left_out": {}}
    assert again.book.of("P1", now_ms + 1000).total.free == 28


def test_a_refused_batch_and_one_after_it_have_two_numbers(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    parking = service(store, clock, facility())
    refusing = Refusing(store)
    monkeypatch.setattr(store, "write", refusing.write)
    refusing.after = 1
    with pytest.raises(StorageLostError):
        take(parking, body(1, SpaceReading("P1", NUMBERS[0], clock.utc_ms(), True)))
    take(parking, body(2, SpaceReading("P1", NUMBERS[1], clock.utc_ms(), True)))
    assert len({each.number for each in store.read(lambda r: r.shelf(READINGS).find())}) == 2


def test_a_full_disk_does_not_keep_signs_and_guidance_from_their_turn(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    parking, done = service(store, clock, facility()), []
    refusing = Refusing(store)
    refusing.before = 1_000
    monkeypatch.setattr(store, "write", refusing.write)
    monkeypatch.setattr(parking.signs, "tick", lambda: done.append("signs"))
    monkeypatch.setattr(parking.guidance, "tick", lambda: done.append("guidance"))
    clock.pass_ms(SAMPLE_MS)
    with pytest.raises(StorageFullError):
        parking.tick()
    assert done == ["guidance", "signs"]


def test_a_day_that_is_over_survives_a_crash_before_it_is_kept(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    for day in range(2):
        take(parking, body(2 * day + 1, SpaceReading("P1", NUMBERS[0], clock.utc_ms(), True)))
        clock.pass_ms(MINUTE_MS)
        take(parking, body(2 * day + 2, SpaceReading("P1", NUMBERS[0], clock.utc_ms(), False)))
        clock.pass_ms(24 * 3_600_000)
    ended = parking.book.state("P1").stays.ended
    assert len(ended) == 1
    parking.intake.write_all()
    assert service(store, clock).book.state("P1").stays.ended == ended


def test_a_new_document_keeps_what_is_known(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    spaces(parking, 9, 1)
    parking.import_facilities("office", Facilities((facility(name="P1", district="east"), facility("P2"))))
    assert parking.book.of("P1", clock.utc_ms()).total.low == 9
    assert parking.book.of("P2", clock.utc_ms()).trust is Trust.STALE
    parking.import_facilities("office", Facilities((facility(capacity=8),)))
    assert parking.book.of("P1", clock.utc_ms()).total.low == 8


def test_one_speaks_for_its_own_facilities_alone(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility("P1"), facility("P2"))
    parking.machines.enrol("office", "s2", MachineKind.SENSORS, ("P2",))
    readings = [SpaceReading(name, "A001", clock.utc_ms(), False) for name in ("P1", "P2")]
    assert take(parking, body(1, *readings, feed="s2"), "s2") == {"sequence": 1, "taken": 1, "left_out": {"foreign": 1}}
    with pytest.raises(NotFoundError):
        take(parking, body(1, *readings, feed="s2"), "s1")


def test_credentials_are_kept_sealed_and_taken_back(any_store: SqlStore, clock: ManualClock) -> None:
    parking = service(any_store, clock, facility())
    key = parking.machines.enrol("office", "V1-box", MachineKind.SIGN, ("V1",))
    assert parking.machines.of("V1-box", clock.utc_ms()) == (key,)
    again = service(any_store, clock)
    assert again.machines.of("V1-box", clock.utc_ms()) == (key,)
    assert again.machines.require("V1-box", Act.READ_SIGN).speaks_for("V1")
    with pytest.raises(ForbiddenError):
        again.machines.require("V1-box", Act.POST_READINGS)
    with pytest.raises(InvalidInputError):
        again.machines.enrol("office", "V2-box", MachineKind.SIGN)
    again.machines.revoke("office", "V1-box")
    assert again.machines.of("V1-box", clock.utc_ms()) == ()
    with pytest.raises(NotLoggedInError):
        again.machines.require("V1-box", Act.READ_SIGN)
    clock.pass_ms(20_000)
    parking.tick()
    assert parking.machines.of("V1-box", clock.utc_ms()) == ()
    kept = any_store.read(
        lambda r: [str(row) for row in r.connection.exec_driver_sql("select * from parking_machines")]
    )
    assert key.hex() not in "".join(kept)


def wish(clock: ManualClock, kind: PassKind = PassKind.RESERVATION, hours: float = 2.0, **changes: object) -> Wish:
    now_ms = clock.utc_ms()
    fields: dict[str, object] = {
        "kind": kind,
        "facility": "P1",
        "plate": PLATE,
        "from_utc_ms": now_ms,
        "until_utc_ms": now_ms + round(hours * 3_600_000),
    }
    return Wish(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_reserved_space_is_free_for_nobody_else_until_its_car_comes(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    spaces(parking, 3, 1)
    given = parking.passes.give("office", wish(clock, space="A002"))
    assert parking.book.of("P1", clock.utc_ms()).of(SpaceKind.GENERAL).low == 2
    with pytest.raises(ConflictError):
        parking.passes.give("office", wish(clock, space="A002", plate="浙B99999"))
    assert parking.passes.admit("gate", "P1", "浙B99999") is None
    found = parking.passes.admit("gate", "P1", "浙 a·12345")
    assert found is not None and (found.pass_id, found.space) == (given.pass_id, "A002")
    assert parking.book.of("P1", clock.utc_ms()).of(SpaceKind.GENERAL).low == 3
    again = service(store, clock)
    assert [each.arrived_utc_ms for each in again.passes.all()] == [clock.utc_ms()]


def test_a_reservation_whose_car_does_not_come_is_given_up(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    parking.passes.give("office", wish(clock))
    assert parking.passes.reserved("P1", clock.utc_ms() + LATE_MS - 1) == {SpaceKind.GENERAL: 1}
    assert not parking.passes.reserved("P1", clock.utc_ms() + LATE_MS)


def test_no_more_is_reserved_than_there_is(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility(capacity=2))
    for plate in ("浙A1", "浙A2"):
        parking.passes.give("office", wish(clock, plate=plate))
    with pytest.raises(ConflictError, match="all 2 general spaces"):
        parking.passes.give("office", wish(clock, plate="浙A3"))
    parking.passes.give("office", wish(clock, plate="浙A3", kind=PassKind.PERMIT))


def test_two_who_ask_at_once_are_not_given_the_same_space(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes waits a moment for another one to come as far; without turns, both had found the space free."""
    parking, write, both = service(store, clock, facility()), store.write, Barrier(2)

    def slow(work: Any, importance: Importance = Importance.NORMAL) -> Any:
        with suppress(BrokenBarrierError):
            both.wait(0.2)
        return write(work, importance)

    def given(plate: str) -> bool:
        now_ms = clock.utc_ms()
        wish = Wish(PassKind.RESERVATION, "P1", plate, now_ms, now_ms + 3_600_000, space=NUMBERS[0])
        try:
            parking.passes.give("office", wish)
        except ConflictError:
            return False
        return True

    monkeypatch.setattr(store, "write", slow)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(given, ("浙A1", "浙A2"))) == [False, True]


def test_no_plate_is_kept_and_no_code_beyond_thirty_days(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    with pytest.raises(InvalidTimingError, match="28 days"):
        parking.passes.give("office", wish(clock, hours=28 * 24 + 0.1))
    parking.passes.give("office", wish(clock, PassKind.PERMIT, hours=28 * 24))
    tables = store.read(lambda r: r.connection.exec_driver_sql("select document from parking_passes").scalars().all())
    audit = store.read(lambda r: [str(each) for each in r.audit.records()])
    for kept in ("".join(tables), "".join(audit), repr(wish(clock))):
        assert "12345" not in kept
    clock.pass_ms(KEPT_MS - 3_600_000)
    assert parking.passes.admit("gate", "P1", PLATE) is not None
    clock.pass_ms(2 * 3_600_000)
    parking.tick()
    assert store.read(lambda r: r.shelf(PASSES).count()) == 0
    clock.pass_ms(KEY_MS)
    parking.tick()
    assert store.read(lambda r: r.shelf(PLATE_KEYS).count()) == 0
    assert parking.codes.codes(PLATE) == ()


def test_codes_of_two_periods_have_nothing_in_common(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    first = parking.codes.code(PLATE)
    clock.pass_ms(KEY_MS)
    second = parking.codes.code(PLATE)
    assert first != second and set(parking.codes.codes(PLATE)) == {first, second}
    for bad in ("", "A", "A" * 13, "浙A/1"):
        with pytest.raises(InvalidInputError):
            parking.codes.code(bad)


def test_history_has_a_sample_of_every_five_minutes(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility(sensing=Sensing.NONE, gates=("in",)))
    begin_ms = clock.utc_ms()
    take(parking, body(1, SurveyReading("P1", begin_ms, 10)))
    for minute in range(11):
        at_ms = clock.utc_ms() + 1
        take(parking, body(minute + 2, GateReading("P1", "in", at_ms, int(minute < 5), 0)))
        clock.pass_ms(1)
        parking.tick()
        clock.pass_ms(MINUTE_MS - 1)
    found = parking.history.samples("P1", begin_ms, clock.utc_ms())
    assert [(each.at_utc_ms - begin_ms, each.free, each.entered, each.left) for each in found] == [
        (0, 29, 5, 0),
        (SAMPLE_MS, 25, 0, 0),
    ]
    again = service(store, clock)
    assert list(again.history.passed["P1"]) == [(5.0, 0.0), (0.0, 0.0)]


def test_stays_turnover_revenue_and_overstays(store: SqlStore, clock: ManualClock) -> None:
    tariff = Tariff((PriceBand(0, 60, 300),))
    limited = facility(tariff=tariff)
    section = limited.sections[0]
    limited = facility(
        tariff=tariff,
        sections=(
            section.__class__(**{**{f: getattr(section, f) for f in section.__slots__}, "longest_stay_min": 60}),
        ),
    )
    parking = service(store, clock, limited)
    spaces(parking, 40, 1)
    clock.pass_ms(MINUTE_MS)
    spaces(parking, 38, 2)  # two cars come
    for k in range(3, 28):
        clock.pass_ms(4 * MINUTE_MS)
        spaces(parking, 38, k)
    late = overview(parking)
    assert [(each["space"], each["over_min"]) for each in late["overstays"]] == [("A039", 40), ("A040", 40)]
    clock.pass_ms(MINUTE_MS)
    spaces(parking, 40, 28)
    row = overview(parking)["facilities"][0]
    assert (row["entered"], row["turnover"], row["stay_min"]) == (2, 0.05, 101.0)
    assert (row["revenue_cents"], row["revenue_by"]) == (2 * 2 * 300, "stays")
    assert overview(parking)["overstays"] == []


def test_what_is_old_is_taken_out(store: SqlStore, clock: ManualClock) -> None:
    parking = service(store, clock, facility())
    spaces(parking, 3, 1)
    clock.pass_ms(READINGS_KEPT_MS + 3_600_000)
    parking.tick()
    assert store.read(lambda r: r.shelf(READINGS).count()) == 0
    assert store.read(lambda r: r.shelf(SAMPLES).count()) == 0


def test_the_service_and_the_centre_do_not_take_each_others_stores(tmp_path: Path) -> None:
    open_folder(tmp_path / "parking", ballast_bytes=4096, migrations=PARKING_MIGRATIONS).close()
    open_folder(tmp_path / "centre", ballast_bytes=4096).close()
    with pytest.raises(InvalidInputError, match="newer program"):
        open_folder(tmp_path / "parking", ballast_bytes=4096)
    with pytest.raises(InvalidInputError, match="another service"):
        open_folder(tmp_path / "centre", ballast_bytes=4096, migrations=PARKING_MIGRATIONS)
