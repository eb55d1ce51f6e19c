"""The counted places of a network: found by name or refused by name, and which streets they leave open."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.place_counts import Place, PlaceCounts, place_name
from sumo_scenarios.counting.streets import Streets

Route = tuple[int, ...]
"""Indices of edges, in driving order."""


@dataclass(frozen=True)
class CountedPlaces:
    """Counted turns by (edge before, edge behind), counted links by edge, all as indices of streets."""

    streets: Streets
    turns: dict[tuple[int, int], Place]
    links: dict[int, Place]

    def passed(self, route: Route) -> list[tuple[int, Place]]:
        """Return (position in the route, place) of what a route passes; a place is passed where its edge ends."""
        found = [(k, self.links[edge]) for k, edge in enumerate(route) if edge in self.links]
        found += [(k, self.turns[pair]) for k, pair in enumerate(pairwise(route)) if pair in self.turns]
        return found

    def meets(self, route: Route) -> bool:
        """Return whether a route passes any counted place."""
        return any(edge in self.links for edge in route) or any(pair in self.turns for pair in pairwise(route))

    @cached_property
    def closed_starts(self) -> frozenset[int]:
        """Edges on which no vehicle begins its way: everyone who is there was counted before."""
        return self._closed(self.streets.before, self.streets.after, into=True)

    @cached_property
    def closed_ends(self) -> frozenset[int]:
        """Edges on which no vehicle ends its way: everyone who leaves them is counted behind."""
        return self._closed(self.streets.after, self.streets.before, into=False)

    def _closed(self, ways: dict[int, tuple[int, ...]], back: dict[int, tuple[int, ...]], into: bool) -> frozenset[int]:
        """Return edges with every neighbour on one side counted; a street without junctions is closed as a whole."""
        found = {e for e, near in ways.items() if all(self._counted(e, other, into) for other in near)}
        pending = list(found)
        while pending:
            edge = pending.pop()
            following = back.get(edge, ())
            if len(following) == 1 and ways.get(following[0], ()) == (edge,) and following[0] not in found:
                found.add(following[0])
                pending.append(following[0])
        return frozenset(found)

    def _counted(self, edge: int, other: int, into: bool) -> bool:
        pair = (other, edge) if into else (edge, other)
        return pair in self.turns or other in self.links


def find_places(streets: Streets, counts: PlaceCounts) -> tuple[CountedPlaces, tuple[str, ...]]:
    """Return the counted places of a network, and notices of turns without vehicles that it does not have.

    Raises: InvalidInputError for a signal, an edge or a turn that the network does not have, or that no car may take.
    """
    most: defaultdict[Place, float] = defaultdict(float)
    for of_period in counts.vehicles:
        for place, vehicles in of_period.items():
            most[place] = max(most[place], vehicles)
    places = CountedPlaces(streets, {}, {})
    notices = []
    for place in counts.places():
        _check_names(streets, place)
        if len(place) == 1:
            places.links[streets.index[place[0]]] = place
        elif streets.turn_signals.get((place[1], place[2])) == place[0]:
            places.turns[streets.index[place[1]], streets.index[place[2]]] = place
        elif most[place] > 0:
            raise InvalidInputError(f"{place_name(place)}: no car can turn so there; correct or leave out the count")
        else:
            notices.append(f"{place_name(place)} does not exist for cars; its counts of 0 are left out")
    return places, tuple(notices)


def _check_names(streets: Streets, place: Place) -> None:
    net = streets.net
    if len(place) == 3 and place[0] not in net.signal_links:
        raise InvalidInputError(f"{place_name(place)}: {net.path.name} has no signal '{place[0]}'")
    for edge in place[-2:] if len(place) == 3 else place:
        if edge not in net.edges or net.edges[edge].function:
            raise InvalidInputError(f"{place_name(place)}: {net.path.name} has no edge '{edge}'")
        if len(place) == 1 and edge not in streets.index:
            raise InvalidInputError(f"{place_name(place)}: no car may drive there; leave out the count")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is counted at two ends of a stretch, or around a junction, where nobody can come or go. [veh]"""

    where: str
    enters_veh: float
    leaves_veh: float

    @property
    def difference_veh(self) -> float:
        """How many enter and do not leave; negative: leave without having entered."""
        return self.enters_veh - self.leaves_veh


def contradictions(places: CountedPlaces, counts: PlaceCounts, least: float = 0.5) -> tuple[Contradiction, ...]:
    """Return the contradictions of at least so many vehicles over all periods, the largest first."""
    total: defaultdict[Place, float] = defaultdict(float)
    for of_period in counts.vehicles:
        for place, vehicles in of_period.items():
            total[place] += vehicles
    found = [*_of_stretches(places, total), *_of_junctions(places, total)]
    kept = [each for each in found if abs(each.difference_veh) >= least]
    return tuple(sorted(kept, key=lambda each: (-abs(each.difference_veh), each.where)))


def _of_stretches(places: CountedPlaces, total: dict[Place, float]) -> Iterable[Contradiction]:
    streets = places.streets
    for first in sorted(places.closed_starts):
        before = streets.before.get(first, ())
        if len(before) == 1 and streets.after[before[0]] == (first,) and before[0] in places.closed_starts:
            continue  # within a stretch that began before
        stretch = _stretch(streets, first)
        seen = [(first, _sum(places, total, first, into=True)), *((e, _of_link(places, total, e)) for e in stretch)]
        seen.append((stretch[-1], _sum(places, total, stretch[-1], into=False)))
        known = [veh for _, veh in seen if veh is not None]
        if len(known) > 1:
            last = f" to {streets.edges[stretch[-1]]}" if len(stretch) > 1 else ""
            yield Contradiction(f"edge {streets.edges[first]}{last}", known[0], known[-1])


def _stretch(streets: Streets, first: int) -> list[int]:
    """Return the edges from one on that have no junction between them."""
    found = [first]
    while len(after := streets.after.get(found[-1], ())) == 1 and streets.before[after[0]] == (found[-1],):
        if after[0] in found:
            break
        found.append(after[0])
    return found


def _of_link(places: CountedPlaces, total: dict[Place, float], edge: int) -> float | None:
    return total[places.links[edge]] if edge in places.links else None


def _sum(places: CountedPlaces, total: dict[Place, float], edge: int, into: bool) -> float | None:
    """Return who turns into an edge, or out of it, if every turn is counted. [veh]"""
    near = (places.streets.before if into else places.streets.after).get(edge, ())
    pairs = [(other, edge) if into else (edge, other) for other in near]
    if not pairs or not all(pair in places.turns for pair in pairs):
        return None
    return sum(total[places.turns[pair]] for pair in pairs)


def _of_junctions(places: CountedPlaces, total: dict[Place, float]) -> Iterable[Contradiction]:
    """Yield junctions all of whose edges are counted as links."""
    streets = places.streets
    ends: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for k, edge in enumerate(streets.edges):
        ends[streets.net.edges[edge].to_node][0].append(k)
        ends[streets.net.edges[edge].from_node][1].append(k)
    for node, (into, out) in sorted(ends.items()):
        goes_on = all(edge in streets.after for edge in into) and all(edge in streets.before for edge in out)
        if into and out and goes_on and all(edge in places.links for edge in (*into, *out)):
            enters, leaves = (sum(total[places.links[edge]] for edge in side) for side in (into, out))
            yield Contradiction(f"junction {node}", enters, leaves)
