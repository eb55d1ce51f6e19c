"""Made-up days of parking, to try the forecast on: cars come one by one and stay, full car parks turn them away.

Each day has a level of its own besides its type. Stays are drawn car by car, so that nothing in here knows of rates of
departure, as the forecast does.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.forecast.series import SLOT_S, SLOTS, ParkingDays, day_type

COLUMNS: Final = ("facility", "at", "free", "capacity", "entered", "left")
WEEKEND: Final = 0.6
DAY_SD: Final = 0.12
SHORT_SLOTS: Final = 15.0
"""Half the mean stay (gamma distribution of shape 2)."""
EARLY_SLOTS: Final = 40.0
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MadeDays:
    """What is made: days, seed, first date, and the capacity of each car park. [spaces]"""

    days: int = 28
    seed: int = 1
    start: dt.date = dt.date(2026, 3, 2)
    capacity: tuple[int, ...] = (400, 250, 600)

    def __post_init__(self) -> None:
        if self.days < 1 or not self.capacity or min(self.capacity) < 1:
            raise InvalidInputError("made-up parking needs a day or more, and car parks with a space or more")


def made_days(wanted: MadeDays) -> ParkingDays:
    """Return the days: the same for the same seed."""
    draw = np.random.default_rng(wanted.seed)
    dates = tuple(wanted.start + dt.timedelta(days=k) for k in range(wanted.days))
    arrays = np.zeros((3, wanted.days, len(wanted.capacity), SLOTS))
    for d, date in enumerate(dates):
        busy = 1.0 if date.weekday() < 5 else WEEKEND
        for f, room in enumerate(wanted.capacity):
            arrays[:, d, f] = _day(draw, room, busy * draw.lognormal(0.0, DAY_SD), f)
    types = tuple(day_type(date, {}) for date in dates)
    names = tuple(f"park{k + 1}" for k in range(len(wanted.capacity)))
    return ParkingDays(names, np.array(wanted.capacity, dtype=float), dates, types, *arrays)


def _day(draw: np.random.Generator, room: int, level: float, kind: int) -> Ints:
    """Return cars at the begin of each slot, and who came and went within it. (3, SLOTS)"""
    slots = np.arange(SLOTS)
    morning = np.exp(-0.5 * ((slots - 100 - 6 * (kind % 4)) / 18) ** 2)
    evening = 0.7 * np.exp(-0.5 * ((slots - 220) / 20) ** 2)
    rate = level * room * (0.042 * (morning + evening) + 0.001)
    leaves, inside = np.zeros(SLOTS + 1, dtype=np.int64), int(0.15 * room)
    found = np.zeros((3, SLOTS), dtype=np.int64)
    np.add.at(leaves, np.minimum(draw.exponential(EARLY_SLOTS, inside).astype(int), SLOTS), 1)
    for slot in range(SLOTS):
        gone = int(leaves[slot])
        came = min(int(draw.poisson(rate[slot])), room - inside + gone)
        found[:, slot] = inside, came, gone
        ends = slot + 1 + draw.gamma(2.0, SHORT_SLOTS, came).astype(int)
        np.add.at(leaves, np.minimum(ends, SLOTS), 1)
        inside += came - gone
    return found


def history_csv(days: ParkingDays, offset: str = "+08:00") -> str:
    """Return days as a history file. Args: offset, of the city's clock."""
    return "".join(f"{line}\n" for line in (",".join(COLUMNS), *_lines(days, offset)))


def _lines(days: ParkingDays, offset: str) -> Iterator[str]:
    for d, date in enumerate(days.dates):
        for f, name in enumerate(days.facilities):
            room = int(days.capacity[f])
            for slot in range(SLOTS):
                minute = int(slot * SLOT_S) // 60
                cars: Sequence[int] = [int(a[d, f, slot]) for a in (days.occupied, days.entered, days.left)]
                at = f"{date}T{minute // 60:02d}:{minute % 60:02d}:00{offset}"
                yield f"{name},{at},{room - cars[0]},{room},{cars[1]},{cars[2]}"
