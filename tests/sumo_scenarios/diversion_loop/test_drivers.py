"""Drivers before a closure, with a simulation that only writes down what is asked of it."""

import math

import pytest

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.watch.diversion.ways import Map
from sumo_scenarios.diversion_loop.drivers import Drivers, advised_route, follows
from sumo_scenarios.diversion_loop.order import Arm, DiversionOrder
from sumo_scenarios.settings import RunSettings
from tests.signal_ctrl.watch.diversion.small_town import town

STREETS = Map(town(), {road.road: road.free_time_s for road in town().roads})
WAY = ("a", "up", "over", "down", "c")


class Wire:
    """Vehicles by road, with their routes."""

    def __init__(self, routes: dict[str, tuple[str, ...]], broken: bool = False) -> None:
        self.routes, self.broken = routes, broken
        self.sent: dict[str, tuple[str, ...]] = {}

    def edge_vehicle_names(self, road: str) -> tuple[str, ...]:
        return tuple(name for name, route in self.routes.items() if route[0] == road)

    def next_edges(self, vehicle: str) -> tuple[str, ...]:
        return self.sent.get(vehicle, self.routes[vehicle])

    def follow(self, vehicle: str, roads: tuple[str, ...]) -> None:
        if self.broken:
            raise BackendError("no way")
        self.sent[vehicle] = tuple(roads)


def drivers(wire: Wire, compliance: float = 1.0, patience_s: float = 300.0, seed: int = 1) -> Drivers:
    return Drivers(wire, "b", seed, compliance, patience_s)  # type: ignore[arg-type]


def test_who_follows_is_drawn_once_and_the_same_in_every_arm() -> None:
    names = [f"v{k}" for k in range(2000)]
    some = {name for name in names if follows(name, 3, 0.4)}
    assert some == {name for name in names if follows(name, 3, 0.4)}
    assert some != {name for name in names if follows(name, 4, 0.4)}
    assert some <= {name for name in names if follows(name, 3, 0.6)}
    assert len(some) == pytest.approx(800, abs=70)


def test_only_who_passes_a_sign_and_wants_through_the_closure_is_sent_round() -> None:
    wire = Wire({"x": ("a", "b", "c"), "y": ("a", "up", "over"), "z": ("in", "over"), "w": ("up", "over", "down")})
    them = drivers(wire)
    them.read_signs({"a": [WAY]}, STREETS)
    assert wire.sent == {"x": WAY}
    assert (them.read, them.diverted) == (1, 1)


def test_everybody_is_asked_once_whatever_signs_follow() -> None:
    wire = Wire({f"v{k}": ("a", "b", "c") for k in range(200)})
    them = drivers(wire, compliance=0.4)
    for _ in range(5):
        them.read_signs({"a": [WAY]}, STREETS)
    assert them.read == 200
    assert them.diverted == len(wire.sent) == sum(follows(name, 1, 0.4) for name in wire.routes)


def test_a_sign_without_advice_for_a_destination_leaves_the_way_to_the_driver() -> None:
    assert advised_route("a", ("c",), [WAY], STREETS, "b") == WAY
    assert advised_route("a", ("c",), [("a", "up", "over", "out")], STREETS, "b") == WAY
    assert advised_route("a", (), [WAY], STREETS, "b") == ()


def test_who_does_not_follow_keeps_his_route_until_his_patience_ends() -> None:
    wire = Wire({"x": ("a", "b", "c"), "y": ("a", "up", "over"), "z": ("a", "b")})
    them = drivers(wire, compliance=1e-9)
    them.read_signs({"a": [WAY]}, STREETS)
    for time_s in range(0, 310, 10):
        assert wire.sent == {}, time_s
        them.lose_patience(["a", "b"], float(time_s), STREETS)
    assert wire.sent == {"x": WAY}
    assert them.own_way == 1


def test_who_moves_on_to_another_road_begins_to_wait_anew() -> None:
    wire = Wire({"x": ("a", "b", "c")})
    them = drivers(wire)
    them.lose_patience(["a", "up"], 0.0, STREETS)
    wire.routes["x"] = ("up", "over")
    them.lose_patience(["a", "up"], 200.0, STREETS)
    wire.routes["x"] = ("a", "b", "c")
    them.lose_patience(["a", "up"], 400.0, STREETS)
    assert wire.sent == {}


def test_a_vehicle_that_cannot_be_sent_is_counted_and_keeps_its_route() -> None:
    wire = Wire({"x": ("a", "b", "c")}, broken=True)
    them = drivers(wire)
    them.read_signs({"a": [WAY]}, STREETS)
    assert (them.read, them.diverted, them.lost) == (1, 0, 1)


def test_an_order_names_a_road_if_one_is_closed() -> None:
    settings = RunSettings("grid4x4", "fixed")
    for arm, road, compliance in ((Arm.USUAL, "b", 0.4), (Arm.NOTHING, "", 0.4), (Arm.NOTHING, "b", 0.0)):
        with pytest.raises(InvalidInputError):
            DiversionOrder(settings, arm, road, compliance=compliance)
    order = DiversionOrder(settings, Arm.NOTHING, "b", 100.0)
    assert (order.closed_to_s, order.patience_s) == (1900.0, math.inf)
