"""Counts of many days in intervals of one length, by approach; what was not counted is missing, never zero."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.counted_days import CountedDay
from signal_ctrl.domain.counts import CountPeriod, Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import SpecialDay, is_name, kind_of_date

FloatArray = NDArray[np.float64]
Approach = tuple[str, str]
"""Signal, and the edge before it."""

INTERVALS_S: Final = (60, 180, 300, 900, 1800)
MOST_DAYS: Final = 1100
_DAY_S: Final = 86_400
_TOLERANCE_S: Final = 1e-6
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class FlowSeries:
    """Counts of days without a gap in the calendar. vehicles (n_days, n_slots, n_approaches) [veh], NaN: not counted.

    `kinds` is the kind of each day: its weekday, or what the user's calendar says; `next_kinds` those of the two days
    behind the last.
    """

    dates: tuple[dt.date, ...]
    kinds: tuple[str, ...]
    interval_s: int
    approaches: tuple[Approach, ...]
    vehicles: FloatArray
    next_kinds: tuple[str, str]

    def __post_init__(self) -> None:
        check_interval(self.interval_s)
        shape = (len(self.dates), _DAY_S // self.interval_s, len(self.approaches))
        if self.vehicles.shape != shape or len(self.kinds) != len(self.dates) or not 1 <= len(self.dates) <= MOST_DAYS:
            raise InvalidInputError(f"counts of 1 to {MOST_DAYS:,} days, got {self.vehicles.shape} for {shape}")
        if any((b - a).days != 1 for a, b in zip(self.dates, self.dates[1:], strict=False)):
            raise InvalidInputError("the days of a series follow one another")
        counted = self.vehicles[~np.isnan(self.vehicles)]
        if not (np.isfinite(counted) & (counted >= 0)).all():
            raise InvalidInputError("counts are 0 or more")

    @property
    def n_slots(self) -> int:
        """Intervals in a day."""
        return _DAY_S // self.interval_s

    def of_signal(self, signal: str) -> "FlowSeries":
        """Return the approaches of one signal."""
        own = [k for k, approach in enumerate(self.approaches) if approach[0] == signal]
        names = tuple(self.approaches[k] for k in own)
        return FlowSeries(self.dates, self.kinds, self.interval_s, names, self.vehicles[:, :, own], self.next_kinds)

    def signals(self) -> tuple[str, ...]:
        """Return the signals, sorted."""
        return tuple(sorted({signal for signal, _ in self.approaches}))

    def coarser(self, interval_s: int) -> "FlowSeries":
        """Return the same counts in intervals so many times as long; missing where a part is."""
        times = interval_s // self.interval_s
        if times == 1:
            return self
        summed = self.vehicles.reshape(len(self.dates), -1, times, len(self.approaches)).sum(axis=2)
        return FlowSeries(self.dates, self.kinds, interval_s, self.approaches, summed, self.next_kinds)

    def until(self, n_days: int) -> "FlowSeries":
        """Return the first days."""
        kinds = (*self.kinds, *self.next_kinds)
        kept, following = self.vehicles[:n_days], (kinds[n_days], kinds[n_days + 1])
        return FlowSeries(self.dates[:n_days], kinds[:n_days], self.interval_s, self.approaches, kept, following)


def flow_series(
    days: Iterable[CountedDay], interval_s: int | None = None, special: Sequence[SpecialDay] = ()
) -> FlowSeries:
    """Return counted days as a series of approaches: turns are added up, finer periods too.

    An interval is missing where not all of its time was counted, or not every turn that the approach has in it.

    Args: interval_s, None: the longest period of the counts, at least 5 min; special, the user's calendar.
    Raises: InvalidInputError for counts that do not fit intervals of that length, or a label that can name no kind.
    """
    by_date = {day.date: day.counts.periods for day in sorted(days, key=lambda day: day.date)}
    if not by_date:
        raise InvalidInputError("no counted day is given")
    interval_s = interval_s or _usual_interval_s(by_date.values())
    check_interval(interval_s)
    turns = sorted({turn for periods in by_date.values() for period in periods for turn in period.vehicles})
    first, last = min(by_date), max(by_date)
    if (last - first).days >= MOST_DAYS:
        raise InvalidInputError(f"counts from {first} to {last}: more than {MOST_DAYS:,} days; give fewer")
    dates = tuple(first + dt.timedelta(days=k) for k in range((last - first).days + 1))
    calendar = {day.date: day.day_type for day in special}
    for label in calendar.values():
        if not is_name(label):
            raise InvalidInputError(f"calendar: '{label}' cannot name a type of day: letters, digits, '.', '_' and '-'")
    approaches = tuple(sorted({turn[:2] for turn in turns}))
    shape = (_DAY_S // interval_s, len(approaches))
    counted = [
        _counted(by_date[date], turns, approaches, interval_s, str(date)) if date in by_date else np.full(shape, np.nan)
        for date in dates
    ]
    kinds = tuple(kind_of_date(date, calendar) for date in dates)
    following = (kind_of_date(last + _DAY, calendar), kind_of_date(last + 2 * _DAY, calendar))
    return FlowSeries(dates, kinds, interval_s, approaches, np.stack(counted), following)


def check_interval(interval_s: int) -> None:
    """Check the length of intervals. Raises: InvalidInputError with those that there are. [s]"""
    if interval_s not in INTERVALS_S:
        allowed = ", ".join(f"{one_s // 60}" for one_s in INTERVALS_S)
        raise InvalidInputError(f"intervals of {interval_s / 60:g} min; take one of {allowed} min")


def _usual_interval_s(days: Iterable[Sequence[CountPeriod]]) -> int:
    """Return the shortest intervals, of 5 min at least, that no period exceeds. [s]"""
    longest_s = max(period.end_s - period.begin_s for periods in days for period in periods)
    return next((s for s in INTERVALS_S if s >= max(longest_s - _TOLERANCE_S, 300)), INTERVALS_S[-1])


def _counted(
    periods: Sequence[CountPeriod], turns: Sequence[Turn], approaches: Sequence[Approach], interval_s: int, where: str
) -> FloatArray:
    """Return one day. (n_slots, n_approaches) [veh]"""
    place = {turn: k for k, turn in enumerate(turns)}
    n_slots = _DAY_S // interval_s
    found, seen_s = np.zeros((n_slots, len(turns))), np.zeros((n_slots, len(turns)))
    for period in periods:
        slot = _slot_of(period, interval_s, where)
        for turn, vehicles in period.vehicles.items():
            found[slot, place[turn]] += vehicles
            seen_s[slot, place[turn]] += period.end_s - period.begin_s
    found[seen_s < interval_s - _TOLERANCE_S] = np.nan
    of = defaultdict(list)
    for turn, k in place.items():
        of[turn[:2]].append(k)
    return np.stack([found[:, of[approach]].sum(axis=1) for approach in approaches], axis=1)


def _slot_of(period: CountPeriod, interval_s: int, where: str) -> int:
    slot = int((period.begin_s + _TOLERANCE_S) // interval_s)
    if period.end_s > (slot + 1) * interval_s + _TOLERANCE_S or period.end_s > _DAY_S + _TOLERANCE_S:
        raise InvalidInputError(
            f"{where}: a count from {period.begin_s:g} to {period.end_s:g} s is not within one interval of "
            f"{interval_s // 60} min of the day; take longer intervals (--interval)"
        )
    return slot


def turn_shares(days: Iterable[CountedDay]) -> Mapping[Turn, float]:
    """Return the share of its approach that each turn has over all counts, 0 to 1; even where nobody came."""
    total: defaultdict[Turn, float] = defaultdict(float)
    for day in days:
        for period in day.counts.periods:
            for turn, vehicles in period.vehicles.items():
                total[turn] += vehicles
    of: defaultdict[Approach, list[float]] = defaultdict(list)
    for turn, vehicles in total.items():
        of[turn[:2]].append(vehicles)
    return {
        turn: vehicles / sum(of[turn[:2]]) if sum(of[turn[:2]]) > 0 else 1.0 / len(of[turn[:2]])
        for turn, vehicles in total.items()
    }
