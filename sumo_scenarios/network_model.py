"""From a world and its demand model to the network model: who goes on red after a halt, room for queues, dispersion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.dispersion import TYPICAL, Dispersion, spread_of
from optimiser.network_index import ModelSettings, NetworkModel, Rights, Storage
from signal_ctrl.domain.network import TWO_STEP_M, JunctionLayout
from sumo_scenarios.demand_model import START_S, DemandModel, UnitStreams

FloatArray = NDArray[np.float64]
SPACING_M: Final = 7.5
"""From one queued vehicle's front to the next one's. [m]"""
ALONE: Final = 0.9
"""A stream with less of its lane may find somebody ahead who has to wait for green."""


@dataclass(frozen=True, slots=True)
class Road:
    """The lanes that lead from one edge to the stop lines of a signal."""

    signal: str
    from_edge: str


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """The network model; `roads` name the links of the storage.

    `queue_way_m` (n_roads,), the way back to the signal behind, or to the edge of the network. [m]
    """

    model: NetworkModel
    roads: tuple[Road, ...]
    queue_way_m: FloatArray


Dispersions = Mapping[tuple[str, str], Dispersion]
"""Dispersion that was fitted, by signal and edge of the stop line that the platoon comes to."""


def build_network_model(
    demand: DemandModel, settings: ModelSettings, fitted: Dispersions | None = None, otherwise: Dispersion = TYPICAL
) -> BuiltModel:
    """Return the network model of a demand model. Args: fitted, else `otherwise` holds for a link."""
    storage, roads, ways_m = _storage(demand)
    lag_s, smooth = _spreads(demand, fitted or {}, otherwise)
    model = NetworkModel(demand.links, lag_s, smooth, _rights(demand), storage, settings)
    return BuiltModel(model, roads, ways_m)


def edges_of(demand: DemandModel) -> list[tuple[str, str]]:
    """Return signal and edge before the stop line of each stream."""
    return [(part.layout.signal_id, part.layout.lanes[lane].edge_id) for part in demand.parts for lane, _ in part.keys]


def _spreads(demand: DemandModel, fitted: Dispersions, otherwise: Dispersion) -> tuple[NDArray[np.int64], FloatArray]:
    edges = edges_of(demand)
    links = demand.links
    found = [
        spread_of(fitted.get(edges[int(fed)], otherwise), float(travel_s) - START_S)
        for fed, travel_s in zip(links.fed, links.travel_s, strict=True)
    ]
    lag_s = np.array([round(s.lag_s + START_S) for s in found], dtype=np.int64)
    return lag_s, np.array([s.smooth for s in found], dtype=np.float64)


def _rights(demand: DemandModel) -> Rights:
    rivals: list[int] = []
    first_rival, share, alone, inside = [0], [], [], []
    for part, first in zip(demand.parts, demand.links.first.tolist(), strict=False):
        for stream in range(len(part.keys)):
            rivals += [first + k for k in sorted(_rivals(part, stream))]
            first_rival.append(len(rivals))
            share.append(_lane_share(part, stream))
            alone.append(share[-1] >= ALONE)
            inside.append(_inside_veh(part, stream) * share[-1])
    return Rights(
        np.array(rivals, dtype=np.int64), np.array(first_rival, dtype=np.int64), np.array(share), np.array(alone),
        np.array(inside),
    )  # fmt: skip


def _moves(part: UnitStreams, stream: int) -> list[int]:
    return [m for m, s in part.of.items() if s == stream]


def _rivals(part: UnitStreams, stream: int) -> set[int]:
    """Return the streams of a signal to whom one yields, where both are green."""
    movements = part.layout.movements
    first = {f for m in _moves(part, stream) for f in movements[m].yields_to if m not in movements[f].yields_to}
    return {part.of[f] for f in first if f in part.of} - {stream}


def _lane_share(part: UnitStreams, stream: int) -> float:
    lane = part.keys[stream][0]
    total = sum(float(f) for f, key in zip(part.streams.flow_veh_s, part.keys, strict=True) if key[0] == lane)
    return float(part.streams.flow_veh_s[stream]) / total if total > 0 else 1.0


def _inside_veh(part: UnitStreams, stream: int) -> float:
    """Return how many vehicles may wait inside the junction for the end of the green. [veh]"""
    return float(any(part.layout.movements[m].length_m > TWO_STEP_M for m in _moves(part, stream)))


def _storage(demand: DemandModel) -> tuple[Storage, tuple[Road, ...], FloatArray]:
    lane_of: list[int] = []
    room_veh: list[float] = []
    link: list[int] = []
    link_veh: list[float] = []
    ways_m: list[float] = []
    roads: list[Road] = []
    for part in demand.parts:
        places: dict[str, int] = {}
        first = len(room_veh)
        lane_of += [first + lane for lane, _ in part.keys]
        for lane in part.layout.lanes:
            if lane.edge_id not in places:
                places[lane.edge_id] = len(roads)
                roads.append(Road(part.layout.signal_id, lane.edge_id))
                behind_veh, way_m = _behind(part.layout, lane.edge_id)
                link_veh.append(behind_veh)
                ways_m.append(way_m)
            room_veh.append(max(lane.length_m / SPACING_M, 1.0))
            link.append(places[lane.edge_id])
    storage = Storage(
        np.array(lane_of, dtype=np.int64), np.array(room_veh), np.array(link, dtype=np.int64), np.array(link_veh)
    )
    return storage, tuple(roads), np.array(ways_m)


def _behind(layout: JunctionLayout, edge_id: str) -> tuple[float, float]:
    """Return how many vehicles the road behind an edge holds up to the signal behind, and the whole way there. [m]"""
    own = {k for k, lane in enumerate(layout.lanes) if lane.edge_id == edge_id}
    stop_lanes = {lane.lane_id for lane in layout.lanes}
    lanes = [lane for lane in layout.reach if own & set(lane.targets) and lane.lane_id not in stop_lanes]
    longest_m = max(layout.lanes[k].length_m for k in own)
    way_m = max([longest_m, *(lane.beyond_m + lane.length_m for lane in lanes)])
    shares = [len(own & set(lane.targets)) / max(len(lane.targets), 1) for lane in lanes]
    room_m = sum(lane.length_m * share for lane, share in zip(lanes, shares, strict=True))
    return room_m / SPACING_M, way_m
