"""The legs of a junction: where its traffic comes from, stops and leaves, from the network's shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.roadmap import LaneShape, RoadMap
from sumo_scenarios.layout import approach_lanes
from sumo_scenarios.net_reader import Net

Floats = NDArray[np.float64]

POINTS: Final = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
_BACK: Final = -0.75
_BESIDE_M: Final = 30.0
_ALONG_M: Final = 30.0


@dataclass(frozen=True)
class Leg:
    """One approach. `name` is the point of the compass that its traffic comes from; `lanes` end at its stop line, the
    rightmost first; `exits` lead away on the same side of the junction; `along` is the unit vector of travel.
    """

    name: str
    lanes: tuple[LaneShape, ...]
    exits: tuple[LaneShape, ...]
    along: Floats

    @property
    def right(self) -> Floats:
        """Unit vector to the right of who comes."""
        return np.array([self.along[1], -self.along[0]])

    @property
    def stop(self) -> Floats:
        """Middle of the stop line, (2,). [m]"""
        middle: Floats = (self._edge(self.lanes, 1) + self._edge(self.lanes, -1)) / 2.0
        return middle

    def _edge(self, lanes: Sequence[LaneShape], side: int) -> Floats:
        """Return the outermost point of the stop line to the right (1) or left (-1). [m]"""
        ends = [lane.end + self.right * side * lane.width_m / 2 for lane in lanes]
        return max(ends, key=lambda end: side * float(end @ self.right))

    def stop_line(self, beyond_m: float) -> tuple[Floats, Floats]:
        """Return the right and left end of a line so far beyond the stop lines of all lanes. [m]"""
        farthest = max(float(lane.end @ self.along) for lane in self.lanes)
        ends = []
        for side in (1, -1):
            edge = self._edge(self.lanes, side)
            ends.append(edge + self.along * (farthest - float(edge @ self.along) + beyond_m))
        return ends[0], ends[1]

    def exit_line(self, inside_m: float) -> tuple[Floats, Floats] | None:
        """Return the ends of a line across the exits, so far behind the last of their beginnings; None without exits.

        Who leaves drives over it against `along`; the first end lies on his right. [m]
        """
        if not self.exits:
            return None
        begins = [lane.line[0] for lane in self.exits]
        nearest = min(float(point @ self.along) for point in begins)
        ends = []
        for side in (-1, 1):
            edges = [p + self.right * side * lane.width_m / 2 for p, lane in zip(begins, self.exits, strict=True)]
            edge = max(edges, key=lambda point: side * float(point @ self.right))
            ends.append(edge + self.along * (nearest - float(edge @ self.along) - inside_m))
        return ends[0], ends[1]

    @property
    def width_m(self) -> float:
        """Width of the approach. [m]"""
        return float((self._edge(self.lanes, 1) - self._edge(self.lanes, -1)) @ self.right)


def legs_of(net: Net, roads: RoadMap, signal: str) -> tuple[Leg, ...]:
    """Return the legs of a signal, in the order of its lamps.

    Raises: InvalidInputError for an unknown signal, or one without approaches for vehicles.
    """
    connections = net.signal_links.get(signal)
    if connections is None:
        known = ", ".join(sorted(net.signal_links)[:6])
        raise InvalidInputError(f"no signal '{signal}' in {net.path}; it has {known}")
    ids = [lane for lane in approach_lanes(net, connections) if lane in roads.lanes]
    exits = list(dict.fromkeys(c.to_lane for c in connections if c.to_lane in roads.lanes))
    edges = list(dict.fromkeys(roads.lanes[lane].edge_id for lane in ids))
    approaches = [[roads.lanes[lane] for lane in sorted(ids) if roads.lanes[lane].edge_id == edge] for edge in edges]
    driven = [lanes for lanes in approaches if any(not lane.soft for lane in lanes)]
    if not driven:
        raise InvalidInputError(f"signal '{signal}' has no approach for vehicles; choose another --junction")
    names = _names([_along(lanes) for lanes in driven])
    out = [roads.lanes[lane] for lane in exits if not lane.startswith(":")]
    return tuple(_leg(name, lanes, out, roads) for name, lanes in zip(names, driven, strict=True))


def _along(lanes: Sequence[LaneShape]) -> Floats:
    total = np.sum([lane.direction(True) for lane in lanes], axis=0)
    unit: Floats = total / max(float(np.hypot(*total)), 1e-9)
    return unit


def _names(ways: Sequence[Floats]) -> list[str]:
    """Return names by the compass, numbered where two legs have the same."""
    names: list[str] = []
    for way in ways:
        bearing = np.degrees(np.arctan2(-way[0], -way[1])) % 360.0
        name = POINTS[round(bearing / 45.0) % 8]
        same = sum(other.rstrip("0123456789") == name for other in names)
        names.append(f"{name}{same + 1}" if same else name)
    return names


def _leg(name: str, lanes: Sequence[LaneShape], exits: Sequence[LaneShape], roads: RoadMap) -> Leg:
    along = _along(lanes)
    middle = np.mean([lane.end for lane in lanes], axis=0)
    right = np.array([along[1], -along[0]])
    edges = {
        lane.edge_id
        for lane in exits
        if float(lane.direction(False) @ along) < _BACK
        and abs(float((lane.line[0] - middle) @ right)) < _BESIDE_M
        and abs(float((lane.line[0] - middle) @ along)) < _ALONG_M
    }
    nearest = min(edges, key=lambda edge: _gap(edge, roads, middle), default=None)
    out = [lane for lane in roads.lanes.values() if lane.edge_id == nearest and not lane.soft]
    driven = [lane for lane in lanes if not lane.soft]
    return Leg(name, tuple(driven), tuple(out), along)


def _gap(edge: str, roads: RoadMap, middle: Floats) -> float:
    return min(float(np.hypot(*(lane.line[0] - middle))) for lane in roads.lanes.values() if lane.edge_id == edge)
