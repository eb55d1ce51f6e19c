"""A whole log judged: its slots one after the other, then what share of it was good, and since when what was wrong."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.health.faults import Flags, Numbers
from detectors.health.feed import BACK_S, Feed
from detectors.health.judge import Change, Judge, Now, Verdict
from detectors.health.profile import DAY_S, DayCounts, by_days, day_type_of
from detectors.health.slots import Slot, counted_slot
from signal_ctrl.domain.detection import DetectorState

GOOD_SHARE: Final = 0.75
"""Least share of good slots of a day; below it a detector is of no use that day (PeMS has a daily test like it)."""
AFTER: Final = 9
GRACE_S: Final = 5.0


class Edge(NamedTuple):
    """What one detector said, by index, in the order in which it was written down. [s]

    `code`: 1 on, 0 off, else what the controller says of it. `arrived_s` is NaN where nobody knows when it came.
    """

    detector: int
    time_s: float
    code: int
    arrived_s: float = math.nan


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which times of a log are local midnights, and which weekday its first day has; None: nobody knows. [s]"""

    midnight_s: float = 0.0
    weekday: int | None = None

    def now(self, time_s: float) -> Now:
        """Return type of day and time of day. [s]"""
        return Now(day_type_of(self.weekday_of(self.day(time_s))), (time_s - self.midnight_s) % DAY_S)

    def day(self, time_s: float) -> int:
        """Return the number of the day that a time lies in, from 0. [s]"""
        return math.floor((time_s - self.midnight_s) / DAY_S)

    def weekday_of(self, day: int) -> int | None:
        """Return the weekday of a day by its number, Monday 0."""
        return None if self.weekday is None else (self.weekday + day) % 7


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What came of a log. begins_s (n_slots,); count, on_s (n_slots, n) [veh], [s], NaN: not known; `good` tells of
    which detector and slot nothing is wrong (n_slots, n); `level` is 0 ok, 1 suspect, 2 failed.
    """

    begins_s: Numbers
    slot_s: float
    count: Numbers
    on_s: Numbers
    level: NDArray[np.int64]
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def good(self) -> Flags:
        """Of which detector and slot nothing is wrong. (n_slots, n)"""
        found: Flags = (self.level == 0) & ~np.isnan(self.count)
        return found

    def score(self, calendar: Calendar) -> Numbers:
        """Return the share of good slots of the worst day of each detector (0-1), parts of days counted as they are."""
        days = np.floor((self.begins_s - calendar.midnight_s) / DAY_S).astype(np.int64)
        shares = [np.mean(self.good[days == day], axis=0) for day in sorted(set(days.tolist()))]
        found: Numbers = np.min(np.stack(shares), axis=0)
        return found

    def days(self, calendar: Calendar) -> tuple[DayCounts, ...]:
        """Return what was counted by days, for a profile; what was found bad is left out."""
        count = np.where(self.level == 2, np.nan, self.count)
        numbers = {calendar.day(float(s)) for s in self.begins_s}
        weekdays = {d: w for d in numbers if (w := calendar.weekday_of(d)) is not None}
        return by_days(self.begins_s, self.slot_s, count, self.on_s, calendar.midnight_s, weekdays)


def review(slots: Iterable[Slot], judge: Judge, calendar: Calendar) -> Review:
    """Judge slots in their order. Gaps between them are slots of which nothing is known."""
    begins_s: list[float] = []
    count: list[Numbers] = []
    on_s: list[Numbers] = []
    changes: list[Change] = []
    for slot in _without_gaps(slots, judge.record.slot_s, judge.record.n):
        changes += judge.take(slot, calendar.now(slot.begin_s))
        begins_s.append(slot.begin_s)
        count.append(np.where(slot.valid > 0, slot.count, np.nan))
        on_s.append(slot.on_s)
    shape = (len(begins_s), judge.record.n)
    begins = np.array(begins_s)
    level = _levels(begins, judge.record.slot_s, changes, shape)
    counted, occupied = (np.array(rows).reshape(shape) for rows in (count, on_s))
    return Review(begins, judge.record.slot_s, counted, occupied, level, tuple(changes), tuple(judge.verdicts))


def _without_gaps(slots: Iterable[Slot], slot_s: float, n: int) -> Iterator[Slot]:
    end_s = -math.inf
    for slot in slots:
        while math.isfinite(end_s) and slot.begin_s > end_s + slot_s / 2:
            yield unknown_slot(end_s, slot_s, n)
            end_s += slot_s
        yield slot
        end_s = slot.end_s


def unknown_slot(begin_s: float, length_s: float, n: int) -> Slot:
    """Return a slot of which nothing is known. [s]"""
    unknown, nothing = np.full(n, np.nan), np.zeros(n)
    return counted_slot(begin_s, length_s, unknown, unknown, nothing, np.zeros(n, dtype=np.int64))


def _levels(begins_s: Numbers, slot_s: float, changes: Sequence[Change], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return how bad each slot of each detector was; a fault counts from when it began, not from when it was found."""
    rank = {DetectorState.OK: 0, DetectorState.SUSPECT: 1, DetectorState.FAILED: 2}
    level = np.zeros(shape, dtype=np.int64)
    for change in changes:
        own, verdict = level[:, change.detector], change.verdict
        own[begins_s >= change.at_s - slot_s / 2] = rank[verdict.state]
        if verdict.state is DetectorState.FAILED and math.isfinite(verdict.since_s):
            own[(begins_s >= verdict.since_s) & (begins_s < change.at_s)] = rank[verdict.state]
    return level


def slots_of(
    edges: Sequence[Edge], feed: Feed, slot_s: float, told: Callable[[float], None] | None = None
) -> Iterator[Slot]:
    """Yield the slots of edges in the order in which they were written down.

    Args: told, called with the share that is done (0-1).
    """
    clocks_s = _clocks_s(edges)
    for k, edge in enumerate(edges):
        clock_s = float(clocks_s[k])
        now_s = min(edge.time_s, clock_s)
        feed.begin(now_s)
        while feed.begin_s is not None and now_s >= feed.begin_s + slot_s:
            yield feed.close()
            if told is not None:
                told(k / len(edges))
        if edge.code in (0, 1):
            arrived_s = clock_s if math.isfinite(clock_s) else None
            feed.take(edge.detector, edge.time_s, edge.code == 1, arrived_s)
        else:
            feed.fault(edge.detector, edge.code)
    if edges:
        yield feed.close()


def _clocks_s(edges: Sequence[Edge]) -> Numbers:
    """Return when each edge arrived; where nobody knows, infinity, or what follows it where that is older by far. [s]

    An edge that the middle of the nine behind it leave behind by more than 5 s is dated ahead.
    """
    arrived_s = np.array([edge.arrived_s for edge in edges])
    times_s = np.array([edge.time_s for edge in edges])
    clocks_s = np.where(np.isnan(arrived_s), np.inf, arrived_s)
    if len(times_s) <= AFTER:
        return clocks_s
    middle = np.median(np.lib.stride_tricks.sliding_window_view(times_s[1:], AFTER), axis=1)
    ahead = np.flatnonzero(np.isnan(arrived_s[: len(middle)]) & (times_s[: len(middle)] > middle + BACK_S))
    clocks_s[ahead] = middle[ahead]
    return clocks_s
