"""The truth of a film: crossings at their exact time, zones as they are covered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumo_scenarios.film.movement import Mover
from sumo_scenarios.film.truth import Witness, crossing_rows, zone_rows
from sumo_scenarios.film.views import BEYOND_STOP_M, INSIDE_EXIT_M, ZONE_GAP_M, ZONE_M, View, made_view, mast_camera
from tests.sumo_scenarios.film.scenes import CAR, WEST, at, scene, straight_leg

RATE_HZ = 10.0


def view() -> View:
    return made_view("west", mast_camera(straight_leg()), (straight_leg(),))


def driven(x_0_m: float, y_m: float, speed_mps: float, frames: int, heading: float = 0.0) -> Witness:
    """Return what is witnessed of one car at constant speed."""
    witness = Witness(view())
    for k in range(frames):
        way = speed_mps * k / RATE_HZ * np.cos(heading)
        witness.see(scene(k / RATE_HZ, at("a", x_0_m + way, y_m, speed_mps, heading)))
    return witness


@given(st.floats(-30.0, -5.0), st.floats(2.0, 20.0))
def test_a_front_bumper_is_counted_when_it_reaches_the_line(start_m: float, speed_mps: float) -> None:
    due_s = (BEYOND_STOP_M - start_m) / speed_mps
    (crossing,) = driven(start_m, -1.6, speed_mps, int(due_s * RATE_HZ) + 3).crossings
    assert crossing.time_s == pytest.approx(due_s, abs=2e-3)
    assert (crossing.line, crossing.direction, crossing.kind, crossing.lane) == ("west", "down", "car", "in_1")
    assert crossing.frame == int(np.ceil(due_s * RATE_HZ - 1e-9)) or crossing.frame == round(due_s * RATE_HZ)


def test_who_leaves_is_counted_at_the_exit_and_nowhere_else() -> None:
    (crossing,) = driven(5.0, 1.6, 10.0, 30, WEST).crossings
    assert (crossing.line, crossing.direction) == ("west-exit", "up")
    assert crossing.time_s == pytest.approx((5.0 + INSIDE_EXIT_M) / 10.0, abs=2e-3)


def test_whoever_stops_before_the_line_is_not_counted_and_nobody_twice() -> None:
    assert driven(-20.0, -4.8, 0.0, 40).crossings == []
    witness = Witness(view())
    for k, x_m in enumerate((-1.0, 2.0, 1.0, 3.0)):  # creeps back over the line and on again: told as it is
        witness.see(scene(k / RATE_HZ, at("a", x_m, -1.6)))
    assert [c.direction for c in witness.crossings] == ["down", "up", "down"]


def test_beside_the_line_there_is_no_crossing() -> None:
    assert driven(-20.0, -12.0, 10.0, 40).crossings == []


def test_a_zone_is_covered_from_the_front_bumper_to_the_rear_one() -> None:
    speed_mps = 8.0
    witness = driven(-30.0, -1.6, speed_mps, 60)
    covered = [bool(row[1]) for row in witness._covered]
    first_s = (-ZONE_GAP_M - ZONE_M + 30.0) / speed_mps
    last_s = (-ZONE_GAP_M + 30.0 + CAR.length_m) / speed_mps
    wanted = [first_s < k / RATE_HZ < last_s for k in range(60)]
    assert sum(a != b for a, b in zip(covered, wanted, strict=True)) <= 1
    assert not any(bool(row[0]) for row in witness._covered)


def test_presence_is_told_by_the_second() -> None:
    witness = Witness(view())
    for k in range(30):
        movers: list[Mover] = [at("a", -1.0, -4.8)] if 4 <= k < 16 else []
        witness.see(scene(k / RATE_HZ, *movers))
    rows = [(row.time_s, row.share, row.occupied) for row in witness.presence() if row.zone == "west-1"]
    assert rows == [(0, pytest.approx(0.6), True), (1, pytest.approx(0.6), True), (2, 0.0, False)]


def test_rows_have_the_columns_of_count() -> None:
    witness = driven(-10.0, -1.6, 10.0, 25)
    assert crossing_rows(witness.crossings) == [("1.150", "12", "west", "down", "car", "10.00", "in_1")]
    assert zone_rows(witness.presence())[0] == ("0", "west-1", "in_0", "0", "0.00")
