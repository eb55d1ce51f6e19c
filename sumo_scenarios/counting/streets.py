"""The streets that a car may drive, as a graph: streets for nodes, turns for arcs; where it comes in and leaves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.layout import TURN_BACK
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.xml_input import elements

CAR: Final = "passenger"
TURN_BACK_S: Final = 30.0
"""What a turn back costs in the choice of a route, besides the way. [s]"""
NOWHERE: Final = -9999
_LEAST_MPS: Final = 1.0


@dataclass(frozen=True)
class Streets:
    """The street graph. `edges` are in the order of the network; `arcs` are pairs of indices of them.

    `turn_signals` names the signal of each controlled turn, by the edges before and behind it.
    """

    net: Net
    edges: tuple[str, ...]
    arcs: npt.NDArray[np.int64]
    turn_signals: dict[tuple[str, str], str]
    backward: frozenset[tuple[int, int]]

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each edge."""
        return {edge: k for k, edge in enumerate(self.edges)}

    @cached_property
    def drive_s(self) -> npt.NDArray[np.float64]:
        """Free driving time over each edge, shape (n_edges,). [s]"""
        return np.array([self._edge_s(edge) for edge in self.edges])

    @cached_property
    def inner_s(self) -> dict[tuple[int, int], float]:
        """Free driving time through the junction for each arc. [s]"""
        found: dict[tuple[int, int], float] = {}
        for c in self.net.connections:
            pair = self._pair(c)
            if pair is not None:
                lanes = [self.net.lanes[lane] for lane in self.net.inner_lanes(c)]
                way_s = sum(lane.length_m / max(lane.speed_mps, _LEAST_MPS) for lane in lanes)
                found[pair] = min(way_s, found.get(pair, way_s))
        return found

    @cached_property
    def after(self) -> dict[int, tuple[int, ...]]:
        """Edges that may follow each edge, turns back left out."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for a, b in self._forward():
            found[a].append(b)
        return {edge: tuple(own) for edge, own in found.items()}

    @cached_property
    def before(self) -> dict[int, tuple[int, ...]]:
        """Edges that may lead to each edge, turns back left out."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for a, b in self._forward():
            found[b].append(a)
        return {edge: tuple(own) for edge, own in found.items()}

    def entries(self) -> list[int]:
        """Return the edges where the network begins: nothing leads to them but a turn back."""
        return [k for k in range(len(self.edges)) if k not in self.before and k in self.after]

    def exits(self) -> list[int]:
        """Return the edges where the network ends."""
        return [k for k in range(len(self.edges)) if k not in self.after and k in self.before]

    def costs_s(self) -> npt.NDArray[np.float64]:
        """Return what each arc costs: its junction and the edge behind it, shape (n_arcs,). [s]"""
        inner = np.array([self.inner_s[int(a), int(b)] for a, b in self.arcs])
        back = np.array([TURN_BACK_S * ((int(a), int(b)) in self.backward) for a, b in self.arcs])
        return np.asarray(self.drive_s[self.arcs[:, 1]] + inner + back)

    def trees(
        self, origins: list[int], costs_s: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """Return times [s] and the edge before each on the fastest way, both of shape (n_origins, n_edges)."""
        shape = (len(self.edges), len(self.edges))
        graph = csr_matrix((costs_s, (self.arcs[:, 0], self.arcs[:, 1])), shape=shape)
        times_s, before = dijkstra(graph, indices=origins, return_predecessors=True)
        return np.asarray(times_s), np.asarray(before, dtype=np.int32)

    def _forward(self) -> Iterator[tuple[int, int]]:
        for a, b in self.arcs:
            if (int(a), int(b)) not in self.backward:
                yield int(a), int(b)

    def _edge_s(self, edge: str) -> float:
        lane = max(self.net.edges[edge].lanes, key=lambda lane: lane.speed_mps)
        return lane.length_m / max(lane.speed_mps, _LEAST_MPS)

    def _pair(self, c: Connection) -> tuple[int, int] | None:
        pair = tuple(self.index.get(self.net.lanes[lane].edge_id, -1) for lane in (c.from_lane, c.to_lane))
        return (pair[0], pair[1]) if -1 not in pair else None


def way_of(before: npt.NDArray[np.int32], start: int, end: int) -> tuple[int, ...]:
    """Return the way from the root of a tree to an edge, nothing if there is none. Args: before, shape (n_edges,)."""
    way = [end]
    while way[-1] != start:
        behind = int(before[way[-1]])
        if behind == NOWHERE:
            return ()
        way.append(behind)
    return tuple(reversed(way))


def read_streets(net: Net) -> Streets:
    """Return the streets of a network.

    Raises: InvalidInputError if no car may drive anywhere.
    """
    lanes = car_lanes(net.path)
    edges = tuple(
        e.edge_id for e in net.edges.values() if not e.function and any(lane.lane_id in lanes for lane in e.lanes)
    )
    index = {edge: k for k, edge in enumerate(edges)}
    found: dict[tuple[int, int], bool] = {}
    signals: dict[tuple[str, str], str] = {}
    for c in net.connections:
        ends = [net.lanes[lane].edge_id if lane in lanes else "" for lane in (c.from_lane, c.to_lane)]
        if ends[0] not in index or ends[1] not in index:
            continue
        pair, back = (index[ends[0]], index[ends[1]]), c.direction == TURN_BACK
        if back and not c.signal:
            continue  # at the end of a street everyone may turn; nobody plans to
        found[pair] = back and found.get(pair, True)
        if c.signal:
            signals[ends[0], ends[1]] = c.signal
    if not found:
        raise InvalidInputError(f"{net.path} has no turn that a car may take; choose a network with streets")
    arcs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    return Streets(net, edges, arcs, signals, frozenset(pair for pair, back in found.items() if back))


def car_lanes(path: Path) -> frozenset[str]:
    """Return the lanes of a network file that passenger cars may use. Raises: InvalidInputError if it is damaged."""
    found = set()
    for _, element in elements(path):
        if element.tag == "edge":
            found |= {lane.get("id", "") for lane in element.findall("lane") if _allows_cars(lane)}
            element.clear()
    return frozenset(found)


def _allows_cars(lane: Element) -> bool:
    allow, disallow = lane.get("allow"), lane.get("disallow")
    if allow is not None:
        return allow == "all" or CAR in allow.split()
    return disallow is None or (disallow != "all" and CAR not in disallow.split())
