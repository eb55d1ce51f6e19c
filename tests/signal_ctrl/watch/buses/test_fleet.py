"""Buses followed by their reports: who is listened to, headways, who has caught up and who should wait."""

import math
from collections.abc import Iterator

import pytest

from signal_ctrl.domain.bus_lines import BusRun, BusService
from signal_ctrl.domain.roads import RoadReader
from signal_ctrl.watch.buses.fleet import MOST_ASKING_S, BusFleet
from signal_ctrl.watch.buses.headways import LONGEST_HOLD_S, Gap, gaps_of, regularity_of
from signal_ctrl.watch.observations import Position, TagRead, VehicleKind
from tests.detectors.buses.streets import GAP_M, LENGTH_M, PLANE, line, street

SPEED_MPS = 12.0


def report(vehicle: str, time_s: float, at_m: float, off_m: float = 0.0, speed_mps: float = SPEED_MPS) -> Position:
    """Return a report of a vehicle that is so far from the begin of the street, junctions included."""
    lon, lat = PLANE.degrees((at_m, off_m))
    heading = None if speed_mps < 1.5 else 90.0
    return Position(vehicle, round(1000 * time_s), lon, lat, speed_mps, heading, VehicleKind.BUS)


def drive(vehicle: str, from_s: float, until_s: float = math.inf) -> Iterator[Position]:
    """Yield reports every 4 s of a drive that stops for 20 s at each stop."""
    time_s, at_m, stops_m = from_s, 0.0, [580.0, 970.0]
    stood_s = 0.0
    while at_m < 3 * LENGTH_M + 2 * GAP_M and time_s <= until_s:
        stands = bool(stops_m) and at_m >= stops_m[0]
        yield report(vehicle, time_s, at_m, 3.0, 0.0 if stands else SPEED_MPS)
        time_s += 4.0
        if stands:
            stood_s += 4.0
            if stood_s >= 20.0:
                stops_m.pop(0)
                stood_s = 0.0
        else:
            at_m = min(at_m + 4.0 * SPEED_MPS, stops_m[0] if stops_m else math.inf)


def fleet(*vehicles: str, due_s: tuple[float, ...] = (), readers: tuple[RoadReader, ...] = ()) -> BusFleet:
    runs = tuple(BusRun(name, "9", due_s, tag=f"tag {name}") for name in vehicles)
    return BusFleet(BusService((line(),), runs), street(readers))


def test_a_bus_is_followed_from_stop_to_stop() -> None:
    own = fleet("f/b1", due_s=(60.0, 120.0))
    assert own.take(drive("f/b1", 0.0)) > 20
    bus = own.buses["f/b1"]
    assert bus.track.next_stop == 2
    assert bus.track.left_s[0] == pytest.approx(70.0, abs=4.0)
    assert bus.late_s(140.0) == pytest.approx(bus.track.left_s[1] - 120.0)
    assert not own.coming(140.0)


def test_who_is_not_registered_or_far_from_the_line_is_not_listened_to() -> None:
    own = fleet("f/b1")
    assert own.take(drive("g/b1", 0.0, 40.0)) == 0
    assert own.take([report("f/b1", 10.0, 100.0, off_m=200.0)]) == 0
    assert own.take([report("f/b1", 12.0, 100.0), report("f/b1", 12.4, 105.0)]) == 1
    assert list(own.buses) == ["f/b1"]


def test_it_asks_at_the_next_stop_line_and_not_for_ever() -> None:
    own = fleet("f/b1")
    own.take([report("f/b1", 0.0, 300.0)])
    (found,) = own.coming(1.0)["J0"]
    assert found.vehicle == "f/b1"
    assert found.cars == pytest.approx(30 / 1.3)
    for time_s in range(4, int(MOST_ASKING_S) + 20, 4):
        own.take([report("f/b1", float(time_s), 450.0, speed_mps=0.0)])
        asked = own.coming(time_s + 1.0)["J0"]
    assert asked[0].cars == 1.0
    assert not own.coming(MOST_ASKING_S + 200.0)  # silent


