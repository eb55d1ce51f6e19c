"""Arterials: the straight chains of signals that most of the demand drives along, and how fast that goes.

From the stop line of an approach straight on to the next stop line, and so on, gives chains of approaches. The
arterial is the stretch of a chain, of three signals at least (two where no chain has three), with the most vehicles of
the demand that are to drive it from end to end, each counted once a signal. Its other direction is the stretch that
passes most of its signals in the opposite order. Network and demand decide, not what happened in a run: every
controller is measured on the same roads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import STRAIGHT, Approach, find_approaches
from sumo_scenarios.measures.demand_routes import Route, demand_routes
from sumo_scenarios.measures.edges import EdgeTotals, space_mean_speed_kmh
from sumo_scenarios.measures.figures import Document, mean, rounded
from sumo_scenarios.measures.passages import SHORTEST_M, Passages
from sumo_scenarios.measures.schedule import Schedule
from sumo_scenarios.measures.standing import stop_rows
from sumo_scenarios.measures.trajectories import Codes
from sumo_scenarios.net_reader import Net

FEWEST_SIGNALS: Final = 3
TARGET_KMH: Final = 40.0
_MOST_EDGES: Final = 60


@dataclass(frozen=True, slots=True)
class Arterial:
    """A chain of approaches, as indices, with all edges from the start of the first to the last stop line."""

    chain: tuple[int, ...]
    signals: tuple[str, ...]
    edges: tuple[str, ...]


class _Same:
    """A key that equals itself alone: the network and the demand that runs share are told apart by being the same."""

    def __init__(self, net: Net, schedule: Schedule) -> None:
        self.net = net
        self.schedule = schedule

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.net is other.net and self.schedule is other.schedule

    def __hash__(self) -> int:
        return hash((id(self.net), id(self.schedule)))


def arterials_of(net: Net, schedule: Schedule) -> tuple[Arterial, ...]:
    """Return the arterial of a network under a demand; found once for all runs that share both."""
    return _found(_Same(net, schedule))


@lru_cache(maxsize=4)
def _found(place: _Same) -> tuple[Arterial, ...]:
    return find_arterials(place.net, find_approaches(place.net), demand_routes(place.net, place.schedule))


def find_arterials(net: Net, approaches: tuple[Approach, ...], vehicles: Mapping[Route, float]) -> tuple[Arterial, ...]:
    """Return the arterial in its two directions (one where the other is missing); none if no two signals follow.

    Args: vehicles, those of the demand by their route [veh].
    """
    chains = list(_chains(net, approaches))
    longest = max((len(chain.chain) for chain in chains), default=0)
    if longest < 2:
        return ()
    stretches = [part for chain in chains for part in _stretches(chain, approaches, min(longest, FEWEST_SIGNALS))]
    wanted = _wanted(stretches, approaches, vehicles)
    weight = [wanted[k] * len(part.chain) for k, part in enumerate(stretches)]
    order = sorted(range(len(stretches)), key=lambda k: (-weight[k], -len(stretches[k].chain), k))
    main = stretches[order[0]]
    back = _opposite(main, [part for chain in chains for part in _stretches(chain, approaches, 2)])
    return (main,) if back is None else (main, back)


def straight_streets(net: Net, approaches: tuple[Approach, ...]) -> list[tuple[Arterial, ...]]:
    """Return every straight chain of two signals or more, with its other direction if there is one; longest first.

    A chain is the direction of one street only.
    """
    chains = sorted(_chains(net, approaches), key=lambda chain: -len(chain.chain))
    found: list[tuple[Arterial, ...]] = []
    taken: set[tuple[int, ...]] = set()
    for main in chains:
        if main.chain in taken:
            continue
        back = _opposite(main, [chain for chain in chains if chain.chain not in taken])
        found.append((main,) if back is None else (main, back))
        taken |= {part.chain for part in found[-1]}
    return found


def _stretches(chain: Arterial, approaches: tuple[Approach, ...], fewest: int) -> Iterator[Arterial]:
    """Yield the parts of a chain with at least so many signals, the whole of it too."""
    n = len(chain.chain)
    for first in range(n - fewest + 1):
        for last in range(first + fewest, n + 1):
            part = chain.chain[first:last]
            start, end = approaches[part[0]].edges[-1], approaches[part[-1]].edge_id
            edges = chain.edges[chain.edges.index(start) : chain.edges.index(end) + 1]
            yield Arterial(part, chain.signals[first:last], edges)


def _opposite(main: Arterial, stretches: Sequence[Arterial]) -> Arterial | None:
    """Return the longest stretch that passes signals of another one only, in the opposite order; None without any."""
    found = [part for part in stretches if _is_opposite(part, main)]
    return max(found, key=lambda part: len(part.chain), default=None)


def _chains(net: Net, approaches: tuple[Approach, ...]) -> Iterator[Arterial]:
    """Yield the straight chains of two and more approaches that are no part of a longer one."""
    by_edge = {approach.edge_id: index for index, approach in enumerate(approaches)}
    ways = {index: _straight_on(net, approach, by_edge) for index, approach in enumerate(approaches)}
    entered = {way[-1] for way in ways.values() if way}
    starts = [index for index, approach in enumerate(approaches) if approach.edge_id not in entered]
    for start in starts:
        chain, edges = [start], list(reversed(approaches[start].edges))
        while (way := ways[chain[-1]]) and by_edge[way[-1]] not in chain:
            chain.append(by_edge[way[-1]])
            edges += way
        if len(chain) > 1:
            yield Arterial(tuple(chain), tuple(approaches[k].signal for k in chain), tuple(edges))


def _straight_on(net: Net, approach: Approach, by_edge: dict[str, int]) -> list[str]:
    """Return the edges from behind a stop line straight on to the edge of the next one, none if there is none."""
    found: list[str] = []
    onward = [link.to_lane for link in approach.links if link.direction == STRAIGHT]
    while onward and len(found) < _MOST_EDGES:
        edge = net.lanes[onward[0]].edge_id
        if edge in found or edge == approach.edge_id:
            return []
        found.append(edge)
        if edge in by_edge:
            return found
        lanes = [lane.lane_id for lane in net.edges[edge].lanes if lane.motorised]
        onward = [c.to_lane for lane in lanes for c in net.outgoing.get(lane, ()) if c.direction == STRAIGHT]
    return []


def _wanted(
    stretches: Sequence[Arterial], approaches: tuple[Approach, ...], vehicles: Mapping[Route, float]
) -> list[float]:
    """Return how many vehicles of the demand are to drive each stretch over all its stop lines. [veh]"""
    lines = [[approaches[k].edge_id for k in part.chain] for part in stretches]
    counts = [0.0] * len(stretches)
    for route, count in vehicles.items():
        place = {edge: index for index, edge in enumerate(route)}
        for k, edges in enumerate(lines):
            places = [place[edge] for edge in edges if edge in place]
            if len(places) == len(edges) and places == sorted(places):
                counts[k] += count
    return counts


def _is_opposite(part: Arterial, main: Arterial) -> bool:
    """Tell whether a stretch passes nothing but signals of another one, in the opposite order."""
    places = [main.signals.index(signal) for signal in part.signals if signal in main.signals]
    return len(places) == len(part.signals) and all(a > b for a, b in pairwise(places))


def arterial_figures(
    passages: Passages, arterials: tuple[Arterial, ...], totals: Mapping[str, EdgeTotals]
) -> tuple[Document, Document]:
    """Return speeds of the arterial's through vehicles by direction, and of all on its edges [km/h], and the table."""
    rows = [_direction(passages, arterial) for arterial in arterials]
    trunk = {edge for arterial in arterials for edge in arterial.edges}
    speeds_kmh = [row["speed_kmh"] for row in rows if row["speed_kmh"] is not None]
    trunk_kmh = space_mean_speed_kmh(totals, trunk)
    figures = {
        "arterial_speed_kmh": min(speeds_kmh, default=None),
        "arterial_speed_forth_kmh": rows[0]["speed_kmh"] if rows else None,
        "arterial_speed_back_kmh": rows[1]["speed_kmh"] if len(rows) > 1 else None,
        "arterial_stops_per_km": mean([row["stops_per_km"] for row in rows if row["stops_per_km"] is not None]),
        "trunk_speed_kmh": trunk_kmh,
        "trunk_above_40_kmh": None if trunk_kmh is None else trunk_kmh > TARGET_KMH,
    }
    return figures, {"arterials": rows}


