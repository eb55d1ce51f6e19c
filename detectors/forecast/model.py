"""The forecast of one signal: what is learned from training days, and the state-space forecast with it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.profile import ProfileRules, Profiles, best_rules, rolling_profiles
from detectors.forecast.series import FlowSeries
from detectors.forecast.state_space import DaysToFilter, Filtered, Spreads, filtered, learned
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
PROFILE_D: Final = 14
"""So many days come before the first that anything is learned from: its profile is made of them."""
LEAST_TRAIN_D: Final = 21
MOST_LEARNED_D: Final = 42
LEARNED_S: Final = 900
"""Spreads are learned from intervals of at least this length: they are properties of the traffic. [s]"""
_NEWEST: Final = 0.3
_FARTHEST: Final = 0.3
_DOUBT_D: Final = 3.0


@dataclass(frozen=True, slots=True)
class Learned:
    """What the training days taught: how to make profiles, spreads of the state, and how much of the last days'
    difference from their profiles a day begins with (0-1).
    """

    rules: ProfileRules
    spreads: Spreads
    carried: float


def learn(series: FlowSeries) -> Learned:
    """Return what the days of a series teach of one signal.

    Raises: InvalidInputError for fewer than three weeks, or if hardly anything was counted in them.
    """
    n_days = len(series.dates)
    check_train(series, n_days)
    rules = best_rules(series, PROFILE_D)
    series = series.coarser(max(LEARNED_S, series.interval_s))
    profiles = rolling_profiles(series, rules, 0)
    level = _levels(series, profiles)
    before = _carried(level)
    own, of = level[PROFILE_D:], before[PROFILE_D:]
    carried = float(np.clip(of @ own / max(float(of @ of), 1e-9), 0.0, 1.0))
    first = max(PROFILE_D, n_days - MOST_LEARNED_D)
    days = days_of(series, profiles, carried * before, slice(first, n_days))
    return Learned(rules, learned(days), carried)


def check_train(series: FlowSeries, n_train: int) -> None:
    """Check that days suffice to learn from. Raises: InvalidInputError if not."""
    if n_train < LEAST_TRAIN_D:
        raise InvalidInputError(f"{n_train} days to learn from; a forecast needs {LEAST_TRAIN_D} at least")
    for k, (signal, edge) in enumerate(series.approaches):
        share = float((~np.isnan(series.vehicles[:n_train, :, k])).mean())
        if share < 0.3:
            raise InvalidInputError(
                f"signal {signal}, approach {edge}: only {share:.0%} of the first {n_train} days was counted; "
                "leave it out or give more days"
            )


def forecast(series: FlowSeries, known: Learned, n_ahead: int, first: int) -> tuple[Profiles, Filtered]:
    """Return profiles, and the state-space forecasts made in each interval of the days from `first` on; NaN before."""
    profiles, start = prepared(series, known, n_ahead, first)
    own = filtered(days_of(series, profiles, start, slice(first, len(series.dates))), known.spreads, n_ahead)
    return profiles, Filtered(*(_padded(part, first) for part in (own.mean_veh, own.var_veh, own.states)))


def prepared(series: FlowSeries, known: Learned, n_ahead: int, first: int) -> tuple[Profiles, FloatArray]:
    """Return the profiles of the days from `first` on, and what the days before each say of its level. (n_days,)"""
    profiles = rolling_profiles(series, known.rules, n_ahead, max(first - PROFILE_D, 0))
    return profiles, known.carried * _carried(_levels(series, profiles))


def _padded(part: FloatArray, n: int) -> FloatArray:
    return np.concatenate([np.full((n, *part.shape[1:]), np.nan), part])


def days_of(series: FlowSeries, profiles: Profiles, start: FloatArray, own: slice) -> DaysToFilter:
    """Return some days side by side for the filter."""
    doubt = 1.0 + _DOUBT_D / np.maximum(profiles.alike[:-1], 0.5)
    return DaysToFilter(series.vehicles[own], profiles.usual_veh[:-1][own], series.interval_s, start[own], doubt[own])


def _levels(series: FlowSeries, profiles: Profiles) -> FloatArray:
    """Return by which share each day had more than its profile, all approaches together; 0 where nobody knows."""
    usual = profiles.usual_veh[:-1, : series.n_slots]
    seen = ~np.isnan(series.vehicles) & ~np.isnan(usual)
    came = np.where(seen, series.vehicles, 0.0).sum(axis=(1, 2))
    wanted = np.where(seen, usual, 0.0).sum(axis=(1, 2))
    share = np.where(wanted > 0, came / np.where(wanted > 0, wanted, 1.0) - 1.0, 0.0)
    return np.asarray(np.clip(share, -_FARTHEST, _FARTHEST))


def _carried(level: FloatArray) -> FloatArray:
    """Return for each day the smoothed level of the days before it."""
    found, now = np.zeros_like(level), 0.0
    for day, own in enumerate(level):
        found[day] = now
        now += _NEWEST * (own - now)
    return found
