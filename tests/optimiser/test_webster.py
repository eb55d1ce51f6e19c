"""Textbook formulas: golden values, and that what they do not hold for is refused."""

import math

import numpy as np
import pytest

from optimiser.webster import (
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
