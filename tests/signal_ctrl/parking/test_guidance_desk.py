"""Guidance as a service: what holds do to signs, and what is kept of drivers."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, NotFoundError
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Entrance, Facilities, SpaceKind
from signal_ctrl.parking.guidance_desk import Ask, Told
from signal_ctrl.parking.kept import SAMPLES
from signal_ctrl.parking.occupancy import SAMPLE_MS, FreeCount, OccupancySample, Trust
from signal_ctrl.parking.permits import PassKind, Wish
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.web.parking.guidance_routes import told_view
from signal_ctrl.web.parking.views import spaces_view
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, memory, numbers, service
from tests.signal_ctrl.web.parking.test_parking_routes import roads

DAY_MS = 1440 * MINUTE_MS
ASK = Ask((120.0901, 30.2), (120.099, 30.2))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN_MS, 1_000_000)


@pytest.fixture
def parking(clock: ManualClock) -> Iterator[Parking]:
    store = memory()
    made = service(store, clock, facility("P1", place=(120.0985, 30.2)))
    made.import_roads("office", roads())
    machine = made.machines.get("s1")
    assert machine is not None
    readings = [SpaceReading("P1", n, BEGIN_MS, k >= 20) for k, n in enumerate(numbers("A", 40))]
    made.intake.take(machine, FORM.to_bytes("s1", "0" * 32, 1, [reading_document(each) for each in readings]))
    made.guidance.tick()
    yield made
    store.close()


def test_questions_alone_do_not_turn_a_sign_to_full(parking: Parking) -> None:
    def ahead() -> FreeCount | None:
        return parking.guidance.ahead("P1", SpaceKind.GENERAL, 0.0)

    assert ahead() == FreeCount(20, 20, 20, 40)
    for _ in range(3):
        parking.guidance.ask(ASK)
    assert ahead() == FreeCount(17, 17, 17, 40)
    for _ in range(200):
        parking.guidance.ask(ASK)
    assert ahead() == FreeCount(10, 10, 10, 40)
    assert parking.guidance.ahead("P9", SpaceKind.GENERAL, 0.0) is None


def test_each_driver_is_told_a_space_of_his_own_while_there_is_one(parking: Parking) -> None:
    told = [parking.guidance.ask(ASK).space for _ in range(25)]
    assert told[:20] == list(numbers("A", 20)) and told[20:] == [""] * 5


def test_a_space_that_is_reserved_by_its_number_is_told_to_nobody_else(parking: Parking, clock: ManualClock) -> None:
    wish = Wish(PassKind.RESERVATION, "P1", "浙A1", BEGIN_MS, BEGIN_MS + 60 * MINUTE_MS, space="A001")
    parking.passes.give("office", wish)
    state, reserved = parking.book.state("P1"), parking.book.reserved_spaces("P1", BEGIN_MS)
    assert parking.guidance.ask(ASK).space == "A002"
    assert [row["state"] for row in spaces_view(state, reserved, BEGIN_MS)[:2]] == ["unknown", "free"]
    parking.passes.admit("gate", "P1", "浙A1")
    assert parking.guidance.ask(ASK).space == "A001"  # the car has come; whether it stands there its sensor says


def test_a_hold_expires_and_its_driver_is_forgotten(parking: Parking, clock: ManualClock) -> None:
    told = parking.guidance.ask(ASK)
    clock.pass_ms(30 * MINUTE_MS)
    parking.guidance.tick()
    assert parking.guidance.under_way == 0
    with pytest.raises(NotFoundError):
        parking.guidance.again(told.guidance_id, ASK.place)


def test_who_is_under_way_is_sent_on_when_his_facility_fills(parking: Parking, clock: ManualClock) -> None:
    parking.import_facilities(
        "office",
        Facilities(
            (
                facility("P1", place=(120.0985, 30.2), entrances=(Entrance("E1", 800.0),)),
                facility("P2", place=(120.1085, 30.2), entrances=(Entrance("E2", 800.0),)),
            )
        ),
    )
    _say(parking, clock, {"P1": 20, "P2": 20}, 2)
    far, near = (parking.guidance.ask(ASK) for _ in range(2))
    assert {_facility(told) for told in (far, near)} == {"P1"}
    clock.pass_ms(2 * MINUTE_MS)
    _say(parking, clock, {"P1": 0, "P2": 20}, 3)
    sent_on = parking.guidance.again(far.guidance_id, (120.093, 30.2))
    assert (_facility(sent_on), sent_on.space) == ("P2", "A001") and sent_on.answer.best.chance > 0.9
    at_the_door = parking.guidance.again(near.guidance_id, (120.0975, 30.2))
    assert _facility(at_the_door) == "P1" and at_the_door.answer.best.chance < 0.5  # told honestly, and sent nowhere


def test_a_phone_that_does_not_know_where_it_is_is_sent_on_and_is_foretold_to_no_signal(
    parking: Parking, clock: ManualClock
) -> None:
    entrances = {"P1": Entrance("E1", 800.0), "P2": Entrance("E2", 800.0)}
    places = {"P1": (120.0985, 30.2), "P2": (120.1085, 30.2)}
    parking.import_facilities(
        "office", Facilities(tuple(facility(name, place=places[name], entrances=(entrances[name],)) for name in places))
    )
    _say(parking, clock, {"P1": 20, "P2": 20}, 2)
    told = parking.guidance.ask(replace(ASK, place=None))  # wants to go to the door of P1
    assert (_facility(told), told.space, told.located) == ("P1", "A001", False)
    others = [parking.guidance.ask(replace(ASK, place=None)) for _ in range(2)]
    view = told_view(parking, told)
    assert view["way"] is None and {choice["drive_s"] for choice in view["choices"]} == {None}
    assert view["choices"][0]["chance"] > 0.9
    assert not parking.guidance.turns_ahead(300.0) and not parking.guidance.inflow().entering
    clock.pass_ms(2 * MINUTE_MS)
    _say(parking, clock, {"P1": 0, "P2": 20}, 3)
    sent_on = parking.guidance.again(told.guidance_id, None)
    assert _facility(sent_on) == "P2" and sent_on.answer.best.chance > 0.9
    found = parking.guidance.again(told.guidance_id, ASK.place)
    assert found.located and told_view(parking, found)["way"] is not None
    assert parking.guidance.inflow().entering
    assert {_facility(other) for other in others} == {"P1"}
    lost = parking.guidance.again(told.guidance_id, None)
    assert not lost.located and not parking.guidance.inflow().entering


def test_of_a_facility_that_nobody_hears_of_nothing_is_foreseen(parking: Parking, clock: ManualClock) -> None:
    heard = facility("P1", place=(120.0985, 30.2), entrances=(Entrance("E1", 800.0),))
    silent = facility("P2", place=(120.0992, 30.2), entrances=(Entrance("E1", 900.0),))
    parking.import_facilities("office", Facilities((heard, silent)))
    _say(parking, clock, {"P1": 20}, 2)
    told = parking.guidance.ask(ASK)
    assert _facility(told) == "P1"  # the other one is nearer, and may as well be full
    chances = {choice["facility"]: choice["chance"] for choice in told_view(parking, told)["choices"]}
    assert chances["P2"] is None and chances["P1"] > 0.9
    assert parking.guidance.ahead("P2", SpaceKind.GENERAL, 600.0) is None
    _tell(parking, clock, {"P1": 20, "P2": 20}, 3)
    parking.guidance.ask(ASK)
    assert parking.guidance.is_foreseen("P2/general")  # as soon as it is heard, and not with the next outlook


def test_what_was_usual_on_the_days_before_is_foreseen(parking: Parking, clock: ManualClock) -> None:
    def ahead() -> FreeCount:
        found = parking.guidance.ahead("P1", SpaceKind.GENERAL, 1800.0)
        assert found is not None
        return found

    assert ahead().free > 15  # nobody came of late, and nothing is known of other days
    assert not parking.learn_due()
    rows = _days_before("P1", BEGIN_MS - BEGIN_MS % SAMPLE_MS)
    parking.store.write(lambda t: t.shelf(SAMPLES).put_all(rows))
    clock.pass_ms(DAY_MS // 24 + 1)
    assert not parking.learn_due()  # once a day
    clock.pass_ms(23 * DAY_MS // 24)
    _say(parking, clock, {"P1": 20}, 2)
    assert parking.learn_due()
    clock.pass_ms(11_000)
    parking.guidance.tick()
    assert ahead().free < 5


def _days_before(facility: str, begin_ms: int) -> list[OccupancySample]:
    """Return the samples of five days on which 20 places were taken in the hour that comes now."""
    rows = [(20, 0)] * 3 + [(20 - 5 * n, 5) for n in range(4)] + [(0, 0)] * 5
    return [
        OccupancySample(facility, begin_ms - day * DAY_MS + k * SAMPLE_MS, free, 40, Trust.GOOD, came, 0)
        for day in range(1, 6)
        for k, (free, came) in enumerate(rows, start=-3)
    ]


def _foreseen(parking: Parking, clock: ManualClock) -> int:
    clock.pass_ms(11_000)
    parking.guidance.tick()
    found = parking.guidance.ahead("P1", SpaceKind.GENERAL, 1800.0)
    assert found is not None
    return found.free


def test_an_import_costs_no_day_without_what_was_learnt(parking: Parking, clock: ManualClock) -> None:
    rows = _days_before("P1", BEGIN_MS - BEGIN_MS % SAMPLE_MS)
    parking.store.write(lambda t: t.shelf(SAMPLES).put_all(rows))
    assert parking.learn_due()
    assert _foreseen(parking, clock) < 5
    parking.import_roads("office", roads())
    assert _foreseen(parking, clock) > 15
    assert parking.learn_due()
    assert _foreseen(parking, clock) < 5
    assert not parking.learn_due()
    parking.import_facilities("office", parking.book.facilities)
    assert parking.learn_due()
    assert _foreseen(parking, clock) < 5


def test_what_is_known_of_a_facility_that_is_gone_hinders_no_learning(parking: Parking, clock: ManualClock) -> None:
    rows = [row for name in ("P1", "P9") for row in _days_before(name, BEGIN_MS - BEGIN_MS % SAMPLE_MS)]
    parking.store.write(lambda t: t.shelf(SAMPLES).put_all(rows))
    assert parking.learn_due()
    assert _foreseen(parking, clock) < 5


def test_a_new_facility_is_waited_for_by_the_hour(parking: Parking, clock: ManualClock) -> None:
    rows = _days_before("P1", BEGIN_MS - BEGIN_MS % SAMPLE_MS)
    parking.store.write(lambda t: t.shelf(SAMPLES).put_all(rows))
    new = facility("P2", place=(120.1085, 30.2))
    parking.import_facilities("office", Facilities((*parking.book.facilities.facilities, new)))
    assert not parking.learn_due()
    at_ms = BEGIN_MS - BEGIN_MS % SAMPLE_MS
    parking.store.write(lambda t: t.shelf(SAMPLES).put(OccupancySample("P2", at_ms, 40, 40, Trust.GOOD, 0, 0)))
    assert not parking.learn_due()
    clock.pass_ms(60 * MINUTE_MS)
    assert parking.learn_due()


def _facility(told: Told) -> str:
    return told.answer.best.lot.partition("/")[0]


def _say(parking: Parking, clock: ManualClock, free: dict[str, int], sequence: int) -> None:
    _tell(parking, clock, free, sequence)
    clock.pass_ms(11_000)
    parking.guidance.tick()


def _tell(parking: Parking, clock: ManualClock, free: dict[str, int], sequence: int) -> None:
    machine = parking.machines.get("s1")
    assert machine is not None
    clock.pass_ms(1_000)
    readings = [
        SpaceReading(name, n, clock.utc_ms(), k >= many)
        for name, many in free.items()
        for k, n in enumerate(numbers("A", 40))
    ]
    body = FORM.to_bytes("s1", "0" * 32, sequence, [reading_document(each) for each in readings])
    assert json.loads(parking.intake.take(machine, body))["taken"] == len(readings)


def test_without_roads_nobody_is_guided(clock: ManualClock) -> None:
    store = memory()
    with pytest.raises(BackendError, match="no roads"):
        service(store, clock, facility()).guidance.ask(ASK)
    store.close()
