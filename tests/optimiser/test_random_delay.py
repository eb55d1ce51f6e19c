"""What chance adds, against a queue that is drawn vehicle by vehicle."""

import numpy as np
import pytest

from optimiser.random_delay import RANDOM_DELAYS, overflow_queue_veh

CYCLE, GREEN, FLOW = 60, 30, 0.5


def drawn_delay_s(saturation: float, cycles: int = 8_000) -> float:
    """Mean delay of Poisson arrivals before a lamp, beyond that of even ones; service of 2 s a vehicle."""
    rng = np.random.default_rng(5)
    q = saturation * FLOW * GREEN / CYCLE
    total, number, free_at = 0.0, 0, 0.0
    at = 0.0
    while at < cycles * CYCLE:
        at += rng.exponential(1 / q)
        start = max(at, free_at)
        if start % CYCLE >= GREEN:
            start = (start // CYCLE + 1) * CYCLE
        free_at = start + 1 / FLOW
        total += start - at
        number += 1
    y = q / FLOW
    return total / number - (CYCLE - GREEN) ** 2 / (2 * CYCLE * (1 - y))


@pytest.mark.parametrize("saturation", [0.5, 0.7, 0.85])
def test_below_saturation_chance_adds_what_is_drawn_and_d2_adds_more(saturation: float) -> None:
    service = np.where(np.arange(CYCLE) < GREEN, FLOW, 0.0)[None, :]
    arrived = np.array([saturation * FLOW * GREEN / CYCLE])
    found, _ = RANDOM_DELAYS["akcelik"](service, arrived, 1.0)
    drawn_s = drawn_delay_s(saturation)
    assert found[0] == pytest.approx(drawn_s, abs=2.0)
    assert abs(found[0] - drawn_s) < abs(RANDOM_DELAYS["hcm"](service, arrived, 1.0)[0][0] - drawn_s)
    assert RANDOM_DELAYS["none"](service, arrived, 1.0)[0][0] == 0.0


def test_nothing_is_left_over_below_the_threshold_and_all_that_is_too_much_above() -> None:
    """x0 = 0.67 + s g / 600; far above capacity the mean queue of the period is half of what it ends with."""
    capacity = np.full(3, 0.25)
    left = overflow_queue_veh(capacity, np.array([0.6, 1.0, 2.0]), np.full(3, 15.0), 1.0)
    assert left[0] == 0.0
    assert 0 < left[1] < left[2]
    assert left[2] == pytest.approx(0.5 * 0.25 * 3600, rel=0.02)
