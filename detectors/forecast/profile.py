"""The historical profile: what is usual in each interval of a day of its kind, from the days before it alone.

Working days share a curve, which each weekday changes by a smooth factor as far as enough of them were counted; every
other kind has its own curve. The mean is robust: a count far from the usual one, as in an incident, counts as one at
the edge of what is usual. Missing counts do not count. Younger days count more.
"""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.series import FlowSeries
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import WEEKDAYS

FloatArray = NDArray[np.float64]
WORK: Final = "work"
_WORKING: Final = frozenset(WEEKDAYS[:5])
_LIKE: Final = {"sat": ("sun", WORK), "sun": ("sat", WORK), WORK: ("sat", "sun")}
_HUBER: Final = 2.5
_ROUNDS: Final = 3
_LEAST_VEH: Final = 0.05
_WEEKDAY_MIN: Final = 90.0
_BLOCK_S: Final = 14_400


def group_of(kind: str) -> str:
    """Return the group of a kind of day that shares a curve.

    >>> group_of("tue"), group_of("sun"), group_of("holiday")
    ('work', 'sun', 'holiday')
    """
    return WORK if kind in _WORKING else kind


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """How a profile is made: half-life of a day's weight [days], width of the smoothing [min], how many days of a
    weekday weigh as much as none of its own.
    """

    half_life_d: float = 28.0
    smooth_min: float = 10.0
    shrink_d: float = 4.0

    def __post_init__(self) -> None:
        if not (self.half_life_d > 0 and self.smooth_min >= 0 and self.shrink_d >= 0):
            raise InvalidInputError(f"a profile needs a half-life above 0 and no negative width, got {self}")


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """What is usual on each day. usual_veh (n_days + 1, n_slots + n_more, n_approaches) [veh], of days before it alone,
    with the first `n_more` intervals of the day after it; the last row is that of the day after the series. alike
    (n_days + 1,): how many days of its group were counted before. Where nothing is known, NaN.
    """

    usual_veh: FloatArray
    alike: NDArray[np.int64]


def rolling_profiles(series: FlowSeries, rules: ProfileRules, n_more: int, first: int = 0) -> Profiles:
    """Return the profile of each day from the days before it. Args: first, the first day (index) that is wanted."""
    n_days, n_slots, n_approaches = series.vehicles.shape
    kinds = (*series.kinds, *series.next_kinds)
    usual = np.full((n_days + 1, n_slots + n_more, n_approaches), np.nan)
    alike = np.zeros(n_days + 1, dtype=np.int64)
    maker = _Maker(series, rules)
    for day in range(first, n_days + 1):
        usual[day, :n_slots] = maker.curve(day, kinds[day])
        usual[day, n_slots:] = maker.curve(day, kinds[day + 1])[:n_more]
        alike[day] = maker.number(day, group_of(kinds[day]))
    return Profiles(usual, alike)


class _Maker:
    """Makes profiles of one series."""

    def __init__(self, series: FlowSeries, rules: ProfileRules) -> None:
        self._vehicles = series.vehicles
        self._kinds = np.array(series.kinds)
        self._groups = np.array([group_of(kind) for kind in series.kinds])
        self._counted = np.asarray((~np.isnan(series.vehicles)).any(axis=(1, 2)))
        self._rules = rules
        minutes = series.interval_s / 60.0
        self._kernel = kernel(series.n_slots, rules.smooth_min / minutes)
        self._wide = kernel(series.n_slots, _WEEKDAY_MIN / minutes)
        self._known: dict[tuple[int, str], FloatArray] = {}

    def number(self, day: int, group: str) -> int:
        """Return how many days of a group were counted before a day."""
        return int((self._counted[:day] & (self._groups[:day] == group)).sum())

    def curve(self, day: int, kind: str) -> FloatArray:
        """Return the profile of a kind from the days before a day. (n_slots, n_approaches) [veh]"""
        group = group_of(kind)
        found = self._of_group(day, group)
        return found if group != WORK else found * self._weekday_factor(day, kind, found)

    def _of_group(self, day: int, group: str) -> FloatArray:
        if (day, group) not in self._known:
            self._known[day, group] = self._made(day, group)
        return self._known[day, group]

    def _made(self, day: int, group: str) -> FloatArray:
        own = np.flatnonzero(self._counted[:day] & (self._groups[:day] == group))
        like = next((g for g in _LIKE.get(group, ("sun", "sat", WORK)) if self.number(day, g)), None)
        if not len(own):
            return self._of_group(day, like) if like is not None else self._mean(day, np.zeros(0, dtype=np.int64))
        mean = self._mean(day, own)
        if like is None or group in WEEKDAYS or group == WORK:
            return mean
        other = self._of_group(day, like)
        scale = np.nansum(mean, axis=0) / np.maximum(np.nansum(other, axis=0), 1.0)
        return np.asarray((len(own) * mean + other * scale) / (len(own) + 1.0))

    def _mean(self, day: int, days: NDArray[np.int64]) -> FloatArray:
        """Return the robust mean of some days, smooth over time."""
        if not len(days):
            return np.full(self._vehicles.shape[1:], np.nan)
        weights = 0.5 ** ((day - days) / self._rules.half_life_d)
        return smoothed(robust_mean(self._vehicles[days], weights), self._kernel)

    def _weekday_factor(self, day: int, kind: str, base: FloatArray) -> FloatArray:
        own = np.flatnonzero(self._counted[:day] & (self._kinds[:day] == kind))
        if not len(own) or not np.isfinite(base).any():
            return np.ones_like(base)
        weights = 0.5 ** ((day - own) / self._rules.half_life_d)
        mean = smoothed(robust_mean(self._vehicles[own], weights), self._wide)
        factor = mean / np.maximum(smoothed(base, self._wide), _LEAST_VEH)
        trust = len(own) / (len(own) + self._rules.shrink_d)
        return np.asarray(1.0 + trust * np.clip(np.nan_to_num(factor, nan=1.0) - 1.0, -0.5, 0.5))


