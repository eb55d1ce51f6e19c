"""A schedule with its plans, laid out along the clock of a run or a cabinet: which plan when, in tenths of a second."""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_hash
from signal_ctrl.domain.schedule import YEARS, Schedule, first_instant
from signal_ctrl.domain.timing import DS_PER_S

USUAL_DATE: Final = dt.date(2026, 1, 5)
"""A Monday: the day of a run of which nobody said when it is."""
_MOST_DAYS: Final = 50_000
_S_PER_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class ScheduledPlans:
    """A schedule and the plans that it names, in its order."""

    schedule: Schedule
    plans: tuple[Plan, ...]

    def __post_init__(self) -> None:
        if len(self.plans) != len(self.schedule.plans):
            raise InvalidInputError(f"schedule {self.schedule.name}: {len(self.schedule.plans)} plans are named")
        for ref, plan in zip(self.schedule.plans, self.plans, strict=True):
            if plan_hash(plan) != ref.sha256:
                raise InvalidInputError(
                    f"schedule {self.schedule.name}: plan {ref.name} is not the one that the schedule was made with "
                    f"(its hash is {plan_hash(plan)[:12]}, wanted {ref.sha256[:12]}); make the schedule anew"
                )

    def of(self, name: str) -> Plan:
        """Return the plan of a name in the schedule."""
        names = [ref.name for ref in self.schedule.plans]
        return self.plans[names.index(name)]


class Timetable:
    """What is in force when, on a clock of tenths of a second that shows `begin_ds` at an instant. [ds]

    It is laid out as far as it was asked for; only the wall clock's zone decides, never how often one asks.
    """

    def __init__(self, scheduled: ScheduledPlans, start: dt.datetime, begin_ds: int) -> None:
        """Raises: InvalidInputError if `start` has no zone."""
        self._scheduled = scheduled
        self._start = start
        self._begin_ds = begin_ds
        first = scheduled.schedule.in_force(start)
        self._from_ds = [begin_ds]
        self._names = [first.plan]
        self._last: dt.datetime | None = start

    def name_at(self, now_ds: int) -> str:
        """Return the name of the plan in force; before the begin that of the begin. [ds]"""
        while self._last is not None and now_ds >= self._from_ds[-1]:
            following = self._scheduled.schedule.next_change(self._last)
            self._last = None if following is None else following.at
            if following is None:
                break
            after_ds = round((following.at - self._start).total_seconds() * DS_PER_S)
            self._from_ds.append(self._begin_ds + after_ds)
            self._names.append(following.plan)
        return self._names[max(bisect_right(self._from_ds, now_ds) - 1, 0)]

    def plan_at(self, now_ds: int) -> Plan:
        """Return the plan in force. [ds]"""
        return self._scheduled.of(self.name_at(now_ds))

    def of(self, signal: str, now_ds: int) -> SignalPlan | None:
        """Return the plan of a signal in force, None if it has none. [ds]"""
        return self.plan_at(now_ds).of(signal)


def usual_start(schedule: Schedule, begin_s: float, date: dt.date = USUAL_DATE) -> dt.datetime:
    """Return the instant of a time of the simulation that counts from the midnight of a date in the zone. [s]"""
    days, within_s = divmod(begin_s, _S_PER_DAY)
    if days > _MOST_DAYS:
        raise InvalidInputError(f"a run with a schedule cannot begin at {begin_s:g} s; give its instant (--start-utc)")
    wall = dt.datetime.combine(date, dt.time()) + dt.timedelta(days=days, seconds=within_s)
    return first_instant(wall, schedule.zone)


def instant_of(text: str) -> dt.datetime:
    """Return the instant of a text as `2026-03-02T06:00Z`. Raises: InvalidInputError without date, time and offset.

    >>> instant_of("2026-03-02T07:00+01:00").isoformat()
    '2026-03-02T06:00:00+00:00'
    """
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is None or not YEARS[0] <= found.year <= YEARS[1]:
            raise ValueError
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"'{text}' is no instant; write date, time and offset as 2026-03-02T06:00Z") from error
