"""Beacons around stop lines: a bus is announced in time however short its last road is, and signed off behind the line."""

from dataclasses import replace
from itertools import pairwise

import pytest

from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService
from signal_ctrl.domain.roads import Plane, Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.buses.fleet import BusFleet
from signal_ctrl.watch.observations import TagRead
from sumo_scenarios.buses.beacons import ANNOUNCED_M, AT_LINE_M, BEHIND_M, beacons_of
from tests.detectors.buses.streets import street

PLANE = Plane((8.0, 50.0))


def chain(*roads: tuple[str, float, str]) -> RoadNetwork:
    """Return roads that lead east one behind the other: name, length [m], signal at the end."""
    begin_m, found = 0.0, []
    for k, (name, length_m, signal) in enumerate(roads):
        shape = tuple(PLANE.degrees((begin_m + end_m, 0.0)) for end_m in (0.0, length_m))
        found.append(
            Road(name, f"n{k}", f"n{k + 1}", length_m, 2, 15.0, 1800.0, RoadClass.ARTERIAL, shape, signal=signal)
        )
        begin_m += length_m
    names = [road.road for road in found]
    return RoadNetwork(tuple(found), tuple(RoadTurn(*pair) for pair in pairwise(names)))


def places(network: RoadNetwork) -> set[tuple[str, float]]:
    return {(reader.road, round(reader.position_m, 1)) for reader in beacons_of(network)}


def test_each_stop_line_has_one_ahead_one_at_it_and_one_behind() -> None:
    assert (ANNOUNCED_M, AT_LINE_M, BEHIND_M) == (150.0, 5.0, 5.0)
    assert places(street()) == {
        ("r0", 350.0), ("r0", 495.0), ("r1", 5.0), ("r1", 350.0), ("r1", 495.0), ("r2", 5.0),
    }  # fmt: skip


def test_a_short_last_road_is_announced_from_the_road_before_it() -> None:
    network = chain(("a", 300.0, ""), ("b", 40.0, ""), ("c", 90.0, "J"), ("d", 200.0, ""))
    assert places(network) == {("a", 280.0), ("c", 85.0), ("d", 5.0)}


def test_where_the_signal_before_is_nearer_its_sign_off_announces() -> None:
    network = chain(("a", 300.0, "I"), ("b", 60.0, "J"), ("c", 200.0, ""))
    assert places(network) == {("a", 150.0), ("a", 295.0), ("b", 5.0), ("b", 55.0), ("c", 5.0)}


def test_where_the_network_begins_nearer_it_is_announced_there() -> None:
    assert ("a", 0.0) in places(chain(("a", 100.0, "J"), ("b", 200.0, "")))


def test_who_was_signed_off_asks_no_longer() -> None:
    network = replace(street(), readers=beacons_of(street()))
    by_place = {(reader.road, reader.position_m): reader.reader for reader in network.readers}
    line = BusLine("9", ("r0", "r1", "r2"), ())
    fleet = BusFleet(BusService((line,), (BusRun("b", "9", tag="t"),)), network)
    asking = []
    for at_s, place in ((10, ("r0", 350.0)), (20, ("r0", 495.0)), (23, ("r1", 5.0))):
        assert fleet.take([TagRead(by_place[place], "t", 1000 * at_s)]) == 1
        asking.append(set(fleet.coming(float(at_s))))
    assert asking == [{"J0"}, {"J0"}, {"J1"}]


@pytest.mark.parametrize("seconds", [1, 30, 59])
def test_who_waits_at_the_line_goes_on_asking(seconds: int) -> None:
    network = replace(street(), readers=beacons_of(street()))
    at_line = next(r.reader for r in network.readers if (r.road, r.position_m) == ("r0", 495.0))
    fleet = BusFleet(BusService((BusLine("9", ("r0", "r1"), ()),), (BusRun("b", "9", tag="t"),)), network)
    fleet.take([TagRead(at_line, "t", 20_000)])
    assert set(fleet.coming(20.0 + seconds)) == {"J0"}
