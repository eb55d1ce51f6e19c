"""Ways over the finished net, and what they load the turns with."""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.corridor.travel import Gate, Pair
from sumo_scenarios.net_reader import Net

TURN_S: Final[Mapping[str, float]] = {"s": 0.0, "r": 4.0, "l": 15.0, "t": 25.0}
"""What a turn costs a driver who chooses a way."""

Route = tuple[str, ...]


def ways(net: Net, places: tuple[Gate, ...]) -> dict[Pair, Route]:
    """Return the fastest way over the empty net from each gate to each other one.

    Raises: BackendError if there is none.
    """
    onward = _onward(net)
    found: dict[Pair, Route] = {}
    for start in places:
        before = _search(onward, start.inwards)
        for end in places:
            if end is not start:
                found[start.name, end.name] = _back(before, start.inwards, end.outwards)
    return found


def _onward(net: Net) -> dict[str, dict[str, float]]:
    """Return by edge the next ones and what it costs to drive them. [s]"""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for link in net.connections:
        lane = net.lanes[link.to_lane]
        edges = net.lanes[link.from_lane].edge_id, lane.edge_id
        if lane.motorised and not any(net.edges[edge].function for edge in edges):
            cost_s = lane.length_m / lane.speed_mps + TURN_S.get(link.direction, 0.0)
            found[edges[0]][edges[1]] = min(cost_s, found[edges[0]].get(edges[1], cost_s))
    return found


def _search(onward: Mapping[str, Mapping[str, float]], start: str) -> dict[str, str]:
    """Return the edge before each on the fastest way from an edge."""
    before: dict[str, str] = {}
    done: set[str] = set()
    heap = [(0.0, start, "")]
    while heap:
        spent_s, edge, came_from = heapq.heappop(heap)
        if edge in done:
            continue
        done.add(edge)
        before[edge] = came_from
        for following, cost_s in sorted(onward.get(edge, {}).items()):
            heapq.heappush(heap, (spent_s + cost_s, following, edge))
    return before


def _back(before: Mapping[str, str], start: str, end: str) -> Route:
    way = [end]
    while way[-1] != start:
        if way[-1] not in before:
            raise BackendError(f"the corridor's net has no way from {start} to {end}")
        way.append(before[way[-1]])
    return tuple(reversed(way))


def turn_loads(table: Mapping[Pair, float], way_of: Mapping[Pair, Route]) -> dict[Pair, float]:
    """Return what trips load each pair of edges with that follow each other. [veh/h]"""
    loads: defaultdict[Pair, float] = defaultdict(float)
    for pair, number in table.items():
        route = way_of[pair]
        for edges in pairwise(route):
            loads[edges] += number
    return loads
