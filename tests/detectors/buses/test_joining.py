"""Buses in a view: in every draw each of them once, in order, in place of a vehicle that was seen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.buses.joining import ComingBus, lanes_of, with_buses
from detectors.view_builder import Expected, build_view
from signal_ctrl.domain.network import ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.view import UNKNOWN, JunctionView

LAYOUT = JunctionLayout(
    "J",
    tuple(ApproachLane(f"in_{k}", "in", 200.0, 14.0, (k,), (), False) for k in range(4)),
    tuple(Movement(k, k, k, k, 20.0, "s", ()) for k in range(4)),
    tuple(Exit(f"out_{k}", 200.0, 14.0, "", -1, 200.0, (), "out" if k < 3 else "side") for k in range(4)),
    (),
    (),
)


def view_of(*lanes: list[float]) -> JunctionView:
    rows = [
        [Expected(eta_s, UNKNOWN, 1.0, 100 * k + j) for j, eta_s in enumerate(lane)] for k, lane in enumerate(lanes)
    ]
    n = len(lanes)
    return build_view(rows, [0] * n, np.ones(n), np.full(n, 1e6), [0.0] * n, [0.0] * n, [2.0] * n, [False] * n)


def bus(*times_s: float, to_stop_m: float = 400.0, speed_mps: float = 14.0, lanes: int = 1) -> ComingBus:
    shares = ((0, 0, 1.0),) if lanes == 1 else ((0, 0, 0.75), (1, 1, 0.25))
    return ComingBus(7, shares, times_s, to_stop_m, speed_mps, 20.0)


def test_lanes_are_those_of_motor_vehicles_that_lead_on_the_kerbs_first() -> None:
    motor = {"in_1", "in_2", "in_3"}
    assert lanes_of(LAYOUT, "in", "out", motor) == ((1, 1, 0.75), (2, 2, 0.25))
    assert lanes_of(LAYOUT, "in", "side", motor) == ((3, 3, 1.0),)
    assert lanes_of(LAYOUT, "in", "nowhere", motor) == ()


def test_without_a_bus_the_view_is_the_same_object() -> None:
    view = view_of([1.0, 2.0])
    assert with_buses(view, []) is view
    assert with_buses(view, [bus(200.0, 210.0)]) is view
    assert with_buses(view, [ComingBus(7, (), (3.0,), 9.0, 9.0, 9.0)]) is view


def test_a_bus_out_of_sight_comes_at_each_of_its_times() -> None:
    found = with_buses(view_of([0.0, 22.0, 40.0], []), [bus(20.0, 30.0, lanes=2)])
    assert found.n_vehicles.tolist() == [5, 2]
    assert found.eta_s[0, :5].tolist() == [0.0, 20.0, 22.0, 30.0, 40.0]
    assert found.weight[0, :5].tolist() == [1.0, 20.0, 1.0, 20.0, 1.0]
    assert found.share_from[0, :5].tolist() == [-1.0, 0.0, -1.0, 0.375, -1.0]
    assert found.presence[0, [1, 3]].tolist() == [0.375, 0.375]
    assert found.share_from[1, :2].tolist() == [0.75, 0.875]
    assert found.movement[1, :2].tolist() == [1, 1]


def test_near_the_stop_line_it_takes_the_place_of_a_vehicle_that_was_seen() -> None:
    found = with_buses(view_of([2.0, 9.0, 30.0]), [bus(8.0, 8.5, 9.5, 10.0, to_stop_m=120.0)])
    assert found.n_vehicles.tolist() == [6]
    assert found.eta_s[0, :6].tolist() == [2.0, 8.0, 8.5, 9.5, 10.0, 30.0]


def test_in_a_queue_it_is_the_vehicle_at_its_place() -> None:
    found = with_buses(view_of([0.0, 0.0, 0.0, 8.0]), [bus(0.0, 1.0, to_stop_m=16.0, speed_mps=0.0)])
    assert found.n_vehicles.tolist() == [4]
    assert found.weight[0, :4].tolist() == [1.0, 1.0, 20.0, 1.0]
    assert found.movement[0, 2] == 0


@given(
    lanes=st.lists(st.lists(st.floats(0.0, 60.0), max_size=47).map(sorted), min_size=2, max_size=2),
    times=st.lists(st.floats(0.0, 80.0), min_size=1, max_size=4).map(sorted),
    to_stop_m=st.floats(0.0, 500.0),
    speed_mps=st.floats(0.0, 15.0),
    n_lanes=st.sampled_from([1, 2]),
)
def test_nobody_gets_lost_and_shares_make_one(
    lanes: list[list[float]], times: list[float], to_stop_m: float, speed_mps: float, n_lanes: int
) -> None:
    view = view_of(*lanes)
    coming = bus(*times, to_stop_m=to_stop_m, speed_mps=speed_mps, lanes=n_lanes)
    found = with_buses(view, [coming])
    several = found.share_from >= 0 if found.share_from.size else np.zeros_like(found.eta_s, dtype=bool)
    valid = np.arange(found.eta_s.shape[1]) < found.n_vehicles[:, None]
    assert found.n_vehicles.max() <= 48
    others = int((valid & ~several).sum())
    assert int(view.n_vehicles.sum()) - 1 <= others <= int(view.n_vehicles.sum())
    if several.any() and found.n_vehicles.max() < 48:
        assert found.presence[several & valid].sum() == np.float64(1.0).round(9) or np.isclose(
            found.presence[several & valid].sum(), 1.0
        )
