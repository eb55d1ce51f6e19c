"""From loop events alone to a view: arrivals, queues, turning beliefs, saturation headways, blocked exits.

Between its loops each lane keeps its vehicles in order. The advance loop adds one, the middle loop confirms, corrects
or adds one, the stop-line loop takes one away; whoever is overdue at a loop on which nobody stands is doubted and
dropped. A vehicle that the next loop of a neighbouring lane sees instead has changed lanes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from detectors.loops.events import LoopEvent
from detectors.loops.headways import HeadwayMeter
from detectors.loops.lane_queue import LaneQueue, Tracked
from detectors.turning import HeadBelief, TurningBelief
from detectors.view_builder import Expected, build_view
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.view import UNKNOWN, FloatArray, JunctionView

SPACING_M: Final = 7.5
STANDS_S: Final = 4.0
FREE_ROOM_VEH: Final = 1e6
RECENT_S: Final = 2.5
_OPEN: Final = "Ggys"


class LoopEstimator:
    """The estimate of one junction. Events come in time order; `view` is asked once a second or so."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._layout = layout
        self._turning = TurningBelief(layout)
        self._head = HeadBelief(layout)
        self._queues = [LaneQueue() for _ in layout.lanes]
        self._headways = [HeadwayMeter() for _ in layout.lanes]
        self._on_since: list[float | None] = [None] * len(layout.loops)
        self._off_at = [-1e9] * len(layout.loops)
        self._stop_loops = self._loops_of(LoopRole.STOP)
        self._middle_loops = self._loops_of(LoopRole.MIDDLE)
        self._far_to_middle_m = self._gaps_m()
        self._next_key = 1
        self._lamps = ""
        self._last_s: float | None = None
        self._shared: dict[int, tuple[int, ...]] = {}
        self._neighbours: Mapping[str, LoopEstimator] = {}
        self._exit_paths: list[list[list[ProbeLoop]]] = [[] for _ in layout.exits]

    def join(self, estimators: Mapping[str, LoopEstimator]) -> None:
        """Make known the estimators of all junctions: their loops tell how far an exit lane is full."""
        self._neighbours = estimators
        on_lane: dict[str, list[tuple[LoopEstimator, int, float]]] = {}
        for other in estimators.values():
            for k, loop in enumerate(other._layout.loops):
                on_lane.setdefault(loop.lane_id, []).append((other, k, loop.position_m))
        for i, exit_lane in enumerate(self._layout.exits):
            self._exit_paths[i] = [
                [
                    ProbeLoop(other, loop, from_m + at_m)
                    for lane, from_m in path
                    for other, loop, at_m in on_lane.get(lane, ())
                ]
                for path in exit_lane.paths
            ]

    def _loops_of(self, role: LoopRole) -> list[list[int]]:
        return [[k for k in lane.loops if self._layout.loops[k].role is role] for lane in self._layout.lanes]

    def _gaps_m(self) -> list[float]:
        """Return how far before the stop line the middle loop of each lane lies, 0 where there is none. [m]"""
        loops = self._layout.loops
        return [max((loops[k].to_stop_m for k in own), default=0.0) for own in self._middle_loops]

    def take(self, event: LoopEvent) -> None:
        """Take in one event."""
        loop = self._layout.loops[event.loop]
        self._on_since[event.loop] = event.time_s if event.on else None
        if not event.on:
            self._off_at[event.loop] = event.time_s
        if loop.role is LoopRole.STOP:
            if event.on:
                self._at_stop_line(self._next_lane(loop.serves), event.time_s)
            else:
                self._left(self._next_lane(loop.serves), event.time_s)
        elif event.on and loop.role is LoopRole.MIDDLE:
            self._at_middle(loop.serves, event.time_s)
        elif event.on:
            self._far_away(loop.serves, loop.to_stop_m, event.time_s)

    def _next_lane(self, serves: tuple[int, ...]) -> int:
        """Return the lane, of those a stop-line loop serves, whose first vehicle is due first."""
        queues = self._queues
        return min(serves, key=lambda i: queues[i].vehicles[0].due_s if queues[i].vehicles else np.inf)

    def _far_away(self, serves: tuple[int, ...], to_stop_m: float, now_s: float) -> None:
        key = self._new_key(serves)
        for lane in serves:
            speed = self._layout.lanes[lane].speed_mps
            due_s = now_s + to_stop_m / speed
            next_s = now_s + (to_stop_m - self._far_to_middle_m[lane]) / speed
            presence = self._queues[lane].capture.value / len(serves)
            self._queues[lane].add_far(Tracked(key, due_s, next_s, False, presence))

    def _at_middle(self, serves: tuple[int, ...], now_s: float) -> None:
        found = self._matched(serves, now_s)
        key = found.key if found is not None else self._new_key(serves)
        for lane in serves:
            due_s = now_s + self._far_to_middle_m[lane] / self._layout.lanes[lane].speed_mps
            self._queues[lane].put_near(Tracked(key, due_s, due_s, True, 1.0 / len(serves)))
        if len(serves) > 1:
            self._shared[key] = serves

    def _matched(self, serves: tuple[int, ...], now_s: float) -> Tracked | None:
        for lane in serves:
            found = self._queues[lane].take_far(now_s)
            if found is not None:
                self._queues[lane].capture.note(True)
                self._settle(found.key, lane)
                return found
        return self._stray(serves[0], now_s, near=False)

    def _stray(self, lane: int, now_s: float, near: bool) -> Tracked | None:
        """Return a vehicle of a neighbouring lane that is due about now: it has come here instead."""
        edge = self._layout.lanes[lane].edge_id
        for other, neighbour in enumerate(self._layout.lanes):
            if other != lane and neighbour.edge_id == edge:
                found = self._queues[other].find_stray(now_s, near)
                if found is not None:
                    self._settle(found.key, lane)
                    return found
        return None

    def _new_key(self, serves: tuple[int, ...]) -> int:
        self._next_key += 1
        if len(serves) > 1:
            self._shared[self._next_key] = serves
        return self._next_key

    def _settle(self, key: int, lane: int) -> None:
        """A vehicle that could have been in several lanes has shown itself in one: forget it in the others."""
        for other in self._shared.pop(key, ()):
            if other != lane:
                self._queues[other].remove(key)

    def _at_stop_line(self, lane: int, now_s: float) -> None:
        queue = self._queues[lane]
        first = queue.vehicles[0] if queue.vehicles else None
        if first is not None and (first.near or first.due_s - now_s <= 4.0):
            first.presence, first.due_s, first.near = 1.0, min(first.due_s, now_s), True
            self._settle(first.key, lane)
            return
        found = self._stray(lane, now_s, near=True)
        key = found.key if found is not None else self._new_key((lane,))
        queue.vehicles.insert(0, Tracked(key, now_s, now_s, True))

    def _left(self, lane: int, now_s: float) -> None:
        found = self._queues[lane].take_first(now_s)
        if found is not None:
            self._settle(found.key, lane)
        self._head.first_left(lane)
        self._headways[lane].left(now_s, bool(self._queues[lane].vehicles))
        movements = self._layout.movements
        own = [m for m in self._layout.lanes[lane].movements if self._lamps and self._lamps[movements[m].lamp] in _OPEN]
        if own:
            self._turning.passed(lane, own)

    def stands(self, loop: int, now_s: float) -> bool:
        """Return whether somebody stands on a loop. [s]"""
        since_s = self._on_since[loop]
        return since_s is not None and now_s - since_s >= STANDS_S

    def _occupied(self, loop: int, now_s: float) -> bool:
        return self._on_since[loop] is not None or now_s - self._off_at[loop] < RECENT_S

    def view(self, now_s: float, lamps: str) -> JunctionView:
        """Return the estimate of this moment; `lamps` is the state string in force. [s]"""
        dt_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s, self._lamps = now_s, lamps
        room_veh = self._room(now_s)
        for lane, queue in enumerate(self._queues):
            self._doubt(lane, queue, now_s)
            self._watch_first(lane, lamps, room_veh, now_s, dt_s)
        expected = [self._expected(queue, now_s) for queue in self._queues]
        standing = [float(sum(v.presence for v in queue.vehicles if v.due_s <= now_s)) for queue in self._queues]
        beyond = self._beyond()
        headway_s = [meter.headway_s for meter in self._headways]
        return build_view(
            expected, self._head.barred, self._turning.ratio(), room_veh, standing, beyond, headway_s, self._head.stuck
        )

    def _doubt(self, lane: int, queue: LaneQueue, now_s: float) -> None:
        near_clear = not any(self._occupied(k, now_s) for k in self._stop_loops[lane])
        middles = self._middle_loops[lane]
        far_clear = not any(self._occupied(k, now_s) for k in middles) if middles else near_clear
        queue.doubt(now_s, far_clear, near_clear)

    def _watch_first(self, lane: int, lamps: str, room_veh: FloatArray, now_s: float, dt_s: float) -> None:
        if all(self._on_since[k] is None for k in self._stop_loops[lane]):
            return
        movements = self._layout.movements
        protected = [lamps[m.lamp] == "G" and room_veh[m.exit] >= 1 for m in movements]
        self._head.stands(lane, protected, dt_s)

    def _expected(self, queue: LaneQueue, now_s: float) -> list[Expected]:
        return [Expected(max(v.due_s - now_s, 0.0), UNKNOWN, v.presence, v.key) for v in queue.vehicles]

    def _room(self, now_s: float) -> FloatArray:
        """Return how many vehicles each exit can take: up to the first loop on which somebody stands. (n_exits,)

        Where the way splits, the freest branch counts.
        """
        room_veh = np.full(len(self._layout.exits), FREE_ROOM_VEH)
        for i, paths in enumerate(self._exit_paths):
            if paths:
                room_veh[i] = max(_room_on(path, now_s) for path in paths)
        return room_veh

    def _beyond(self) -> list[float]:
        """Return the vehicles on each exit lane that leads to a signal's stop line, as that signal estimates them."""
        found = []
        for exit_lane in self._layout.exits:
            other = self._neighbours.get(exit_lane.next_signal)
            lane = exit_lane.next_lane
            found.append(sum(v.presence for v in other._queues[lane].vehicles) if other is not None else 0.0)
        return found


class ProbeLoop(NamedTuple):
    """A loop behind an exit: whose it is, its index there, its distance from the entry of the exit. [m]"""

    owner: LoopEstimator
    loop: int
    from_m: float


def _room_on(path: Sequence[ProbeLoop], now_s: float) -> float:
    standing = [probe.from_m for probe in path if probe.owner.stands(probe.loop, now_s)]
    return min(standing) / SPACING_M if standing else FREE_ROOM_VEH
