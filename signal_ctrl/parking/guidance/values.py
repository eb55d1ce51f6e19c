"""What guidance takes in and gives back. [s] [m]"""

import math
from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import Trip
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.tariffs import FREE, OpenSpan, Tariff


@dataclass(frozen=True, slots=True)
class Lot:
    """The spaces of one kind in one facility: what guidance sends to. [s]

    `entrances`, on the road network; `place`, where one leaves it on foot; `longest_stay_s`; `to_space_s`, from the
    entrance to a space.
    """

    facility: str
    kind: SpaceKind
    entrances: tuple[OnRoad, ...]
    place: LonLat
    tariff: Tariff = FREE
    hours: tuple[OpenSpan, ...] = ()
    longest_stay_s: float = math.inf
    to_space_s: float = 30.0

    def __post_init__(self) -> None:
        if not self.entrances or not (self.longest_stay_s > 0 and 0 <= self.to_space_s < math.inf):
            raise InvalidInputError(f"lot {self.lot} needs an entrance, stays above 0 s and ways not below 0 s")

    @property
    def lot(self) -> str:
        """Its name: `north/general`."""
        return lot_name(self.facility, self.kind)

    def takes(self, kind: SpaceKind, stay_s: float) -> bool:
        """Tell whether a car of a kind may stand here for so long. [s]"""
        return kind is self.kind and stay_s <= self.longest_stay_s


def lot_name(facility: str, kind: SpaceKind) -> str:
    """Return the name of a facility's spaces of a kind."""
    return f"{facility}/{kind.value}"


@dataclass(frozen=True, slots=True)
class Request:
    """A driver who looks for a space.

    `position`, on the road network; `kind`, the space that he needs; `leaves_in_s`, how long until he sets out;
    `stay_s`; `cent_s`, how many seconds of his way a cent is worth to him; `sent_to`, the lot that he was told before,
    or empty; `fixed`, whether he is too close to it to be told another one; `located`, whether it is known where he is:
    else `position` stands for a place near his destination, and nothing is known of his way.
    """

    request: str
    position: OnRoad
    destination: LonLat
    kind: SpaceKind = SpaceKind.GENERAL
    stay_s: float = 7200.0
    leaves_in_s: float = 0.0
    cent_s: float = 0.0
    sent_to: str = ""
    fixed: bool = False
    located: bool = True

    def __post_init__(self) -> None:
        if not (self.request and 0 < self.stay_s < math.inf and 0 <= self.leaves_in_s < math.inf):
            raise InvalidInputError(f"request '{self.request}' needs a name, a stay above 0 s and a time to set out")
        if not 0 <= self.cent_s < math.inf or (self.fixed and not self.sent_to):
            raise InvalidInputError(f"request {self.request}: weight of prices, or fixed without a lot")


@dataclass(frozen=True, slots=True)
class Hold:
    """A space that is counted as taken by a driver under way; soft: nothing keeps others from it, and it expires."""

    request: str
    lot: str
    arrives_utc_ms: int
    expires_utc_ms: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One lot for one driver. [s]

    `chance`, that a space is free for him when he comes; `cost_s`, what it is worth in seconds, all in all.
    """

    lot: str
    drive_s: float
    walk_s: float
    walk_m: float
    price_cents: int
    chance: float
    cost_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a driver is told: lots, the one that he is sent to first, and his way there. Never empty.

    `fitting`, whether any lot takes his kind and stay and can be reached: if none does, the best of the others is
    named, with a chance of 0. `way` is None where no way leads there.
    """

    request: str
    choices: tuple[Choice, ...]
    way: Trip | None
    fitting: bool = True

    @property
    def best(self) -> Choice:
        """The lot that he is sent to."""
        return self.choices[0]


@dataclass(frozen=True, slots=True)
class GuidanceSettings:
    """How guidance weighs. [s] [m]

    `walk_weight`, what a second on foot counts against one in the car; `failed_s`, what it costs to find a lot full;
    `detour_s`, by how much a driver's own cost may be above his best for the good of all; `stay_put_s`, what must be
    won before somebody is told another lot; `candidates`, lots that are looked at for each driver; `shown`, lots in an
    answer; `grace_s`, how long after the expected arrival a hold lasts.
    """

    walk_weight: float = 1.5
    walk_mps: float = 1.2
    walk_factor: float = 1.3
    failed_s: float = 1800.0
    detour_s: float = 300.0
    stay_put_s: float = 60.0
    candidates: int = 16
    shown: int = 5
    grace_s: float = 300.0

    def __post_init__(self) -> None:
        numbers = (self.walk_weight, self.walk_mps, self.walk_factor, self.failed_s, self.candidates, self.shown)
        if not all(0 < number < math.inf for number in numbers):
            raise InvalidInputError("weights, speeds and numbers of guidance are above 0")
        if not all(0 <= number < math.inf for number in (self.detour_s, self.stay_put_s, self.grace_s)):
            raise InvalidInputError("times of guidance are 0 s or more")
