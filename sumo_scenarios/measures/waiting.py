"""Waiting at the stop lines as the rollout counts it, taken from SUMO's trajectories.

A vehicle waits from the time at which it could be at the stop line, had nothing held it up over the last 150 m, until
it has left the stop line behind. It is the quantity that the rollout adds up as cost (without what it charges for
vehicles left at its horizon), so that what was expected can be held against what happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.layout import approach_lanes, upstream_reach
from sumo_scenarios.measures.figures import Bools, Floats, Indices
from sumo_scenarios.measures.passages import Grid
from sumo_scenarios.net_reader import Connection, Net

REACH_M: Final = 150.0
"""Where a vehicle is first counted: where the advance loops lie, or behind the signal before. [m]"""


@dataclass(frozen=True)
class Waits:
    """Everybody who came by one signal; arrays of shape (n_stays,). [s]

    `entered_s` came within reach, `due_s` could have been at the stop line, `left_s` left it behind.
    """

    entered_s: Floats
    due_s: Floats
    left_s: Floats

    def between(self, from_s: float, to_s: float) -> tuple[float, float]:
        """Return the waiting between two times: of those within reach at the first, of those who came later. [veh s]"""
        waits_s = np.clip(np.minimum(self.left_s, to_s) - np.maximum(self.due_s, from_s), 0.0, None)
        there = self.entered_s <= from_s
        return float(waits_s[there].sum()), float(waits_s[~there].sum())


def waiting_before(signal: str, grid: Grid, net: Net, step_s: float) -> Waits:
    """Return the waiting before a signal, in the clock of controllers.

    Args: step_s, of the simulation [s]: SUMO writes a trajectory under the time at which the step began, a controller
    sees the same positions when it has ended.
    """
    place = _place(grid.table.lanes, net, net.signal_links[signal])
    return Waits(*(times_s + step_s for times_s in _waits(grid, place)))


@dataclass(frozen=True)
class _Place:
    """The surroundings of one signal, by lane: shape (n_lanes,).

    `end_m` is the distance from the start of a lane within reach to the stop line [m], NaN elsewhere; `stops` says
    that it ends at a stop line, `beyond` that it lies behind one; `edge` is a number of its edge.
    """

    end_m: Floats
    stops: Bools
    beyond: Bools
    edge: Indices


def _place(lanes: Sequence[str], net: Net, connections: Sequence[Connection]) -> _Place:
    stop_lanes = approach_lanes(net, connections)
    reach = {lane.lane_id: lane.beyond_m + lane.length_m for lane in upstream_reach(net, stop_lanes, REACH_M)}
    stops = frozenset(stop_lanes)
    behind = frozenset(lane for each in connections for lane in (*net.inner_lanes(each), each.to_lane))
    edges = {name.rpartition("_")[0]: code for code, name in enumerate(lanes)}
    return _Place(
        end_m=np.array([reach.get(lane, np.nan) for lane in lanes]),
        stops=np.array([lane in stops for lane in lanes], dtype=np.bool_),
        beyond=np.array([lane in behind for lane in lanes], dtype=np.bool_),
        edge=np.array([edges[lane.rpartition("_")[0]] for lane in lanes], dtype=np.intp),
    )


def _waits(grid: Grid, place: _Place) -> tuple[Floats, Floats, Floats]:
    """Return when each vehicle came within reach, could have been at the stop line, and left it. [s]"""
    table, n = grid.table, len(grid.table.tick)
    if not n:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    to_stop_m = place.end_m[table.lane] - table.pos_m
    first, last = _stays(grid, place, to_stop_m <= REACH_M)
    after = np.minimum(last + 1, n - 1)
    follows = (last + 1 < n) & table.joined[after]
    passed = follows & place.beyond[table.lane[after]]
    still_there = ~follows & (table.tick[last] == table.tick.max())  # others went elsewhere, or their trip ended here
    speed_mps = np.maximum((table.speed_mps[last] + table.speed_mps[after]) / 2, 0.1)
    left_s = np.clip(to_stop_m[last] / speed_mps, 0.0, table.sample_s)
    due_s = np.where(passed, left_s, to_stop_m[last] / grid.free_mps[last])
    left_s = np.where(passed, left_s, np.maximum(due_s, table.sample_s))
    lost_s = np.concatenate([[0.0], np.cumsum(grid.lost_s)])
    last_s = table.time_s(table.tick[last])
    due_s, left_s = last_s + due_s - (lost_s[last + 1] - lost_s[first]), last_s + left_s
    counts = passed | still_there
    return table.time_s(table.tick[first])[counts], due_s[counts], left_s[counts]


def _stays(grid: Grid, place: _Place, on: Bools) -> tuple[Indices, Indices]:
    """Return first and last row of each unbroken stay within reach; a stop line that is passed ends one."""
    table = grid.table
    same = np.zeros(len(on), dtype=np.bool_)
    before, now = table.lane[:-1], table.lane[1:]
    passes = place.stops[before] & (place.edge[before] != place.edge[now])
    same[1:] = on[1:] & on[:-1] & table.joined[1:] & ~passes
    return np.flatnonzero(on & ~same), np.flatnonzero(on & ~np.append(same[1:], False))
