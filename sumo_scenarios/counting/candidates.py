"""Candidate routes for a demand: ways from where the network begins to where it ends, and some alternatives of each.

Alternatives are the fastest ways over streets whose driving times are disturbed at random (simulation method of route
choice sets; Nielsen 2000). Streets inside the network may begin or end a route where not everyone on them was counted
before or is counted behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.place_counts import place_name
from sumo_scenarios.counting.places import CountedPlaces, Route
from sumo_scenarios.counting.streets import Streets, way_of

ALTERNATIVES: Final = 4
DISTURBED: Final = 0.25
"""Standard deviation of the logarithm of a disturbed driving time."""
LONGEST_DETOUR: Final = 1.6
_DETOUR_WEIGHT: Final = 4.0
_INNER_WEIGHT: Final = 0.1
_NEAREST: Final = 25
_SHORTEST: Final = 2
_VIA: Final = 4
_VIA_INNER: Final = 2
_VIA_WEIGHT: Final = 0.3
_INSERTION_M: Final = 120.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route, and how likely it is before any count is looked at (relative)."""

    route: Route
    weight: float


@dataclass(frozen=True)
class _Ends:
    """Where routes may begin and end; inner ones by the edge that leads away from them, as ways."""

    starts: dict[int, Route]
    stops: dict[int, Route]
    inner_starts: frozenset[int]
    inner_stops: frozenset[int]

    def weight(self, start: int, stop: int) -> float:
        factor = _INNER_WEIGHT if start in self.inner_starts else 1.0
        return factor * (_INNER_WEIGHT if stop in self.inner_stops else 1.0)


def candidate_routes(places: CountedPlaces, mid_block: bool, rng: np.random.Generator) -> tuple[Candidate, ...]:
    """Return the candidate routes through counted places; the same generator state gives the same routes.

    Args: mid_block, whether vehicles may begin and end on streets between counted places too.
    """
    streets = places.streets
    ends = _ends(places, mid_block)
    origins, costs_s = sorted(ends.starts), streets.costs_s()
    times_s, before = streets.trees(origins, costs_s)
    found: dict[Route, float] = {}
    rounds = [before]
    for _ in range(ALTERNATIVES):
        disturbed = costs_s * np.exp(DISTURBED * rng.standard_normal(len(costs_s)))
        rounds.append(streets.trees(origins, disturbed)[1])
    for row, origin in enumerate(origins):
        for stop in _stops_of(ends, times_s[row]):
            for tree in rounds:
                _add(places, ends, found, way_of(tree[row], origin, stop), float(times_s[row, stop]))
    _add_via(places, ends, found, (times_s, before, origins))
    return tuple(Candidate(route, weight) for route, weight in sorted(found.items()))


def _ends(places: CountedPlaces, mid_block: bool) -> _Ends:
    streets = places.streets
    fronts = {a for a, _ in places.turns} | set(places.links)
    backs = {b for _, b in places.turns} | set(places.links)
    entries, exits = set(streets.entries()), set(streets.exits())
    inner_starts = fronts - entries - (frozenset() if mid_block else places.closed_starts)
    inner_stops = backs - exits - (frozenset() if mid_block else places.closed_ends)
    starts: dict[int, Route] = {k: (k,) for k in entries} | {k: _lengthened(places, k) for k in inner_starts}
    stops: dict[int, Route] = {k: (k,) for k in exits | inner_stops}
    return _Ends(starts, stops, frozenset(inner_starts), frozenset(inner_stops))


def _lengthened(places: CountedPlaces, edge: int) -> Route:
    """Return the way to an inner start: back over streets without a count until there is room to come in."""
    streets = places.streets
    way, length_m = [edge], _length_m(streets, edge)
    while length_m < _INSERTION_M:
        ways = [a for a in streets.before.get(way[0], ()) if (a, way[0]) not in places.turns and a not in places.links]
        ways = [a for a in ways if a not in way]
        if not ways:
            break
        longest = max(ways, key=lambda a: (_length_m(streets, a), a))
        way.insert(0, longest)
        length_m += _length_m(streets, longest)
    return tuple(way)


