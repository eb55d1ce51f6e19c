"""Passages: each vehicle's way over one approach of a signal, and the movement it took there."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import Approach
from sumo_scenarios.measures.figures import Bools, Floats, Indices
from sumo_scenarios.measures.trajectories import Codes, Trajectories
from sumo_scenarios.net_reader import Net

SHORTEST_M: Final = 25.0
"""Approaches shorter than this are crossed between two samples; only their queues are told."""


@dataclass(frozen=True)
class Grid:
    """Where every row of the trajectories stands among the approaches; arrays of shape (n_rows,).

    `approach` indexes `approaches`, -1 elsewhere; `to_stop_m` is the way of the front to the stop line [m], NaN
    elsewhere; `free_mps` is what the vehicle's driver would go on that lane [m/s].
    """

    table: Trajectories
    approaches: tuple[Approach, ...]
    approach: Codes
    to_stop_m: Floats
    free_mps: Floats
    length_m: Floats

    @cached_property
    def lost_s(self) -> Floats:
        """Time lost in each row against the driver's own free speed. [s]"""
        lost = np.clip(1.0 - self.table.speed_mps / self.free_mps, 0.0, 1.0) * self.table.sample_s
        return np.where(self.table.scheduled, 0.0, lost)


def lay_grid(
    table: Trajectories, approaches: tuple[Approach, ...], net: Net, speed_factor: Floats, length_m: Floats
) -> Grid:
    """Return the grid. Args: speed_factor and length_m [m] by vehicle, shape (n_vehicles,)."""
    index_of, end_m = _lane_tables(table.lanes, approaches, net)
    approach = index_of[table.lane]
    to_stop_m = np.where(approach >= 0, end_m[table.lane] - table.pos_m, np.nan)
    limits_mps = np.array([net.lanes[lane].speed_mps if lane in net.lanes else 13.89 for lane in table.lanes])
    free_mps = limits_mps[table.lane] * speed_factor[table.vehicle]
    return Grid(table, approaches, approach, to_stop_m, free_mps, length_m[table.vehicle])


def _lane_tables(lanes: Sequence[str], approaches: tuple[Approach, ...], net: Net) -> tuple[Codes, Floats]:
    """Return by lane the approach it belongs to, and the distance from its start to the stop line [m].

    A lane may lie before more than one signal only where their chains meet; the nearer stop line has it.
    """
    code_of = {lane: code for code, lane in enumerate(lanes)}
    index_of = np.full(len(lanes), -1, dtype=np.int32)
    end_m = np.full(len(lanes), np.nan)
    for index, approach in enumerate(approaches):
        for lane, beyond_m in approach.lanes.items():
            code = code_of.get(lane)
            start_m = beyond_m + net.lanes[lane].length_m
            if code is not None and not end_m[code] <= start_m:
                index_of[code], end_m[code] = index, start_m
    return index_of, end_m


@dataclass(frozen=True)
class Passages:
    """Every unbroken stay of a vehicle on an approach; arrays of shape (n_passages,).

    `first_row` and `last_row` are rows of the trajectories; `link` is the lamp that the vehicle passed, -1 where it
    did not (it is still there, or its trip ended) or cannot be told.
    """

    grid: Grid
    first_row: Codes
    last_row: Codes
    link: Codes
    passed: Bools

    @property
    def approach(self) -> Codes:
        """Approach of each passage."""
        return self.grid.approach[self.first_row]

    @property
    def vehicle(self) -> Codes:
        """Vehicle of each passage."""
        return self.grid.table.vehicle[self.first_row]

    def at_lamps(self, signals: Container[str]) -> Indices:
        """Return the passages, as indices, over a stop line of one of these signals, on approaches long enough."""
        approaches = self.grid.approaches
        long = np.array([a.length_m >= SHORTEST_M and a.signal in signals for a in approaches], dtype=np.bool_)
        return np.flatnonzero((self.link >= 0) & (long[self.approach] if len(long) else False))

    @cached_property
    def delay_s(self) -> Floats:
        """Time lost on the approach. [s]"""
        total_s = np.concatenate([[0.0], np.cumsum(self.grid.lost_s)])
        return np.asarray(total_s[self.last_row + 1] - total_s[self.first_row])


def find_passages(grid: Grid) -> Passages:
    """Return the passages of all vehicles, in the order of vehicles and time."""
    table, on = grid.table, grid.approach >= 0
    same = np.zeros(len(on), dtype=np.bool_)
    same[1:] = (grid.approach[1:] == grid.approach[:-1]) & table.joined[1:]
    first_row = np.flatnonzero(on & ~same)
    last_row = np.flatnonzero(on & ~np.append(same[1:], False))
    follows = np.zeros(len(first_row), dtype=np.bool_)
    inside = last_row + 1 < len(on)
    follows[inside] = table.joined[last_row[inside] + 1]
    after = np.where(follows, table.lane[np.minimum(last_row + 1, len(on) - 1)], -1)
    link = _links(grid, grid.approach[first_row], table.lane[last_row], after)
    return Passages(grid, first_row.astype(np.int32), last_row.astype(np.int32), link, follows)


def _links(grid: Grid, approach: Codes, lane: Codes, after: Codes) -> Codes:
    """Return the lamps that lie between the last lane before the stop line and the next one seen."""
    keys = np.stack([approach, lane, after.astype(np.int32)], axis=1)
    if not len(keys):
        return np.zeros(0, dtype=np.int32)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    names = grid.table.lanes
    found = [_link(grid.approaches[a], names[b], names[c]) if c >= 0 else -1 for a, b, c in unique.tolist()]
    return np.array(found, dtype=np.int32)[inverse.ravel()]


def _link(approach: Approach, lane: str, after: str) -> int:
    """Return one lamp; a vehicle that changed lanes in the last second is told by where it went."""
    own = [link.link for link in approach.links if link.from_lane == lane and after in link.beyond]
    edge = after.rpartition("_")[0]
    near = [link.link for link in approach.links if after in link.beyond or link.to_lane.rpartition("_")[0] == edge]
    return next(iter([*own, *near]), -1)
