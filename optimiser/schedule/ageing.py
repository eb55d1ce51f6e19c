"""How plans age: the delay of the plan in force under new counts against that of a fresh plan, week by week."""

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

LIMIT: Final = 0.05
LEAST_FRESH_VEH_H: Final = 1e-6


@dataclass(frozen=True, slots=True)
class AgeRow:
    """One signal (empty: all of them) under one plan in one week: per counted day, vehicles and delay by the model.

    `week` is the ISO week as 2026-W10; `delay_veh_h` of the plan in force, `fresh_veh_h` of a fresh one. [veh], [veh h]
    """

    week: str
    plan: str
    signal: str
    days: int
    vehicles: float
    delay_veh_h: float
    fresh_veh_h: float

    @property
    def excess(self) -> float:
        """What the plan in force costs more than the fresh one, as a share of that; below 0 where it costs less."""
        return self.delay_veh_h / max(self.fresh_veh_h, LEAST_FRESH_VEH_H) - 1.0


@dataclass(frozen=True, slots=True)
class Aged:
    """A signal (empty: the network) whose plan costs too much, from a week up to the last one counted."""

    signal: str
    plan: str
    since: str
    excess: float
    lost_veh_h: float


def week_of(date: dt.date) -> str:
    """Return the ISO week of a date.

    >>> week_of(dt.date(2027, 1, 1))
    '2026-W53'
    """
    year, week, _ = date.isocalendar()
    return f"{year:04d}-W{week:02d}"


def aged(rows: Iterable[AgeRow], limit: float = LIMIT) -> tuple[Aged, ...]:
    """Return which signals' plans cost more than the limit in the last week, and since which week without a break.

    `excess` and `lost_veh_h`, per day, are those of the last week. The worst first, by what is lost.
    Raises: InvalidInputError if the limit is below 0.
    """
    if not limit >= 0:
        raise InvalidInputError(f"the limit of ageing is a share of 0 or more, got {limit:g}")
    ordered = sorted(rows, key=lambda row: (row.signal, row.plan, row.week))
    found = []
    for (signal, plan), group in itertools.groupby(ordered, key=lambda row: (row.signal, row.plan)):
        late = list(itertools.takewhile(lambda row: row.excess > limit, reversed(list(group))))
        if late:
            lost_veh_h = late[0].delay_veh_h - late[0].fresh_veh_h
            found.append(Aged(signal, plan, late[-1].week, late[0].excess, lost_veh_h))
    return tuple(sorted(found, key=lambda one: (-one.lost_veh_h, one.signal, one.plan)))
