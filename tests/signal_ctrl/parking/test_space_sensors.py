import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.facilities import Section, Sensing, SpaceKind
from signal_ctrl.parking.parts import SILENT_MS
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.space_sensors import Change, Doubt, SectionBySpaces
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, numbers

NUMBERS = numbers("A", 10)


def section() -> SectionBySpaces:
    return SectionBySpaces(Section("A", SpaceKind.GENERAL, NUMBERS, sensing=Sensing.SPACES))


def say(sensors: SectionBySpaces, at_ms: int, occupied: bool, *spaces: str, feed: str = "f") -> list[object]:
    return [sensors.take(SpaceReading("P1", space, at_ms, occupied), feed) for space in spaces or NUMBERS]


def test_what_was_never_heard_is_unknown() -> None:
    part = section().part(BEGIN_MS)
    assert (part.low, part.free, part.high, part.stale) == (0, 0, 10, True)


def test_free_and_occupied_spaces_are_counted() -> None:
    sensors = section()
    say(sensors, BEGIN_MS, False, *NUMBERS[:4])
    say(sensors, BEGIN_MS, True, *NUMBERS[4:])
    part = sensors.part(BEGIN_MS + 1)
    assert (part.low, part.free, part.high, part.is_good, part.heard_utc_ms) == (4, 4, 4, True, BEGIN_MS)


def test_a_sensor_that_falls_silent_is_free_for_nobody() -> None:
    sensors = section()
    say(sensors, BEGIN_MS, False)
    say(sensors, BEGIN_MS + MINUTE_MS, False, *NUMBERS[1:])
    assert sensors.part(BEGIN_MS + SILENT_MS).low == 10
    part = sensors.part(BEGIN_MS + SILENT_MS + 1)
    assert (part.low, part.high, part.is_good) == (9, 10, True)
    assert sensors.doubt(NUMBERS[0], BEGIN_MS + SILENT_MS + 1) is Doubt.SILENT
    assert sensors.part(BEGIN_MS + MINUTE_MS + SILENT_MS + 1).stale


def test_a_repetition_is_no_change_and_a_second_copy_no_reading() -> None:
    sensors = section()
    assert say(sensors, BEGIN_MS, False, "A001") == [None]
    assert say(sensors, BEGIN_MS + 5, False, "A001") == [None]
    assert say(sensors, BEGIN_MS + 5, True, "A001") == [Reason.DUPLICATE]
    assert say(sensors, BEGIN_MS + 4, True, "A001") == [Reason.LATE]
    assert say(sensors, BEGIN_MS + 9, True, "A001") == [Change("A001", True, BEGIN_MS, BEGIN_MS + 9)]


def test_two_senders_that_contradict_each_other_are_both_doubted() -> None:
    sensors = section()
    say(sensors, BEGIN_MS, True, feed="one")
    say(sensors, BEGIN_MS + 1000, False, "A001", feed="two")
    assert sensors.doubt("A001", BEGIN_MS + 1000) is Doubt.CONTESTED
    say(sensors, BEGIN_MS + 60_000, True, feed="one")
    say(sensors, BEGIN_MS + 61_000, False, "A001", feed="two")
    assert sensors.part(BEGIN_MS + 61_000).low == 0
    # the other one gives in: after a while the space counts again
    for minute in range(2, 6):
        say(sensors, BEGIN_MS + minute * MINUTE_MS, False, "A001", feed="one")
    assert sensors.doubt("A001", BEGIN_MS + 5 * MINUTE_MS) is None


def test_one_that_contradicts_with_an_older_reading_is_doubted_too() -> None:
    sensors = section()
    say(sensors, BEGIN_MS, False, "A001", feed="one")
    assert say(sensors, BEGIN_MS - 1000, True, "A001", feed="two") == [Reason.LATE]
    assert sensors.doubt("A001", BEGIN_MS) is Doubt.CONTESTED


def test_a_chattering_sensor_is_unknown_until_it_is_calm() -> None:
    sensors = section()
    for k in range(12):
        say(sensors, BEGIN_MS + k * 1000, bool(k % 2), "A001")
    now_ms = BEGIN_MS + 12_000
    assert sensors.doubt("A001", now_ms) is Doubt.CHATTERING
    say(sensors, now_ms, False, "A001")
    for minute in range(1, 31):
        say(sensors, now_ms + minute * MINUTE_MS, False, "A001")
    assert sensors.doubt("A001", now_ms + 30 * MINUTE_MS) is None


@pytest.mark.parametrize("stuck", [True, False])
def test_a_sensor_that_never_changes_while_all_others_do_is_unknown(stuck: bool) -> None:
    sensors = section()
    at_ms = BEGIN_MS
    for hour in range(16):
        for half in (True, False):
            at_ms = BEGIN_MS + hour * 3_600_000 + (0 if half else 1_800_000)
            say(sensors, at_ms, stuck, "A001")
            say(sensors, at_ms, half, *NUMBERS[1:])
    assert sensors.doubt("A001", at_ms) is Doubt.STUCK
    assert sensors.doubt("A002", at_ms) is None


def test_a_quiet_night_makes_nobody_stuck() -> None:
    sensors = section()
    for minute in range(0, 12 * 60, 4):
        say(sensors, BEGIN_MS + minute * MINUTE_MS, False)
    assert sensors.part(BEGIN_MS + 12 * 60 * MINUTE_MS - MINUTE_MS).low == 10


READING = st.tuples(
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.sampled_from(["f", "g"]),
    st.integers(0, 600_000),
    st.integers(0, 60_000),
)


@given(st.lists(READING, max_size=60), st.integers(0, 900_000))
def test_no_more_is_free_than_sensors_say_so_lately(
    readings: list[tuple[str, bool, str, int, int]], later_ms: int
) -> None:
    """The oracle keeps everything ever said and asks the plainest question."""
    sensors = section()
    said: list[tuple[int, str, bool]] = []
    for space, occupied, feed, at_ms, _ in readings:
        sensors.take(SpaceReading("P1", space, BEGIN_MS + at_ms, occupied), feed)
        said.append((BEGIN_MS + at_ms, space, occupied))
    now_ms = BEGIN_MS + 600_000 + later_ms
    lately_free = {space for at_ms, space, occupied in said if not occupied and now_ms - at_ms <= SILENT_MS}
    part = sensors.part(now_ms)
    assert part.low <= len(lately_free)
    assert part.low + len([n for n in NUMBERS if sensors.doubt(n, now_ms)]) == part.high


@given(st.lists(READING, max_size=40))
def test_what_is_written_down_goes_on_as_before(readings: list[tuple[str, bool, str, int, int]]) -> None:
    sensors, again = section(), section()
    for space, occupied, feed, at_ms, _ in readings:
        sensors.take(SpaceReading("P1", space, BEGIN_MS + at_ms, occupied), feed)
    again.restore(sensors.document())
    for now_ms in range(BEGIN_MS, BEGIN_MS + 1_000_000, 100_000):
        assert again.part(now_ms) == sensors.part(now_ms)
