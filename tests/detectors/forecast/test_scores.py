"""Scores and paired tests against brute force and known values."""

import numpy as np
import pytest
from scipy import stats

from detectors.forecast.scores import by_hour, diebold_mariano, geh_share, paired, poisson_floor_veh, score_of
from signal_ctrl.domain.errors import InvalidInputError


def test_the_floor_of_poisson_counts_is_their_mean_deviation() -> None:
    for rate in (0.3, 2.0, 7.5, 120.0):
        k = np.arange(1000)
        brute = float((stats.poisson.pmf(k, rate) * np.abs(k - rate)).sum())
        assert poisson_floor_veh(np.array([rate])) == pytest.approx(brute, rel=1e-9)


def test_scores_of_a_small_example() -> None:
    counted = np.tile(np.array([10.0, 20.0]), 48).reshape(1, 96, 1)
    mean = counted + np.tile([1.0, -3.0], 48).reshape(1, 96, 1)
    found = score_of(counted, mean, (mean - 2.0, mean + 2.0), 4.0, 4)
    assert (found.mae_veh, found.rmse_veh, found.wape) == pytest.approx((2.0, 5**0.5, 4 / 30))
    assert (found.mase, found.coverage, found.width_veh) == pytest.approx((0.5, 0.5, 4.0))
    # hourly volumes 60 and 56: sqrt(2 * 16 / 116) is below 5
    assert found.geh_below_5 == 1.0
    # 10 in 9..13, 20 in 15..19: 0.05 * 1 and 0.05 * 3; 0.05 * 5 and 0.95 * 1
    assert found.pinball_veh == pytest.approx(((0.05 + 0.15) / 2 + (0.25 + 0.95) / 2) / 2 - 0.0, abs=0.06)


def test_geh_is_of_hourly_volumes_and_hours_with_a_gap_are_left_out() -> None:
    counted, mean = np.full((1, 96, 1), 100.0), np.full((1, 96, 1), 130.0)
    assert geh_share(counted, mean, 4) == 0.0  # 520 and 400 an hour: 5.6
    assert geh_share(counted / 4, mean / 4, 4) == 1.0
    counted[0, :95] = np.nan
    assert np.isnan(geh_share(counted, mean, 4))


def test_a_better_forecast_is_found_better_and_a_copy_is_not() -> None:
    dice = np.random.default_rng(5)
    counted = dice.normal(0.0, 1.0, (300, 24, 1)) + 10
    good, bad = counted + dice.normal(0, 1.0, counted.shape), counted + dice.normal(0, 1.3, counted.shape)
    found = paired(counted, good, bad, np.random.default_rng(1))
    assert found.low < 1 - 1 / 1.3 < found.high
    assert found.p < 1e-6
    assert paired(counted, good, good, np.random.default_rng(1)).p == 1.0
    with pytest.raises(InvalidInputError, match="3 days can be compared"):
        paired(counted[:3], good[:3], bad[:3], dice)


def test_the_test_holds_its_level_where_there_is_no_difference() -> None:
    dice = np.random.default_rng(2)
    p = [diebold_mariano(dice.normal(0.0, 1.0, 42)) for _ in range(800)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.10


def test_coverage_is_told_by_hour() -> None:
    counted = np.zeros((2, 48, 1))
    high = np.ones((2, 48, 1))
    high[:, 20:22] = -1.0
    found = by_hour(counted, (-np.ones((2, 48, 1)), high), 2)
    assert found[10] == 0.0
    assert found[11] == 1.0
