"""Whatever goes wrong with a sensor, no sign says that something is free which is not: one test for each kind of fault.

The truth in every case is that the car park is full, or that nobody can know. A sign may say FULL, or that it does not
know; a number above what is truly free is a failure.
"""

from collections.abc import Callable, Iterator

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Section, Sensing, SpaceKind
from signal_ctrl.parking.machines import MachineKind
from signal_ctrl.parking.occupancy import Trust
from signal_ctrl.parking.readings import CameraReading, GateReading, ParkingReading, SpaceReading, SurveyReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.parking.signs.rules import LineRule, SignRule
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, memory, numbers, service

BOOT = "0" * 32
GATES = ("in", "out")
NUMBERS = numbers("A", 40)


class Town:
    """One car park, its sensors and its sign, minute by minute."""

    def __init__(self, sensing: Sensing, gates: tuple[str, ...] = (), more: tuple[Section, ...] = ()) -> None:
        self.clock = ManualClock(BEGIN_MS, 1_000_000)
        self.store = memory()
        self.parking = service(self.store, self.clock, facility(sensing=sensing, gates=gates, more=more))
        self.parking.machines.enrol("office", "s2", MachineKind.SENSORS)
        self.parking.import_signs("office", (SignRule("V1", "E1", 0.0, (LineRule("中", "C", ("P1",)),)),))
        self.sequence = 0

    def say(self, *readings: ParkingReading, feed: str = "s1") -> None:
        self.sequence += 1
        machine = self.parking.machines.get(feed)
        assert machine is not None
        items = [reading_document(each) for each in readings]
        self.parking.intake.take(machine, FORM.to_bytes(feed, BOOT, self.sequence, items))

    def spaces(self, occupied: Callable[[int], bool], feed: str = "s1", ahead_ms: int = 0) -> None:
        at_ms = self.clock.utc_ms() + ahead_ms
        self.say(*(SpaceReading("P1", number, at_ms, occupied(k)) for k, number in enumerate(NUMBERS)), feed=feed)

    def gate(self, entered: int, left: int) -> None:
        at_ms = self.clock.utc_ms()
        self.say(GateReading("P1", "in", at_ms, entered, 0), GateReading("P1", "out", at_ms, 0, left))

    def minute(self, many: int = 1) -> None:
        self.clock.pass_ms(many * MINUTE_MS)
        self.parking.tick()

    @property
    def shows(self) -> str:
        return self.parking.signs.face("V1").lines[0].value_en

    @property
    def number(self) -> int:
        return int(self.shows) if self.shows.isdigit() else 0


@pytest.fixture
def towns() -> Iterator[Callable[..., Town]]:
    made: list[Town] = []

    def make(sensing: Sensing, gates: tuple[str, ...] = (), more: tuple[Section, ...] = ()) -> Town:
        made.append(Town(sensing, gates, more))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


def test_with_sound_sensors_the_sign_counts(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    assert town.shows == "- - -"
    town.spaces(lambda k: k >= 12)
    town.minute()
    assert town.shows == "12"
    town.spaces(lambda k: True)
    assert town.shows == "FULL"


def test_silent_sensors(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: k >= 12)
    town.minute()
    for _ in range(4):
        town.minute()
        assert town.number <= 12
    town.minute()
    assert town.shows == "- - -"


def test_some_silent_sensors(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: k >= 12)
    for _ in range(20):  # the twelve free ones fall silent, and fill unseen
        town.minute()
        at_ms = town.clock.utc_ms()
        town.say(*(SpaceReading("P1", number, at_ms, True) for number in NUMBERS[12:]))
    assert town.number == 0


def test_a_fifth_of_the_sensors_silent(towns: Callable[..., Town]) -> None:
    """Too few to doubt the facility, too many to call it full: eight spaces that nobody sees, the others taken."""
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: True)
    town.minute()
    assert town.shows == "FULL"
    for _ in range(8):
        at_ms = town.clock.utc_ms()
        town.say(*(SpaceReading("P1", number, at_ms, True) for number in NUMBERS[8:]))
        town.minute()
    assert town.parking.book.of("P1", town.clock.utc_ms()).trust is Trust.GOOD
    assert town.shows == "- - -"


def test_gates_that_may_be_off_by_more_than_is_left(towns: Callable[..., Town]) -> None:
    """Surely free is none, by the count five are: neither a number nor FULL. A survey that finds none says FULL."""
    town = towns(Sensing.NONE, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 35))
    for _ in range(200):
        town.minute()
        town.gate(1, 1)
    count = town.parking.book.of("P1", town.clock.utc_ms()).total
    assert (count.free, count.low) == (5, 0)
    assert town.shows == "- - -"
    town.say(SurveyReading("P1", town.clock.utc_ms(), 40))
    town.minute()
    town.gate(0, 0)
    assert town.shows == "FULL"


