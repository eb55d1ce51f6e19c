"""Naive forecasts, against which every other one is measured. Each uses what was counted before its origin only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.profile import group_of
from detectors.forecast.series import FlowSeries

FloatArray = NDArray[np.float64]
SEASONAL: Final = "seasonal naive"
MEDIAN_WEEKDAY: Final = "median of weekday"
MEDIAN_TYPE: Final = "median of day type"
PERSISTENCE: Final = "persistence"
EWMA: Final = "profile x EWMA"
TUNED_EWMA: Final = "profile x EWMA, tuned"
NAIVE: Final = (SEASONAL, MEDIAN_WEEKDAY, MEDIAN_TYPE, PERSISTENCE, EWMA, TUNED_EWMA)
UNTUNED: Final = NAIVE[:-1]
_ALPHAS: Final = (0.15, 0.3, 0.5)
_FADES_H: Final = (0.75, 2.0, 6.0)
_CLIP: Final = (0.6, 1.6)
_MOST_DAYS: Final = 20


@dataclass(frozen=True, slots=True)
class Ratio:
    """How the profile is corrected: weight of the newest ratio, its fading [h], and by which median it is measured."""

    alpha: float
    fade_h: float
    profile: str


USUAL: Final = Ratio(0.3, 0.75, MEDIAN_TYPE)
"""What is usual where nobody tunes: a ratio that fades within an hour. A convention."""


def targets(days_slots: FloatArray, n_ahead: int) -> FloatArray:
    """Return for each origin the values of the intervals from it on, into the next day; NaN behind the end.

    days_slots (n_days, n_slots, n_approaches); (n_days, n_slots, n_ahead, n_approaches)
    """
    n_days, n_slots, m = days_slots.shape
    row = np.concatenate([days_slots.reshape(-1, m), np.full((n_ahead, m), np.nan)])
    found = np.stack([row[k : k + n_days * n_slots] for k in range(n_ahead)], axis=1)
    return np.asarray(found.reshape(n_days, n_slots, n_ahead, m))


def day_curves(series: FlowSeries, what: str) -> FloatArray:
    """Return the seasonal naive forecast or a median for each day, from days before it. As the counts. [veh]

    Seasonal naive: the same interval of the last day of the same kind that was counted; medians: of at most the last
    20 days of the kind (of its group). Where nothing is known: of all days before.
    """
    kinds = list(series.kinds) if what != MEDIAN_TYPE else [group_of(kind) for kind in series.kinds]
    most = 1 if what == SEASONAL else _MOST_DAYS
    found = np.full_like(series.vehicles, np.nan)
    for day in range(1, len(kinds)):
        own = [k for k in range(day) if kinds[k] == kinds[day]]
        for days in (own, [k for k in range(day) if group_of(series.kinds[k]) == group_of(series.kinds[day])]):
            found[day] = np.where(np.isnan(found[day]), _median_of_last(series.vehicles[days], most), found[day])
        found[day] = np.where(np.isnan(found[day]), _median_of_last(series.vehicles[:day], _MOST_DAYS), found[day])
    return found


def _median_of_last(vehicles: FloatArray, most: int) -> FloatArray:
    """Return the median of the last counts of each interval that are there, at most so many."""
    if not len(vehicles):
        return np.full(vehicles.shape[1:], np.nan)
    from_last = vehicles[::-1]
    seen = ~np.isnan(from_last)
    used = seen & (np.cumsum(seen, axis=0) <= most)
    ordered = np.sort(np.where(used, from_last, np.inf), axis=0)
    number = used.sum(axis=0)
    low, high = np.maximum((number - 1) // 2, 0), np.minimum(number // 2, len(ordered) - 1)
    both = [np.take_along_axis(ordered, k[None], axis=0)[0] for k in (low, high)]
    return np.where(number > 0, (both[0] + both[1]) / 2.0, np.nan)


def persistence(series: FlowSeries, n_ahead: int) -> FloatArray:
    """Return the last count before each origin as the forecast. (n_days, n_slots, n_ahead, n_approaches) [veh]"""
    n_days, n_slots, m = series.vehicles.shape
    row = series.vehicles.reshape(-1, m)
    last = np.where(np.isnan(row), 0, np.arange(len(row))[:, None])
    held = np.take_along_axis(row, np.maximum.accumulate(last, axis=0), axis=0)
    before = np.concatenate([np.full((1, m), np.nan), held[:-1]]).reshape(n_days, n_slots, 1, m)
    return np.repeat(before, n_ahead, axis=2)


def ratio_forecast(series: FlowSeries, curves: FloatArray, ratio: Ratio, n_ahead: int) -> FloatArray:
    """Return curves times a smoothed ratio of counts to them, 0.6 to 1.6, which fades to 1 with the time ahead.

    The ratio is that of weighted sums, so that quiet intervals do not upset it.
    (n_days, n_slots, n_ahead, n_approaches) [veh]
    """
    ratios = _ratios(series.vehicles, curves[None], (ratio.alpha,))[0, 0]
    return _corrected(curves, ratios, ratio.fade_h, n_ahead, series.interval_s)


def _corrected(curves: FloatArray, ratios: FloatArray, fade_h: float, n_ahead: int, interval_s: int) -> FloatArray:
    ahead_h = np.arange(1, n_ahead + 1) * interval_s / 3600.0
    factor = 1.0 + (ratios[:, :, None] - 1.0) * np.exp(-ahead_h / fade_h)[None, None, :, None]
    return np.asarray(targets(curves, n_ahead) * factor)


def _ratios(vehicles: FloatArray, curves: FloatArray, alphas: tuple[float, ...]) -> FloatArray:
    """Return the smoothed ratio before each interval. curves (n_curves, ...); (n_curves, n_alphas, *vehicles.shape)"""
    m = vehicles.shape[2]
    counted, usual = vehicles.reshape(-1, m), curves.reshape(len(curves), -1, m)
    seen = ~np.isnan(counted)[None] & ~np.isnan(usual)
    alpha = np.array(alphas)[None, :, None]
    came, wanted = np.zeros((len(curves), len(alphas), m)), np.zeros((len(curves), len(alphas), m))
    found = np.ones((len(curves), len(alphas), len(counted), m))
    came_now, wanted_now = np.where(seen, counted[None], 0.0), np.where(seen, usual, 0.0)
    for k in range(len(counted)):
        found[:, :, k] = np.where(wanted > 0, came / np.where(wanted > 0, wanted, 1.0), 1.0)
        weight = np.where(seen[:, None, k], alpha, 0.0)
        came += weight * (came_now[:, None, k] - came)
        wanted += weight * (wanted_now[:, None, k] - wanted)
    return np.asarray(np.clip(found, *_CLIP).reshape(len(curves), len(alphas), *vehicles.shape))


def best_ratio(series: FlowSeries, curves: dict[str, FloatArray], begin: int, end: int, n_ahead: int) -> Ratio:
    """Return the correction that misses least on the days from `begin` to `end` (not in it)."""
    wanted = targets(series.vehicles[:end], n_ahead)[begin:]
    names = (MEDIAN_WEEKDAY, MEDIAN_TYPE)
    ratios = _ratios(series.vehicles[:end], np.stack([curves[name][:end] for name in names]), _ALPHAS)

    def error(ratio: Ratio) -> float:
        own = ratios[names.index(ratio.profile), _ALPHAS.index(ratio.alpha), begin:]
        found = _corrected(curves[ratio.profile][begin:end], own, ratio.fade_h, n_ahead, series.interval_s)
        return float(np.nanmean(np.abs(found - wanted)))

    return min((Ratio(a, f, name) for a in _ALPHAS for f in _FADES_H for name in names), key=error)


def naive_forecasts(series: FlowSeries, begin: int, n_train: int, n_ahead: int) -> dict[str, FloatArray]:
    """Return every naive forecast of a series; the tuned ratio is that of the days `begin` to `n_train` (not in it)."""
    curves = {name: day_curves(series, name) for name in (SEASONAL, MEDIAN_WEEKDAY, MEDIAN_TYPE)}
    ratio = best_ratio(series, curves, begin, n_train, n_ahead)
    found = {name: targets(own, n_ahead) for name, own in curves.items()}
    found[PERSISTENCE] = persistence(series, n_ahead)
    for name, own in ((EWMA, USUAL), (TUNED_EWMA, ratio)):
        found[name] = ratio_forecast(series, curves[own.profile], own, n_ahead)
    return found
