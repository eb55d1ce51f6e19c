"""What is to be recorded of a run: who reports what, how well, and what happens on the roads."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.city_feed.road_network import Equipment
from sumo_scenarios.settings import RunSettings

FIRST_DAY: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
"""A Monday: second 0 of a simulation is its midnight."""


class HappeningKind(Enum):
    """A vehicle that stands on its lane without anybody having heard of it, or a lane closed so that drivers know."""

    BREAKDOWN = "breakdown"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Happening:
    """A lane blocked for a time of the simulation. [s] [m]

    `lane` counts a road's lanes of motor vehicles from the outside in; `position_m` from the road's begin.
    """

    road: str
    lane: int
    from_s: float
    to_s: float
    position_m: float = 0.0
    kind: HappeningKind = HappeningKind.BREAKDOWN

    def __post_init__(self) -> None:
        if not self.from_s < self.to_s or self.lane < 0 or self.position_m < 0:
            raise InvalidInputError(
                f"what happens on road {self.road} needs a lane, a place, and an end after its begin"
            )


@dataclass(frozen=True, slots=True)
class Reporting:
    """Who reports positions, and how well. [s] [m]

    `share` of the vehicles, each every `every_s`, with a normal error of `noise_m` in each direction. Shares of the
    reports: `lost` in outages of a minute or two, `late` with a wrong time, `stray` hundreds of metres off, `twice`
    sent again.
    """

    share: float = 0.05
    every_s: float = 10.0
    noise_m: float = 8.0
    lost: float = 0.0
    late: float = 0.0
    stray: float = 0.0
    twice: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.share, self.lost, self.late, self.stray, self.twice)
        if not all(0 <= each <= 1 for each in shares) or self.every_s < 1 or self.noise_m < 0:
            raise InvalidInputError("shares are 0 to 1, reports come every second at most, and noise is 0 m or more")


@dataclass(frozen=True, slots=True)
class FeedOrder:
    """A run and what is recorded of it. `day` counts days from the Monday that the simulation is dated to.

    `loop_speeds`: loops are double and measure speeds; `tagged_share` of the vehicles has tags that readers see.
    """

    settings: RunSettings
    equipment: Equipment = field(default_factory=Equipment)
    reporting: Reporting = field(default_factory=Reporting)
    happenings: tuple[Happening, ...] = ()
    day: int = 0
    loop_speeds: bool = False
    tagged_share: float = 0.3

    def utc_ms(self, time_s: float) -> int:
        """Return the instant of a time of the simulation. [s] [ms]"""
        midnight = FIRST_DAY + dt.timedelta(days=self.day)
        return int(midnight.timestamp()) * 1000 + round(time_s * 1000)
