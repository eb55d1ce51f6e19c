from collections.abc import Iterator

import pytest

from signal_ctrl.domain.batches import Reason
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.parking_zones import zone_readings
from signal_ctrl.parking.batch import reading_of

HEADER = "time_s,zone,valid,occupied,vehicles,queue_m,empty_known\n"


def rows(zone: str, seconds: range, occupied: str) -> str:
    return "".join(f"{second}.0,{zone},{int(occupied != '')},{occupied},0,,1\n" for second in seconds)


def test_a_space_is_taken_where_it_was_for_most_of_the_minute() -> None:
    text = HEADER + rows("P1/1", range(60), "1") + rows("P1/2", range(10), "1") + rows("P1/2", range(10, 60), "0")
    found = list(zone_readings(text.splitlines(True), "z.csv", 1_000, {}))
    assert [(each["space"], each["occupied"], each["utc_ms"]) for each in found] == [
        ("1", True, 61_000),
        ("2", False, 61_000),
    ]
    assert not any(isinstance(reading_of(each), Reason) for each in found)


def test_what_the_camera_did_not_see_is_no_reading() -> None:
    text = HEADER + rows("P1/1", range(45), "") + rows("P1/1", range(45, 60), "0") + rows("P1/1", range(60, 100), "1")
    assert [(each["occupied"], each["utc_ms"]) for each in zone_readings(text.splitlines(True), "z.csv", 0, {})] == [
        (True, 120_000)
    ]


def test_a_minute_is_told_as_soon_as_it_is_over_while_more_is_to_come() -> None:
    def lines() -> Iterator[str]:
        yield HEADER
        yield from rows("P1/1", range(61), "1").splitlines(True)
        raise AssertionError("the reading of the first minute was there before")

    first = next(zone_readings(lines(), "z.csv", 0, {}))
    assert (first["occupied"], first["utc_ms"]) == (True, 60_000)


def test_zones_of_a_section_are_counted_together_and_one_blind_zone_spoils_the_count() -> None:
    text = HEADER + rows("P1/1", range(60), "1") + rows("P1/2", range(60), "1") + rows("P1/3", range(60), "0")
    found = list(zone_readings(text.splitlines(True), "z.csv", 0, {"P1": "A"}))
    assert found == [{"kind": "camera", "facility": "P1", "section": "A", "utc_ms": 60_000, "occupied": 2}]
    assert not isinstance(reading_of(found[0]), Reason)
    assert list(zone_readings((text + rows("P1/4", range(5), "0")).splitlines(True), "z.csv", 0, {"P1": "A"})) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0.0,north,1,1,1,,1\n", "FACILITY/SPACE"),
        ("x,P1/1,1,1,1,,1\n", "line 2: 'time_s'"),
        ("0.0,P1/1,1,0,0,,0\n", "line 2: a car that was parked all along counts as free.*--empty"),
    ],
)
def test_it_says_where_a_file_is_wrong(row: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        list(zone_readings([HEADER, row], "z.csv", 0, {}))
