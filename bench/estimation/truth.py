"""What really happened in a run, from SUMO's trajectories: speeds, queues, departures and turns. No loop is asked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from detectors.loops.saturation import START_UP_VEH, Span
from signal_ctrl.domain.network import Loop
from sumo_scenarios.estimating.turns import ExitCount
from sumo_scenarios.measures.queues import HALTING_MPS
from sumo_scenarios.measures.sources import Sources

Floats = npt.NDArray[np.float64]
STRETCH_M: Final = 12.0
"""Length of the stretch from a loop's begin on which speeds are measured. [m]"""
WAVE_MPS: Final = 3.0
"""Who stands x metres behind belongs to the first green whose wave of starting, at this speed, comes after that."""
LEAST_VEH: Final = 8
EXIT_M: Final = 20.0
"""How far behind the begin of an exit the counts of the truth lie. [m]"""


@dataclass(frozen=True, slots=True)
class Departed:
    """A vehicle that left a stop line: when [s], and whether it had stood on the approach."""

    at_s: float
    stood: bool


class Truth:
    """The truth of one run."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._table = sources.table
        self._lane_of = {name: code for code, name in enumerate(sources.table.lanes)}

    def speed_mps(self, loop: Loop, span_s: Span) -> tuple[float, int]:
        """Return the space mean speed on a stretch from a loop on, of those who came in a time, and how many. [m/s]

        Way over time of all of them together (Edie): 0 m/s where nobody came.
        """
        enters_s, took_s = self._stretches(loop.lane_id, loop.position_m)
        inside = (enters_s >= span_s[0]) & (enters_s < span_s[1])
        count = int(inside.sum())
        return (count * STRETCH_M / float(took_s[inside].sum()), count) if count else (0.0, 0)

    def _stretches(self, lane_id: str, from_m: float) -> tuple[Floats, Floats]:
        key = (lane_id, from_m)
        if key not in self._known:
            begins, ends = (self._crossings(lane_id, at_m) for at_m in (from_m, from_m + STRETCH_M))
            both = [vehicle for vehicle in begins if ends.get(vehicle, 0.0) > begins[vehicle]]
            enters = np.array([begins[vehicle] for vehicle in both], dtype=np.float64)
            self._known[key] = (
                enters,
                np.array([ends[vehicle] - begins[vehicle] for vehicle in both]) if both else enters,
            )
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[str, float], tuple[Floats, Floats]]:
        return {}

    def _crossings(self, lane_id: str, at_m: float) -> dict[int, float]:
        """Return when each vehicle's front passed a place of a lane, between two samples on that lane. [s]"""
        table, code = self._table, self._lane_of.get(lane_id, -1)
        rows = np.flatnonzero((table.lane == code) & (table.pos_m >= at_m) & table.joined)
        rows = rows[(table.lane[rows - 1] == code) & (table.pos_m[rows - 1] < at_m)]
        part = (at_m - table.pos_m[rows - 1]) / (table.pos_m[rows] - table.pos_m[rows - 1])
        times = table.time_s(table.tick[rows - 1] + part)
        return dict(zip(table.vehicle[rows].tolist(), times.tolist(), strict=True))

    @cached_property
    def standing(self) -> Mapping[str, tuple[Floats, Floats]]:
        """When, and how far its rear was behind the stop line, of everybody who stood, by stop-line lane. [s], [m]"""
        found: defaultdict[str, list[npt.NDArray[np.int64]]] = defaultdict(list)
        for lane, rows in self._halts:
            if len(rows):
                found[lane].append(rows)
        grid = self._sources.grid
        joined = {lane: np.concatenate(rows) for lane, rows in found.items()}
        return {
            lane: (self._table.time_s(self._table.tick[rows]), grid.to_stop_m[rows] + grid.length_m[rows])
            for lane, rows in joined.items()
        }

    @cached_property
    def _halts(self) -> list[tuple[str, npt.NDArray[np.int64]]]:
        """Stop-line lane and rows of standing of each passage: slower than 5 km/h for a second or more."""
        table, passages = self._table, self._sources.passages
        slow = (table.speed_mps < HALTING_MPS) & ~table.scheduled
        halting = np.zeros(len(slow), dtype=np.bool_)
        halting[1:] = slow[1:] & slow[:-1] & table.joined[1:]
        found = []
        for first, last in zip(passages.first_row, passages.last_row, strict=True):
            rows = np.arange(first, last + 1)
            found.append((table.lanes[table.lane[last]], rows[halting[first : last + 1]]))
        return found

    def reach_m(self, lane_id: str, before_s: float, green_s: float) -> float:
        """Return how far the queue of a green reached behind the stop line. [m]

        Args: before_s, begin of the green before [s]. Who stands when the wave of starting of a green has come by, if
        that is as slow as 3 m/s, belongs to the queue of the next one.
        """
        if lane_id not in self.standing:
            return 0.0
        times_s, rears_m = self.standing[lane_id]
        wave_s = np.maximum(rears_m, 0.0) / WAVE_MPS
        own = (times_s > before_s + wave_s) & (times_s <= green_s + wave_s)
        return float(rears_m[own].max()) if own.any() else 0.0

    @cached_property
    def departed(self) -> Mapping[str, tuple[Departed, ...]]:
        """Who left each stop-line lane, in order."""
        table, passages, net = self._table, self._sources.passages, self._sources.net
        found: defaultdict[str, list[Departed]] = defaultdict(list)
        for index, (lane, halts) in enumerate(self._halts):
            if not passages.passed[index]:
                continue
            last = passages.last_row[index]
            left_m = max(net.lanes[lane].length_m - float(table.pos_m[last]), 0.0)
            speed_mps = max(0.5 * float(table.speed_mps[last] + table.speed_mps[last + 1]), 0.1)
            at_s = float(table.time_s(table.tick[last])) + min(left_m / speed_mps, table.sample_s)
            found[lane].append(Departed(at_s, len(halts) > 0))
        return {lane: tuple(sorted(own, key=lambda one: one.at_s)) for lane, own in found.items()}

    def discharges(self, lane_id: str, greens: Sequence[Span]) -> list[tuple[float, float]]:
        """Return mean headway behind the fourth vehicle and start-up loss of each queue of eight that stood. [s]"""
        times = np.array([one.at_s for one in self.departed.get(lane_id, ())])
        stood = [one.stood for one in self.departed.get(lane_id, ())]
        found = []
        for begin_s, end_s in greens:
            first, last = (int(k) for k in np.searchsorted(times, (begin_s, end_s)))
            row = first
            while row < last and stood[row]:
                row += 1
            if row - first >= LEAST_VEH:
                fourth_s = float(times[first + START_UP_VEH - 1])
                headway_s = (float(times[row - 1]) - fourth_s) / (row - first - START_UP_VEH)
                found.append((headway_s, fourth_s - begin_s - START_UP_VEH * headway_s))
        return found

    @cached_property
    def turns(self) -> Mapping[tuple[str, str, str], int]:
        """Vehicles by signal, lane of the stop line, and edge behind the junction."""
        passages, grid = self._sources.passages, self._sources.grid
        found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for approach, link in zip(passages.approach, passages.link, strict=True):
            if link >= 0:
                own = grid.approaches[approach]
                taken = next(each for each in own.links if each.link == link)
                found[own.signal, taken.from_lane, taken.to_lane.rpartition("_")[0]] += 1
        return found

    def exit_counts(self) -> dict[str, ExitCount]:
        """Return when vehicles came over a place 20 m behind the begin of each edge, as a counter there would tell."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        for lane in self._table.lanes:
            if not lane.startswith(":"):
                found[lane.rpartition("_")[0]] += self._crossings(lane, EXIT_M).values()
        return {edge: ExitCount(tuple(sorted(times)), EXIT_M) for edge, times in found.items() if times}
