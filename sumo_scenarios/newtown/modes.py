"""What becomes of trips whose mode does not serve them: no bus leads there, or a bicycle would go round about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.newtown.assign import Assignment, Routed
from sumo_scenarios.newtown.buses import BusLine, Row
from sumo_scenarios.newtown.people import Trip, Zone, distance_m
from sumo_scenarios.newtown.town_plan import Block
from sumo_scenarios.newtown.walkers import Sidewalks, rider_row, walker_row
from sumo_scenarios.newtown.ways import Way

DETOUR: Final = 2.0
"""How much longer than the way along rows and columns a bicycle's may be, some 400 m apart."""
SPARE_M: Final = 400.0


@dataclass(frozen=True, slots=True)
class Settled:
    """Trips with the modes that they take, routes of the bicycles by trip, and the people on foot and in buses."""

    trips: tuple[Trip, ...]
    bikes: Routed
    persons: tuple[Row, ...]


class Modes:
    """Settles the modes of a town's trips."""

    def __init__(
        self, zones: Sequence[Zone], blocks: Sequence[Block], ways: Mapping[str, Way], lines: Sequence[BusLine]
    ) -> None:
        self._zones, self._blocks, self._lines = zones, blocks, lines
        self._sidewalks = Sidewalks(ways)

    def settle(self, trips: Sequence[Trip], bikes: Assignment) -> Settled:
        """Return the trips and the persons on foot and in buses; who has no bus rides, who cannot ride drives."""
        persons: list[Row] = []
        found = list(trips)
        for k, row in self._persons(trips):
            if row is not None:
                persons.append(row)
            else:
                found[k] = trips[k]._replace(mode="bike" if trips[k].mode == "bus" else "car")
        routes = bikes.shortest(found, "bike")
        for k, trip in enumerate(found):
            if trip.mode == "bike" and not self._fits(trip, routes.get(k, ()), bikes):
                found[k] = trip._replace(mode="car")
                routes.pop(k, None)
        return Settled(tuple(found), routes, tuple(sorted(persons)))

    def _persons(self, trips: Sequence[Trip]) -> Iterator[tuple[int, Row | None]]:
        for k, trip in enumerate(trips):
            if trip.mode == "walk":
                yield k, walker_row(self._sidewalks, k, trip, self._blocks)
            elif trip.mode == "bus":
                yield k, rider_row(self._lines, self._sidewalks, k, trip, self._blocks)

    def _fits(self, trip: Trip, route: tuple[int, ...], bikes: Assignment) -> bool:
        way_m = sum(bikes.graph.length_m[edge] for edge in route)
        most_m = DETOUR * distance_m(self._zones[trip.start].place, self._zones[trip.end].place) + SPARE_M
        return bool(route) and way_m <= most_m
