"""The profile of the hour: how many vehicles each detector counts on a type of day, slot by slot, learned from days.

Days on which a detector counted far less or far more than on its others are left out for it: it was out of order, or
the day was none of its type. A slot's mean is taken with those beside it, because few days know a quiet night badly.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.faults import Numbers
from signal_ctrl.domain.errors import InvalidInputError

DAY_S: Final = 86400.0
SLOT_S: Final = 900.0
SLOTS: Final = round(DAY_S / SLOT_S)
ANY: Final = "any"
WEEKDAY, SATURDAY, SUNDAY = "weekday", "saturday", "sunday"
SETTLED_DAYS: Final = 3
LEAST_SHARE: Final = 0.2
MOST_SHARE: Final = 3.0
BESIDE: Final = (0.25, 0.5, 0.25)
DISPERSION: Final = 0.05
"""Squared coefficient of variation of a slot between days of one type, chance of counts left out."""
FREE_OCCUPANCY: Final = 0.15
"""Below it vehicles drive freely, and how long one covers the loop tells of loop and vehicles alone."""
FREE_PULSE_S: Final = 0.8
"""Whoever covers a short loop for longer drives slower than 30 km/h or stops: that is the signal, not the loop."""
LEAST_FREE_VEH: Final = 10.0
LEAST_FREE_SLOTS: Final = 4
FREE_QUANTILE: Final = 0.1
"""Of the slots, by the mean time that a vehicle covers the loop in them: some vehicles stop on it in the others."""


@dataclass(frozen=True, slots=True, eq=False)
class DayCounts:
    """One day by slots of 15 minutes from local midnight. Shape (96, n_detectors), NaN: not known.

    count [veh], on_s: occupied [s].
    """

    day_type: str
    count: Numbers
    on_s: Numbers

    def __post_init__(self) -> None:
        if self.count.shape != self.on_s.shape or self.count.shape[:1] != (SLOTS,):
            raise InvalidInputError(f"a day has {SLOTS} slots of counts and occupied times")


def day_type_of(weekday: int | None) -> str:
    """Return the type of a day by its weekday (Monday 0); None: nobody knows.

    >>> day_type_of(0), day_type_of(5), day_type_of(None)
    ('weekday', 'saturday', 'any')
    """
    if weekday is None:
        return ANY
    return {5: SATURDAY, 6: SUNDAY}.get(weekday, WEEKDAY)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What days of one type usually bring. veh (types, 96, n) [veh per slot]; days (types, n): how many were counted;
    pulse_s (n,): how long a vehicle that drives freely covers the detector [s], NaN where too few were seen.
    """

    day_types: tuple[str, ...]
    veh: Numbers
    days: Numbers
    pulse_s: Numbers

    def known_type(self, day_type: str) -> int:
        """Return the index of a type of day, or of the one that is nearest to it among those that were counted."""
        order = {SATURDAY: (SATURDAY, SUNDAY), SUNDAY: (SUNDAY, SATURDAY)}.get(day_type, (day_type,))
        for name in (*order, WEEKDAY, ANY, *self.day_types):
            if name in self.day_types:
                return self.day_types.index(name)
        raise InvalidInputError("a profile needs a type of day")

    def expected(self, day_type: str, clock_s: float, length_s: float) -> Numbers:
        """Return the vehicles of a span that begins at a time of day, by detector. [s], (n,) [veh]"""
        rows = self.veh[self.known_type(day_type)]
        found, at_s, end_s = np.zeros(rows.shape[1]), clock_s, clock_s + length_s
        while at_s < end_s - 1e-6:
            slot = math.floor(at_s / SLOT_S + 1e-9)
            until_s = min((slot + 1) * SLOT_S, end_s)
            found = found + rows[slot % SLOTS] * ((until_s - at_s) / SLOT_S)
            at_s = until_s
        return found

    def settled(self, day_type: str) -> NDArray[np.bool_]:
        """Return of whom enough days of this very type are known to tell how lanes are used on it. (n,)"""
        if day_type not in self.day_types:
            return np.zeros(self.veh.shape[2], dtype=np.bool_)
        found: NDArray[np.bool_] = self.days[self.day_types.index(day_type)] >= SETTLED_DAYS
        return found

    def dispersion(self, day_type: str) -> Numbers:
        """Return what the variance of a slot has beside that of counting, as a share of the mean squared. (n,)"""
        found: Numbers = DISPERSION * (1.0 + 1.0 / np.maximum(self.days[self.known_type(day_type)], 1.0))
        return found