def _length_m(streets: Streets, edge: int) -> float:
    return streets.net.edges[streets.edges[edge]].lanes[0].length_m


def _stops_of(ends: _Ends, times_s: npt.NDArray[np.float64]) -> list[int]:
    """Return the stops that can be reached: all exits, and the nearest of those inside."""
    reached = [k for k in sorted(ends.stops) if np.isfinite(times_s[k])]
    inner = sorted((k for k in reached if k in ends.inner_stops), key=lambda k: float(times_s[k]))
    return [k for k in reached if k not in ends.inner_stops] + inner[:_NEAREST]


def _add(places: CountedPlaces, ends: _Ends, found: dict[Route, float], way: Route, fastest_s: float) -> None:
    """Keep a way if it is no great detour, visits nothing twice and passes a counted place."""
    if len(way) == 0:
        return
    route = (*ends.starts[way[0]][:-1], *way)
    if route in found or len(route) < _SHORTEST or len(set(route)) < len(route) or not places.meets(route):
        return
    streets = places.streets
    own_s = float(streets.drive_s[list(way[1:])].sum()) + sum(streets.inner_s[pair] for pair in pairwise(way))
    detour = own_s / max(fastest_s, 1.0)
    if detour <= LONGEST_DETOUR:
        found[route] = ends.weight(way[0], way[-1]) * float(np.exp(-_DETOUR_WEIGHT * max(detour - 1.0, 0.0)))


def _add_via(
    places: CountedPlaces,
    ends: _Ends,
    found: dict[Route, float],
    trees: tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], list[int]],
) -> None:
    """Add ways through each counted place, from the nearest starts to the nearest stops; detours are allowed there."""
    times_s, before, origins = trees
    pieces = [*((a, b) for a, b in sorted(places.turns)), *((edge, edge) for edge in sorted(places.links))]
    tails = sorted({b for _, b in pieces})
    row_of, tail_of = ({edge: row for row, edge in enumerate(edges)} for edges in (origins, tails))
    onward_s, onward = places.streets.trees(tails, places.streets.costs_s())
    for a, b in pieces:
        heads = sorted(origins, key=lambda k: float(times_s[row_of[k], a]))
        stops = sorted(ends.stops, key=lambda k: float(onward_s[tail_of[b], k]))
        firsts = [way_of(before[row_of[k]], k, a) for k in _some(heads, ends.inner_starts)]
        lasts = [way_of(onward[tail_of[b]], b, k) for k in _some(stops, ends.inner_stops)]
        for way in _joined(firsts, lasts, a == b):
            route = (*ends.starts[way[0]][:-1], *way)
            if len(route) >= _SHORTEST and len(set(route)) == len(route):
                found.setdefault(route, _VIA_WEIGHT * ends.weight(way[0], way[-1]))


def _some(order: Sequence[int], inner: frozenset[int]) -> list[int]:
    """Return the first few of those at the edge of the network, and of those inside."""
    return [k for k in order if k not in inner][:_VIA] + [k for k in order if k in inner][:_VIA_INNER]


def _joined(firsts: list[Route], lasts: list[Route], same: bool) -> Iterator[Route]:
    for first in firsts:
        for last in lasts:
            if first and last:
                yield (*first, *last[1:]) if same else (*first, *last)


def check_reached(places: CountedPlaces, candidates: Sequence[Candidate], wanted: Sequence[tuple[str, ...]]) -> None:
    """Refuse counts that no candidate passes. Args: wanted, the places with vehicles.

    Raises: InvalidInputError that names the first of them.
    """
    reached = {place for each in candidates for _, place in places.passed(each.route)}
    missing = [place for place in wanted if place not in reached]
    if missing:
        more = f", and {len(missing) - 1} more places" if len(missing) > 1 else ""
        raise InvalidInputError(
            f"{place_name(missing[0])}{more}: no route leads through it; look at the network there, or let vehicles "
            "begin and end between counts (--mid-block)"
        )
