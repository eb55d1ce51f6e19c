"""How good forecasts are: errors, intervals, the floor that chance sets, and whether one is better than another."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.geh import GOOD, geh

FloatArray = NDArray[np.float64]
LEVEL: Final = 0.9
_TAILS: Final = (0.05, 0.95)
_GEH: Final = np.frompyfunc(geh, 2, 1)


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one forecast. mae_veh, rmse_veh, pinball_veh [veh]; wape, geh_below_5, coverage 0-1; width_veh, mean
    length of the intervals [veh]; mase, over the mean error of the seasonal naive forecast on the training days.
    """

    mae_veh: float
    rmse_veh: float
    wape: float
    mase: float
    geh_below_5: float
    pinball_veh: float
    coverage: float
    width_veh: float
    n: int


def score_of(
    counted: FloatArray, mean: FloatArray, bounds: tuple[FloatArray, FloatArray], scale_veh: float, per_hour: int
) -> Score:
    """Return the scores of forecasts where they and the counts are there.

    Args: counted, mean and bounds (n_days, n_slots, n_approaches) [veh]; scale_veh, of MASE; per_hour, intervals.
    Raises: InvalidInputError if nothing can be scored.
    """
    low, high = bounds
    seen = ~np.isnan(counted) & ~np.isnan(mean) & ~np.isnan(low)
    if not seen.any():
        raise InvalidInputError("no interval has both a count and a forecast; give more days")
    y, f, lo, hi = counted[seen], mean[seen], low[seen], high[seen]
    error = np.abs(y - f)
    return Score(
        mae_veh=float(error.mean()),
        rmse_veh=float(np.sqrt(((y - f) ** 2).mean())),
        wape=float(error.sum() / max(y.sum(), 1e-9)),
        mase=float(error.mean() / scale_veh) if scale_veh > 0 else math.nan,
        geh_below_5=geh_share(counted, mean, per_hour),
        pinball_veh=float((pinball(y, lo, _TAILS[0]) + pinball(y, hi, _TAILS[1])).mean() / 2.0),
        coverage=float(((y >= lo) & (y <= hi)).mean()),
        width_veh=float((hi - lo).mean()),
        n=int(seen.sum()),
    )


def pinball(counted: FloatArray, quantile: FloatArray, share: float) -> FloatArray:
    """Return the pinball loss of a quantile forecast. [veh]

    Source: Koenker & Bassett 1978, "Regression quantiles", Econometrica 46.
    >>> pinball(np.array([10.0, 10.0]), np.array([12.0, 8.0]), 0.9).round(3).tolist()
    [0.2, 1.8]
    """
    return np.asarray(np.maximum(share * (counted - quantile), (share - 1.0) * (counted - quantile)))


def geh_share(counted: FloatArray, mean: FloatArray, per_hour: int) -> float:
    """Return the share of whole hours with GEH below 5 of hourly volumes; NaN where no hour is whole. 0-1"""
    hours = [a.reshape(a.shape[0], -1, per_hour, a.shape[2]).sum(axis=2).ravel() for a in (mean, counted)]
    seen = ~np.isnan(hours[0]) & ~np.isnan(hours[1])
    if not seen.any():
        return math.nan
    return float((_GEH(hours[0][seen], hours[1][seen]).astype(np.float64) < GOOD).mean())


def poisson_floor_veh(rate_veh: FloatArray) -> float:
    """Return the mean absolute error of who knows the rates of Poisson counts and nothing more. NaN are left out. [veh]

    E|N - r| = 2 exp(-r) r^(k+1) / k!, k the whole part of r. Source: Johnson, Kemp & Kotz 2005, "Univariate discrete
    distributions", ch. 4.
    >>> round(poisson_floor_veh(np.array([1.0])), 4)
    0.7358
    """
    rate = rate_veh[~np.isnan(rate_veh)]
    own = np.maximum(rate, 1e-12)
    whole = np.floor(own)
    return float((2.0 * own * stats.poisson.pmf(whole, own)).mean()) if len(own) else math.nan


