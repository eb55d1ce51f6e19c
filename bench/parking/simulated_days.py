"""Days of car parks from SUMO: one run a day, the same town, another demand and other drivers each day.

A day is as long as its run: car parks are empty at its begin and fill; before and after it nothing is known. Days
differ by the demand that is drawn within the counts and by what that does to traffic, and by nothing else.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.parking.campaign import Case
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.parking_history import COLUMNS, OPTIONAL, read_history
from signal_ctrl.parking.forecast.series import SLOT_S
from signal_ctrl.parking.occupancy import OccupancySample
from sumo_scenarios.parking_loop.order import Arm
from sumo_scenarios.parking_loop.run import ParkedDay, plan_of, run_day

FIRST: Final = dt.date(2026, 3, 2)
BEGINS_H: Final = 7
OFFSET: Final = "+08:00"
_SATURDAY: Final = 5
HEADER: Final = (*COLUMNS, *OPTIONAL[:2])


@dataclass(frozen=True, slots=True)
class SimulatedDays:
    """What is to be simulated: a case, what drivers are told, and how many working days."""

    case: Case
    arm: Arm
    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 200:
            raise InvalidInputError(f"1 to 200 days are simulated, got {self.days}")


def working_days(many: int) -> list[dt.date]:
    """Return so many working days from the first Monday on.

    >>> [str(each) for each in working_days(6)[-2:]]
    ['2026-03-06', '2026-03-09']
    """
    found: list[dt.date] = []
    while len(found) < many:
        date = FIRST if not found else found[-1] + dt.timedelta(days=1)
        while date.weekday() >= _SATURDAY:
            date += dt.timedelta(days=1)
        found.append(date)
    return found


def write_days(wanted: SimulatedDays, out: Path, told: Callable[[str], None] = lambda _: None) -> int:
    """Write the days that a file does not hold yet behind those that it holds; return how many were made.

    Raises: InvalidInputError for a file of something else; BackendError if a run cannot be made.
    """
    there = read_history(out) if out.exists() else ()
    known, room = _dates_of(there), {each.facility: each.capacity for each in there}
    missing = [(k + 1, date) for k, date in enumerate(working_days(wanted.days)) if date not in known]
    if not missing:
        return 0
    told("plan of the signals")
    plan = plan_of(wanted.case.order(Arm.BLIND, 1, None)) if wanted.case.controller == "fixed" else None
    for seed, date in missing:
        told(f"{date}: demand and drivers {seed}")
        day = run_day(wanted.case.order(wanted.arm, seed, plan))
        if room and room != day.capacity:
            raise InvalidInputError(
                f"{out} holds other car parks; name another file, or give the options it was made with"
            )
        new = not out.exists()
        with out.open("a", encoding="utf-8") as file:  # a day is there as a whole or not at all
            file.write("".join(f"{line}\n" for line in (*([",".join(HEADER)] if new else []), *rows_of(day, date))))
    return len(missing)


def rows_of(day: ParkedDay, date: dt.date) -> Iterator[str]:
    """Yield the rows of a day: each car park and five minutes of the run, and who came and went within them."""
    slots = int((day.end_s - day.begin_s) // SLOT_S)
    for name, capacity in sorted(day.capacity.items()):
        own = [(came_s, left_s) for park, came_s, left_s in day.stays if park == name]
        for slot in range(slots):
            from_s, until_s = day.begin_s + slot * SLOT_S, day.begin_s + (slot + 1) * SLOT_S
            inside = sum(came_s < from_s and (left_s is None or left_s >= from_s) for came_s, left_s in own)
            entered = sum(from_s <= came_s < until_s for came_s, _ in own)
            left = sum(left_s is not None and from_s <= left_s < until_s for _, left_s in own)
            minute = int(slot * SLOT_S) // 60
            at = f"{date}T{BEGINS_H + minute // 60:02d}:{minute % 60:02d}:00{OFFSET}"
            yield f"{name},{at},{max(capacity - inside, 0)},{capacity},{entered},{left}"


def _dates_of(samples: Iterable[OccupancySample]) -> set[dt.date]:
    zone = dt.timezone(dt.timedelta(hours=8))
    return {dt.datetime.fromtimestamp(each.at_utc_ms / 1000, zone).date() for each in samples}
