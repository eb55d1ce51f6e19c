"""Drivers before a closure: who reads a sign follows it or not, who stands long enough looks for a way of his own.

Whether a driver follows signs is drawn once, from the seed and the vehicle's name, so that it is the same in every arm.
Who follows goes by the advised way to where it meets his own, and on by that; where they do not meet, by the quickest
way to his destination. All others keep their route until their patience is at its end: who has been on one road for
longer than that, and wants through the closure, takes the quickest way round from there, if there is one. No driver
turns round, nobody beyond the closure is concerned, and whose destination is the closed road waits.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.watch.diversion.ways import Map
from sumo_scenarios.simulation import Simulation

EVERY_S: Final = 10.0


def follows(vehicle: str, seed: int, compliance: float) -> bool:
    """Tell whether a driver follows signs.

    >>> sum(follows(f"car-{k}", 7, 0.4) for k in range(10_000)) in range(3900, 4100)
    True
    """
    draw = hashlib.sha256(f"follows {seed} {vehicle}".encode()).digest()
    return int.from_bytes(draw[:8], "big") / 2**64 < compliance


class Drivers:
    """The drivers of one run whose way is closed."""

    def __init__(self, simulation: Simulation, closed: str, seed: int, compliance: float, patience_s: float) -> None:
        self._simulation, self._closed = simulation, closed
        self._seed, self._compliance, self._patience_s = seed, compliance, patience_s
        self._asked: set[str] = set()
        self._since: dict[tuple[str, str], float] = {}
        self._gave_up: set[str] = set()
        self.diverted = self.read = self.own_way = self.lost = 0

    def read_signs(self, ways: Mapping[str, Sequence[tuple[str, ...]]], streets: Map) -> None:
        """Let those on roads with a sign read it, each driver once. Args: ways, by the road of the sign."""
        for road, advised in ways.items():
            for vehicle in self._simulation.edge_vehicle_names(road):
                if vehicle not in self._asked:
                    self._read(vehicle, road, advised, streets)

    def _read(self, vehicle: str, road: str, advised: Sequence[tuple[str, ...]], streets: Map) -> None:
        route = self._simulation.next_edges(vehicle)
        if self._closed not in route or route[0] != road:
            return
        self._asked.add(vehicle)
        self.read += 1
        if follows(vehicle, self._seed, self._compliance):
            after = route[route.index(self._closed) + 1 :]
            self.diverted += self._send(vehicle, advised_route(road, after, advised, streets, self._closed))

    def lose_patience(self, roads: Sequence[str], time_s: float, streets: Map) -> None:
        """Let those who have been long on one of some roads before the closure look for a way of their own. [s]"""
        now: dict[tuple[str, str], float] = {}
        for road in roads:
            for vehicle in self._simulation.edge_vehicle_names(road):
                since_s = now[vehicle, road] = self._since.get((vehicle, road), time_s)
                if time_s - since_s >= self._patience_s and vehicle not in self._gave_up:
                    self._look_round(vehicle, road, streets)
        self._since = now

    def _look_round(self, vehicle: str, road: str, streets: Map) -> None:
        route = self._simulation.next_edges(vehicle)
        if self._closed not in route[1:] or route[0] != road or route[-1] == self._closed:
            return
        self._gave_up.add(vehicle)
        found = streets.shortest(road, route[-1], {self._closed})
        if found is not None:
            self.own_way += self._send(vehicle, found.roads)

    def _send(self, vehicle: str, roads: Sequence[str]) -> bool:
        """Send a vehicle on; one that SUMO cannot send keeps its route, and is counted."""
        if not roads:
            return False
        try:
            self._simulation.follow(vehicle, roads)
        except BackendError:
            self.lost += 1
            return False
        return True


def advised_route(
    road: str, after: Sequence[str], advised: Sequence[tuple[str, ...]], streets: Map, closed: str
) -> tuple[str, ...]:
    """Return the route of a driver who follows a sign: by a way to where it meets his own; nothing if there is none.

    Args: after, the roads of his route behind the closed one.
    """
    if not after:
        return ()
    for way in advised:
        for at, at_road in enumerate(way[1:], start=1):
            if at_road in after:
                return (*way[: at + 1], *after[after.index(at_road) + 1 :])
    found = streets.shortest(road, after[-1], {closed})
    return found.roads if found is not None else ()
