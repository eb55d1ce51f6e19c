"""The filter against a slow one with matrices written out, its likelihood, gaps and what it learns."""

import numpy as np
import pytest

from detectors.forecast.state_space import DaysToFilter, Spreads, at_slot, cost_of, filtered, learned
from tests.detectors.forecast.series import curve

S = Spreads(0.1, 0.08, 1.0, 5.0, 2.0, 0.05, 1.5, 0.02, 0.5, 1.1)


def days(n_days: int = 3, m: int = 2, seed: int = 3, level: float = 0.1) -> DaysToFilter:
    dice = np.random.default_rng(seed)
    usual = np.concatenate([curve(1800), curve(1800)[:2]])[None, :, None] * (1 + np.arange(m)) * np.ones((n_days, 1, 1))
    more = 1 + level * dice.standard_normal((n_days, 1, 1))
    counted = dice.poisson(np.maximum(usual[:, :48] * more, 0)).astype(float)
    counted[0, 5:8, 0] = np.nan
    return DaysToFilter(counted, usual, 1800, 0.02 * np.ones(n_days), np.ones(n_days))


def slow(own: DaysToFilter, day: int, s: Spreads) -> tuple[np.ndarray, float]:
    """Filter one day by the textbook, all approaches at once; return the forecasts one interval ahead and -2 log L."""
    m, hours = own.counted_veh.shape[2], 0.5
    fade = np.exp(-hours / np.array([30.0, s.hour_h, s.shift_h, *[s.own_h] * m, *[s.more_h] * m]))
    sd = np.array([s.day, s.hour, s.shift_min / 30.0, *[s.own] * m, *[s.more] * m])
    x, p = np.zeros(3 + 2 * m), np.diag(sd**2)
    x[0] = own.start[day]
    slope, mean, means, cost = np.gradient(own.usual_veh[day], axis=0), own.usual_veh[day].mean(axis=0), [], 0.0
    for k in range(48):
        u = own.usual_veh[day, k]
        h = np.hstack([u[:, None], u[:, None], slope[k][:, None], np.diag(u), np.diag(mean)])
        f = u + h @ x
        means.append(f)
        seen = ~np.isnan(own.counted_veh[day, k])
        h, y, f = h[seen], own.counted_veh[day, k][seen], f[seen]
        r = np.diag(s.count * np.maximum(f, 0.3))
        total = h @ p @ h.T + r
        gain = p @ h.T @ np.linalg.inv(total)
        cost += np.linalg.slogdet(total)[1] + (y - f) @ np.linalg.inv(total) @ (y - f)
        x, p = x + gain @ (y - f), p - gain @ h @ p
        x, p = fade * x, p * np.outer(fade, fade) + np.diag(sd**2 * (1 - fade**2))
    return np.array(means), cost


def test_the_filter_is_the_textbooks_where_nothing_is_far_out() -> None:
    own = days()
    found = filtered(own, S, 2).mean_veh
    for day in range(3):
        means, _ = slow(own, day, S)
        np.testing.assert_allclose(found[day, :, 0], means, rtol=1e-8)
    total = sum(slow(own, day, S)[1] for day in range(3))
    assert cost_of(own, [S, S])[1] == pytest.approx(total, rel=1e-8)


def test_one_interval_asked_for_is_that_of_the_whole_day() -> None:
    own = days()
    found = filtered(own, S, 2)
    mean, var = at_slot(own, S, 2, 17)
    np.testing.assert_allclose(mean, found.mean_veh[:, 17])
    np.testing.assert_allclose(var, found.var_veh[:, 17])


def test_counts_after_the_origin_are_not_seen() -> None:
    one, other = days(), days()
    other.counted_veh[:, 20:] = 7.0
    np.testing.assert_array_equal(filtered(one, S, 2).mean_veh[:, :21], filtered(other, S, 2).mean_veh[:, :21])


def test_a_count_far_out_moves_the_forecast_less_than_in_proportion() -> None:
    def moved(count: float) -> float:
        one, other = days(level=0.0), days(level=0.0)
        other.counted_veh[0, 20] += count
        return float(filtered(other, S, 2).mean_veh[0, 21, 0, 1] - filtered(one, S, 2).mean_veh[0, 21, 0, 1])

    assert 0 < moved(2000.0) < 20 * moved(20.0) / 2


def test_learning_finds_spreads_that_explain_the_days_better() -> None:
    own = days(n_days=20, level=0.25)
    found = learned(own)
    assert cost_of(own, [found])[0] < cost_of(own, [Spreads()])[0]
    assert found.day > 1.5 * learned(days(n_days=20, level=0.02)).day
