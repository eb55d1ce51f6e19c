"""Schedules: which plan is in force when, by type of day and local time of day.

Local wall times and the name of a zone are held; instants are UTC. An entry runs at the first instant at which the wall
clock of the zone shows its date and time or later: once where an hour occurs twice, at the next valid minute where an
hour is skipped.
"""

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from signal_ctrl.domain.errors import InvalidInputError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY: Final = 1440
MAX_PLANS: Final = 64
MAX_DAY_TYPES: Final = 32
MAX_ENTRIES: Final = 96
MAX_SPECIAL_DAYS: Final = 4000
YEARS: Final = (1970, 2200)
_MACHINES_OWN: Final = frozenset({"localtime", "posixrules", "Factory"})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ZONE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*){0,2}")
_AT: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CONDITION: Final = re.compile(r"rain|snow|ice|fog|event(:[^:\s]{1,200})?")
_SECOND: Final = dt.timedelta(seconds=1)
_DAY: Final = dt.timedelta(days=1)


def is_name(text: str) -> bool:
    """Return whether a text can name a plan or a type of day: it is the name of a file too.

    >>> is_name("workday-2"), is_name("../x"), is_name("")
    (True, False, False)
    """
    return _NAME.fullmatch(text) is not None


def minute_of(text: str) -> int:
    """Return the minute of the day of `HH:MM`. Raises: InvalidInputError for anything else.

    >>> minute_of("06:30")
    390
    """
    found = _AT.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"'{text}' is no time of day: write HH:MM, 00:00 to 23:59")
    return 60 * int(found[1]) + int(found[2])


def time_text(minute: int) -> str:
    """Return a minute of the day as `HH:MM`; the end of the day is 24:00.

    >>> time_text(390)
    '06:30'
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of a name of the IANA database. Raises: InvalidInputError if it is unknown."""
    if _ZONE.fullmatch(name) is None or name in _MACHINES_OWN or name.startswith("right/"):
        raise InvalidInputError(f"'{name}' is no name of a time zone; write one like Europe/Berlin")
    return _zone(name)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise InvalidInputError(f"unknown time zone '{name}'; write one like Europe/Berlin") from error


class PlanRef(NamedTuple):
    """A plan by its name and the SHA-256 of its document."""

    name: str
    sha256: str


class Entry(NamedTuple):
    """From a minute of the local day on this plan is in force."""

    minute: int
    plan: str


