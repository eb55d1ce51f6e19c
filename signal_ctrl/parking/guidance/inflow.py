"""What guided drivers bring onto the roads: vehicles by road and five minutes, and the turns they will make. Pure.

This is what the signal engine is told, so that its forecast of arrivals knows of them. Counts are expected values.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import Trip
from signal_ctrl.domain.roads import RoadNetwork

SLOT_S: Final = 300.0
MOST_SLOTS: Final = 12
"""An hour ahead."""


TurnsAhead = Mapping[tuple[str, str], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class PlannedTrip:
    """A guided driver's way, when he sets out from now on [s], and how likely he follows it. [0–1]"""

    request: str
    way: Trip
    leaves_in_s: float = 0.0
    follows: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.follows <= 1:
            raise InvalidInputError("a driver follows his way with a probability of 0 to 1")


@dataclass(frozen=True, slots=True)
class PlannedInflow:
    """Expected guided vehicles. Keys: road, or road and next road, and the slot of five minutes from now. [veh]

    A vehicle is counted where it leaves a road, as signals see it at the stop line; on its last road when it is there.
    """

    entering: Mapping[tuple[str, int], float]
    turning: Mapping[tuple[str, str, int], float]


def turns_ahead(trips: Iterable[PlannedTrip], network: RoadNetwork, ahead_s: float) -> TurnsAhead:
    """Return when the trips make their turns in the next time, by road and next road, in the order of time. [s]"""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    names = [road.road for road in network.roads]
    for trip in trips:
        ends_s, roads = trip.way.ends_s, trip.way.roads
        first = bisect_left(ends_s, -trip.leaves_in_s)
        for at in range(first, len(roads) - 1):
            in_s = trip.leaves_in_s + ends_s[at]
            if in_s > ahead_s:
                break
            found[names[roads[at]], names[roads[at + 1]]].append(in_s)
    return {turn: tuple(sorted(times)) for turn, times in found.items()}


def planned_inflow(trips: Iterable[PlannedTrip], network: RoadNetwork) -> PlannedInflow:
    """Return what the trips bring in the next hour."""
    entering: defaultdict[tuple[str, int], float] = defaultdict(float)
    turning: defaultdict[tuple[str, str, int], float] = defaultdict(float)
    names = [road.road for road in network.roads]
    for trip in trips:
        slots = [int((trip.leaves_in_s + end_s) // SLOT_S) for end_s in trip.way.ends_s]
        for road, slot in zip(trip.way.roads, slots, strict=True):
            if slot < MOST_SLOTS:
                entering[names[road], slot] += trip.follows
        for (here, onto), slot in zip(pairwise(trip.way.roads), slots, strict=False):
            if slot < MOST_SLOTS:
                turning[names[here], names[onto], slot] += trip.follows
    return PlannedInflow(dict(entering), dict(turning))
