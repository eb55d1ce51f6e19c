"""Car parks and kerbs: where they are, how they are entered, which spaces they have, and how those are sensed.

Each space has a number that is the only one of its facility. Spaces that are alike in level, zone, kind and sensing
stand together in a section. Prices and hours are `parking/tariffs.py`, the document is `parking/facilities_json.py`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.parking.tariffs import FREE, OpenSpan, Tariff, is_open, is_zone

MOST_FACILITIES: Final = 5_000
MOST_SPACES: Final = 20_000
"""Of one facility."""
LONGEST_NAME: Final = 120


class SpaceKind(Enum):
    """For whom a space is. A space counts for its own kind alone: a charging space is no general supply."""

    GENERAL = "general"
    ACCESSIBLE = "accessible"
    CHARGING = "charging"
    COACH = "coach"
    SHORT_STAY = "short_stay"


class FacilityKind(Enum):
    """A car park is entered and left through gates; at a kerb each space is entered from the road."""

    CAR_PARK = "car_park"
    KERB = "kerb"


class Sensing(Enum):
    """What sees the spaces of a section itself; `NONE`: nothing does, the gates alone count who is inside."""

    SPACES = "spaces"
    CAMERA = "camera"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a facility is entered from a road of the network. [m] from the road's begin.

    For a kerb the road is the one that it lies on.
    """

    road: str
    position_m: float = 0.0

    def __post_init__(self) -> None:
        if not self.road or not (math.isfinite(self.position_m) and self.position_m >= 0):
            raise InvalidInputError("an entrance needs a road and a position of 0 m or more on it")


@dataclass(frozen=True, slots=True)
class Section:
    """Spaces that are alike. `longest_stay_min`, after how long a car stands too long; 0: never. [min]

    `places`, where each space is, in the order of `numbers`; none where that is not known.
    """

    section: str
    kind: SpaceKind
    numbers: tuple[str, ...]
    level: str = ""
    zone: str = ""
    sensing: Sensing = Sensing.NONE
    longest_stay_min: int = 0
    places: tuple[LonLat, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.section) or not self.numbers:
            raise InvalidInputError(
                f"section '{self.section}' needs a name (letters, digits, '.', '_', '-') and spaces"
            )
        if not all(0 < len(each) <= 32 and each.isprintable() for each in self.numbers):
            raise InvalidInputError(f"section {self.section}: a space's number has 1 to 32 printable characters")
        if self.places and len(self.places) != len(self.numbers):
            raise InvalidInputError(f"section {self.section}: give a place for each of its spaces, or for none")
        if not all(is_place(each) for each in self.places):
            raise InvalidInputError(f"section {self.section}: a place is longitude and latitude")
        if not 0 <= self.longest_stay_min <= 7 * 1440:
            raise InvalidInputError(f"section {self.section}: the longest stay is 0 (none) to 10080 min")

    @property
    def capacity(self) -> int:
        """How many spaces it has."""
        return len(self.numbers)


