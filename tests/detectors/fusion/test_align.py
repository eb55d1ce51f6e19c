"""Clocks brought together: vehicles seen by two sources of which one is early, late, drifting, or sees others."""

import random

import pytest

from detectors.fusion.align import align
from tests.detectors.fusion.made import times_s


def seen(
    times: list[float], shift_s: float, seed: int, recall: float = 0.9, jitter_s: float = 0.3, drift: float = 0.0
) -> list[float]:
    rng = random.Random(seed)
    return sorted(t + shift_s + drift * t / 3600 + rng.gauss(0, jitter_s) for t in times if rng.random() < recall)


@pytest.mark.parametrize("shift_s", [-9.3, -3.0, -0.5, 0.0, 2.4, 7.7])
def test_a_shift_is_found_to_a_third_of_a_second(shift_s: float) -> None:
    times = times_s(1, 3600, 5.0)
    found = align(times, seen(times, shift_s, 2))
    assert found.sure
    assert found.shift_s == pytest.approx(shift_s, abs=0.35)


def test_sources_that_see_other_vehicles_are_not_sure() -> None:
    sure = [align(times_s(seed, 3600, 5.0), times_s(seed + 100, 3600, 5.0)).sure for seed in range(12)]
    assert not any(sure)


def test_a_drift_is_reported() -> None:
    times = times_s(3, 4 * 3600, 6.0)
    found = align(times, seen(times, -2.0, 4, drift=1.0))
    assert found.drift_s_per_h is not None
    assert found.drift_deviation is not None
    assert found.drift_s_per_h == pytest.approx(1.0, abs=0.15)
    steady = align(times, seen(times, -2.0, 4))
    assert steady.drift_s_per_h == pytest.approx(0.0, abs=0.15)


def test_too_few_vehicles_tell_nothing() -> None:
    assert not align([1.0, 2.0], [1.0, 2.0]).sure
    assert align([], []).drift_s_per_h is None


def test_swapped_sources_give_the_opposite_shift() -> None:
    times = times_s(5, 1800, 4.0)
    late = seen(times, 3.0, 6)
    assert align(late, times).shift_s == pytest.approx(-align(times, late).shift_s, abs=0.2)
