"""How far queues reach: lanes driven vehicle by vehicle, of which the queue is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.estimation.queue_reach import QueueLoop, Reach, queue_reaches
from detectors.estimation.shock_waves import LaneFlow
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.estimation.street import FREE_MPS, drive

FLOW = LaneFlow(0.5, FREE_MPS)
GREENS = [(0.0, 20.0), (70.0, 130.0)]
LOOPS_M = [0.5, 35.0, 150.0]


def measured(
    arrivals_s: list[float],
    loops_m: list[float] = LOOPS_M,
    greens: list[tuple[float, float]] = GREENS,
    room_m: float = 999.0,
) -> tuple[Reach, float]:
    driven = drive(arrivals_s, greens[1][0], loops_m)
    loops = [QueueLoop(loop_m, tuple(driven.passages[loop_m]), room_m) for loop_m in loops_m]
    return queue_reaches(loops, greens, FLOW)[0], driven.reach_m


def evenly(number: int, apart_s: float, first_s: float = 25.0) -> list[float]:
    return [first_s + apart_s * k for k in range(number)]


@pytest.mark.parametrize("number", [1, 2, 4, 6, 9, 14, 20])
def test_a_queue_that_nobody_joins_late_is_measured_to_a_vehicle(number: int) -> None:
    found, really_m = measured([*evenly(number, 2.0), 200.0])
    assert found.reach_m.value == pytest.approx(really_m, abs=8.0)
    assert found.reach_m.holds(really_m)
    assert not found.reach_m.at_least


def test_nobody_who_stands_is_no_queue() -> None:
    found, really_m = measured(evenly(8, 5.0, first_s=80.0))
    assert really_m == 0.0
    assert found.reach_m.value == 0.0


def test_who_joins_the_moving_queue_has_not_stood() -> None:
    """Six stand; eight more come in the same dense row while the queue leaves and stop no more."""
    arrivals = evenly(6, 2.0) + [90.0 + 2.1 * k for k in range(8)]
    found, really_m = measured(arrivals)
    assert really_m < 60.0
    assert found.reach_m.value == pytest.approx(really_m, abs=8.0)


def test_beyond_the_last_loop_both_readings_agree() -> None:
    found, really_m = measured([*evenly(30, 1.9, first_s=10.0), 220.0])
    assert really_m > 160.0
    assert found.loop_m == 150.0
    assert found.by_waves_m is not None
    assert found.reach_m.value == pytest.approx(really_m, rel=0.1)
    assert found.by_waves_m == pytest.approx(really_m, rel=0.15)


def test_a_queue_that_does_not_end_is_at_least_so_long() -> None:
    """The record ends while vehicles still follow without a gap."""
    found, really_m = measured(evenly(40, 1.9, first_s=10.0))
    assert found.reach_m.at_least
    assert math.isinf(found.reach_m.high)
    assert 150.0 < found.reach_m.value <= really_m + 8.0


def test_no_queue_is_told_beyond_the_junction_behind() -> None:
    found, _ = measured(evenly(40, 1.9, first_s=10.0), room_m=20.0)
    assert found.reach_m.value == 170.0
    assert found.reach_m.at_least


def test_without_loops_behind_the_gap_at_the_stop_line_tells() -> None:
    found, really_m = measured([*evenly(7, 2.0), 200.0], loops_m=[0.5])
    assert found.reach_m.value == pytest.approx(really_m, abs=8.0)


def test_a_loop_on_which_nobody_stood_bounds_the_queue() -> None:
    found, _ = measured(evenly(3, 2.0))
    assert found.reach_m.high <= 35.0 + 5.0


def test_lanes_without_loops_are_refused_and_lanes_without_green_have_no_cycle() -> None:
    with pytest.raises(InvalidInputError):
        queue_reaches([], GREENS, FLOW)
    assert queue_reaches([QueueLoop(0.5, ())], [], FLOW) == ()
    with pytest.raises(InvalidInputError):
        QueueLoop(-1.0, ())


@given(st.lists(st.floats(1.9, 15.0), min_size=1, max_size=25), st.floats(22.0, 60.0))
def test_any_arrivals_give_a_reach_within_its_interval_and_never_below_zero(gaps: list[float], first_s: float) -> None:
    arrivals, at_s = [], first_s
    for gap_s in gaps:
        arrivals.append(at_s)
        at_s += gap_s
    found, _ = measured(arrivals)
    assert 0.0 <= found.reach_m.low <= found.reach_m.value <= found.reach_m.high


def test_the_interval_holds_most_queues_of_random_arrivals() -> None:
    import random

    rng, held, errors = random.Random(3), 0, []
    for _ in range(200):
        at_s, arrivals = 22.0, []
        while at_s < 125.0:
            at_s += 1.9 + rng.expovariate(1.0 / rng.choice([1.5, 4.0, 9.0]))
            arrivals.append(at_s)
        found, really_m = measured(arrivals)
        held += found.reach_m.holds(really_m)
        errors.append(abs(found.reach_m.value - really_m))
    assert held >= 180
    assert sum(errors) / len(errors) < 7.5