def test_stuck_sensors(towns: Callable[..., Town]) -> None:
    """Six sensors say 'free' for ever. Their neighbours' traffic gives them away; then the truth, full, is shown."""
    town = towns(Sensing.SPACES)
    for turn in range(16):
        for occupied in (True, False):
            town.spaces(lambda k, now=occupied: now if k >= 6 else False)
            town.minute(30 if turn % 2 else 25)
    town.spaces(lambda k: k >= 6)
    town.minute()
    assert town.number == 0


def test_stuck_sensors_beside_gates(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 20))
    town.gate(0, 0)
    town.spaces(lambda k: k >= 20)
    town.minute()
    assert town.number == 20
    for _ in range(10):  # twenty come; every sensor stays as it was
        town.gate(2, 0)
        town.spaces(lambda k: k >= 20)
        town.minute()
    assert town.shows == "- - -"
    assert "sensors say" in town.parking.book.of("P1", town.clock.utc_ms()).why


@pytest.mark.parametrize("sensing", [Sensing.SPACES, Sensing.CAMERA])
def test_a_stuck_section_beside_one_that_gates_alone_count(sensing: Sensing, towns: Callable[..., Town]) -> None:
    """Forty spaces are seen, forty are not; all but four are taken, and what sees the forty says they are free."""
    town = towns(sensing, GATES, (Section("B", SpaceKind.GENERAL, numbers("B", 40)),))
    town.say(SurveyReading("P1", town.clock.utc_ms(), 76))
    for _ in range(3):
        town.gate(0, 0)
        if sensing is Sensing.SPACES:
            town.spaces(lambda k: False)
        else:
            town.say(CameraReading("P1", "A", town.clock.utc_ms(), 0))
        town.minute()
        assert town.number <= 4
    assert town.shows == "- - -"


def test_gates_that_count_more_free_than_there_can_be_beside_sensors(towns: Callable[..., Town]) -> None:
    """Nobody is counted who comes: by the gates all is free, by the sensors of a half nothing is."""
    town = towns(Sensing.SPACES, GATES, (Section("B", SpaceKind.GENERAL, numbers("B", 40)),))
    town.say(SurveyReading("P1", town.clock.utc_ms(), 0))
    for _ in range(3):
        town.gate(0, 0)
        town.spaces(lambda k: True)
        town.minute()
        assert town.number == 0
    assert town.shows == "- - -"


def test_contradicting_sensors(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    for _ in range(6):
        town.spaces(lambda k: True, feed="s1")
        town.clock.pass_ms(1000)
        town.spaces(lambda k: False, feed="s2")
        town.minute()
        assert town.number == 0


def test_a_contradicting_camera(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.CAMERA, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 40))
    for _ in range(5):
        town.gate(0, 0)
        town.say(CameraReading("P1", "A", town.clock.utc_ms(), 5))
        town.minute()
        assert town.number == 0
    assert town.shows == "- - -"


def test_a_silent_camera(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.CAMERA)
    town.say(CameraReading("P1", "A", town.clock.utc_ms(), 28))
    town.minute()
    assert town.shows == "10"
    town.minute(5)
    assert town.shows == "- - -"


def test_a_camera_whose_picture_stands_still(towns: Callable[..., Town]) -> None:
    """Twelve hours of the same count: it fills meanwhile, and from then on nothing is said."""
    town = towns(Sensing.CAMERA)
    for _ in range(13 * 15):
        town.say(CameraReading("P1", "A", town.clock.utc_ms(), 28))
        town.minute(4)
    assert town.shows == "- - -"
    assert "has not changed" in town.parking.book.of("P1", town.clock.utc_ms()).why


def test_a_camera_that_is_dazzled(towns: Callable[..., Town]) -> None:
    """Full, then nearly empty within a minute, then more cars than there are spaces: none of it is a promise."""
    town = towns(Sensing.CAMERA)
    town.say(CameraReading("P1", "A", town.clock.utc_ms(), 40))
    town.minute()
    assert town.shows == "FULL"
    for occupied in (3, 5, 90, 4):
        town.say(CameraReading("P1", "A", town.clock.utc_ms(), occupied))
        town.minute()
        assert town.number == 0


def test_silent_gates(towns: Callable[..., Town]) -> None:
    """The way in falls silent while forty come; the way out goes on saying that nobody leaves."""
    town = towns(Sensing.NONE, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 0))
    town.gate(0, 0)
    town.minute()
    assert town.shows == "40"
    for _ in range(6):
        town.minute()
        town.say(GateReading("P1", "out", town.clock.utc_ms(), 0, 0))
    assert town.shows == "- - -"


