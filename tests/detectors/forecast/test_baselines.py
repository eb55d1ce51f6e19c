"""Naive forecasts: what they are, and that they see nothing of what comes."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.forecast.baselines import (
    MEDIAN_TYPE,
    MEDIAN_WEEKDAY,
    NAIVE,
    SEASONAL,
    Ratio,
    day_curves,
    naive_forecasts,
    persistence,
    ratio_forecast,
    targets,
)
from tests.detectors.forecast.series import made


def test_the_seasonal_forecast_is_the_last_count_of_the_same_weekday() -> None:
    series = made(n_days=21)
    hole = series.vehicles.copy()
    hole[7, 10, 0] = np.nan
    series = replace(series, vehicles=hole)
    found = day_curves(series, SEASONAL)
    np.testing.assert_array_equal(found[14, 11:], series.vehicles[7, 11:])
    assert found[14, 10, 0] == series.vehicles[0, 10, 0], "the week before has a gap: the one before that"


def test_medians_are_of_the_weekday_or_of_its_type() -> None:
    series = made(n_days=22)
    np.testing.assert_allclose(day_curves(series, MEDIAN_WEEKDAY)[21], np.median(series.vehicles[[0, 7, 14]], axis=0))
    work = [k for k in range(21) if k % 7 < 5]
    np.testing.assert_allclose(day_curves(series, MEDIAN_TYPE)[21], np.median(series.vehicles[work], axis=0))


def test_persistence_holds_the_last_count_over_gaps() -> None:
    series = made(n_days=2)
    hole = series.vehicles.copy()
    hole[0, 5:8] = np.nan
    found = persistence(replace(series, vehicles=hole), 2)
    np.testing.assert_array_equal(found[0, 8], np.repeat(hole[0, 4][None], 2, axis=0))


def test_the_ratio_is_that_of_weighted_sums_and_fades() -> None:
    series = made(n_days=3)
    curves = np.full_like(series.vehicles, 10.0)
    counted = np.full_like(series.vehicles, 12.0)
    found = ratio_forecast(replace(series, vehicles=counted), curves, Ratio(0.3, 1.0, MEDIAN_TYPE), 2)
    assert found[1, 10, 0, 0] == pytest.approx(10 * (1 + 0.2 * np.exp(-0.5)))
    assert found[1, 10, 1, 0] == pytest.approx(10 * (1 + 0.2 * np.exp(-1.0)))


def test_no_naive_forecast_sees_what_is_counted_after_its_origin() -> None:
    series = made(n_days=30)
    changed = series.vehicles.copy()
    changed[24, 20:] = 5.0
    changed[25:] = 5.0
    one, other = (naive_forecasts(replace(series, vehicles=v), 14, 21, 2) for v in (series.vehicles, changed))
    for name in NAIVE:
        np.testing.assert_array_equal(one[name][24, :20], other[name][24, :20], err_msg=name)
    assert set(one) == set(NAIVE)


def test_targets_go_over_midnight_and_end_with_the_series() -> None:
    rows = np.arange(96.0).reshape(2, 48, 1)
    found = targets(rows, 3)
    assert found[0, 47, :, 0].tolist() == [47, 48, 49]
    assert found[1, 47, 0, 0] == 95
    assert np.isnan(found[1, 47, 1:, 0]).all()
