"""Routes for trips, and the level of demand at which the town's main junctions are loaded but still work.

One part of the trips after the other takes the fastest routes under the load of those before, scaled to the whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.net_reader import Net
from sumo_scenarios.newtown.graph import Graph, Route, back
from sumo_scenarios.newtown.people import DAYS, Trip, Zone
from sumo_scenarios.newtown.signals import SignalDesign

MOTOR: Final = ("car", "truck")
PARTS: Final = 6
LIMIT_S: Final = 14400.0
RIDE_S: Final = 1800.0
"""Longest ways that are looked for, by car and by bicycle."""
BATCH: Final = 32
AIM: Final = 0.8
"""Degree of saturation that the busiest quarter of the signals has on average."""
CYCLE_S: Final = 120.0
BUSIEST: Final = 4
TOLERANCE: Final = 0.02
ROUNDS: Final = 4
SAMPLE: Final = 60000.0
"""Trips that are enough to find the level with."""

SIGNAL_S: Final = 30.0
"""What a signal with a degree of saturation of 1 adds to every turn. [s]"""
POWER: Final = 6

Design = Callable[[Mapping[tuple[str, str], float]], Sequence[SignalDesign]]
Routed = dict[int, Route]
"""Route of each trip, by its index; trips that have none are left out."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Trips with their routes, and what they load each turn with. [veh/h]"""

    trips: Sequence[Trip]
    routes: Routed
    loads: Mapping[tuple[str, str], float]


class Assignment:
    """Finds routes for the motor vehicles or bicycles of a town."""

    def __init__(self, net: Net, zones: Sequence[Zone], design: Design, bikes: bool = False) -> None:
        """Args: design, which makes the signals' programmes for a load; bicycles have it to themselves."""
        self.graph = Graph(net, bikes)
        self.design = design
        self._starts = [self._edges(zone, True) for zone in zones]
        self._ends = [self._edges(zone, False) for zone in zones]

    def _edges(self, zone: Zone, start: bool) -> tuple[int, ...]:
        if not zone.is_gate:
            return tuple(self.graph.number[f"{zone.name}{heading}b"] for heading in "ENWS")
        side, index = zone.name[1], zone.name[2:]
        inwards = {"W": "E", "E": "W", "S": "N", "N": "S"}[side]
        heading = inwards if start else side
        own = [edge for edge in self.graph.number if edge.startswith(f"{heading}{index}x")]
        gaps = {edge: int(edge[:-1].partition("x")[2]) for edge in own}
        low = heading in "EN" if start else heading in "WS"
        gap = (min if low else max)(gaps.values())
        pieces = sorted(edge for edge in own if gaps[edge] == gap)
        return (self.graph.number[pieces[0] if start else pieces[-1]],)

    def routes(
        self, trips: Sequence[Trip], members: Sequence[int], costs_s: NDArray[np.float64], limit_s: float
    ) -> Iterator[tuple[int, Route]]:
        """Yield the fastest routes of some trips (indices): from one edge of the zone, in turn, to the nearest one.

        All from one edge are found together.
        """
        wanted: defaultdict[int, list[int]] = defaultdict(list)
        for k in members:
            starts = self._starts[trips[k].start]
            wanted[starts[k % len(starts)]].append(k)
        starts_of = sorted(wanted)
        for first in range(0, len(starts_of), BATCH):
            batch = starts_of[first : first + BATCH]
            times_s, before = self.graph.search(costs_s, batch, limit_s)
            for row, start in enumerate(batch):
                known: dict[int, Route] = {}
                for k in wanted[start]:
                    zone = trips[k].end
                    if zone not in known:
                        end = min(self._ends[zone], key=lambda edge: (times_s[row, edge], edge))
                        known[zone] = back(before[row], start, end)
                    if len(known[zone]) > 1:
                        yield k, known[zone]

    def shortest(self, trips: Sequence[Trip], mode: str) -> Routed:
        """Return the fastest routes of all trips of a mode when nobody else is about, the longest ones left out."""
        members = [k for k, trip in enumerate(trips) if trip.mode == mode]
        return dict(self.routes(trips, members, self.graph.free_s, RIDE_S))

    def _part(self, number: int, trip: Trip) -> int:
        """Return the part in which a trip is routed: all from one edge of a block together, a gate's dealt out."""
        starts = self._starts[trip.start]
        return (number if len(starts) == 1 else trip.start + number % len(starts)) % PARTS

    def assign(self, trips: Sequence[Trip], per_hour: float) -> Assigned:
        """Return routes and loads. Args: per_hour, what one trip counts for. [veh/h]"""
        parts: list[list[int]] = [[] for _ in range(PARTS)]
        for k, trip in enumerate(trips):
            if trip.mode in MOTOR:
                parts[self._part(k, trip)].append(k)
        load = np.zeros(len(self.graph.arcs))
        routes: Routed = {}
        for part in range(PARTS):
            costs_s = self._costs_s(load * (PARTS / part if part else 0.0))
            for k, route in self.routes(trips, parts[part], costs_s, LIMIT_S):
                routes[k] = route
                self.graph.add(load, route, per_hour)
        return Assigned(trips, routes, self.graph.by_turn(load))

    def _costs_s(self, load: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time of every arc, more where its whole signal is loaded. [s]"""
        costs_s = self.graph.costs_s(load)
        if not load.any():
            return costs_s
        for design in self.design(self.graph.by_turn(load)):
            more_s = SIGNAL_S * min(design.saturation(CYCLE_S), 2.0) ** POWER
            for turn in design.turns:
                costs_s[self.graph.arc[self.graph.number[turn[0]], self.graph.number[turn[1]]]] += more_s
        return costs_s


def busiest(designs: Sequence[SignalDesign]) -> float:
    """Return the mean degree of saturation of the busiest quarter of the signals, in a cycle of 120 s. [0–1]"""
    found = sorted((design.saturation(CYCLE_S) for design in designs), reverse=True)
    top = found[: max(len(found) // BUSIEST, 1)]
    return sum(top) / len(top)


def level_of(zones: Sequence[Zone], assignment: Assignment, trips_of: Callable[[float], Sequence[Trip]]) -> float:
    """Return the factor on the town's people at which the busiest signals are loaded as wanted in the peak hour.

    Found with a sample of the trips where there are many; each round starts from the one before.
    Args: trips_of, the trips of the peak at a level.
    """
    level = 1.0
    people = sum(zone.pull.get("homes", 0.0) + 2 * zone.pull.get("gates", 0.0) for zone in zones)
    for _ in range(ROUNDS):
        share = min(SAMPLE / (level * people), 1.0)
        loads = assignment.assign(trips_of(level * share), per_hour("peak") / share).loads
        found = busiest(assignment.design(loads))
        level *= AIM / found
        if abs(found / AIM - 1.0) <= TOLERANCE:
            break
    return level


def per_hour(day: str) -> float:
    """Return what one trip of a day's times counts for in an hour."""
    low_s, high_s = DAYS[day]
    return 3600.0 / (high_s - low_s)
