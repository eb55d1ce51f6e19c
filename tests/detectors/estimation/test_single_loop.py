"""Speed from single loops: vehicles drawn with their lengths and speeds, of which the mean is known."""

import random
from statistics import harmonic_mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.estimation.single_loop import SingleLoopSpeed, loop_intervals
from signal_ctrl.domain.errors import InvalidInputError

LOOP_M = 2.0
FREE_MPS = 13.9


def passages(vehicles: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Return on and off of vehicles (arrival [s], length [m], speed [m/s])."""
    return [(at_s, at_s + (length_m + LOOP_M) / speed_mps) for at_s, length_m, speed_mps in vehicles]


def learned(
    meter: SingleLoopSpeed, length_m: float, intervals: int, hour: int = 8, speed_mps: float = FREE_MPS
) -> None:
    rows = passages([(60.0 * k + 12.0 * i, length_m, speed_mps) for k in range(intervals) for i in range(4)])
    for each in loop_intervals(rows, 0.0, 60.0 * intervals, 60.0):
        meter.learn(each, hour)


def test_the_worked_example() -> None:
    """Ten vehicles covering the loop for 4.8 s at 13.9 m/s: g = 6.672 m; in 24 s they drove 2.78 m/s."""
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    free = next(iter(loop_intervals([(6.0 * k, 6.0 * k + 0.48) for k in range(10)], 0.0, 100.0, 100.0)))
    assert meter.learn(free, 7)
    assert meter.factor_m(7) == pytest.approx(6.672)
    slow = next(iter(loop_intervals([(6.0 * k, 6.0 * k + 2.4) for k in range(10)], 0.0, 100.0, 100.0)))
    found = meter.speed_mps(slow, 7)
    assert found is not None
    assert found.value == pytest.approx(2.78)


def test_equally_long_vehicles_give_exactly_the_space_mean_speed() -> None:
    speeds = [3.0, 5.0, 8.0, 11.0, 14.0]
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    learned(meter, 4.6, 12)
    rows = passages([(1000.0 + 15 * k, 4.6, speed) for k, speed in enumerate(speeds)])
    (interval,) = loop_intervals(rows, 990.0, 1090.0, 100.0)
    found = meter.speed_mps(interval, 8)
    assert found is not None
    assert found.value == pytest.approx(harmonic_mean(speeds))


def test_congestion_does_not_move_the_factor() -> None:
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    learned(meter, 5.0, 10)
    before_m = meter.factor_m(8)
    learned(meter, 5.0, 10, speed_mps=2.0)  # the same vehicles at a walk: an occupancy of 23 %
    assert meter.factor_m(8) == before_m == pytest.approx(7.0)


def test_every_hour_has_its_own_factor_and_an_unknown_one_takes_the_mean() -> None:
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    learned(meter, 5.0, 5, hour=8)
    learned(meter, 8.0, 5, hour=3)  # trucks at night
    assert meter.factor_m(8) == pytest.approx(7.0)
    assert meter.factor_m(3) == pytest.approx(10.0)
    assert meter.factor_m(12) == pytest.approx(8.5)


def test_the_factor_follows_slowly() -> None:
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    learned(meter, 5.0, 20)
    learned(meter, 6.0, 1)
    assert meter.factor_m(8) == pytest.approx(7.1)


def test_a_factor_that_no_length_gives_is_not_learned() -> None:
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS)
    learned(meter, 30.0, 5)
    assert meter.mean_factor_m is None


@pytest.mark.parametrize("rows", [[(0.0, 0.5), (10.0, 10.5)], [(0.0, 90.0), (91.0, 95.0), (96.0, 99.0)], []])
def test_two_vehicles_or_a_covered_loop_tell_no_speed(rows: list[tuple[float, float]]) -> None:
    (interval,) = loop_intervals(rows, 0.0, 100.0, 100.0)
    assert SingleLoopSpeed(LOOP_M, FREE_MPS).speed_mps(interval, 8) is None


def test_who_stands_over_the_end_of_an_interval_covers_both() -> None:
    first, second = loop_intervals([(50.0, 130.0)], 0.0, 200.0, 100.0)
    assert (first.vehicles, first.covered_s) == (0, 50.0)
    assert (second.vehicles, second.covered_s) == (1, 30.0)


def test_the_interval_holds_the_true_speed_as_often_as_it_says() -> None:
    """Lengths of 3 to 13 m, a free speed that is 4 % wrong, 300 slow intervals of 12 vehicles."""
    rng, held = random.Random(5), 0
    meter = SingleLoopSpeed(LOOP_M, FREE_MPS * 1.04)

    def length_m() -> float:
        return rng.choice([3.8, 4.3, 4.5, 4.8, 5.1, 12.0]) * rng.uniform(0.95, 1.05)

    free = passages([(5.0 * k, length_m(), FREE_MPS * rng.gauss(1, 0.08)) for k in range(2000)])
    for each in loop_intervals(free, 0.0, 10_000.0, 60.0):
        meter.learn(each, 8)
    for k in range(300):
        begin_s, speeds = 20_000.0 + 300.0 * k, [max(rng.gauss(6, 2), 2.5) for _ in range(12)]
        slow = passages([(begin_s + 20 * i, length_m(), speed) for i, speed in enumerate(speeds)])
        (interval,) = loop_intervals(slow, begin_s, begin_s + 300.0, 300.0)
        found = meter.speed_mps(interval, 8)
        assert found is not None
        held += found.holds(harmonic_mean(speeds))
    assert 0.9 <= held / 300 <= 1.0


@given(st.lists(st.tuples(st.floats(0.1, 40), st.floats(0.1, 20)), min_size=1, max_size=30), st.floats(5, 300))
def test_nothing_is_lost_between_intervals(steps: list[tuple[float, float]], width_s: float) -> None:
    rows, at_s = [], 0.0
    for gap_s, on_s in steps:
        rows.append((at_s + gap_s, at_s + gap_s + on_s))
        at_s += gap_s + on_s
    number = int(at_s / width_s) + 1
    found = list(loop_intervals(rows, 0.0, number * width_s, width_s))
    assert sum(each.vehicles for each in found) == len(rows)
    assert sum(each.covered_s for each in found) == pytest.approx(sum(off_s - on_s for on_s, off_s in rows))
    assert all(0 <= each.occupancy <= 1 for each in found)


def test_a_loop_without_length_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        SingleLoopSpeed(0.0, FREE_MPS)
    with pytest.raises(InvalidInputError):
        list(loop_intervals([], 0.0, 10.0, 0.0))
