"""What vehicles pass, and when, if nobody holds them up: counts of a demand from its routes."""

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.place_counts import Place, PlaceCounts
from sumo_scenarios.counting.places import CountedPlaces, Route
from sumo_scenarios.counting.streets import Streets

Period = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Departure:
    """A vehicle, or a share of one, and its route by the ids of its edges. [s], [veh]"""

    depart_s: float
    edges: tuple[str, ...]
    vehicles: float = 1.0


class Clock:
    """Driving times: free ones, or those that were measured over each edge. [s]"""

    def __init__(self, streets: Streets, measured_s: Mapping[int, float] | None = None) -> None:
        self._streets = streets
        self._edge_s: npt.NDArray[np.float64] = streets.drive_s.copy()
        self._known = measured_s or {}
        for edge, time_s in self._known.items():
            self._edge_s[edge] = time_s

    def ends_s(self, route: Route) -> list[float]:
        """Return when each edge of a route ends after the departure, length of the route. [s]"""
        found, now_s = [], 0.0
        for k, edge in enumerate(route):
            if k and edge not in self._known:  # a measured time holds the junction before the edge too
                now_s += self._streets.inner_s.get((route[k - 1], edge), 0.0)
            now_s += float(self._edge_s[edge])
            found.append(now_s)
        return found


def passages(places: CountedPlaces, clock: Clock, route: Route) -> list[tuple[float, Place]]:
    """Return (time after the departure [s], place) of all that a route passes, in the order of time."""
    ends_s = clock.ends_s(route)
    return sorted((ends_s[k], place) for k, place in places.passed(route))


def count_departures(
    places: CountedPlaces, clock: Clock, periods: Sequence[Period], departures: Iterable[Departure]
) -> tuple[dict[Place, float], ...]:
    """Return the vehicles by place for each period. [veh]"""
    found: list[defaultdict[Place, float]] = [defaultdict(float) for _ in periods]
    known: dict[tuple[str, ...], list[tuple[float, Place]]] = {}
    for each in departures:
        if each.edges not in known:
            known[each.edges] = passages(places, clock, _known_edges(places.streets, each.edges))
        for after_s, place in known[each.edges]:
            period = period_of(periods, each.depart_s + after_s)
            if period >= 0:
                found[period][place] += each.vehicles
    return tuple(dict(of_period) for of_period in found)


def _known_edges(streets: Streets, edges: Sequence[str]) -> Route:
    """Return a route as indices, up to the first edge that no car may use."""
    route = (streets.index.get(edge, -1) for edge in edges)
    return tuple(itertools.takewhile(lambda edge: edge >= 0, route))


def period_of(periods: Sequence[Period], time_s: float) -> int:
    """Return the period that a time lies in, -1 if it is in none.

    >>> [period_of([(0.0, 900.0), (900.0, 1800.0), (3600.0, 4500.0)], t) for t in (0.0, 900.0, 1800.0, 3700.0)]
    [0, 1, -1, 2]
    """
    k = bisect_right(periods, time_s, key=lambda period: period[0]) - 1
    return k if k >= 0 and time_s < periods[k][1] else -1


def all_places(streets: Streets, links: bool) -> CountedPlaces:
    """Return every turn at a signal, or every street, as counted places."""
    if links:
        return CountedPlaces(streets, {}, {k: (edge,) for k, edge in enumerate(streets.edges)})
    turns: dict[tuple[int, int], Place] = {
        (streets.index[a], streets.index[b]): (signal, a, b) for (a, b), signal in streets.turn_signals.items()
    }
    return CountedPlaces(streets, turns, {})


def place_counts(
    places: CountedPlaces, periods: Sequence[Period], found: Sequence[Mapping[Place, float]]
) -> PlaceCounts:
    """Return counts with a row for every place and period, zeros too."""
    every = [*places.turns.values(), *places.links.values()]
    return PlaceCounts(tuple(periods), tuple({place: own.get(place, 0.0) for place in every} for own in found))