@dataclass(frozen=True)
class Facility:
    """One car park or one stretch of kerb. `hours`, when it is open; none: always. `district`, of the city.

    `gates`, the names of the counters at all its ways in and out; none: nobody counts there.
    """

    facility: str
    name: str
    name_en: str
    kind: FacilityKind
    place: LonLat
    entrances: tuple[Entrance, ...]
    sections: tuple[Section, ...]
    gates: tuple[str, ...] = ()
    tariff: Tariff = FREE
    hours: tuple[OpenSpan, ...] = ()
    district: str = ""
    section_of: Mapping[str, Section] = field(init=False, repr=False, compare=False)
    """The section of each space, by the space's number."""

    def __post_init__(self) -> None:
        if not is_name(self.facility):
            raise InvalidInputError(f"'{self.facility}' cannot name a facility: letters, digits, '.', '_' and '-'")
        for name in (self.name, self.name_en):
            if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
                raise InvalidInputError(
                    f"facility {self.facility}: a name has 1 to {LONGEST_NAME} printable characters"
                )
        if not is_place(self.place):
            raise InvalidInputError(f"facility {self.facility}: its place is longitude and latitude")
        if not self.entrances or not self.sections:
            raise InvalidInputError(f"facility {self.facility} needs an entrance and a section")
        self._check_names()
        by_number = {number: each for each in self.sections for number in each.numbers}
        object.__setattr__(self, "section_of", MappingProxyType(by_number))

    def _check_names(self) -> None:
        where = f"facility {self.facility}"
        only_once(f"{where}: section", [each.section for each in self.sections])
        only_once(f"{where}: gate", self.gates)
        only_once(f"{where}: space", [number for each in self.sections for number in each.numbers])
        if self.capacity > MOST_SPACES:
            raise InvalidInputError(f"{where} has {self.capacity} spaces; at most {MOST_SPACES}, divide it")
        if not all(is_name(gate) for gate in self.gates):
            raise InvalidInputError(f"{where}: a gate's name has letters, digits, '.', '_' and '-'")

    @property
    def capacity(self) -> int:
        """How many spaces it has, of all kinds."""
        return sum(each.capacity for each in self.sections)

    @property
    def kinds(self) -> tuple[SpaceKind, ...]:
        """The kinds of its spaces, in the order of `SpaceKind`."""
        there = {each.kind for each in self.sections}
        return tuple(kind for kind in SpaceKind if kind in there)

    def capacity_of(self, kind: SpaceKind) -> int:
        """Return how many spaces of a kind it has."""
        return sum(each.capacity for each in self.sections if each.kind is kind)

    def longest_stay_min(self, kind: SpaceKind) -> int:
        """Return how long a car may stand on those spaces of a kind that are open to it for longest; 0: for ever. [min]

        0, too, where it has no such spaces.
        """
        limits = [each.longest_stay_min for each in self.sections if each.kind is kind] or [0]
        return 0 if 0 in limits else max(limits)


@dataclass(frozen=True)
class Facilities:
    """All facilities of a city, and the time zone that their hours and prices go by."""

    facilities: tuple[Facility, ...]
    timezone: str = "Asia/Shanghai"
    index: Mapping[str, Facility] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.facilities) > MOST_FACILITIES:
            raise InvalidInputError(f"there are {len(self.facilities)} facilities; at most {MOST_FACILITIES}")
        if not is_zone(self.timezone):
            raise InvalidInputError(f"'{self.timezone}' is no time zone; write one as 'Asia/Shanghai'")
        only_once("facility", [each.facility for each in self.facilities])
        object.__setattr__(self, "index", MappingProxyType({each.facility: each for each in self.facilities}))

    def of(self, facility: str) -> Facility:
        """Return a facility by its name. Raises: NotFoundError."""
        if facility not in self.index:
            raise NotFoundError(f"there is no facility {facility}; 'signal-ctrl parking facilities list' shows them")
        return self.index[facility]

    def is_open(self, facility: str, at_utc_ms: int) -> bool:
        """Tell whether a facility is open at a time. [ms]"""
        return is_open(self.of(facility).hours, self.timezone, at_utc_ms)

    def price_cents(self, facility: str, from_utc_ms: int, stay_min: float) -> int:
        """Return what a stay costs. [cents] [ms] [min]"""
        return self.of(facility).tariff.price_cents(self.timezone, from_utc_ms, stay_min)


def is_place(place: LonLat) -> bool:
    """Tell whether two numbers are longitude and latitude, away from the poles. [degrees]

    >>> is_place((120.1, 30.2)), is_place((30.2, 120.1))
    (True, False)
    """
    return -180 <= place[0] <= 180 and -85 <= place[1] <= 85


def only_once(kind: str, names: Collection[str]) -> None:
    """Raises: InvalidInputError if a name is there twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInputError(f"{kind} {name} is there twice")
        seen.add(name)
