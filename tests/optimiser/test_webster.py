"""Textbook formulas: golden values, and that what they do not hold for is refused."""

import math

import numpy as np
import pytest

from optimiser.webster import (
    critical_saturation,
    hcm_overflow_delay_s,
    hcm_uniform_delay_s,
    practical_cycle_s,
    webster_cycle_s,
    webster_delay_s,
    webster_greens_s,
)
from signal_ctrl.domain.errors import InvalidInputError


def test_golden_values() -> None:
    """C 90, g 40, s 1800, q 600: 20.833 + 6.750 - 2.855; L 8, y 0.30 + 0.25: C0 37.8, greens 16.24 and 13.54."""
    assert webster_delay_s(90.0, 40.0, 1800.0, 600.0) == pytest.approx(24.729, abs=5e-4)
    cycle_s = webster_cycle_s(8.0, 0.55)
    assert cycle_s == pytest.approx(37.8, abs=0.05)
    assert webster_greens_s([0.30, 0.25], cycle_s, 8.0) == pytest.approx([16.24, 13.54], abs=5e-3)
    ratio, x = np.array([40 / 90] * 2), np.array([0.75, 1.125])
    assert hcm_uniform_delay_s(90.0, ratio, x) == pytest.approx([20.833, 25.0], abs=5e-4)
    assert hcm_overflow_delay_s(np.array([800.0] * 2), x) == pytest.approx([6.387, 72.058], abs=5e-4)


def test_the_practical_cycle_reaches_the_saturation_it_is_for() -> None:
    cycle_s = practical_cycle_s(10.0, 0.6, 0.85)
    greens_s = webster_greens_s([0.35, 0.25], cycle_s, 10.0)
    assert [y * cycle_s / g for y, g in zip([0.35, 0.25], greens_s, strict=True)] == pytest.approx([0.85, 0.85])


def test_greens_make_up_the_cycle_whatever_is_raised() -> None:
    greens_s = webster_greens_s([0.5, 0.2, 0.05, 0.01], 70.0, 14.0, 8.0)
    assert sum(greens_s) == pytest.approx(56.0)
    assert min(greens_s) == 8.0
    assert greens_s[0] / greens_s[1] == pytest.approx(2.5)


@pytest.mark.parametrize("y", [-0.1, 0.96, 1.0, math.nan])
def test_a_cycle_that_explodes_is_refused(y: float) -> None:
    with pytest.raises(InvalidInputError):
        webster_cycle_s(8.0, y)


def test_what_the_formulas_do_not_hold_for_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="below 1"):
        webster_delay_s(90.0, 40.0, 1800.0, 800.0)
    with pytest.raises(InvalidInputError):
        webster_delay_s(90.0, 95.0, 1800.0, 100.0)
    with pytest.raises(InvalidInputError):
        practical_cycle_s(8.0, 0.9, 0.9)
    with pytest.raises(InvalidInputError, match="do not fit"):
        webster_greens_s([0.3, 0.3], 20.0, 8.0, 7.0)


def test_the_saturation_of_a_junction() -> None:
    """Reference, section 1: x_c = Y C / (C - L), and no cycle up to C serves Y >= 1 - L / C."""
    assert critical_saturation(0.6, 10.0, 60.0) == pytest.approx(0.72)
    assert critical_saturation(1 - 10 / 120, 10.0, 120.0) == pytest.approx(1.0)
    assert critical_saturation(0.55, 8.0, practical_cycle_s(8.0, 0.55, 0.9)) == pytest.approx(0.9)
    for bad in ((-0.1, 8.0, 60.0), (0.5, 60.0, 60.0), (0.5, -1.0, 60.0), (math.nan, 8.0, 60.0)):
        with pytest.raises(InvalidInputError):
            critical_saturation(*bad)


def test_the_cost_of_a_cycle_is_flat_around_websters() -> None:
    """Reference, section 2 (unverified there): 0.75 to 1.5 C0 cost little more than the best; here under a fifth."""

    def cost_s(cycle_s: float) -> float:
        greens_s = webster_greens_s([0.35, 0.30], cycle_s, 10.0)
        return sum(
            y * webster_delay_s(cycle_s, g, 1800.0, 1800.0 * y) for y, g in zip([0.35, 0.30], greens_s, strict=True)
        )

    best_s = webster_cycle_s(10.0, 0.65)
    lowest = min(cost_s(best_s * k / 100) for k in range(60, 200, 2))
    assert cost_s(best_s) <= 1.02 * lowest
    assert cost_s(0.75 * best_s) <= 1.2 * lowest
    assert cost_s(1.5 * best_s) <= 1.2 * lowest


def test_each_green_may_have_its_own_least() -> None:
    """By hand: 50 s for y 0.4, 0.1, 0.02; the third is raised to 10 s, then of 40 s the second has 8 s, below 9 s."""
    assert webster_greens_s([0.40, 0.10, 0.02], 60.0, 10.0, [5.0, 9.0, 10.0]) == pytest.approx([31.0, 9.0, 10.0])
    with pytest.raises(InvalidInputError, match="do not fit"):
        webster_greens_s([0.3, 0.3], 20.0, 8.0, [7.0, 6.0])
