"""Rows of the tables that counting leaves."""

from dataclasses import dataclass
from typing import Final

ALL: Final = "all"
"""Stands for every class together."""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One line, direction and class in one interval. [s]

    `count` and `occupancy` are None where nothing was seen at all: that is not zero. `occupancy` is the share (0 to 1)
    of the time seen in which such a vehicle was on the line, `speed_mps` the mean over vehicles (time mean speed),
    `valid_ratio` the share of the interval that was seen.
    """

    from_s: float
    to_s: float
    line: str
    direction: str
    kind: str
    count: int | None
    occupancy: float | None
    speed_mps: float | None
    valid_ratio: float


@dataclass(frozen=True, slots=True)
class SecondRow:
    """One zone in one second. `occupied` (a vehicle in it at any moment: a call), `vehicles` (most at once), `queue_m`
    (longest); all None where nothing was seen. `empty_known`, whether the background is that of the empty place: then
    who has always stood there is seen."""

    time_s: int
    zone: str
    occupied: bool | None
    vehicles: int | None
    queue_m: float | None
    empty_known: bool = False
