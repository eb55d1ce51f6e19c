"""Arrays of a view, and the time to drive up to a stop line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.view_builder import MAX_VEHICLES, Expected, build_view, travel_s
from signal_ctrl.domain.view import UNKNOWN


def integrated_s(distance_m: float, speed_mps: float, free_mps: float, acceleration_mps2: float) -> float:
    """Return the time by small steps. [s]"""
    step_s, now_s, way_m, speed_mps = 1e-3, 0.0, 0.0, min(speed_mps, free_mps)
    while way_m < distance_m:
        faster_mps = min(speed_mps + acceleration_mps2 * step_s, free_mps)
        way_m += (speed_mps + faster_mps) / 2 * step_s
        speed_mps = faster_mps
        now_s += step_s
    return now_s


@given(st.floats(0.5, 150.0), st.floats(0.0, 25.0), st.floats(4.0, 20.0), st.floats(1.0, 3.0))
def test_travel_time_is_what_integration_gives(distance_m: float, speed: float, free: float, gain: float) -> None:
    assert travel_s(distance_m, speed, free, gain) == pytest.approx(
        integrated_s(distance_m, speed, free, gain), abs=0.003
    )


def test_travel_by_hand() -> None:
    assert travel_s(9.0, 0.0, 10.0) == 3.0
    assert travel_s(25.0 + 30.0, 0.0, 10.0) == 5.0 + 3.0
    assert travel_s(-3.0, 5.0, 10.0) == 0.0


def test_vehicles_beyond_the_array_are_left_out() -> None:
    many = [Expected(float(k), UNKNOWN, 0.5, k) for k in range(MAX_VEHICLES + 5)]
    ratio, room, beyond = np.array([1.0]), np.array([3.0]), [2.0]
    view = build_view([many, []], [1, 0], ratio, room, [4.0, 0.0], beyond, [2.0, 1.9], [True, False])
    assert view.n_vehicles.tolist() == [MAX_VEHICLES, 0]
    assert view.eta_s[0].tolist() == [float(k) for k in range(MAX_VEHICLES)]
    assert view.key[0, 7] == 7
    ratio[0], room[0] = 0.0, 0.0
    assert (view.ratio[0], view.room_veh[0]) == (1.0, 3.0), "a view does not change afterwards"
    assert view.stuck.tolist() == [True, False]


def test_a_digest_changes_with_any_value() -> None:
    def view(eta_s: float, stuck: bool) -> str:
        rows = [[Expected(eta_s, UNKNOWN, 1.0, 1)]]
        return build_view(rows, [0], np.ones(1), np.ones(1), [1.0], [0.0], [2.0], [stuck]).digest()

    assert len({view(1.0, False), view(2.0, False), view(1.0, True)}) == 3
    assert view(1.0, False) == view(1.0, False)
