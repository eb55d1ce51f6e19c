"""The running saturation flow, and medians with their intervals."""

import random

import pytest

from detectors.estimation.running_saturation import RunningSaturation, median_estimate, running_saturation, unhindered
from detectors.loops.saturation import Discharge


def queue(headway_s: float, number: int = 12) -> Discharge:
    return Discharge(0.0, tuple(3.0 + headway_s * k for k in range(number)))


def test_equal_queues_give_their_flow_without_spread() -> None:
    found = running_saturation([queue(2.0)] * 5)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((1800.0, 1800.0, 1800.0))
    assert running_saturation([queue(2.0)]) is None


def test_it_follows_rain() -> None:
    meter = RunningSaturation()
    for headway_s in [1.9] * 40 + [2.3] * 60:
        meter.take(queue(headway_s))
    found = meter.saturation_veh_h
    assert found is not None
    assert found.value == pytest.approx(3600 / 2.3, rel=0.02)


def test_its_interval_holds_the_mean_as_often_as_it_says() -> None:
    rng, held = random.Random(1), 0
    for _ in range(300):
        found = running_saturation(queue(rng.gauss(2.0, 0.15)) for _ in range(80))
        assert found is not None
        held += found.holds(1800.0)
    assert 270 <= held <= 297


def test_the_median_of_few_has_no_interval_and_that_of_many_holds_the_true_one() -> None:
    assert median_estimate([1.0] * 5) is None
    rng, held = random.Random(2), 0
    for _ in range(400):
        found = median_estimate([rng.expovariate(1.0) for _ in range(15)])
        assert found is not None
        held += found.holds(0.693147)
    assert held >= 372


def test_greens_in_which_somebody_goes_first_are_left_out() -> None:
    greens = [(0.0, 10.0), (20.0, 30.0), (40.0, 50.0)]
    assert unhindered(greens, [[(5.0, 15.0)], [(30.0, 40.0)]]) == greens[1:]
    assert unhindered(greens, []) == greens
