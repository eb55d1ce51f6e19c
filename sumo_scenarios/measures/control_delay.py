"""Control delay from trajectories: what a signal costs those who pass it, less what the road alone would cost.

A vehicle's time lost is counted from the entry of the approach to `BEHIND_M` behind the stop line, or to half way to
the next one where that is nearer: it gets going again there. What comes later belongs to the next approach. From it
is taken what vehicles lose who meet nothing: a corner, a dawdling driver, a start from standstill at the entry. That
is the mean of the quickest of the same movement (3 %), as the test car of the HCM would find it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.figures import Floats, Indices
from sumo_scenarios.measures.passages import SHORTEST_M, Passages

BEHIND_M: Final = 100.0
QUICKEST: Final = 0.03
FEWEST_VEH: Final = 100
"""Movements with fewer passages take what the road costs from all movements in the same direction."""


@dataclass(frozen=True, slots=True)
class TurnDelay:
    """Delay of one turn. `lost_s` is all time lost, `control_s` what is left without what the road costs. [s/veh]"""

    signal: str
    from_edge: str
    to_edge: str
    vehicles: int
    lost_s: float
    control_s: float


def turn_delays(passages: Passages) -> tuple[TurnDelay, ...]:
    """Return the delay of each turn that vehicles took over the stop line of a signal, in the order of approaches."""
    chosen, names, directions = _turns(passages)
    if not len(chosen):
        return ()
    lost_s = _lost_s(passages)[chosen]
    keys, of = np.unique(names, return_inverse=True)
    road_s = _road_s(lost_s, of.ravel(), passages, chosen, directions)
    found = []
    for k, key in enumerate(keys):
        mine = of.ravel() == k
        signal, from_edge, to_edge = str(key).split("\t")
        total_s = float(lost_s[mine].mean())
        control_s = float(np.maximum(lost_s[mine] - road_s[mine], 0.0).mean())
        found.append(TurnDelay(signal, from_edge, to_edge, int(mine.sum()), total_s, control_s))
    return tuple(found)


def _turns(passages: Passages) -> tuple[Indices, list[str], list[str]]:
    """Return the passages over stop lines, and for each its turn and its direction."""
    approaches = passages.grid.approaches
    long = np.array([a.length_m >= SHORTEST_M for a in approaches], dtype=np.bool_)
    chosen = np.flatnonzero((passages.link >= 0) & (long[passages.approach] if len(long) else False))
    links = [{link.link: link for link in approach.links} for approach in approaches]
    names, directions = [], []
    for a, number in zip(passages.approach[chosen].tolist(), passages.link[chosen].tolist(), strict=True):
        link = links[a][number]
        names.append(f"{approaches[a].signal}\t{approaches[a].edge_id}\t{link.to_lane.rpartition('_')[0]}")
        directions.append(link.direction)
    return chosen, names, directions


def _lost_s(passages: Passages) -> Floats:
    """Return the time lost of each passage, up to where it got going again. (n_passages,) [s]"""
    grid, table = passages.grid, passages.grid.table
    total_s = np.concatenate([[0.0], np.cumsum(grid.lost_s)])
    way_m = np.concatenate([[0.0], np.cumsum(table.speed_mps * table.sample_s)])
    ends = _last_of_vehicle(table.first)[passages.last_row]
    lengths_m = np.array([a.length_m for a in grid.approaches])
    follows = np.append(passages.first_row[1:], len(table.vehicle))
    same = np.append(passages.vehicle[1:] == passages.vehicle[:-1], False)
    room_m = np.where(same, 0.5 * np.append(lengths_m[passages.approach[1:]], 0.0), np.inf)
    between_m = np.where(same, way_m[np.minimum(follows, ends + 1)] - way_m[passages.last_row + 1], 0.0)
    beyond_m = np.minimum(BEHIND_M, between_m + room_m)
    stop = np.searchsorted(way_m, way_m[passages.last_row + 1] + beyond_m, side="right") - 1
    stop = np.clip(stop, passages.last_row + 1, ends + 1)
    start = passages.first_row.astype(np.int64)
    start[1:] = np.where(same[:-1], np.maximum(start[1:], stop[:-1]), start[1:])
    return np.asarray(total_s[stop] - total_s[np.minimum(start, stop)])


def _last_of_vehicle(first: np.ndarray) -> Indices:
    """Return for each row the last row of its vehicle."""
    begins = np.flatnonzero(first)
    ends = np.append(begins[1:], len(first)) - 1
    return np.asarray(np.repeat(ends, np.diff(np.append(begins, len(first)))))


def _road_s(lost_s: Floats, turn: Indices, passages: Passages, chosen: Indices, directions: list[str]) -> Floats:
    """Return what the road alone costs each passage. Who begins its trip there is looked at apart. [s]"""
    vehicle = passages.vehicle
    entered = np.ones(len(vehicle), dtype=np.bool_)
    entered[1:] = vehicle[1:] != vehicle[:-1]
    starts = entered[chosen].astype(np.int64)
    _, way = np.unique(directions, return_inverse=True)
    own, kind = 2 * turn + starts, 2 * way.ravel() + starts
    by_kind = {k: _quickest_s(lost_s[kind == k]) for k in set(kind.tolist())}
    found = np.array([by_kind[k] for k in kind.tolist()])
    for key in set(own.tolist()):
        mine = own == key
        if mine.sum() >= FEWEST_VEH:
            found[mine] = _quickest_s(lost_s[mine])
    return found


def _quickest_s(lost_s: Floats) -> float:
    return float(np.sort(lost_s)[: max(round(QUICKEST * len(lost_s)), 1)].mean())
