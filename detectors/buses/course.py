"""The way of a bus line as one number: metres from its begin, with the stops and stop lines along it."""

from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from signal_ctrl.domain.bus_lines import BusLine
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork


@dataclass(frozen=True, slots=True)
class StopLine:
    """The stop line of a signal on the way: how far from the begin [m], signal, the road before and the one after."""

    at_m: float
    signal: str
    road: str
    next_road: str


class Course:
    """A line on the roads of a network. [m] from the begin of its first road."""

    def __init__(self, line: BusLine, network: RoadNetwork) -> None:
        """Raises: InvalidInputError if the network lacks one of its roads, or they do not follow each other."""
        self.line = line
        roads = [network.of(name) for name in line.roads]
        self.begin_m: dict[str, float] = {}
        self._ends: list[tuple[float, float]] = []
        driven_m = 0.0
        for road, behind in pairwise([*roads, None]):
            assert road is not None
            self.begin_m[road.road] = driven_m
            driven_m += road.length_m
            self._ends.append((driven_m, road.free_speed_mps))
            if behind is not None:
                if behind.road not in {turn.to_road for turn in network.following[road.road]}:
                    raise InvalidInputError(
                        f"bus line {line.line}: no way leads from road {road.road} to {behind.road}"
                    )
                end_m, begin_m = network.plane.metres(road.shape[-1]), network.plane.metres(behind.shape[0])
                driven_m += hypot(end_m[0] - begin_m[0], end_m[1] - begin_m[1])
        self.length_m = driven_m
        self.stops_m = tuple(self.begin_m[stop.road] + stop.position_m for stop in line.stops)
        self.stop_lines = tuple(
            StopLine(self.begin_m[road.road] + road.length_m, road.signal, road.road, behind.road)
            for road, behind in pairwise(roads)
            if road.signal
        )

    def place_m(self, road: str, along_m: float) -> float | None:
        """Return how far from the begin a place on a road is, None if the line does not lead there. [m]"""
        begin_m = self.begin_m.get(road)
        return None if begin_m is None else begin_m + along_m

    def road_at(self, at_m: float) -> tuple[str, float]:
        """Return the road at a place of the way, and how far along it; a turn belongs to the road before it. [m]"""
        road = max((name for name, begin_m in self.begin_m.items() if begin_m <= at_m), key=self.begin_m.__getitem__)
        return road, at_m - self.begin_m[road]

    def free_mps(self, at_m: float) -> float:
        """Return the free speed of the road at a place. [m] [m/s]"""
        return next((speed for end_m, speed in self._ends if at_m <= end_m), self._ends[-1][1])

    def next_line(self, at_m: float) -> StopLine | None:
        """Return the first stop line that has not been passed, None behind the last one. [m]"""
        return next((line for line in self.stop_lines if line.at_m > at_m), None)
