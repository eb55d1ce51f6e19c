"""Guidance as a service: what holds do to signs, and what is kept of drivers."""

from collections.abc import Iterator

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, NotFoundError
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.guidance_desk import Ask
from signal_ctrl.parking.occupancy import FreeCount
from signal_ctrl.parking.permits import PassKind, Wish
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.web.parking.views import spaces_view
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, memory, numbers, service
from tests.signal_ctrl.web.parking.test_parking_routes import roads

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


def test_without_roads_nobody_is_guided(clock: ManualClock) -> None:
    store = memory()
    with pytest.raises(BackendError, match="no roads"):
        service(store, clock, facility()).guidance.ask(ASK)
    store.close()
