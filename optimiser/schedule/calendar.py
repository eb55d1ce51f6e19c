"""From counted days and a calendar of special days to kinds of day, and from types of day to a schedule's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.schedule.day_types import KindOfDay
from signal_ctrl.domain.counted_days import SLOT_S, DayProfiles
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import WEEKDAYS, SpecialDay, is_name, kind_of_date

FloatArray = NDArray[np.float64]
_PER_HOUR: Final = 3600 // SLOT_S
_WORKING: Final = WEEKDAYS[:5]
_NAMES: Final = {WEEKDAYS: "everyday", WEEKDAYS[:5]: "workday", WEEKDAYS[5:]: "weekend"}


@dataclass(frozen=True, slots=True, eq=False)
class DayGroup:
    """Days that are to run alike: kinds by name, and their mean day. vehicles (96, n_turns) [veh]"""

    name: str
    kinds: tuple[str, ...]
    days: int
    vehicles: FloatArray


def kinds_of_days(profiles: DayProfiles, special: Sequence[SpecialDay]) -> list[tuple[KindOfDay, FloatArray]]:
    """Return the kinds of counted days, weekdays first, each with its mean day. (96, n_turns) [veh]

    Raises: InvalidInputError for a label of the calendar that can name no type of day.
    """
    calendar = {day.date: day.day_type for day in special}
    for label in calendar.values():
        if not is_name(label):
            raise InvalidInputError(f"calendar: '{label}' cannot name a type of day: letters, digits, '.', '_' and '-'")
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for k, date in enumerate(profiles.dates):
        rows[kind_of_date(date, calendar)].append(k)
    ordered = [name for name in WEEKDAYS if name in rows] + sorted(rows.keys() - set(WEEKDAYS))
    return [_kind(name, profiles, rows[name]) for name in ordered]


def _kind(name: str, profiles: DayProfiles, days: list[int]) -> tuple[KindOfDay, FloatArray]:
    mean = profiles.vehicles[days].mean(axis=0)
    places = sorted({turn[:2] for turn in profiles.turns})
    of = np.array([[turn[:2] == place for place in places] for turn in profiles.turns], dtype=np.float64)
    hourly = (mean @ of).reshape(-1, _PER_HOUR, len(places)).sum(axis=1)
    return KindOfDay(name, len(days), hourly), mean


def groups_of(kinds: Sequence[tuple[KindOfDay, FloatArray]], types: Sequence[tuple[int, ...]]) -> tuple[DayGroup, ...]:
    """Return the types of day with a name and their mean day."""
    found = []
    for own in types:
        names = tuple(kinds[k][0].name for k in own)
        days = [kinds[k][0].days for k in own]
        mean = np.average(np.stack([kinds[k][1] for k in own]), axis=0, weights=days)
        found.append(DayGroup(_name(names), names, sum(days), mean))
    return tuple(found)


def _name(kinds: tuple[str, ...]) -> str:
    weekdays = tuple(day for day in WEEKDAYS if day in kinds)
    return (_NAMES.get(weekdays) or "-".join(weekdays) or "-".join(kinds))[:64]


def weekdays_of(groups: Sequence[DayGroup]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the weekdays of each group by its name, and what is to be told of weekdays that nobody counted.

    Those run as the nearest weekday that was counted: a working day as a working day, a day at the weekend as the other
    one; where there is none, as the nearest of all; where only special days were counted, as the first group.
    """
    own: dict[str, list[str]] = {group.name: [] for group in groups}
    of = {kind: group.name for group in groups for kind in group.kinds if kind in WEEKDAYS}
    told = []
    for day in WEEKDAYS:
        name = of.get(day) or of.get(_nearest(day, of), groups[0].name)
        own[name].append(day)
        if day not in of:
            told.append(f"no {day} was counted; it runs as type {name}")
    return {name: tuple(days) for name, days in own.items()}, tuple(told)


def _nearest(day: str, counted: Mapping[str, str]) -> str:
    place, working = WEEKDAYS.index(day), day in _WORKING
    ranked = sorted(counted, key=lambda other: ((other in _WORKING) != working, abs(WEEKDAYS.index(other) - place)))
    return ranked[0] if ranked else ""


def special_days_of(
    special: Sequence[SpecialDay], groups: Sequence[DayGroup], weekdays: Mapping[str, Sequence[str]]
) -> tuple[SpecialDay, ...]:
    """Return the special days with the names of the groups.

    A label is a weekday, that of a counted kind, or a group's name. Args: weekdays, of each group by its name.
    Raises: InvalidInputError for a label of which no day was counted.
    """
    of = {group.name: group.name for group in groups} | {kind: group.name for group in groups for kind in group.kinds}
    of |= {day: name for name, days in weekdays.items() for day in days}
    for day in special:
        if day.day_type not in of:
            known = ", ".join(sorted(of))
            raise InvalidInputError(
                f"calendar: {day.date} is of type {day.day_type}, of which no day was counted; count one, or write "
                f"which day it is like ({known})"
            )
    return tuple(SpecialDay(day.date, of[day.day_type], day.note) for day in special)