def _direction(passages: Passages, arterial: Arterial) -> Document:
    """Return the figures of the vehicles that drove a chain from its first to its last stop line."""
    table = passages.grid.table
    first, last = through_rows(passages, arterial.chain)
    driven_m = np.concatenate([[0.0], np.cumsum(table.speed_mps * table.sample_s)])
    halts = np.concatenate([[0], np.cumsum(stop_rows(table))])
    distance_m = float((driven_m[last + 1] - driven_m[first]).sum())
    time_s = float((last - first + 1).sum()) * table.sample_s
    stops = int((halts[last + 1] - halts[first]).sum())
    return {
        "signals": list(arterial.signals),
        "edges": list(arterial.edges),
        "vehicles": len(first),
        "speed_kmh": rounded(3.6 * distance_m / time_s) if time_s > 0 else None,
        "stops_per_km": rounded(1000.0 * stops / distance_m) if distance_m > 0 else None,
    }


def through_rows(passages: Passages, chain: tuple[int, ...]) -> tuple[Codes, Codes]:
    """Return the rows where vehicles come onto a chain and leave its last stop line, shape (n_through,) each.

    Approaches too short to be seen every time may be missing in between.
    """
    approaches = passages.grid.approaches
    long = np.array([approach.length_m >= SHORTEST_M for approach in approaches], dtype=np.bool_)
    wanted = [index for index in chain if long[index]]
    seen = np.flatnonzero(long[passages.approach]) if len(long) else np.zeros(0, dtype=np.int64)
    starts = len(seen) - len(wanted) + 1
    if len(wanted) < 2 or starts < 1:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    approach, vehicle = passages.approach[seen], passages.vehicle[seen]
    match = vehicle[:starts] == vehicle[len(wanted) - 1 :]
    for step, index in enumerate(wanted):
        match &= approach[step : starts + step] == index
    found = np.flatnonzero(match)
    found = found[passages.passed[seen[found + len(wanted) - 1]]]
    return passages.first_row[seen[found]], passages.last_row[seen[found + len(wanted) - 1]]
