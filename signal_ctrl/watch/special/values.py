"""Special vehicles and their corridors as they are kept."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.watch.special.corridor import VehicleClass

MOST_ROADS: Final = 500
MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class SpecialVehicle:
    """A registered vehicle. [ms]

    Its own device signs with the key of the feed `device`. `tag` is the pseudonym under which readers of e-plates see
    it, `vehicle_of_feed` the feed of positions that reports it and its name there, `FEED/NAME`; `unit`, the unit of
    dispatch that it is. Empty: none.
    """

    vehicle: str
    kind: VehicleClass
    registered_utc_ms: int
    registered_by: str
    owner: str = ""
    tag: str = ""
    vehicle_of_feed: str = ""
    unit: str = ""
    revoked_utc_ms: int | None = None

    def __post_init__(self) -> None:
        if not is_name(self.vehicle) or not self.registered_by:
            raise InvalidInputError(f"'{self.vehicle}' cannot name a vehicle: letters, digits, '.', '_' and '-'")
        if any(len(text) > MAX_TEXT for text in (self.owner, self.tag, self.vehicle_of_feed, self.unit)):
            raise InvalidInputError(f"vehicle {self.vehicle}: at most {MAX_TEXT} characters each")

    @property
    def device(self) -> str:
        """The feed whose key its device signs with."""
        return f"special.{self.vehicle}"

    @property
    def revoked(self) -> bool:
        """Whether it may no longer ask."""
        return self.revoked_utc_ms is not None


class CorridorState(Enum):
    """Whether a corridor lasts."""

    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Corridor:
    """A corridor that was given: for whom, over which roads, who asked for it. [ms]

    `departs_utc_ms`, the vehicle sets out then at the earliest; `mission`, what it is for, or empty; `predicted`, the
    roads are the likely way ahead, and go on with it.
    """

    corridor: str
    vehicle: str
    kind: VehicleClass
    roads: tuple[str, ...]
    asked_utc_ms: int
    asked_by: str
    departs_utc_ms: int
    mission: str = ""
    predicted: bool = False
    ended_utc_ms: int | None = None
    ended_by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.roads) <= MOST_ROADS:
            raise InvalidInputError(f"a corridor goes over 1 to {MOST_ROADS} roads, got {len(self.roads)}")

    @property
    def state(self) -> CorridorState:
        """Whether it lasts."""
        return CorridorState.LIVE if self.ended_utc_ms is None else CorridorState.OVER


SPECIAL_VEHICLES: Final = ShelfSpec(
    "special_vehicles",
    SpecialVehicle,
    key=lambda v: v.vehicle,
    at_utc_ms=lambda v: v.registered_utc_ms,
    columns={"kind": lambda v: v.kind.value, "unit": lambda v: v.unit},
)
CORRIDORS: Final = ShelfSpec(
    "corridors",
    Corridor,
    key=lambda c: c.corridor,
    at_utc_ms=lambda c: c.asked_utc_ms,
    columns={"vehicle": lambda c: c.vehicle, "state": lambda c: c.state.value},
)