@dataclass(frozen=True, slots=True)
class Paired:
    """A forecast against another on the same counts: by how much its mean absolute error is smaller (share), the 95 %
    interval of that by a bootstrap over blocks of days, and the two-sided p of Diebold and Mariano.
    """

    gain: float
    low: float
    high: float
    p: float
    n_days: int


def paired(counted: FloatArray, mean: FloatArray, other: FloatArray, dice: np.random.Generator) -> Paired:
    """Return the comparison of two forecasts; days are the values, as errors within one depend on each other.

    counted, mean, other (n_days, ...) [veh]. Sources: Diebold & Mariano 1995, J. Bus. Econ. Stat. 13, with the small
    sample correction of Harvey, Leybourne & Newbold 1997, Int. J. Forecast. 13; blocks: Kuensch 1989, Ann. Stat. 17.
    Raises: InvalidInputError for fewer than four days that can be compared.
    """
    own, others = daily_errors(counted, mean, other)
    if len(own) < 4:
        raise InvalidInputError(f"{len(own)} days can be compared; a paired test needs 4 at least")
    draws = _block_draws(len(own), min(7, len(own) // 2), dice)
    gains = 1.0 - own[draws].sum(axis=1) / np.maximum(others[draws].sum(axis=1), 1e-12)
    low, high = np.quantile(gains, [0.025, 0.975])
    gain = 1.0 - own.sum() / max(others.sum(), 1e-12)
    return Paired(float(gain), float(low), float(high), diebold_mariano(own - others), len(own))


def daily_errors(counted: FloatArray, mean: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sum of absolute errors of two forecasts on each day on which both and counts are there."""
    seen = ~(np.isnan(counted) | np.isnan(mean) | np.isnan(other))
    axes = tuple(range(1, counted.ndim))
    days = seen.any(axis=axes)
    own, others = (np.where(seen, np.abs(counted - one), 0.0).sum(axis=axes)[days] for one in (mean, other))
    return own, others


def diebold_mariano(differences: FloatArray) -> float:
    """Return the two-sided p that the mean difference of losses is zero, by days that may depend on the day before."""
    n = len(differences)
    centred = differences - differences.mean()
    lags = min(int(n ** (1 / 3)), n - 2)
    weights = [1.0 - lag / (lags + 1.0) for lag in range(1, lags + 1)]
    covariances = [float(centred[lag:] @ centred[:-lag]) / n for lag in range(1, lags + 1)]
    variance = float(centred @ centred) / n + 2.0 * sum(w * c for w, c in zip(weights, covariances, strict=True))
    if variance <= 0:
        return 1.0 if abs(differences.mean()) < 1e-12 else 0.0
    ahead = lags + 1
    correction = math.sqrt((n + 1 - 2 * ahead + ahead * (ahead - 1) / n) / n)
    statistic = correction * differences.mean() / math.sqrt(variance / n)
    return float(2.0 * stats.t.sf(abs(statistic), n - 1))


def _block_draws(n: int, length: int, dice: np.random.Generator, times: int = 2000) -> NDArray[np.int64]:
    blocks = -(-n // length)
    begins = dice.integers(0, n, (times, blocks))
    return np.asarray(((begins[:, :, None] + np.arange(length)) % n).reshape(times, -1)[:, :n])


def by_hour(counted: FloatArray, bounds: tuple[FloatArray, FloatArray], per_hour: int) -> Mapping[int, float]:
    """Return the coverage of intervals in each hour of the day. 0-1; hours without counts are left out"""
    low, high = bounds
    seen = ~np.isnan(counted) & ~np.isnan(low)
    inside = seen & (counted >= low) & (counted <= high)
    found = {}
    for hour in range(24):
        own = slice(hour * per_hour, (hour + 1) * per_hour)
        if seen[:, own].any():
            found[hour] = float(inside[:, own].sum() / seen[:, own].sum())
    return found
