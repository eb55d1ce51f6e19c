import numpy as np
import pytest

from bench.city_speed.city import make_city
from signal_ctrl.domain.roads import RoadNetwork, RoadReader
from signal_ctrl.watch.matching.reads import ReadMatcher
from signal_ctrl.watch.matching.routes import RouteTable
from signal_ctrl.watch.observations import TagRead

_CITY = make_city(3)
CITY = RoadNetwork(
    _CITY.roads, _CITY.turns, (), (RoadReader("one", "0-0>1-0", 100.0), RoadReader("two", "3-0>3-1", 100.0))
)
BEGIN_MS = 1_767_600_000_000
EXPECTED_S = np.array([2 * road.free_time_s for road in CITY.roads])


def _found(*reads: TagRead) -> dict[str, float]:
    matcher = ReadMatcher(CITY, RouteTable(CITY))
    return {CITY.roads[each.road].road: each.travel_time_s for each in matcher.take(reads, EXPECTED_S)}


def _pair(seconds: float, tag: str = "t") -> tuple[TagRead, TagRead]:
    return TagRead("one", tag, BEGIN_MS), TagRead("two", tag, BEGIN_MS + round(1000 * seconds))


def test_the_time_between_two_readers_is_shared_out_over_the_roads_between() -> None:
    usual_s = 2 * 3 * float(EXPECTED_S[0]) / 2
    found = _found(*_pair(1.5 * usual_s))
    assert list(found) == ["1-0>2-0", "2-0>3-0"]
    assert list(found.values()) == pytest.approx([1.5 * EXPECTED_S[0]] * 2, rel=0.01)


def test_who_stopped_on_the_way_does_not_count() -> None:
    assert _found(*_pair(1_500)) == {}


def test_who_was_too_fast_does_not_count() -> None:
    assert _found(*_pair(3)) == {}


def test_tags_are_not_mixed_up() -> None:
    assert _found(_pair(90, "a")[0], _pair(90, "b")[1]) == {}


def test_the_same_reader_twice_tells_nothing() -> None:
    assert _found(TagRead("one", "t", BEGIN_MS), TagRead("one", "t", BEGIN_MS + 60_000)) == {}


def test_a_pair_over_two_minutes_is_found() -> None:
    matcher, (first, second) = ReadMatcher(CITY, RouteTable(CITY)), _pair(90)
    assert matcher.take([first], EXPECTED_S) == []
    assert len(matcher.take([second], EXPECTED_S)) == 2
