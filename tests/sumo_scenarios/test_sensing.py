"""Vehicles seen near a junction, with and without their routes."""

from types import SimpleNamespace
from typing import Any, cast

from detectors.positions import Seen, SeenAtExit
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Movement, ReachLane
from signal_ctrl.domain.view import UNKNOWN
from sumo_scenarios.sensing import VehicleEyes, vehicle_key

# Lane 0 leads straight on, lane 1 straight on and left; the lane "up" leads to both.
LAYOUT = JunctionLayout(
    "J",
    tuple(ApproachLane(f"in_{k}", "in", 100.0, 10.0, own, (), False) for k, own in enumerate([(0,), (1, 2)])),
    (
        Movement(0, 0, 0, 0, 15.0, "s", ()),
        Movement(1, 1, 1, 0, 15.0, "s", ()),
        Movement(2, 2, 1, 1, 15.0, "l", ()),
    ),
    tuple(Exit(f"{name}_0", 300.0, 10.0, "", NONE, 300.0) for name in ("ahead", "aside")),
    (
        ReachLane("in_0", 100.0, 10.0, 0.0, (0,)),
        ReachLane("in_1", 100.0, 10.0, 0.0, (1,)),
        ReachLane("up_0", 300.0, 10.0, 110.0, (0, 1)),
    ),
    (),
)


def eyes(
    on: dict[str, list[tuple[str, float, float]]], routes: dict[str, tuple[str, ...]] | None = None
) -> VehicleEyes:
    lanes = {f"{name}_0": SimpleNamespace(edge_id=name) for name in ("ahead", "aside")}
    simulation = SimpleNamespace(lane_vehicles=lambda lane: on.get(lane, []))
    if routes is not None:
        simulation.next_edges = lambda vehicle: routes[vehicle]
    return VehicleEyes(cast(Any, simulation), cast(Any, SimpleNamespace(lanes=lanes)), LAYOUT, routes is not None)


def test_without_routes_nobody_asks_for_them() -> None:
    found = eyes({"in_1": [("a", 40.0, 8.0)]}).approaching()
    assert found == [Seen(vehicle_key("a"), 1, 60.0, 8.0, UNKNOWN)]


def test_who_is_beyond_reach_is_not_seen() -> None:
    found = eyes({"up_0": [("near", 210.0, 8.0), ("far", 209.0, 8.0)]}).approaching()
    assert [(v.key, v.to_stop_m) for v in found] == [(vehicle_key("near"), 200.0)]


def test_without_routes_a_vehicle_keeps_one_of_the_lanes_it_may_take() -> None:
    names = [f"v{k}" for k in range(30)]
    found = eyes({"up_0": [(name, 250.0, 8.0) for name in names]}).approaching()
    assert {v.lane for v in found} == {0, 1}
    assert [v.lane for v in found] == [vehicle_key(name) % 2 for name in names]


def test_routes_tell_the_movement_and_the_lane_for_it() -> None:
    routes = {
        "left": ("up", "in", "aside"),
        "ahead": ("up", "in", "ahead"),
        "ends": ("up", "in"),
        "off": ("up", "x", "y"),
    }
    found = eyes({"up_0": [(name, 250.0, 8.0) for name in routes]}, routes).approaching()
    assert [(v.key, v.lane, v.movement) for v in found] == [
        (vehicle_key("left"), 1, 2), (vehicle_key("ahead"), 0, 0),
    ]  # fmt: skip


def test_a_route_that_the_own_lane_does_not_lead_to_is_served_by_the_next_lane() -> None:
    found = eyes({"in_0": [("a", 90.0, 1.0)]}, {"a": ("in", "aside")}).approaching()
    assert [(v.lane, v.movement) for v in found] == [(1, 2)]


def test_behind_the_junction_vehicles_matter_for_200_m() -> None:
    found = eyes({"ahead_0": [("a", 5.0, 0.0), ("b", 250.0, 9.0)], "aside_0": [("c", 200.0, 3.0)]}).behind()
    assert found == [SeenAtExit(vehicle_key("a"), 0, 5.0, 0.0), SeenAtExit(vehicle_key("c"), 1, 200.0, 3.0)]


def test_keys_last() -> None:
    assert vehicle_key("flow.7") == 0xFFFFFFFF & vehicle_key("flow.7")
    assert vehicle_key("flow.7") != vehicle_key("flow.8")
    assert vehicle_key("123456789") == 0xCBF43926
