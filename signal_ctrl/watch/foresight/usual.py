"""The usual day: means by type of day and slot, smooth over time, and without the day itself while learning."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.forecast.profile import group_of, kernel
from signal_ctrl.watch.foresight.days import SLOTS_A_DAY, WatchedDay

FloatArray = npt.NDArray[np.float64]
NAMES: Final = ("ratio", "fill", "queue", "flow", "jam", "speed")
RATIO, FILL, QUEUE, FLOW, JAM, SPEED = range(len(NAMES))
_WIDTH: Final = 1.0
_SHRINK_D: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Means of the days of one group, (n_means, n_slots, n_roads), from slot `first_slot` of the day on.

    The means are those of `Slots`, and `speed`: the logarithm of the pace over the free one. NaN: never seen.
    """

    first_slot: int
    means: FloatArray

    def at(self, slot: int) -> FloatArray:
        """Return the means of a slot of the day; beyond what was watched, of the nearest. (n_means, n_roads)"""
        return np.asarray(self.means[:, min(max(slot - self.first_slot, 0), self.means.shape[1] - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What days add up to, by group, so that a day can be taken out again."""

    first_slot: int
    total: dict[str, FloatArray]
    number: dict[str, FloatArray]

    def usual(self, kind: str, without: WatchedDay | None = None) -> Usual:
        """Return the usual day of a type; where it was seldom seen, drawn to that of all days."""
        own = self._parts(group_of(kind), without)
        every = [np.sum([self._parts(group, without)[k] for group in self.total], axis=0) for k in range(2)]
        weights = kernel(own[0].shape[1], _WIDTH)
        smooth_own, smooth_every = (
            [np.einsum("ts,msr->mtr", weights, part) for part in parts] for parts in (own, every)
        )
        whole = _ratio(*smooth_every)
        shrunk = smooth_own[0] + _SHRINK_D * np.nan_to_num(whole), smooth_own[1] + _SHRINK_D * ~np.isnan(whole)
        return Usual(self.first_slot, _filled(_ratio(*shrunk)))

    def _parts(self, group: str, without: WatchedDay | None) -> tuple[FloatArray, FloatArray]:
        if group not in self.total:
            shape = next(iter(self.total.values())).shape
            return np.zeros(shape), np.zeros(shape)
        total, number = self.total[group], self.number[group]
        if without is None or group_of(without.kind) != group:
            return total, number
        values, at = values_of(without), without.first_slot - self.first_slot
        total, number = total.copy(), number.copy()
        total[:, at : at + len(without)] -= np.nan_to_num(values)
        number[:, at : at + len(without)] -= ~np.isnan(values)
        return total, number


def sums_of(days: Sequence[WatchedDay]) -> Sums:
    """Return what days add up to."""
    first = min(each.first_slot for each in days)
    last = min(max(each.first_slot + len(each) for each in days), SLOTS_A_DAY)
    shape = (len(NAMES), last - first, days[0].seen.ratio.shape[1])
    total: dict[str, FloatArray] = {}
    number: dict[str, FloatArray] = {}
    for day in days:
        group, values, at = group_of(day.kind), values_of(day), day.first_slot - first
        total.setdefault(group, np.zeros(shape))[:, at : at + len(day)] += np.nan_to_num(values)
        number.setdefault(group, np.zeros(shape))[:, at : at + len(day)] += ~np.isnan(values)
    return Sums(first, total, number)


def values_of(day: WatchedDay) -> FloatArray:
    """Return what is averaged of a day. (n_means, n_slots, n_roads)"""
    seen = day.seen
    rows = [seen.ratio, seen.fill, seen.queue, seen.flow, seen.jam, -np.log(seen.ratio)]
    return np.stack(rows).astype(np.float64)


def _ratio(total: FloatArray, number: FloatArray) -> FloatArray:
    return np.where(number > 1e-6, total / np.where(number > 1e-6, number, 1.0), np.nan)


def _filled(means: FloatArray) -> FloatArray:
    """Return means without a gap: where a road was never seen, those of an empty road."""
    empty = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    return np.where(np.isnan(means), empty[:, None, None], means)
