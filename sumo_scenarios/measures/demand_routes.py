"""The ways that the vehicles of a demand are to drive, as far as its files and the empty network tell."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from sumo_scenarios.measures.schedule import Schedule
from sumo_scenarios.net_reader import Net

Route = tuple[str, ...]
_NOWHERE: Final = -9999
_DAY_S: Final = 86400.0


def demand_routes(net: Net, schedule: Schedule) -> dict[Route, float]:
    """Return the vehicles by route. [veh]

    Routes that the files write are taken as they are; trips from edge to edge take the fastest way over the empty
    network. Vehicles whose way cannot be told are left out.
    """
    vehicles: Counter[tuple[Route, bool]] = Counter()
    for each in schedule.departures:
        vehicles[each.edges, each.routed] += 1
    for flow in schedule.flows:
        vehicles[flow.edges, flow.routed] += round(flow.due_veh(0.0, min(flow.end_s, flow.begin_s + _DAY_S)))
    found: Counter[Route] = Counter()
    ways = _Ways(net, {stop for (edges, routed) in vehicles if not routed for stop in edges[:-1]})
    for (edges, routed), count in vehicles.items():
        route = edges if routed else ways.through(edges)
        if len(route) > 1:
            found[route] += count
    return dict(found)


class _Ways:
    """The fastest ways from a set of edges over the empty network, edges for nodes."""

    def __init__(self, net: Net, origins: set[str]) -> None:
        self._edges = [edge for edge, parts in net.edges.items() if not parts.function]
        self._index = {edge: k for k, edge in enumerate(self._edges)}
        self._rows = {edge: k for k, edge in enumerate(sorted(origins & set(self._index)))}
        self._before = self._search(net)

    def _search(self, net: Net) -> npt.NDArray[np.int32]:
        """Return the edge before each on the fastest way, shape (n_origins, n_edges)."""
        if not self._rows:
            return np.zeros((0, len(self._edges)), dtype=np.int32)
        arcs = dict(self._arcs(net))
        ends = np.array(list(arcs), dtype=np.int64).reshape(-1, 2)
        shape = (len(self._edges), len(self._edges))
        graph = csr_matrix((np.array(list(arcs.values())), (ends[:, 0], ends[:, 1])), shape=shape)
        wanted = [self._index[edge] for edge in self._rows]
        _, before = dijkstra(graph, indices=wanted, return_predecessors=True)
        return np.asarray(before, dtype=np.int32)

    def _arcs(self, net: Net) -> Iterator[tuple[tuple[int, int], float]]:
        for connection in net.connections:
            ends = [net.lanes[lane].edge_id for lane in (connection.from_lane, connection.to_lane)]
            lane = net.lanes[connection.to_lane]
            if lane.motorised and ends[0] in self._index and ends[1] in self._index:
                yield (self._index[ends[0]], self._index[ends[1]]), lane.length_m / lane.speed_mps

    def through(self, stops: Route) -> Route:
        """Return the fastest route over edges in their order, empty if there is none."""
        route: list[str] = list(stops[:1])
        for start, end in pairwise(stops):
            leg = self._leg(start, end)
            if not leg:
                return ()
            route += leg[1:]
        return tuple(route)

    def _leg(self, start: str, end: str) -> list[str]:
        row, at = self._rows.get(start), self._index.get(end)
        if row is None or at is None:
            return []
        first, leg = self._index[start], [at]
        while leg[-1] != first:
            before = int(self._before[row, leg[-1]])
            if before == _NOWHERE:
                return []
            leg.append(before)
        return [self._edges[k] for k in reversed(leg)]
