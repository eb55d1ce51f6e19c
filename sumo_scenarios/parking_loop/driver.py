"""The driver of a run with car parks: acts for signals as usual, plays the drivers, and tells them where to go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, Trip, WayFinder
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.guidance.inflow import PlannedTrip
from sumo_scenarios.diversion_loop.counting import RoadCounts
from sumo_scenarios.driver import KernelDriver, make_driver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.outer_driver import OuterDriver
from sumo_scenarios.parking_loop.advice import ROUND_S, Advice, Guidance, NearestAdvice
from sumo_scenarios.parking_loop.foretelling import Doors, ForetoldSensor, InflowBoard
from sumo_scenarios.parking_loop.order import Arm, Follows, ParkingOrder
from sumo_scenarios.parking_loop.searches import Search, Searches
from sumo_scenarios.parking_loop.town import ParkingTown
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

PARKED: Final = "parked.json"
_LOOK_EVERY_S: Final = 30.0
_SIGN_EVERY_S: Final = 5.0
_PHONE_EVERY_S: Final = 5.0
_DOUBT: Final = 0.3
SIGN_M: Final = 900.0
"""So far before a car park, as the crow flies, stands the sign for it. [m]"""


class ParkingDriver(OuterDriver):
    """Acts for signals, and for those who look for a space."""

    def __init__(
        self,
        order: ParkingOrder,
        town: ParkingTown,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        self._simulation, self._folder = simulation, folder
        super().__init__(make_driver(world, settings, simulation, folder, begin_s, events))
        self._network = town.network
        self._names = [road.road for road in town.network.roads]
        parks = {park.name: park for park in town.parks}
        self._parks = parks
        self._searches = Searches(simulation, parks, town.parkers)
        self._counts = RoadCounts(simulation, self._names)
        self._guidance = Guidance(parks, self._searches.inside, town.network) if order.arm.guided else None
        nearest = NearestAdvice(parks, self._searches.inside, town.network)
        self._advice: Advice | None = None if order.arm is Arm.BLIND else self._guidance or nearest
        self._signed: set[str] = set()
        self._next_look_s = self._next_round_s = self._next_sign_s = begin_s
        self._fullest = 0.0
        self._full_s = np.zeros(len(parks))
        self._refused = 0
        self._graph = RoadGraph(town.network)
        self._finder: WayFinder | None = None
        self._next_board_s = begin_s
        self._board = self._told_signals(world) if order.arm is Arm.KNOWN else None

    def _told_signals(self, world: World) -> InflowBoard:
        """Let the signals know who will come. Raises: InvalidInputError if they do not look ahead."""
        if not isinstance(self._inner, KernelDriver):
            raise InvalidInputError("only signals that look ahead can be told who will come: take controller adaptive")
        board = InflowBoard()
        for junction in self._inner.junctions:
            doors = Doors(junction.unit.layout, world.net, self._network)
            junction.sensor = ForetoldSensor(junction.sensor, doors, board)
        return board

    def step(self, time_s: float) -> None:
        """Act for signals; then see who set out, came to a full car park or parked, and tell drivers. [s]"""
        self._inner.step(time_s)
        looks = time_s >= self._next_look_s
        if looks:
            self._next_look_s = time_s + _LOOK_EVERY_S
            self._look(time_s)
        begun, refused, done = self._searches.step(time_s)
        if looks:
            self._searches.measure()
        for search in done:
            if self._guidance is not None:
                self._guidance.ended(search, time_s)
        if self._advice is not None:
            self._tell(self._advice, time_s, [*begun, *refused])
        self._searches.follow()
        if self._board is not None:
            self._tell_signals(self._board, time_s)
        if self._guidance is not None:
            self._note(self._guidance)

    def _note(self, guidance: Guidance) -> None:
        """Note what chance drivers were told last before they came."""
        for vehicle, search in self._searches.active.items():
            if not search.tried:
                search.chance = guidance.chances.get(vehicle)

    def _look(self, time_s: float) -> None:
        self._counts.look()
        inside, capacity = self._searches.inside, {name: park.capacity for name, park in self._parks.items()}
        self._fullest = max(self._fullest, sum(inside.values()) / sum(capacity.values()))
        self._full_s += _LOOK_EVERY_S * np.array([inside[name] >= capacity[name] for name in capacity])
        if self._guidance is not None:
            now_s = self._counts.time_s(last=6).astype(np.float32)
            times = RoadTimes(now_s, _DOUBT * now_s, "speeds of the last 3 min")
            self._guidance.look(time_s, times)
            self._finder = WayFinder(self._graph, times)

    def _tell_signals(self, board: InflowBoard, time_s: float) -> None:
        """Tell signals every few seconds where phones are and which way they show. [s]"""
        if self._finder is not None and time_s >= self._next_board_s:
            self._next_board_s = time_s + _PHONE_EVERY_S
            board.put((time_s, trip) for trip in self._planned(self._finder))

    def _planned(self, finder: WayFinder) -> Iterator[PlannedTrip]:
        """Yield the ways of all who have a phone: it knows where it is, and which way it shows."""
        for vehicle, search in self._searches.active.items():
            at = self._on_road(search) if search.parker.follows is Follows.PHONE else None
            edges = self._simulation.next_edges(vehicle) if at is not None else ()
            door = self._parks[search.target].edge
            if at is not None and door in edges:
                roads = tuple(self._network.index[edge] for edge in edges[: edges.index(door) + 1])
                yield PlannedTrip(vehicle, finder.trip(roads, at.share, 1.0))

    def _tell(self, advice: Advice, time_s: float, asking: list[Search]) -> None:
        """Tell those who ask now; in a round all who have a phone; at signs those who follow them. [s]"""
        for search in asking:
            if search.parker.follows is Follows.PHONE:
                self._ask(advice, search)
            elif search.parker.follows is Follows.SIGNS and search.tried:
                self._send(search, advice.sign(search), None)
        if time_s >= self._next_round_s:
            self._next_round_s = time_s + ROUND_S
            self._round(advice)
        if time_s >= self._next_sign_s:
            self._next_sign_s = time_s + _SIGN_EVERY_S
            self._signs(advice)

    def _ask(self, advice: Advice, search: Search) -> None:
        at = self._on_road(search)
        if at is not None:
            self._send(search, *advice.first(search, at))

    def _round(self, advice: Advice) -> None:
        asking = [one for one in self._searches.active.values() if one.parker.follows is Follows.PHONE]
        placed = [(search, self._on_road(search)) for search in asking]
        under_way = [(search, at) for search, at in placed if at is not None]
        for vehicle, (park, way) in advice.all(under_way).items():
            search = self._searches.active[vehicle]
            if park != search.target:
                self._send(search, park, way)

    def _signs(self, advice: Advice) -> None:
        """Let those who follow signs read the one before their car park, once."""
        for vehicle, search in self._searches.active.items():
            if search.parker.follows is not Follows.SIGNS or vehicle in self._signed:
                continue
            at = self._on_road(search)
            if at is not None and self._near(search, at):
                self._signed.add(vehicle)
                self._send(search, advice.sign(search), None)

    def _near(self, search: Search, at: OnRoad) -> bool:
        """Tell whether a driver has come as near to his car park as its sign stands, as the crow flies."""
        metres, network = self._network.plane.metres, self._network
        here, there = network.roads[at.road], network.of(self._parks[search.target].edge)
        off_m = np.hypot(*np.subtract(metres(here.shape[-1]), metres(there.shape[0])))
        return float(off_m) <= SIGN_M

    def _on_road(self, search: Search) -> OnRoad | None:
        """Return where a driver is; None within a junction, where nobody can be told another way."""
        edge, position_m = self._simulation.where(search.parker.vehicle)
        road = self._network.index.get(edge)
        if road is None:
            return None
        return OnRoad(road, min(max(position_m / self._network.roads[road].length_m, 0.0), 1.0), 0.0)

    def _send(self, search: Search, park: str, way: Trip | None) -> None:
        """Send a driver to a car park, by a way or by his own."""
        vehicle = search.parker.vehicle
        if park == search.target and not search.tried:
            return
        try:
            self._simulation.park_at(vehicle, park)
            if way is not None:
                self._follow(vehicle, way)
        except BackendError:
            self._refused += 1
            return
        search.target = park
        search.told += 1

    def _follow(self, vehicle: str, way: Trip) -> None:
        """Have a driver take the way that he was told, and go on from his car park as he would."""
        edges = [self._names[road] for road in way.roads]
        own = self._simulation.next_edges(vehicle)
        if own and own[0] == edges[0] and edges[-1] in own:
            self._simulation.follow(vehicle, [*edges, *own[own.index(edges[-1]) + 1 :]])

    def finish(self) -> None:
        """Close what is open, and write how each driver found a space."""
        self._inner.finish()
        found = {
            "parkers": self._searches.finish(),
            "capacity": sum(park.capacity for park in self._parks.values()),
            "fullest": round(self._fullest, 4),
            "full_min": {name: round(s / 60, 1) for name, s in zip(self._parks, self._full_s.tolist(), strict=True)},
            "not_sent": self._refused,
            "foretold": 0 if self._board is None else self._board.told,
        }
        (self._folder / PARKED).write_text(canonical(found) + "\n", encoding="utf-8")
