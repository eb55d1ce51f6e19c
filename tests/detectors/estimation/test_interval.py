"""Estimates with intervals."""

import math

import pytest

from detectors.estimation.interval import Estimate, around
from signal_ctrl.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("value", "low", "high"), [(1.0, 2.0, 3.0), (4.0, 2.0, 3.0), (math.nan, 0.0, 1.0), (1.0, -math.inf, 2.0)]
)
def test_an_estimate_outside_its_interval_is_refused(value: float, low: float, high: float) -> None:
    with pytest.raises(InvalidInputError):
        Estimate(value, low, high, 1)


def test_a_lower_bound_holds_everything_above_it() -> None:
    found = Estimate(80.0, 80.0, math.inf, 9)
    assert found.at_least
    assert found.holds(500.0)
    assert not found.holds(79.0)


def test_no_interval_of_a_length_goes_below_zero() -> None:
    assert around(1.0, 5.0, 3).low == 0.0
    assert around(-0.5, 0.1, 3, least=-math.inf).low == pytest.approx(-0.696)
