"""Made-up series for tests: Poisson counts around a curve with a morning peak, days of different levels."""

import datetime as dt

import numpy as np

from detectors.forecast.series import FlowSeries
from signal_ctrl.domain.schedule import WEEKDAYS

MONDAY = dt.date(2026, 3, 2)


def curve(interval_s: int) -> np.ndarray:
    """Return vehicles in each interval of a day."""
    hours = (np.arange(86_400 // interval_s) + 0.5) * interval_s / 3600
    veh_h = 60 + 500 * np.exp(-(((hours - 8) / 1.2) ** 2)) + 350 * np.exp(-(((hours - 17) / 2.0) ** 2))
    return np.asarray(veh_h * interval_s / 3600)


def made(n_days: int = 35, interval_s: int = 1800, m: int = 2, spread: float = 0.15, seed: int = 1) -> FlowSeries:
    """Return days whose level is drawn by lot; weekends have 60 % of the traffic."""
    dice = np.random.default_rng(seed)
    dates = tuple(MONDAY + dt.timedelta(days=k) for k in range(n_days))
    level = (1 + spread * dice.standard_normal(n_days)) * np.array([0.6 if d.weekday() >= 5 else 1.0 for d in dates])
    rate = level[:, None, None] * curve(interval_s)[None, :, None] * (1 + np.arange(m))
    kinds = tuple(WEEKDAYS[d.weekday()] for d in dates)
    after = [WEEKDAYS[(dates[-1].weekday() + k) % 7] for k in (1, 2)]
    names = tuple(("S", f"e{k}") for k in range(m))
    return FlowSeries(
        dates, kinds, interval_s, names, dice.poisson(np.maximum(rate, 0)).astype(float), (after[0], after[1])
    )
