"""Intervals cover what they say, whatever the spread is worth, and use past errors alone."""

import numpy as np

from detectors.forecast.conformal import bounds_at, quantiles, rolling_bounds


def errors(n_days: int = 70, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and spreads: the spread is wrong by a factor that depends on the hour; errors are skew."""
    dice = np.random.default_rng(seed)
    spread = 3.0 * np.ones((n_days, 96, 2, 2))
    factor = np.repeat(0.3 + np.arange(24) / 10, 4)[None, :, None, None] * np.array([1.0, 1.5])[None, None, :, None]
    return 100 + spread * factor * (dice.exponential(1.0, spread.shape) - 1.0), spread


def test_each_hour_and_time_ahead_is_covered_nine_times_in_ten() -> None:
    counted, spread = errors()
    low, high = rolling_bounds(counted, np.full_like(counted, 100.0), spread, 42, 0.9)
    inside = ((counted >= low) & (counted <= high))[42:]
    assert 0.88 < inside.mean() < 0.92
    by_hour = inside.reshape(28, 24, 4, 2, 2).mean(axis=(0, 2, 4))
    assert by_hour.min() > 0.82
    assert by_hour.max() < 0.97


def test_the_errors_of_the_day_and_the_day_before_are_not_used() -> None:
    counted, spread = errors()
    changed = counted.copy()
    changed[49:] += 1e6
    mean = np.full_like(counted, 100.0)
    one, other = (rolling_bounds(c, mean, spread, 42, 0.9)[1] for c in (counted, changed))
    np.testing.assert_array_equal(one[:51], other[:51])
    assert (other[56] > one[56]).all()


def test_too_few_errors_of_an_hour_take_those_of_all_hours() -> None:
    counted, spread = errors(20)
    score = (counted - 100.0) / spread
    score[:, 40:44] = np.nan
    found = quantiles(score, 0.9)
    assert np.isfinite(found[0]).all()
    assert np.isnan(quantiles(score[:0], 0.9)[0]).all()
    low, high = bounds_at(41, np.full((2, 2), 100.0), np.ones((2, 2)), found, 96)
    assert (low < 100).all()
    assert (high > 100).all()
