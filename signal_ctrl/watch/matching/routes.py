"""How far it is from road to road: shortest ways over the turns, as far as a vehicle comes between two reports."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from signal_ctrl.domain.roads import RoadNetwork, RoadTurn

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FARTHEST_M: Final = 1200.0
"""Ways longer than this are not looked for: 86 km/h for 50 s. [m]"""
_ROWS: Final = 256
_LEAST_M: Final = 1e-3
_NOWHERE: Final = -9999
"""What scipy says of a road that nothing leads to."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Pairs of roads, ordered: `key` is from * n + to, `way_m` from the end of the one to the end of the other."""

    key: Ints
    way_m: npt.NDArray[np.float32]
    before: npt.NDArray[np.int32]


class RouteTable:
    """Shortest ways between the roads of a network, by their indices."""

    def __init__(self, network: RoadNetwork) -> None:
        self._n = len(network.roads)
        self._length_m = np.array([road.length_m for road in network.roads])
        self.gap_m = _gaps(network)
        self._graph = self._graph_of(network)
        self._table = self._searched()

    def end_to_begin(self, from_road: Ints, to_road: Ints) -> Doubles:
        """Return metres from the ends of roads to the begins of others; infinite where that is too far. [m]"""
        at, known = self._find(from_road, to_road)
        way_m = self._table.way_m[at] - self._length_m[to_road]
        return np.where(known, np.maximum(way_m, 0.0), np.inf)

    def between(self, from_road: int, to_road: int) -> list[int]:
        """Return the roads driven over between two that have a way, without these two."""
        found: list[int] = []
        here = to_road
        while True:
            at, known = self._find(np.array([from_road]), np.array([here]))
            before = int(self._table.before[at[0]]) if known[0] else from_road
            if before in (from_road, -1) or len(found) > self._n:
                return found[::-1]
            found.append(before)
            here = before

    def way(self, from_road: int, to_road: int) -> list[int] | None:
        """Return the roads between two, however far they are apart; None where there is no way."""
        _, before = dijkstra(self._graph, indices=from_road, return_predecessors=True)
        found: list[int] = []
        here = int(before[to_road])
        while here not in (from_road, _NOWHERE):
            found.append(here)
            here = int(before[here])
        return found[::-1] if here == from_road else None

    def gap_between(self, from_road: int, to_road: int) -> float:
        """Return how long the turn between two roads that meet is. [m]"""
        return self.gap_m.get((from_road, to_road), 0.0)

    def _find(self, from_road: Ints, to_road: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
        key = from_road * self._n + to_road
        at = np.minimum(np.searchsorted(self._table.key, key), len(self._table.key) - 1)
        return at, self._table.key[at] == key

    def _graph_of(self, network: RoadNetwork) -> csr_matrix:
        turns = [turn for turn in network.turns if not _turns_back(network, turn)]
        rows = [network.index[turn.from_road] for turn in turns]
        columns = [network.index[turn.to_road] for turn in turns]
        gaps_m = [self.gap_m[pair] for pair in zip(rows, columns, strict=True)]
        steps_m = [gap + self._length_m[column] + _LEAST_M for gap, column in zip(gaps_m, columns, strict=True)]
        return csr_matrix((steps_m, (rows, columns)), shape=(self._n, self._n))

    def _searched(self) -> _Table:
        parts = [self._chunk(first) for first in range(0, self._n, _ROWS)]
        key, way_m, before = (np.concatenate([part[k] for part in parts]) for k in range(3))
        if not len(key):
            key, way_m, before = np.array([-1]), np.array([np.inf]), np.array([-1])
        return _Table(key.astype(np.int64), way_m.astype(np.float32), before.astype(np.int32))

    def _chunk(self, first: int) -> tuple[Ints, Doubles, Ints]:
        sources = np.arange(first, min(first + _ROWS, self._n))
        longest_m = FARTHEST_M + float(self._length_m.max())
        way_m, before = dijkstra(self._graph, indices=sources, limit=longest_m, return_predecessors=True)
        near = np.isfinite(way_m) & (way_m - self._length_m <= FARTHEST_M)
        near[np.arange(len(sources)), sources] = False
        row, column = np.nonzero(near)
        return sources[row] * self._n + column, way_m[row, column], before[row, column]


def _turns_back(network: RoadNetwork, turn: RoadTurn) -> bool:
    """Tell whether a turn leads back to where one comes from, and others do not: noise would take it all the time."""
    here, there = network.of(turn.from_road), network.of(turn.to_road)
    return here.from_node == there.to_node and len(network.following[turn.from_road]) > 1


def _gaps(network: RoadNetwork) -> dict[tuple[int, int], float]:
    """Return the way from the end of each road to the begin of those it leads to, as the crow flies. [m]"""
    metres = network.plane.metres
    ends = [metres(road.shape[-1]) for road in network.roads]
    begins = [metres(road.shape[0]) for road in network.roads]
    found = {}
    for turn in network.turns:
        here, there = network.index[turn.from_road], network.index[turn.to_road]
        found[here, there] = float(np.hypot(begins[there][0] - ends[here][0], begins[there][1] - ends[here][1]))
    return found