def profile_of(days: Sequence[DayCounts]) -> Profile:
    """Return the profile of counted days. Raises: InvalidInputError if there is none, or they differ in detectors."""
    if not days or len({day.count.shape for day in days}) != 1:
        raise InvalidInputError("a profile needs days that count the same detectors")
    by_type: dict[str, list[Numbers]] = {}
    for day in days:
        by_type.setdefault(day.day_type, []).append(day.count)
    types = tuple(sorted(by_type))
    means = [_mean(np.stack(by_type[name])) for name in types]
    return Profile(types, np.stack([m for m, _ in means]), np.stack([d for _, d in means]), _pulses(days))


def _mean(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return mean slots, smoothed, and the days that count. Args: counts (n_days, 96, n); shapes (96, n), (n,)"""
    usable = _usable(counts)
    kept = np.where(usable[:, None, :], counts, np.nan)
    known = ~np.isnan(kept)
    weights = sum(w * np.roll(known, k - 1, axis=1) for k, w in enumerate(BESIDE))
    sums = sum(w * np.roll(np.where(known, kept, 0.0), k - 1, axis=1) for k, w in enumerate(BESIDE))
    total, weight = np.sum(sums, axis=0), np.sum(weights, axis=0)
    mean = np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)
    return mean, np.count_nonzero(usable, axis=0).astype(np.float64)


def _usable(counts: Numbers) -> NDArray[np.bool_]:
    """Return the days on which each detector counted about as much as on its others. Shape (n_days, n)"""
    known = ~np.isnan(counts)
    share = np.mean(known, axis=1)
    rate = np.sum(np.where(known, counts, 0.0), axis=1) / np.maximum(np.sum(known, axis=1), 1)
    rate = np.where(share > 0, rate, np.nan)
    usable: NDArray[np.bool_] = share > 0
    if len(counts) >= 3:
        all_day = np.where(usable, rate, np.nan)
        middle = _nanmedian(all_day)
        usable &= (all_day >= LEAST_SHARE * middle) & (all_day <= MOST_SHARE * middle + 1e-9)
    return usable


def _nanmedian(values: Numbers) -> Numbers:
    """Return the median over the first axis, NaN where nothing is known."""
    ordered = np.sort(values, axis=0)
    count = np.sum(~np.isnan(values), axis=0)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(values) - 1)
    columns = np.arange(values.shape[1])
    found: Numbers = (ordered[low, columns] + ordered[high, columns]) / 2
    return found


def _pulses(days: Sequence[DayCounts]) -> Numbers:
    count = np.concatenate([day.count for day in days])
    on_s = np.concatenate([day.on_s for day in days])
    free = (count >= LEAST_FREE_VEH) & (on_s <= FREE_OCCUPANCY * SLOT_S)
    mean_s = np.sort(np.where(free, on_s / np.maximum(count, 1.0), np.inf), axis=0)
    known = np.sum(free, axis=0)
    found: Numbers = mean_s[(FREE_QUANTILE * known).astype(np.int64), np.arange(count.shape[1])]
    return np.where((known >= LEAST_FREE_SLOTS) & (found <= FREE_PULSE_S), found, np.nan)


def by_days(
    begins_s: Numbers, length_s: float, count: Numbers, on_s: Numbers, midnight_s: float, weekdays: Mapping[int, int]
) -> tuple[DayCounts, ...]:
    """Return slots as whole days from a local midnight on; what is not covered is not known.

    Args: begins_s (n_slots,), each of length_s [s], at most 15 min and a part of it; count, on_s (n_slots, n), NaN: not
    known; weekdays, by number of the day from that midnight on.
    """
    day = np.floor((begins_s - midnight_s) / DAY_S).astype(np.int64)
    slot = np.floor((begins_s - midnight_s) % DAY_S / SLOT_S + 1e-9).astype(np.int64) % SLOTS
    needed = SLOT_S / length_s
    found = []
    for number in sorted(set(day.tolist())):
        sums = np.zeros((3, SLOTS, count.shape[1]))
        rows = day == number
        known = ~np.isnan(count[rows])
        np.add.at(sums[0], slot[rows], np.where(known, count[rows], 0.0))
        np.add.at(sums[1], slot[rows], np.where(known, np.nan_to_num(on_s[rows]), 0.0))
        np.add.at(sums[2], slot[rows], known)
        whole = sums[2] >= 0.8 * needed
        scale = needed / np.maximum(sums[2], 1.0)
        values = [np.where(whole, part * scale, np.nan) for part in sums[:2]]
        found.append(DayCounts(day_type_of(weekdays.get(number)), *values))
    return tuple(found)