def test_gates_that_nobody_surveyed_for_two_days(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.NONE, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 20))
    for _ in range(2 * 24 * 15):
        town.gate(0, 0)
        town.minute(4)
    assert town.shows == "- - -"


def test_a_gate_that_counts_more_than_can_pass(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.NONE, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 40))
    town.gate(0, 0)
    town.minute()
    town.say(
        GateReading("P1", "out", town.clock.utc_ms(), 0, 5_000), GateReading("P1", "in", town.clock.utc_ms(), 0, 0)
    )
    town.minute()
    assert town.shows == "- - -"


def test_a_drifting_gate(towns: Callable[..., Town]) -> None:
    """One in eight who come is not seen. A camera says how it is; the gates have to give in."""
    town = towns(Sensing.CAMERA, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 20))
    inside, passed = 20, 0
    for minute in range(1, 200):
        town.minute()
        came = int(inside < 40 and minute % 3 != 0)
        went = int(minute % 2 == 0 and inside > 30)
        inside += came - went
        passed += came
        town.gate(came * (passed % 8 != 0), went)
        town.say(CameraReading("P1", "A", town.clock.utc_ms(), inside))
        assert town.number <= 40 - inside


def test_a_drifting_gate_alone(towns: Callable[..., Town]) -> None:
    """Nobody else looks: the count passes below nothing in the evening, and from then on nothing is shown."""
    town = towns(Sensing.NONE, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 10))
    for _ in range(40):
        town.minute()
        town.gate(0, 1)
    assert town.shows == "- - -"


def test_a_chattering_sensor(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: True)
    for second in range(240):
        town.clock.pass_ms(1000)
        at_ms = town.clock.utc_ms()
        town.say(*(SpaceReading("P1", number, at_ms, bool(second % 2)) for number in NUMBERS[:20]))
        if second > 12:  # before, they may be twenty cars that left
            assert town.number == 0
        if second % 60 == 0:
            town.say(*(SpaceReading("P1", number, at_ms, True) for number in NUMBERS[20:]))


def test_a_sensor_whose_clock_is_ahead(towns: Callable[..., Town]) -> None:
    """Free, says a reading from next week: it would stay the youngest for a week."""
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: False, ahead_ms=7 * 86_400_000)
    town.minute()
    assert town.shows == "- - -"
    town.spaces(lambda k: True)
    town.minute()
    assert town.shows == "FULL"


def test_readings_that_come_twice_or_late(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES, GATES)
    town.say(SurveyReading("P1", town.clock.utc_ms(), 36))
    town.spaces(lambda k: k >= 4)
    old = [SpaceReading("P1", number, town.clock.utc_ms(), False) for number in NUMBERS]
    left = GateReading("P1", "out", town.clock.utc_ms() + 1000, 0, 4)
    town.minute()
    town.say(left, GateReading("P1", "in", town.clock.utc_ms(), 8, 0))
    town.spaces(lambda k: True)
    town.minute()
    for _ in range(5):
        town.say(*old)
        town.say(left)
        assert town.number == 0
    assert town.parking.intake.heard["s1"].left_out.total() == 5 * 41


def test_a_wall_clock_that_is_set_back(towns: Callable[..., Town]) -> None:
    town = towns(Sensing.SPACES)
    town.spaces(lambda k: k >= 12)
    town.minute()
    assert town.shows == "12"
    town.clock.set_wall_ms(BEGIN_MS - 3_600_000)
    town.parking.tick()
    assert town.shows == "- - -"


def test_a_charging_sensor_fills_no_general_line(towns: Callable[..., Town]) -> None:
    clock, store = ManualClock(BEGIN_MS, 1_000_000), memory()
    charging = Section("C", SpaceKind.CHARGING, numbers("C", 20), sensing=Sensing.SPACES)
    parking: Parking = service(store, clock, facility(more=(charging,)))
    parking.import_signs("office", (SignRule("V1", "E1", 0.0, (LineRule("中", "C", ("P1",)),)),))
    machine = parking.machines.get("s1")
    assert machine is not None
    readings = [SpaceReading("P1", n, BEGIN_MS, True) for n in NUMBERS]
    readings += [SpaceReading("P1", n, BEGIN_MS, False) for n in charging.numbers]
    parking.intake.take(machine, FORM.to_bytes("s1", BOOT, 1, [reading_document(each) for each in readings]))
    assert parking.signs.face("V1").lines[0].value_en == "FULL"
    store.close()
