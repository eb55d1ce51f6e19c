"""What guidance tells the signals: who comes by which turn, and when, as long as they cannot see him themselves."""

import zlib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from detectors.foretold import with_foretold
from detectors.view_builder import Expected
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.parking.guidance.inflow import PlannedTrip
from sumo_scenarios.driver_ports import Sensor
from sumo_scenarios.net_reader import Net

AHEAD_S: Final = 60.0
"""So far ahead does a signal look. [s]"""
LATE_S: Final = 3.0
"""Who should have been seen so long ago is forgotten. [s]"""
PRESENCE: Final = 0.8
_OWN_KEYS: Final = 1 << 40


class Doors:
    """The ways into a signal's reach: which roads it sees, and by which lane and movement each turn goes."""

    def __init__(self, layout: JunctionLayout, net: Net, network: RoadNetwork) -> None:
        self._network = network
        self._seen = {net.lanes[lane.lane_id].edge_id for lane in layout.reach}
        self._moves: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for index, movement in enumerate(layout.movements):
            here = layout.lanes[movement.lane].edge_id
            onto = net.lanes[layout.exits[movement.exit].lane_id].edge_id
            self._moves.setdefault((here, onto), []).append((movement.lane, index))

    def foretold(self, name: str, trip: PlannedTrip, told_s: float, now_s: float) -> tuple[int, Expected] | None:
        """Return lane and vehicle if a driver will come who is not in reach yet, None otherwise. [s]"""
        roads = [self._network.roads[road] for road in trip.way.roads]
        for k, (here, onto) in enumerate(pairwise(roads)):
            moves = self._moves.get((here.road, onto.road))
            if moves is None:
                continue
            first = k
            while first > 0 and roads[first - 1].road in self._seen:
                first -= 1
            if first == 0:
                return None
            enters_s = told_s + trip.leaves_in_s + trip.way.ends_s[first - 1] - now_s
            eta_s = max(enters_s, 0.0) + sum(road.free_time_s for road in roads[first : k + 1])
            key = _OWN_KEYS + zlib.crc32(name.encode())
            lane, movement = moves[key % len(moves)]
            due = enters_s > -LATE_S and eta_s <= AHEAD_S
            return (lane, Expected(eta_s, movement, PRESENCE * trip.follows, key)) if due else None
        return None


class ForetoldSensor:
    """A sensor, and besides what guidance says of those whom it cannot see yet."""

    def __init__(self, inner: Sensor, doors: Doors, board: "InflowBoard") -> None:
        self._inner, self._doors, self._board = inner, doors, board

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        self._inner.read(time_s)

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return what is seen, and behind it who is foretold. [s]"""
        return with_foretold(self._inner.view(time_s, engine), self._board.of(self._doors, time_s))

    def detection(self) -> Detection:
        """Return how much of the junction is still seen."""
        return self._inner.detection()


class InflowBoard:
    """Planned trips as guidance last gave them."""

    def __init__(self) -> None:
        self._trips: Mapping[str, tuple[float, PlannedTrip]] = {}
        self._told: set[tuple[int, str]] = set()

    @property
    def told(self) -> int:
        """How many drivers signals were told of so far, each once for each signal."""
        return len(self._told)

    def put(self, trips: Iterable[tuple[float, PlannedTrip]]) -> None:
        """Take the trips in that are in force from now on. [s]"""
        self._trips = {trip.request: (told_s, trip) for told_s, trip in trips}

    def of(self, doors: Doors, now_s: float) -> list[tuple[int, Expected]]:
        """Return who comes to a signal. [s]"""
        found = {name: doors.foretold(name, trip, told_s, now_s) for name, (told_s, trip) in self._trips.items()}
        self._told.update((id(doors), name) for name, one in found.items() if one is not None)
        return [one for one in found.values() if one is not None]
