"""Missions: what has to be done where, who goes, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.watch.dispatch.units import MOST_WORDS, UnitKind

PRIORITIES: Final = (1, 5)
"""1 is the most urgent."""
MAX_TEXT: Final = 2_000


class MissionState(Enum):
    """Where a mission stands; `MISSION_NEXT` says what leads from one to the next."""

    OPEN = "open"
    ASSIGNED = "assigned"
    EN_ROUTE = "en route"
    ON_SCENE = "on scene"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """Whether something is still to be done."""
        return self not in (MissionState.CLOSED, MissionState.CANCELLED)


MISSION_NEXT: Final[Mapping[MissionState, frozenset[MissionState]]] = MappingProxyType(
    {
        MissionState.OPEN: frozenset({MissionState.ASSIGNED, MissionState.CANCELLED, MissionState.CLOSED}),
        MissionState.ASSIGNED: frozenset(
            {MissionState.EN_ROUTE, MissionState.ON_SCENE, MissionState.OPEN, MissionState.CANCELLED}
        ),
        MissionState.EN_ROUTE: frozenset({MissionState.ON_SCENE, MissionState.OPEN, MissionState.CANCELLED}),
        MissionState.ON_SCENE: frozenset({MissionState.CLOSED, MissionState.OPEN, MissionState.CANCELLED}),
        MissionState.CLOSED: frozenset(),
        MissionState.CANCELLED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class Need:
    """What a unit has to be: one of these kinds, with all of these skills and this equipment."""

    kinds: tuple[UnitKind, ...]
    skills: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.kinds or len(set(self.kinds)) != len(self.kinds):
            raise InvalidInputError("a mission needs at least one kind of unit, each named once")
        for name, words in (("skills", self.skills), ("equipment", self.equipment)):
            if len(words) > MOST_WORDS or not all(is_name(word) for word in words):
                raise InvalidInputError(f"'{name}' of a mission are at most {MOST_WORDS} names")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a unit gets to a mission, as it was predicted. [s] [m]

    `low_s` and `high_s` hold nine arrivals in ten. `roads` is the way, `from_` where it starts: `reported`, `old` (a
    report beyond its limit, the interval is wider for it) or `home`. `position_age_s` is None for `home`.
    """

    unit: str
    travel_s: float
    low_s: float
    high_s: float
    distance_m: float
    roads: tuple[str, ...]
    from_: str
    position_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the history of a mission. [ms]"""

    utc_ms: int
    state: MissionState
    who: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mission:
    """One thing to be done at one place by one unit. [ms]

    `road` is the road of the place, found by whoever opens the mission or by its place. `incident`, `ticket` and
    `response` are names of what it belongs to, or empty.
    """

    mission_id: str
    need: Need
    place: LonLat
    text: str
    opened_by: str
    opened_utc_ms: int
    priority: int = 3
    road: str = ""
    district: str = ""
    incident: str = ""
    ticket: str = ""
    response: str = ""
    state: MissionState = MissionState.OPEN
    unit: str = ""
    arrival: Arrival | None = None
    assigned_utc_ms: int | None = None
    arrived_utc_ms: int | None = None
    closed_utc_ms: int | None = None
    note: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not self.mission_id or not 1 <= len(self.text) <= MAX_TEXT or len(self.note) > MAX_TEXT:
            raise InvalidInputError(f"a mission needs an id and a text of 1 to {MAX_TEXT} characters")
        if not PRIORITIES[0] <= self.priority <= PRIORITIES[1]:
            raise InvalidInputError(f"a priority is {PRIORITIES[0]} (most urgent) to {PRIORITIES[1]}")
        if not (-180 <= self.place[0] <= 180 and -90 <= self.place[1] <= 90):
            raise InvalidInputError("the place of a mission is longitude and latitude in degrees of WGS 84")
        on_it = self.state in (MissionState.ASSIGNED, MissionState.EN_ROUTE, MissionState.ON_SCENE)
        if (on_it and not self.unit) or (self.state is MissionState.OPEN and self.unit):
            raise InvalidInputError(f"mission {self.mission_id}: it has a unit if, and only if, somebody is on it")
        if self.state.live == (self.closed_utc_ms is not None):
            raise InvalidInputError(f"mission {self.mission_id}: it has an end if, and only if, it is over")
        if self.state is MissionState.CLOSED and not self.note:
            raise InvalidInputError(f"mission {self.mission_id}: who closes it writes what was done")


MISSIONS: Final = ShelfSpec(
    "missions",
    Mission,
    key=lambda m: m.mission_id,
    at_utc_ms=lambda m: m.opened_utc_ms,
    columns={
        "state": lambda m: m.state.value,
        "unit": lambda m: m.unit,
        "incident": lambda m: m.incident,
        "ticket": lambda m: m.ticket,
        "response": lambda m: m.response,
        "district": lambda m: m.district,
    },
)
