"""Arterials: the network's longest straight chains of signals, and how fast vehicles drive along them.

From the stop line of an approach straight on to the next stop line, and so on, gives chains of approaches. A chain
that is part of a longer one does not count by itself. The arterial is the chain that most vehicles of the demand are
to drive from end to end, or, where the demand names no routes, the one with most signals and then most lane metres;
it has at least two signals, three where the network has such a chain. Its other direction is the chain that passes
its signals in the opposite order. Network and demand decide, not what happened in a run: every controller is measured
on the same roads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import STRAIGHT, Approach
from sumo_scenarios.measures.edges import EdgeTotals, space_mean_speed_kmh
from sumo_scenarios.measures.figures import Document, mean, rounded
from sumo_scenarios.measures.passages import SHORTEST_M, Passages
from sumo_scenarios.measures.standing import stop_rows
from sumo_scenarios.measures.trajectories import Codes
from sumo_scenarios.net_reader import Net

FEWEST_SIGNALS: Final = 3
TARGET_KMH: Final = 40.0
_MOST_EDGES: Final = 60

Route = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arterial:
    """A chain of approaches, as indices, with all edges from the start of the first to the last stop line."""

    chain: tuple[int, ...]
    signals: tuple[str, ...]
    edges: tuple[str, ...]


def find_arterials(net: Net, approaches: tuple[Approach, ...], routes: Iterable[Route]) -> tuple[Arterial, ...]:
    """Return the arterial in its two directions (one where the other is missing); none if no two signals follow.

    Args: routes, edges of the demand's vehicles; those with less than two edges say nothing.
    """
    chains = list(_chains(net, approaches))
    longest = max((len(chain.chain) for chain in chains), default=0)
    chains = [chain for chain in chains if len(chain.chain) >= min(longest, FEWEST_SIGNALS)]
    if longest < 2:
        return ()
    wanted = _wanted(chains, approaches, [route for route in routes if len(route) > 1])
    order = sorted(range(len(chains)), key=lambda k: (-wanted[k], -len(chains[k].chain), -_size(net, chains[k]), k))
    main = chains[order[0]]
    back = next((chains[k] for k in order[1:] if _is_opposite(chains[k], main)), None)
    return (main,) if back is None else (main, back)


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


def _wanted(chains: Sequence[Arterial], approaches: tuple[Approach, ...], routes: Sequence[Route]) -> list[int]:
    """Return how many vehicles of the demand are to drive each chain from its first to its last stop line. [veh]"""
    ends = [(approaches[c.chain[0]].edge_id, approaches[c.chain[-1]].edge_id) for c in chains]
    counts = [0] * len(chains)
    for route in routes:
        place = {edge: index for index, edge in enumerate(route)}
        for k, (first, last) in enumerate(ends):
            if first in place and last in place and place[first] < place[last]:
                counts[k] += 1
    return counts


def _size(net: Net, chain: Arterial) -> float:
    """Return lane metres. [m]"""
    return sum(lane.length_m for edge in chain.edges for lane in net.edges[edge].lanes if lane.motorised)


def _is_opposite(chain: Arterial, main: Arterial) -> bool:
    """Tell whether a chain passes at least two signals of another one, all of them in the opposite order."""
    places = [main.signals.index(signal) for signal in chain.signals if signal in main.signals]
    return len(places) > 1 and places == sorted(places, reverse=True)


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
    first, last = _through(passages, arterial.chain)
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


def _through(passages: Passages, chain: tuple[int, ...]) -> tuple[Codes, Codes]:
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
