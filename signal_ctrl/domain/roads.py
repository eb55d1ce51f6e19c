"""Roads of a city as those who watch it see them: carriageways between nodes, turns between them, loops on them.

Nothing is controlled by these values: sites are made at the cabinets. Places are longitude and latitude in WGS 84, and
metres east and north on one plane around the middle of the network (`Plane`), good to 0.1 % within 20 km.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

LonLat = tuple[float, float]
_DEGREE_M: Final = 111_319.49
_MOST_LATITUDE: Final = 85.0


class RoadClass(Enum):
    """What a road is for; thresholds of congestion go by it. Source of the classes: CJJ 37 (urban roads)."""

    EXPRESSWAY = "expressway"
    ARTERIAL = "arterial"
    SECONDARY = "secondary"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Road:
    """One carriageway in one direction between two nodes. [m] [m/s] [veh/h]

    `capacity_veh_h`, the most that passes its downstream end in an hour, all lanes together, signals included.
    `shape`, its axis in the direction of travel; `signal`, the junction with signals at its downstream end, or empty.
    """

    road: str
    from_node: str
    to_node: str
    length_m: float
    lanes: int
    free_speed_mps: float
    capacity_veh_h: float
    road_class: RoadClass
    shape: tuple[LonLat, ...]
    signal: str = ""
    name: str = ""
    district: str = ""

    def __post_init__(self) -> None:
        if not (self.road and self.from_node and self.to_node):
            raise InvalidInputError(f"road '{self.road}' needs a name and two nodes")
        numbers = (self.length_m, self.free_speed_mps, self.capacity_veh_h)
        if self.lanes < 1 or not all(math.isfinite(each) and each > 0 for each in numbers):
            raise InvalidInputError(f"road {self.road}: length, lanes, free speed and capacity are greater than 0")
        if len(self.shape) < 2 or not all(_is_place(each) for each in self.shape):
            raise InvalidInputError(f"road {self.road}: its shape is two places or more, longitude and latitude")

    @property
    def free_time_s(self) -> float:
        """Travel time on an empty road. [s]"""
        return self.length_m / self.free_speed_mps

    @property
    def room_veh(self) -> float:
        """How many vehicles stand on it at most, 7.5 m each in every lane. [veh]"""
        return self.length_m * self.lanes / 7.5


@dataclass(frozen=True, slots=True)
class RoadTurn:
    """From one road one may go on to another. `lanes` that lead there; `minor`: who turns gives way there."""

    from_road: str
    to_road: str
    lanes: int = 1
    minor: bool = False


@dataclass(frozen=True, slots=True)
class RoadLoop:
    """A place where vehicles of one lane are counted: loop, radar, or a camera's line. [m] from the road's begin."""

    detector: str
    road: str
    lane: int
    position_m: float
    length_m: float = 2.0


@dataclass(frozen=True, slots=True)
class RoadReader:
    """A reader of tags (RFID, e-plates) over all lanes of a road. [m] from the road's begin."""

    reader: str
    road: str
    position_m: float


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a middle, for places not too far from it."""

    middle: LonLat

    def metres(self, place: LonLat) -> tuple[float, float]:
        """Return a place in metres east and north of the middle. [m]"""
        scale = math.cos(math.radians(self.middle[1]))
        return (place[0] - self.middle[0]) * _DEGREE_M * scale, (place[1] - self.middle[1]) * _DEGREE_M

    def degrees(self, place_m: tuple[float, float]) -> LonLat:
        """Return longitude and latitude of a place in metres. [degrees]"""
        scale = math.cos(math.radians(self.middle[1]))
        return self.middle[0] + place_m[0] / (_DEGREE_M * scale), self.middle[1] + place_m[1] / _DEGREE_M


@dataclass(frozen=True)
class RoadNetwork:
    """All roads, turns, loops and readers; every name once, and nothing named that is not there.

    Arrays by road have the order of `roads`; `index` gives the place of a road in them.
    """

    roads: tuple[Road, ...]
    turns: tuple[RoadTurn, ...] = ()
    loops: tuple[RoadLoop, ...] = ()
    readers: tuple[RoadReader, ...] = ()
    index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.roads:
            raise InvalidInputError("a road network needs a road")
        index = {each.road: at for at, each in enumerate(self.roads)}
        _only_once("road", [each.road for each in self.roads])
        _only_once("detector", [each.detector for each in self.loops])
        _only_once("reader", [each.reader for each in self.readers])
        _only_once("turn", [f"{each.from_road} to {each.to_road}" for each in self.turns])
        object.__setattr__(self, "index", MappingProxyType(index))
        for turn in self.turns:
            self._check_turn(turn)
        for loop in self.loops:
            self._check_place(f"detector {loop.detector}", loop.road, loop.position_m)
            if not 0 <= loop.lane < self.of(loop.road).lanes:
                raise InvalidInputError(f"detector {loop.detector}: road {loop.road} has no lane {loop.lane}")
        for reader in self.readers:
            self._check_place(f"reader {reader.reader}", reader.road, reader.position_m)

    def of(self, road: str) -> Road:
        """Return a road by its name. Raises: InvalidInputError if there is none."""
        if road not in self.index:
            raise InvalidInputError(f"the network has no road '{road}'")
        return self.roads[self.index[road]]

    @cached_property
    def following(self) -> Mapping[str, tuple[RoadTurn, ...]]:
        """The turns from each road, by its name; none for a road where the network ends."""
        return self._grouped([(turn.from_road, turn) for turn in self.turns])

    @cached_property
    def leading(self) -> Mapping[str, tuple[RoadTurn, ...]]:
        """The turns into each road, by its name."""
        return self._grouped([(turn.to_road, turn) for turn in self.turns])

    @cached_property
    def plane(self) -> Plane:
        """The plane around the middle of all shapes."""
        longitudes = [place[0] for road in self.roads for place in road.shape]
        latitudes = [place[1] for road in self.roads for place in road.shape]
        return Plane(((min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2))

    def _grouped(self, pairs: list[tuple[str, RoadTurn]]) -> Mapping[str, tuple[RoadTurn, ...]]:
        found: dict[str, list[RoadTurn]] = {each.road: [] for each in self.roads}
        for road, turn in pairs:
            found[road].append(turn)
        return MappingProxyType({road: tuple(turns) for road, turns in found.items()})

    def _check_turn(self, turn: RoadTurn) -> None:
        if self.of(turn.from_road).to_node != self.of(turn.to_road).from_node:
            raise InvalidInputError(f"turn {turn.from_road} to {turn.to_road}: they do not meet at one node")
        if turn.lanes < 1:
            raise InvalidInputError(f"turn {turn.from_road} to {turn.to_road}: at least one lane leads there")

    def _check_place(self, what: str, road: str, position_m: float) -> None:
        if not 0 <= position_m <= self.of(road).length_m + 1:
            raise InvalidInputError(f"{what} lies outside road {road}, which is {self.of(road).length_m:.0f} m long")


def _is_place(place: LonLat) -> bool:
    return -180 <= place[0] <= 180 and -_MOST_LATITUDE <= place[1] <= _MOST_LATITUDE


def _only_once(kind: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise InvalidInputError(f"{kind} {twice} is there twice")