@dataclass(frozen=True, slots=True)
class DayType:
    """A type of day: the weekdays that are of it (none: special days only) and what runs from when."""

    name: str
    weekdays: tuple[str, ...]
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise InvalidInputError(f"'{self.name}' cannot name a type of day: letters, digits, '.', '_' and '-'")
        unknown = [day for day in self.weekdays if day not in WEEKDAYS]
        if unknown or len(set(self.weekdays)) != len(self.weekdays):
            raise self._fail(f"weekdays are {', '.join(WEEKDAYS)}, each once; got {', '.join(self.weekdays)}")
        if not 1 <= len(self.entries) <= MAX_ENTRIES:
            raise self._fail(f"needs 1 to {MAX_ENTRIES} entries, has {len(self.entries)}")
        if not all(0 <= entry.minute < MINUTES_PER_DAY for entry in self.entries):
            raise self._fail("an entry lies outside the day")
        if self.entries[0].minute != 0:
            at = time_text(self.entries[0].minute)
            raise self._fail(f"no plan from 00:00 to {at}; let its first entry be at 00:00")
        for one, following in itertools.pairwise(self.entries):
            if one.minute >= following.minute:
                at = time_text(following.minute)
                raise self._fail(
                    f"entries overlap at {at} ({one.plan}, {following.plan}); give times in order, each once"
                )

    def plan_at(self, minute: int) -> str:
        """Return the plan at a minute of the day."""
        return next(entry.plan for entry in reversed(self.entries) if entry.minute <= minute)

    def _fail(self, text: str) -> InvalidInputError:
        return InvalidInputError(f"day type {self.name}: {text}")


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date that is of another type than its weekday says: a holiday, or a working day that makes up for one."""

    date: dt.date
    day_type: str
    note: str = ""

    def __post_init__(self) -> None:
        if not YEARS[0] <= self.date.year <= YEARS[1]:
            raise InvalidInputError(f"special day {self.date}: years go from {YEARS[0]} to {YEARS[1]}")


class ConditionDay(NamedTuple):
    """While a condition holds, as `rain`, days are of this type, whatever their date says."""

    when: str
    day_type: str


def kind_of_date(date: dt.date, calendar: Mapping[dt.date, str]) -> str:
    """Return the kind of a date: what the calendar says, else its weekday."""
    return calendar.get(date, WEEKDAYS[date.weekday()])


class Activation(NamedTuple):
    """From an instant on (UTC) a plan is in force, of the entry at this local wall time."""

    at: dt.datetime
    wall: dt.datetime
    plan: str
    day_type: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which plan is in force when. Every weekday is of one type of day; special days go before weekdays.

    `conditions` go before both, the first that holds before the others; only who knows what holds (the centre) heeds
    them. Names of conditions: docs/roads-service.md.
    """

    name: str
    zone: str
    plans: tuple[PlanRef, ...]
    day_types: tuple[DayType, ...]
    special_days: tuple[SpecialDay, ...] = ()
    conditions: tuple[ConditionDay, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidInputError("a schedule needs a name")
        zone_of(self.zone)
        self._check_plans()
        self._check_day_types()
        self._check_special_days()
        self._check_conditions()

    def _check_plans(self) -> None:
        if not 1 <= len(self.plans) <= MAX_PLANS:
            raise self._fail(f"needs 1 to {MAX_PLANS} plans, has {len(self.plans)}")
        for plan in self.plans:
            if not is_name(plan.name):
                raise self._fail(f"'{plan.name}' cannot name a plan: letters, digits, '.', '_' and '-'")
            if _HASH.fullmatch(plan.sha256) is None:
                raise self._fail(f"plan {plan.name} has no SHA-256")
        self._once("plan", [plan.name for plan in self.plans])
        known = {plan.name for plan in self.plans}
        for day_type in self.day_types:
            for entry in day_type.entries:
                if entry.plan not in known:
                    at = time_text(entry.minute)
                    raise self._fail(
                        f"day type {day_type.name} names plan {entry.plan} at {at}, which is not among its plans"
                    )

    def _check_day_types(self) -> None:
        if not 1 <= len(self.day_types) <= MAX_DAY_TYPES:
            raise self._fail(f"needs 1 to {MAX_DAY_TYPES} types of day, has {len(self.day_types)}")
        self._once("day type", [day_type.name for day_type in self.day_types])
        taken = Counter(day for day_type in self.day_types for day in day_type.weekdays)
        for day in WEEKDAYS:
            if taken[day] != 1:
                what = "no type of day" if not taken[day] else f"{taken[day]} types of day"
                raise self._fail(f"{day} is of {what}; name it in one")

    def _check_special_days(self) -> None:
        if len(self.special_days) > MAX_SPECIAL_DAYS:
            raise self._fail(f"has over {MAX_SPECIAL_DAYS} special days")
        self._once("special day", [day.date.isoformat() for day in self.special_days])
        known = {day_type.name for day_type in self.day_types}
        for day in self.special_days:
            if day.day_type not in known:
                raise self._fail(
                    f"special day {day.date} is of type {day.day_type}, which is not there; "
                    f"take one of {', '.join(sorted(known))}"
                )

    def _check_conditions(self) -> None:
        self._once("condition", [each.when for each in self.conditions])
        known = {day_type.name for day_type in self.day_types}
        for when, day_type in self.conditions:
            if _CONDITION.fullmatch(when) is None or day_type not in known:
                raise self._fail(
                    f"condition '{when}' with day type '{day_type}': write rain, snow, ice, fog, event or "
                    f"event:DISTRICT, and one of its types of day ({', '.join(sorted(known))})"
                )

    def _once(self, what: str, names: list[str]) -> None:
        twice = next((name for name, number in Counter(names).items() if number > 1), None)
        if twice is not None:
            raise self._fail(f"{what} {twice} occurs twice")

    def _fail(self, text: str) -> InvalidInputError:
        return InvalidInputError(f"schedule {self.name}: {text}")

    def day_type_of(self, date: dt.date) -> DayType:
        """Return the type of a date: what the special days say, else of its weekday."""
        special = next((day.day_type for day in self.special_days if day.date == date), None)
        weekday = WEEKDAYS[date.weekday()]
        return next(
            kind
            for kind in self.day_types
            if (kind.name == special if special is not None else weekday in kind.weekdays)
        )

    def in_force(self, at: dt.datetime, holding: Collection[str] = ()) -> Activation:
        """Return the entry in force at an instant. Raises: InvalidInputError if it has no zone.

        Args: holding, the conditions that hold then.
        """
        local = _local(at, self.zone)
        forced = next((each.day_type for each in self.conditions if each.when in holding), None)
        if forced is not None:
            return self._of_type(forced, local)
        # A clock set back by a day, as at the date line, is the farthest that it may be behind what it showed before.
        return [one for one in self._of_days(local.date() - 3 * _DAY, local.date() + 2 * _DAY) if one.at <= at][-1]

    def _of_type(self, name: str, local: dt.datetime) -> Activation:
        """Return the entry of a type of day at a local time of any date."""
        day_type = next(each for each in self.day_types if each.name == name)
        minute = 60 * local.hour + local.minute
        entry = next(each for each in reversed(day_type.entries) if each.minute <= minute)
        wall = dt.datetime.combine(local.date(), dt.time(entry.minute // 60, entry.minute % 60))
        return Activation(first_instant(wall, self.zone), wall, entry.plan, name)

    def next_change(self, at: dt.datetime) -> Activation | None:
        """Return the first entry after an instant that brings another plan, None if none ever does."""
        now = self.in_force(at)
        first = _local(at, self.zone).date()
        last = max((first, *(day.date for day in self.special_days))) + 9 * _DAY
        found = (one for one in self._one_by_one(first - 3 * _DAY, last) if one.at > at and one.plan != now.plan)
        return next(found, None)

    def changes(self, begin: dt.datetime, end: dt.datetime) -> tuple[Activation, ...]:
        """Return what is in force at the begin, then each change of plan before the end."""
        found = [self.in_force(begin)]
        while (following := self.next_change(found[-1].at if len(found) > 1 else begin)) and following.at < end:
            found.append(following)
        return tuple(found)

    def _one_by_one(self, first: dt.date, last: dt.date) -> Iterator[Activation]:
        """Yield the activations of some days in order; of several at one instant the last."""
        previous: Activation | None = None
        for one in self._of_days(first, last):
            if previous is not None and one.at != previous.at:
                yield previous
            previous = one
        if previous is not None:
            yield previous

    def _of_days(self, first: dt.date, last: dt.date) -> Iterator[Activation]:
        """Yield the activations of the entries of some days, in order of their wall times."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            date = dt.date.fromordinal(ordinal)
            day_type = self.day_type_of(date)
            for minute, plan in day_type.entries:
                wall = dt.datetime.combine(date, dt.time(minute // 60, minute % 60))
                yield Activation(first_instant(wall, self.zone), wall, plan, day_type.name)


def _local(at: dt.datetime, zone: str) -> dt.datetime:
    if at.tzinfo is None:
        raise InvalidInputError(f"{at.isoformat()} is no instant: write it with its offset, as 2026-03-29T01:00Z")
    return at.astimezone(zone_of(zone)).replace(tzinfo=None)


@lru_cache(maxsize=4096)
def first_instant(wall: dt.datetime, zone: str) -> dt.datetime:
    """Return the first instant, in UTC, at which the clock of a zone shows a wall time or later.

    >>> first_instant(dt.datetime(2026, 3, 29, 2, 30), "Europe/Berlin").isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    own = zone_of(zone)
    late = wall.replace(tzinfo=own, fold=0).astimezone(dt.UTC)
    if late.astimezone(own).replace(tzinfo=None) == wall:
        return late
    early = wall.replace(tzinfo=own, fold=1).astimezone(dt.UTC)
    while late - early > _SECOND:  # the clock springs forward in between
        middle = early + _SECOND * ((late - early) // (2 * _SECOND))
        late, early = (middle, early) if middle.astimezone(own).replace(tzinfo=None) >= wall else (late, middle)
    return late
