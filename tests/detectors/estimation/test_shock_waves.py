"""Waves of a queue: the worked example, and a slow simulation by hand that shares no formula with them."""

import math

import pytest

from detectors.estimation.shock_waves import LaneFlow, behind_m
from signal_ctrl.domain.errors import InvalidInputError


def test_the_worked_example() -> None:
    lane = LaneFlow(saturation_veh_s=0.5, free_mps=12.5)
    assert lane.start_wave_mps == pytest.approx(5.3571, abs=1e-4)
    assert lane.stop_wave_mps(0.2) == pytest.approx(1.7045, abs=1e-4)
    reach_m, at_s = lane.longest(40.0, 0.2)
    assert at_s == pytest.approx(58.67, abs=0.01)
    assert reach_m == pytest.approx(100.0, abs=0.01)


def test_a_queue_that_grows_faster_than_it_starts_has_no_end() -> None:
    assert LaneFlow(0.5, 12.5).longest(30.0, 0.6) == (math.inf, math.inf)
    assert LaneFlow(0.5, 12.5).longest(30.0, 0.0)[0] == 0.0


@pytest.mark.parametrize("flow_veh_s", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("red_s", [20.0, 45.0])
def test_vehicles_one_by_one_queue_as_far(flow_veh_s: float, red_s: float) -> None:
    """Points that drive freely, stand 7.5 m apart, and start one after the other 7.5 m / w later."""
    lane = LaneFlow(0.5, 12.5)
    wave_s = lane.spacing_m / lane.start_wave_mps
    reach_m, place, at_s = 0.0, 0, 0.0
    while True:
        stands_m = place * lane.spacing_m
        starts_s = red_s + place * wave_s
        arrives_s = at_s - stands_m / lane.free_mps
        if arrives_s > starts_s:
            break
        reach_m, place, at_s = stands_m, place + 1, at_s + 1.0 / flow_veh_s
    assert reach_m == pytest.approx(lane.longest(red_s, flow_veh_s)[0], abs=2 * lane.spacing_m)


@pytest.mark.parametrize("behind", [0.5, 4.0, 15.0, 38.0, 60.0, 200.0])
def test_behind_is_the_inverse_of_driving_there(behind: float) -> None:
    wave_mps, free_mps, gain = 5.0, 12.5, 2.0
    speed, at_m, t, dt = 0.0, -behind, behind / wave_mps, 0.001
    while at_m < 0:
        speed = min(speed + gain * dt, free_mps)
        at_m, t = at_m + speed * dt, t + dt
    assert behind_m(t, wave_mps, free_mps) == pytest.approx(behind, rel=0.01, abs=0.1)


def test_lanes_that_cannot_be_are_refused() -> None:
    for values in ((0.0, 12.5, 7.5), (2.0, 12.5, 7.5), (0.5, -1.0, 7.5)):
        with pytest.raises(InvalidInputError):
            LaneFlow(*values)
    with pytest.raises(InvalidInputError):
        LaneFlow(0.5, 12.5).stop_wave_mps(3.0)
