"""Ways over the finished net for motor vehicles and for bicycles: arcs from edge to edge, their costs, fastest routes.

Costs grow with what an arc is loaded with (a power of flow over capacity, as of the Bureau of Public Roads, 1964), so
that demand spreads over parallel roads as drivers do who know the town.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.newtown.signals import LANE_VEH_H

SIGNAL_S: Final = {"s": 22.0, "r": 8.0, "l": 40.0}
"""Mean wait of a turn at a signal that is not loaded. [s]"""
PLAIN_S: Final = {"s": 0.0, "r": 3.0, "l": 5.0, "t": 18.0}
"""The same where no signal stands."""
GREEN: Final = {"s": 0.3, "r": 0.3, "l": 0.11}
"""Share of the cycle that a turn has, roughly."""
PLAIN_VEH_H: Final = {"s": 1800.0, "r": 500.0, "l": 500.0, "t": 150.0}
WEIGHT_S: Final = 80.0
"""What a turn loaded to its capacity costs more. [s]"""
POWER: Final = 4
BIKE_MPS: Final = 5.0

Route = tuple[int, ...]
"""Edges by number."""


class Graph:
    """Edges of the net by number, and arcs between them with time, capacity and load."""

    def __init__(self, net: Net, bikes: bool = False) -> None:
        """Args: bikes, whether it is about bicycles, which go straight on and to the right at signals."""
        self.edges = [edge.edge_id for edge in net.edges.values() if not edge.function]
        self.number = {edge: k for k, edge in enumerate(self.edges)}
        lanes: dict[tuple[int, int], list[Connection]] = {}
        for connection in net.connections:
            ends = _ends(net, connection, bikes)
            if ends is not None:
                lanes.setdefault((self.number[ends[0]], self.number[ends[1]]), []).append(connection)
        self.length_m = [net.edges[edge].lanes[-1].length_m for edge in self.edges]
        self.arcs = sorted(lanes)
        self.arc = {pair: k for k, pair in enumerate(self.arcs)}
        found = [_cost(net, self.edges[pair[1]], lanes[pair], bikes) for pair in self.arcs]
        self.free_s = np.array([cost_s for cost_s, _ in found])
        self.capacity_veh_h = np.array([capacity for _, capacity in found])
        self._rows = np.array([a for a, _ in self.arcs], dtype=np.int32)
        self._columns = np.array([b for _, b in self.arcs], dtype=np.int32)

    def costs_s(self, load_veh_h: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time of every arc under a load. [s]"""
        ratio = np.minimum(load_veh_h / self.capacity_veh_h, 2.0)
        return np.asarray(self.free_s + WEIGHT_S * ratio**POWER)

    def search(
        self, costs_s: NDArray[np.float64], starts: Sequence[int], limit_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return times [s] and the edge before each, from every start, both (n_starts, n_edges); -9999 where none."""
        n = len(self.edges)
        matrix = csr_matrix((costs_s, (self._rows, self._columns)), shape=(n, n))
        times_s, before = dijkstra(matrix, indices=list(starts), return_predecessors=True, limit=limit_s)
        return times_s, before

    def add(self, load: NDArray[np.float64], route: Route, number: float) -> None:
        """Add vehicles on a route to a load, in place."""
        for pair in pairwise(route):
            load[self.arc[pair]] += number

    def by_turn(self, load: NDArray[np.float64]) -> dict[tuple[str, str], float]:
        """Return the load by names of edges."""
        return {
            (self.edges[a], self.edges[b]): float(veh) for (a, b), veh in zip(self.arcs, load, strict=True) if veh > 0
        }

    def names(self, route: Iterable[int]) -> str:
        """Return the edges of a route as SUMO writes them."""
        return " ".join(self.edges[edge] for edge in route)


def back(before: NDArray[np.int32], start: int, end: int) -> Route:
    """Return the route to an edge, from one row of a search. Empty where there is none."""
    way = [end]
    while way[-1] != start:
        previous = int(before[way[-1]])
        if previous < 0:
            return ()
        way.append(previous)
    return tuple(reversed(way))


def _ends(net: Net, connection: Connection, bikes: bool) -> tuple[str, str] | None:
    """Return the edges of a connection if it is for these vehicles."""
    lanes = [net.lanes[lane] for lane in (connection.from_lane, connection.to_lane)]
    edges = [net.edges[lane.edge_id] for lane in lanes]
    if any(edge.function for edge in edges) or net.is_crossing(connection):
        return None
    fits = all(_for_bikes(net, lane.lane_id) if bikes else lane.motorised for lane in lanes)
    return (edges[0].edge_id, edges[1].edge_id) if fits else None


def _for_bikes(net: Net, lane_id: str) -> bool:
    """Tell whether bicycles ride on a lane: beside the sidewalk on a main road, at the right on a street."""
    lane = net.lanes[lane_id]
    others = [other for other in net.edges[lane.edge_id].lanes if not other.motorised]
    return lane == others[-1]


def _cost(net: Net, edge: str, connections: Sequence[Connection], bikes: bool) -> tuple[float, float]:
    """Return the time to drive onto and along an edge [s], and how many can. [veh/h]"""
    first = connections[0]
    lane = net.lanes[first.to_lane]
    way = first.direction.lower()
    speed_mps = BIKE_MPS if bikes else lane.speed_mps
    wait_s = (SIGNAL_S if first.signal else PLAIN_S).get(way, 20.0)
    if first.signal:
        capacity = len(connections) * LANE_VEH_H * GREEN.get(way, 0.1)
    else:
        capacity = len(connections) * PLAIN_VEH_H.get(way, 500.0)
    return net.edges[edge].lanes[-1].length_m / speed_mps + wait_s, capacity
