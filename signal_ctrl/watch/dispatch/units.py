"""Units that go out: patrols, tow trucks, maintenance crews, ambulances, fire engines; where each stands."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.schedule import is_name, zone_of

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN: Final = 24 * 60
MOST_WORDS: Final = 32
FACTORS: Final = (0.3, 2.0)
"""A unit needs so many times the travel time of the traffic; under 1 for those that may pass queues. [P]"""


class UnitKind(Enum):
    """What a unit is."""

    PATROL = "patrol"
    TOW = "tow"
    MAINTENANCE = "maintenance"
    AMBULANCE = "ambulance"
    FIRE = "fire"


class UnitState(Enum):
    """Where a unit stands; `UNIT_NEXT` says what leads from one to the next."""

    FREE = "free"
    ASSIGNED = "assigned"
    EN_ROUTE = "en route"
    ON_SCENE = "on scene"
    RETURNING = "returning"
    OUT_OF_SERVICE = "out of service"

    @property
    def available(self) -> bool:
        """Whether it may get a mission: it is free, or on its way back from one."""
        return self in (UnitState.FREE, UnitState.RETURNING)

    @property
    def busy(self) -> bool:
        """Whether it has a mission."""
        return self in (UnitState.ASSIGNED, UnitState.EN_ROUTE, UnitState.ON_SCENE)


@dataclass(frozen=True, slots=True)
class Shift:
    """When a unit is manned: on these days from one minute of the day to another, by the clocks of a zone. [min]

    It belongs to the day on which it begins; one that ends before it begins runs over midnight.
    """

    days: tuple[str, ...]
    begin_min: int
    end_min: int
    zone: str

    def __post_init__(self) -> None:
        if not self.days or not set(self.days) <= set(DAYS) or len(set(self.days)) != len(self.days):
            raise InvalidInputError(f"the days of a shift are some of {', '.join(DAYS)}, each once")
        if not (0 <= self.begin_min < DAY_MIN and 0 <= self.end_min <= DAY_MIN) or self.begin_min == self.end_min:
            raise InvalidInputError("a shift begins and ends at different times of the day, 00:00 to 24:00")
        zone_of(self.zone)

    def covers(self, utc_ms: int) -> bool:
        """Tell whether it is on at an instant. [ms]"""
        local = dt.datetime.fromtimestamp(utc_ms / 1000, zone_of(self.zone))
        today, minute = local.weekday(), local.hour * 60 + local.minute
        if self.begin_min < self.end_min:
            return DAYS[today] in self.days and self.begin_min <= minute < self.end_min
        begun_today = DAYS[today] in self.days and minute >= self.begin_min
        return begun_today or (DAYS[today - 1] in self.days and minute < self.end_min)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit, as it was imported, and where it stands. [ms]

    `home` is where it goes back to. `device` is the account that may report for it; `vehicle`, the feed of positions
    that reports it and its pseudonym there, `FEED/NAME`; empty: none. Without shifts it is always manned. `mission` is
    what it has, or empty.
    """

    unit: str
    kind: UnitKind
    home: LonLat
    district: str = ""
    skills: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    time_factor: float = 1.0
    device: str = ""
    vehicle: str = ""
    state: UnitState = UnitState.FREE
    mission: str = ""
    since_utc_ms: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        if not is_name(self.unit):
            raise InvalidInputError(f"'{self.unit}' cannot name a unit: letters, digits, '.', '_' and '-'")
        if not (-180 <= self.home[0] <= 180 and -90 <= self.home[1] <= 90):
            raise InvalidInputError(f"unit {self.unit}: its home is longitude and latitude in degrees of WGS 84")
        if not FACTORS[0] <= self.time_factor <= FACTORS[1]:
            raise InvalidInputError(f"unit {self.unit}: 'time_factor' is {FACTORS[0]} to {FACTORS[1]}")
        for name, words in (("skills", self.skills), ("equipment", self.equipment)):
            if len(words) > MOST_WORDS or not all(is_name(word) for word in words) or len(set(words)) != len(words):
                raise InvalidInputError(f"unit {self.unit}: '{name}' are at most {MOST_WORDS} names, each once")
        if self.state.busy != bool(self.mission):
            raise InvalidInputError(f"unit {self.unit}: it has a mission if, and only if, it is on one")

    def is_manned(self, utc_ms: int) -> bool:
        """Tell whether somebody is on shift. [ms]"""
        return not self.shifts or any(shift.covers(utc_ms) for shift in self.shifts)


UNIT_NEXT: Final[Mapping[UnitState, frozenset[UnitState]]] = MappingProxyType(
    {
        UnitState.FREE: frozenset({UnitState.ASSIGNED, UnitState.OUT_OF_SERVICE}),
        UnitState.ASSIGNED: frozenset({UnitState.EN_ROUTE, UnitState.ON_SCENE, UnitState.FREE, UnitState.RETURNING}),
        UnitState.EN_ROUTE: frozenset({UnitState.ON_SCENE, UnitState.FREE, UnitState.RETURNING}),
        UnitState.ON_SCENE: frozenset({UnitState.FREE, UnitState.RETURNING}),
        UnitState.RETURNING: frozenset({UnitState.FREE, UnitState.ASSIGNED, UnitState.OUT_OF_SERVICE}),
        UnitState.OUT_OF_SERVICE: frozenset({UnitState.FREE}),
    }
)
"""What may follow each state of a unit. A unit that breaks down on a mission is taken off it first."""


@dataclass(frozen=True, slots=True)
class UnitPosition:
    """Where a unit said last that it was, in degrees of WGS 84. `source`: `device`, `feed` or `by hand`. [ms]

    `heading_deg` clockwise from north, None where it is unknown.
    """

    unit: str
    lon: float
    lat: float
    utc_ms: int
    source: str
    heading_deg: float | None = None

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90) or self.utc_ms < 0:
            raise InvalidInputError(f"position of unit {self.unit}: a place on earth in degrees, and a time")
        if not (self.heading_deg is None or 0 <= self.heading_deg < 360):
            raise InvalidInputError(f"position of unit {self.unit}: its heading is 0 to under 360 degrees")

    @property
    def place(self) -> LonLat:
        """Longitude and latitude."""
        return self.lon, self.lat


UNITS: Final = ShelfSpec(
    "units",
    Unit,
    key=lambda u: u.unit,
    at_utc_ms=lambda u: u.since_utc_ms,
    columns={"kind": lambda u: u.kind.value, "state": lambda u: u.state.value, "district": lambda u: u.district},
)
UNIT_POSITIONS: Final = ShelfSpec(
    "unit_positions", UnitPosition, key=lambda p: p.unit, at_utc_ms=lambda p: p.utc_ms, columns={}
)