def robust_mean(vehicles: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the mean over days, counts far from it moved to the edge of what is usual (Huber).

    vehicles (n_days, n_slots, n_approaches) [veh], NaN: missing; weights (n_days,). NaN where nothing was counted.
    Source: Huber 1964, "Robust estimation of a location parameter", Ann. Math. Statist. 35.
    """
    seen = ~np.isnan(vehicles)
    held = np.where(seen, vehicles, 0.0)
    weight = np.where(seen, weights[:, None, None], 0.0)
    total = weight.sum(axis=0)
    mean = _median(vehicles, seen)
    for _ in range(_ROUNDS):
        score = np.abs(held - mean) / np.sqrt(mean + 0.5)
        spread = np.maximum(1.4826 * _score_median(score, seen), 1.0)
        huber = np.minimum(1.0, _HUBER * spread / np.maximum(score, 1e-9))
        counted = (weight * huber).sum(axis=0)
        mean = (weight * huber * held).sum(axis=0) / np.where(counted > 0, counted, 1.0)
    return np.where(total > 0, mean, np.nan)


def _median(vehicles: FloatArray, seen: NDArray[np.bool_]) -> FloatArray:
    number = seen.sum(axis=0)
    ordered = np.sort(np.where(seen, vehicles, np.inf), axis=0)
    low, high = np.maximum((number - 1) // 2, 0), np.maximum(number // 2, 0)
    both = [np.take_along_axis(ordered, np.minimum(k, len(ordered) - 1)[None], axis=0)[0] for k in (low, high)]
    return np.where(number > 0, (both[0] + both[1]) / 2.0, 0.0) if len(ordered) else np.zeros(vehicles.shape[1:])


def _score_median(score: FloatArray, seen: NDArray[np.bool_]) -> float:
    own = score[seen]
    return float(np.median(own)) if len(own) else 1.0


def kernel(n_slots: int, width: float) -> FloatArray:
    """Return weights of a Gaussian mean over time. width [slots]; (n_slots, n_slots)"""
    if width < 0.2:
        return np.eye(n_slots)
    places = np.arange(n_slots)
    return np.asarray(np.exp(-0.5 * ((places[:, None] - places[None, :]) / width) ** 2))


def smoothed(mean: FloatArray, weights: FloatArray) -> FloatArray:
    """Return a curve as means of its neighbourhood; where nothing is known nearby, straight between what is."""
    seen = ~np.isnan(mean)
    total = weights @ seen
    found = weights @ np.where(seen, mean, 0.0) / np.where(total > 1e-6, total, 1.0)
    found[total <= 1e-6] = np.nan
    for k in range(found.shape[1]):
        known = np.flatnonzero(~np.isnan(found[:, k]))
        if 0 < len(known) < len(found):
            found[:, k] = np.interp(np.arange(len(found)), known, found[known, k])
    return np.asarray(np.maximum(found, _LEAST_VEH))


def best_rules(series: FlowSeries, n_before: int) -> ProfileRules:
    """Return the rules whose profiles of the days from `n_before` on miss least, what four hours differ by left out.

    Each profile is made from the days before its own.
    """
    widths_min = (0.0, 7.5, 15.0)
    grid = itertools.product((12.0, 28.0, 70.0), widths_min, (4.0, 16.0))
    rules = [ProfileRules(*row) for row in grid]
    return min(rules, key=lambda own: _shape_error(series, own, n_before))


def _shape_error(series: FlowSeries, rules: ProfileRules, n_before: int) -> float:
    n_days, n_slots, n_approaches = series.vehicles.shape
    usual = rolling_profiles(series, rules, 0, n_before).usual_veh[n_before:n_days]
    counted = series.vehicles[n_before:]
    seen = ~np.isnan(counted) & ~np.isnan(usual)
    came, wanted = np.where(seen, counted, 0.0), np.where(seen, usual, 0.0)
    blocks = (n_days - n_before, n_slots * series.interval_s // _BLOCK_S, _BLOCK_S // series.interval_s, n_approaches)
    came, wanted = came.reshape(blocks), wanted.reshape(blocks)
    level = came.sum(axis=2, keepdims=True) / np.maximum(wanted.sum(axis=2, keepdims=True), 1.0)
    return float(np.abs(came - level * wanted).sum())
