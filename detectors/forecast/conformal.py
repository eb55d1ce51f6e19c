"""Prediction intervals from past errors: split conformal by time ahead and hour of the day, over a window of days.

Errors of past days are divided by what the forecast thinks of its own spread. The quantiles of these scores among the
days before make the interval, so that it covers what it says whatever the spread is worth. Source: Vovk, Gammerman &
Shafer 2005, "Algorithmic learning in a random world"; asymmetric as in Romano, Patterson & Candes 2019.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
WINDOW_D: Final = 42
LEAST: Final = 60
_HOURS: Final = 24


def scores(counted: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Return errors in units of the spread. All (n_days, n_slots, n_ahead, n_approaches)."""
    return np.asarray((counted - mean) / np.maximum(spread, 1e-9))


def rolling_bounds(
    counted: FloatArray, mean: FloatArray, spread: FloatArray, first: int, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper ends of the intervals of each day from `first` on, from the errors of days before it.

    The day just before is left out: its last forecasts are about the day itself. counted, mean, spread (n_days,
    n_slots, n_ahead, n_approaches) [veh]. NaN where too few errors are known.
    """
    score = scores(counted, mean, spread)
    low, high = np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    for day in range(first, len(mean)):
        factors = quantiles(score[max(day - WINDOW_D, 0) : day - 1], level) if day > 1 else None
        if factors is not None:
            low[day], high[day] = bounds(mean[day], spread[day], factors)
    return low, high


def quantiles(score: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the two quantiles of scores by hour and time ahead. score (n_days, n_slots, n_ahead, n_approaches)

    Where an hour has too few, those of all hours; NaN where these are too few as well. (24, n_ahead) each.
    """
    n_days, n_slots, n_ahead, m = score.shape
    hourly = score.reshape(n_days, _HOURS, n_slots // _HOURS, n_ahead, m).transpose(1, 3, 0, 2, 4)
    rows = hourly.reshape(_HOURS, n_ahead, -1)
    whole = np.broadcast_to(rows.transpose(1, 0, 2).reshape(1, n_ahead, -1), (1, n_ahead, rows.shape[2] * _HOURS))
    own, every = _ends(rows, level), _ends(whole, level)
    return (np.where(np.isnan(own[0]), every[0], own[0]), np.where(np.isnan(own[1]), every[1], own[1]))


def _ends(rows: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the middle `level` of each row, widened as so few scores ask; NaN for fewer than 60."""
    if not rows.shape[-1]:
        return np.full(rows.shape[:-1], np.nan), np.full(rows.shape[:-1], np.nan)
    ordered = np.sort(rows, axis=-1)  # NaN last
    number = (~np.isnan(rows)).sum(axis=-1)
    tail = (1.0 - level) / 2.0
    last = np.maximum(number - 1, 0)
    up = np.clip(np.ceil((number + 1) * (1.0 - tail)).astype(np.int64) - 1, 0, last)
    down = np.clip(np.floor((number + 1) * tail).astype(np.int64) - 1, 0, last)
    found = [np.take_along_axis(ordered, k[..., None], axis=-1)[..., 0] for k in (down, up)]
    return np.where(number >= LEAST, found[0], np.nan), np.where(number >= LEAST, found[1], np.nan)


def bounds(
    mean: FloatArray, spread: FloatArray, factors: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the intervals of one day. mean, spread (n_slots, n_ahead, n_approaches); [veh]"""
    each = mean.shape[0] // _HOURS
    low, high = (np.repeat(one, each, axis=0)[:, :, None] for one in factors)
    return np.maximum(mean + low * spread, 0.0), np.maximum(mean + high * spread, 0.0)


def bounds_at(
    slot: int, mean: FloatArray, spread: FloatArray, factors: tuple[FloatArray, FloatArray], n_slots: int
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the intervals of one origin's forecasts. mean, spread (n_ahead, n_approaches); [veh]"""
    hour = slot * _HOURS // n_slots
    low, high = (one[hour][:, None] for one in factors)
    return np.maximum(mean + low * spread, 0.0), np.maximum(mean + high * spread, 0.0)