def test_a_beacon_places_a_bus() -> None:
    own = fleet("f/b1", readers=(RoadReader("rd", "r0", 480.0),))
    assert own.take([TagRead("rd", "tag f/b1", 5_000), TagRead("rd", "tag of another", 6_000)]) == 1
    assert own.buses["f/b1"].track.at_m == pytest.approx(480.0)
    assert [each.vehicle for each in own.coming(5.0)["J0"]] == ["f/b1"]


def test_headways_are_measured_at_stops() -> None:
    own = fleet("f/b1", "f/b2", "f/b3")
    for name, from_s in (("f/b1", 0.0), ("f/b2", 300.0), ("f/b3", 400.0)):
        own.take(drive(name, from_s))
    assert own.headway_s(own.buses["f/b1"]) is None
    assert own.headway_s(own.buses["f/b2"]) == pytest.approx(300.0, abs=4.0)
    assert own.headway_s(own.buses["f/b3"]) == pytest.approx(100.0, abs=4.0)
    found = regularity_of(own, "9", 700.0)
    assert found is not None and found.headways == 4
    assert found.mean_s == pytest.approx(200.0, abs=4.0)
    assert found.spread == pytest.approx(0.5, abs=0.05)
    assert found.excess_wait_s == pytest.approx((300**2 + 100**2) / (2 * 400.0) - 150.0, abs=5.0)


def test_who_has_caught_up_is_told_to_wait_half_way_to_the_middle() -> None:
    own = fleet("f/b1", "f/b2")
    for name, from_s in (("f/b1", 0.0), ("f/b2", 60.0)):
        own.take(drive(name, from_s, 100.0))
    first, second = gaps_of(own, "9", 120.0)
    assert (first.bus.run.vehicle, second.bus.run.vehicle) == ("f/b1", "f/b2")
    assert first.before_s is None and first.hold_s is None
    assert second.ahead == "f/b1"
    assert second.before_s == pytest.approx(60.0, abs=4.0)
    assert second.share == pytest.approx(0.2, abs=0.03)
    assert second.hold_s == LONGEST_HOLD_S


@pytest.mark.parametrize(
    ("before_s", "behind_s", "usual_s", "hold_s"),
    [
        (200.0, None, 300.0, 50.0),  # nobody behind: as if the usual headway were there
        (200.0, 240.0, 300.0, 20.0),
        (200.0, 500.0, 300.0, 50.0),  # a late bus behind is not waited for
        (205.0, 225.0, 300.0, 10.0),
        (205.0, 224.0, 300.0, None),  # too little to be told
        (210.0, 900.0, 300.0, None),  # 0.7 of the usual one
        (10.0, 300.0, 300.0, LONGEST_HOLD_S),
        (None, 300.0, 300.0, None),
        (10.0, 300.0, None, None),
    ],
)
def test_advice_to_wait_goes_half_way_to_the_middle(
    before_s: float | None, behind_s: float | None, usual_s: float | None, hold_s: float | None
) -> None:
    own = fleet("f/b1")
    own.take([report("f/b1", 0.0, 300.0)])
    assert Gap(own.buses["f/b1"], "f/b0", before_s, behind_s, usual_s).hold_s == hold_s


def test_even_buses_need_not_wait() -> None:
    own = fleet("f/b1", "f/b2")
    own.take(drive("f/b1", 0.0, 340.0))
    own.take(drive("f/b2", 300.0, 340.0))
    assert all(gap.hold_s is None for gap in gaps_of(own, "9", 341.0))


def test_a_place_on_a_road_is_found_on_earth() -> None:
    own = fleet("f/b1")
    x_m, y_m = PLANE.metres(own.place_of("r1", 250.0))
    assert (x_m, y_m) == (pytest.approx(LENGTH_M + GAP_M + 250.0, abs=0.5), pytest.approx(0.0, abs=0.5))
