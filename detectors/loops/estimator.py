"""From loop events alone to a view: arrivals, queues, turning beliefs, saturation headways, blocked exits.

Between its loops each lane keeps its vehicles in order. The advance loop adds one, the middle loop confirms, corrects
or adds one, the stop-line loop takes one away; whoever is overdue at a loop on which nobody stands is doubted and
dropped. A vehicle that the next loop of a neighbouring lane sees instead has changed lanes. A loop that has failed is
not listened to: its lanes live on the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from detectors.loops.blind import Discharge, Profile, most_veh, unseen_share
from detectors.loops.events import LoopEvent
from detectors.loops.headways import HeadwayMeter
from detectors.loops.health import LoopHealth
from detectors.loops.jams import Jams
from detectors.loops.lane_queue import SPACING_M, LaneQueue, Tracked
from detectors.loops.lane_shares import NO_LANE, LaneShares
from detectors.loops.occupancy import Occupancy
from detectors.loops.outlet import Outlet
from detectors.turning import HeadBelief, TurningBelief
from detectors.view_builder import build_view
from signal_ctrl.domain.detection import WHOLE
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.view import FloatArray, JunctionView

JOINING_S: Final = 3.0
QUEUE_VEH: Final = 3
_OPEN: Final = "Ggys"


class LoopEstimator:
    """The estimate of one junction. Events come in time order; `view` is asked once a second or so."""

    def __init__(self, layout: JunctionLayout) -> None:
        self.layout = layout
        self.queues = [LaneQueue() for _ in layout.lanes]
        self._turning = TurningBelief(layout)
        self._head = HeadBelief(layout)
        self._headways = [HeadwayMeter() for _ in layout.lanes]
        self._jams = Jams(layout)
        self.health = LoopHealth(layout)
        self._on = Occupancy(len(layout.loops))
        self._stop_loops = self._loops_of(LoopRole.STOP)
        self._middle_loops = self._loops_of(LoopRole.MIDDLE)
        self._far_to_middle_m = self._gaps_m()
        self._shares = LaneShares(layout)
        self._next_key = 1
        self._lamps = ""
        self._last_s: float | None = None
        self._shared: dict[int, tuple[int, ...]] = {}
        self._outlet = Outlet(layout, self._turning)
        self._watchers: dict[int, list[tuple[Outlet, int]]] = {}
        self._joined: Mapping[str, LoopEstimator] = {}
        self._blind: frozenset[int] = frozenset()
        self._unseen: dict[int, float] = {}
        self._known_failed: frozenset[int] = frozenset()
        self.detection = WHOLE
        self._discharge = Discharge(layout)
        self._profile = Profile(len(layout.lanes))

    def join(self, estimators: Mapping[str, LoopEstimator]) -> None:
        """Make known the estimators of all junctions: their loops tell who comes by, and how far an exit is full."""
        self._joined = estimators
        self._outlet.join(estimators)

    @property
    def failed(self) -> frozenset[int]:
        """The loops that are not listened to."""
        return self.health.failed

    def watch(self, loop: int, outlet: Outlet, edge: int) -> None:
        """Have a loop tell the junction behind when it sees somebody on an edge that leads from there."""
        watchers = self._watchers.setdefault(loop, [])
        if (outlet, edge) not in watchers:
            watchers.append((outlet, edge))

    def unwatch(self, outlet: Outlet) -> None:
        """Have no loop tell that junction any more."""
        for loop, watchers in self._watchers.items():
            self._watchers[loop] = [pair for pair in watchers if pair[0] is not outlet]

    def _loops_of(self, role: LoopRole) -> list[list[int]]:
        loops, gone = self.layout.loops, self.health.failed
        if role is LoopRole.MIDDLE:
            gone = gone | self.health.hushed
        return [[k for k in lane.loops if loops[k].role is role and k not in gone] for lane in self.layout.lanes]

    def _gaps_m(self) -> list[float]:
        """Return how far before the stop line the middle loop of each lane lies, 0 where there is none. [m]"""
        loops = self.layout.loops
        return [max((loops[k].to_stop_m for k in own), default=0.0) for own in self._middle_loops]

    def _meets_middle(self, loop: int, lane: int) -> bool:
        """Return whether a vehicle from an advance loop comes over the middle loop of a lane."""
        middles = self._middle_loops[lane]
        if not self.layout.onward or lane not in self.layout.loops[loop].serves:
            return bool(middles)
        return any(k in self.layout.onward[loop] for k in middles)

    def take(self, event: LoopEvent, now_s: float | None = None) -> None:
        """Take in one event, which arrived at `now_s` where that is known. [s]"""
        if self.health.believes(event, now_s):
            self._hear(event)

    def _hear(self, event: LoopEvent) -> None:
        loop = self.layout.loops[event.loop]
        if event.on:
            for upstream, edge in self._watchers.get(event.loop, ()):
                upstream.seen_behind(edge, event.time_s)
        self._on.take(event.loop, event.on, event.time_s)
        if loop.role is LoopRole.STOP:
            if event.on:
                self._at_stop_line(self._next_lane(loop.serves), event.time_s)
            else:
                self._left(self._next_lane(loop.serves), event.time_s)
        elif event.on and loop.role is LoopRole.MIDDLE:
            self._at_middle(loop.serves, event.time_s)
        elif event.on:
            self._far_away(event.loop, loop.to_stop_m, event.time_s)

    def _next_lane(self, serves: tuple[int, ...]) -> int:
        """Return the lane, of those a stop-line loop serves, whose first vehicle is due first."""
        queues = self.queues
        return min(serves, key=lambda i: queues[i].vehicles[0].due_s if queues[i].vehicles else np.inf)

    def _far_away(self, loop: int, to_stop_m: float, now_s: float) -> None:
        lanes = self._shares.lanes(loop)
        key = self._new_key(tuple(lanes))
        for lane, share in lanes.items():
            speed_mps = self.layout.lanes[lane].speed_mps
            due_s = now_s + to_stop_m / speed_mps
            if self._meets_middle(loop, lane):
                next_s = now_s + (to_stop_m - self._far_to_middle_m[lane]) / speed_mps
                self.queues[lane].add_far(Tracked(key, due_s, next_s, False, share, loop))
            else:
                floor_s = JOINING_S if self._middle_loops[lane] else 0.0
                self.queues[lane].put_by_time(
                    Tracked(key, due_s, due_s, True, share, loop, floor_s > 0, floor_s=floor_s)
                )

    def _at_middle(self, serves: tuple[int, ...], now_s: float) -> None:
        for lane in self._blind.intersection(serves):
            self._make_room(lane)
        found = self._matched(serves, now_s)
        key = found.key if found is not None else self._new_key(serves)
        for lane in serves:
            due_s = now_s + self._far_to_middle_m[lane] / self.layout.lanes[lane].speed_mps
            near = Tracked(
                key, due_s, due_s, True, 1.0 / len(serves), free_s=math.inf if found is None else found.free_s
            )
            self.queues[lane].put_near(near)
        if len(serves) > 1:
            self._shared[key] = serves

    def _make_room(self, lane: int) -> None:
        """Somebody passed the middle loop of a lane whose stop line nobody sees: it is not full, somebody has left."""
        near = [v for v in self.queues[lane].vehicles if v.near and not v.announced]
        if len(near) > self._far_to_middle_m[lane] / SPACING_M:
            self.queues[lane].remove(near[0].key)
            self._settle(near[0].key, lane)

    def _matched(self, serves: tuple[int, ...], now_s: float) -> Tracked | None:
        for lane in serves:
            found = self.queues[lane].take_far(now_s)
            if found is not None:
                self._note(found, lane)
                self._settle(found.key, lane)
                return found
        return self._stray(serves[0], now_s, near=False)

    def _note(self, vehicle: Tracked, lane: int) -> None:
        """Learn that a vehicle which an advance loop saw came to a lane, or to none."""
        if vehicle.source >= 0:
            self._shares.note(vehicle.source, lane)
            vehicle.source = -1

    def _stray(self, lane: int, now_s: float, near: bool) -> Tracked | None:
        """Return a vehicle of a neighbouring lane that is due about now: it has come here instead."""
        edge = self.layout.lanes[lane].edge_id
        for other, neighbour in enumerate(self.layout.lanes):
            if other != lane and neighbour.edge_id == edge:
                found = self.queues[other].find_stray(now_s, near)
                if found is not None:
                    self._note(found, lane)
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
                self.queues[other].remove(key)

    def _at_stop_line(self, lane: int, now_s: float) -> None:
        queue = self.queues[lane]
        first = queue.first()
        if first is not None and (first.near or first.due_s - now_s <= 4.0):
            self._note(first, lane)
            first.arrived(now_s)
            self._settle(first.key, lane)
            return
        found = self._stray(lane, now_s, near=True)
        key = found.key if found is not None else self._new_key((lane,))
        free_s = now_s if found is None else found.free_s
        queue.vehicles.insert(0, Tracked(key, now_s, now_s, True, free_s=free_s, at_line=True))

    def _left(self, lane: int, now_s: float) -> None:
        found = self.queues[lane].take_first(now_s)
        if found is not None:
            self._settle(found.key, lane)
        self._head.first_left(lane)
        if lane in self._unseen and self._headways[lane].flows(now_s):
            self.queues[lane].raise_to(QUEUE_VEH, True, lambda: Tracked(self._new_key((lane,)), now_s, now_s, True))
        self._jams.left(lane, self._headways[lane].headway_s)
        self._headways[lane].left(now_s, bool(self.queues[lane].vehicles))
        self._profile.left(lane)
        self._went(lane, now_s)

    def _went(self, lane: int, now_s: float) -> None:
        """Somebody left a lane: the loops behind will tell where to. [s]"""
        movements = self.layout.movements
        own = [m for m in self.layout.lanes[lane].movements if self._lamps and self._lamps[movements[m].lamp] in _OPEN]
        if own:
            self._outlet.left(lane, own, now_s)

    def stands(self, loop: int, now_s: float) -> bool:
        """Return whether somebody stands on a loop. [s]"""
        return self._on.stands(loop, now_s)

    def view(self, now_s: float, lamps: str) -> JunctionView:
        """Return the estimate of this moment; `lamps` is the state string in force. [s]"""
        dt_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s, self._lamps = now_s, lamps
        if self.health.assess(now_s, lamps):
            self._adapt()
        self._outlet.learn_overdue(now_s)
        room_veh = self._outlet.room_veh(now_s)
        self._see_blind(lamps, room_veh, now_s, dt_s)
        protected = [lamps[m.lamp] == "G" and room_veh[m.exit] >= 1 for m in self.layout.movements]
        for lane, queue in enumerate(self.queues):
            self._doubt(lane, queue, now_s)
            if any([self._on.is_on(k) for k in self._stop_loops[lane]]):
                self._head.stands(lane, protected, dt_s)
        expected = [queue.expected(lane, self._shared, now_s) for lane, queue in enumerate(self.queues)]
        standing = [float(sum([each.presence for each in lane if each.eta_s <= 0.0])) for lane in expected]
        beyond = self._outlet.beyond_veh()
        headway_s = [meter.headway_s for meter in self._headways]
        view = build_view(
            expected, self._head.barred, self._turning.ratio(), room_veh, standing, beyond, headway_s, self._head.stuck
        )
        self._jams.look(self._on, self._stop_loops, lamps, room_veh, self._turning.ratio(), now_s, dt_s)
        return replace(
            view,
            inside=np.array(self._outlet.inside(now_s, lamps), dtype=np.bool_),
            crowded=np.array(self._jams.crowded),
            permissive_s=np.array(self._jams.permissive_s),
        )

    def _adapt(self) -> None:
        """Other loops have failed than before: each lane goes on with those that are left."""
        layout, failed = self.layout, self.health.failed
        for k in failed | self.health.hung:
            self._on.forget(k)
        self._stop_loops = self._loops_of(LoopRole.STOP)
        self._middle_loops = self._loops_of(LoopRole.MIDDLE)
        self._far_to_middle_m = self._gaps_m()
        deaf = failed | self.health.silent | self.health.hushed
        self.detection = self.health.detection()
        lost = {lane for k in failed | self.health.hushed for lane in layout.loops[k].serves}
        self._blind = frozenset(lane for lane in lost if not set(self._stop_loops[lane]) - deaf)
        unseen = {lane: share for lane in lost if (share := unseen_share(layout, lane, deaf)) > 0}
        for lane in unseen.keys() - self._unseen.keys():
            self._profile.begin(lane)
        self._unseen = unseen
        for lane in lost:
            if not self._middle_loops[lane]:
                for vehicle in self.queues[lane].vehicles:
                    vehicle.near = vehicle.near or not vehicle.announced
        changed = failed ^ self._known_failed
        self._known_failed = failed
        tellers = [layout.loops[k] for k in changed if layout.loops[k].role is not LoopRole.ADVANCE]
        self._shares.forget({lane for loop in tellers for lane in loop.serves})
        lanes = {layout.loops[k].lane_id for k in changed}
        for other in self._joined.values():
            other.look_behind(lanes)

    def look_behind(self, lanes: set[str]) -> None:
        """Loops on these lanes have failed or work again: choose anew who tells where vehicles went."""
        if self._outlet.leads_to(lanes):
            for other in self._joined.values():
                other.unwatch(self._outlet)
            self._outlet.join(self._joined)

    def _see_blind(self, lamps: str, room_veh: FloatArray, now_s: float, dt_s: float) -> None:
        """Let vehicles come to lanes without a loop, and leave those without one at the stop line. [s]"""
        for lane in range(len(self.queues)):
            if lane not in self._blind:
                self._profile.watched(lane, dt_s)
        for lane, share in self._unseen.items():
            queue, passed_s = self.queues[lane], dt_s
            while self._profile.comes(lane, share, passed_s) and len(queue.vehicles) < most_veh(self.layout, lane):
                queue.put_near(Tracked(self._new_key((lane,)), now_s, now_s, True))
                passed_s = 0.0
        for lane in self._blind:
            queue, headway_s = self.queues[lane], self._headways[lane].headway_s
            self._discharge.open(lane, lamps, room_veh, self._turning.ratio(), dt_s)
            while (first := queue.first()) is not None and first.eta_s(now_s) <= 0.0:
                if not self._discharge.lets_go(lane, headway_s, first.presence):
                    break
                self._gone_unseen(lane, first, now_s)
            else:
                self._discharge.nobody_waits(lane, headway_s)

    def _gone_unseen(self, lane: int, vehicle: Tracked, now_s: float) -> None:
        self.queues[lane].remove(vehicle.key)
        self._settle(vehicle.key, lane)
        self._head.first_left(lane)
        self._went(lane, now_s)

    def _doubt(self, lane: int, queue: LaneQueue, now_s: float) -> None:
        self._reach_back(lane, queue, now_s)
        if not queue.vehicles:
            return
        near_busy_s = now_s if lane in self._blind else self._on.busy_s(self._stop_loops[lane], now_s)
        middles = self._middle_loops[lane]
        far_busy_s = self._on.busy_s(middles, now_s) if middles else near_busy_s
        for vehicle in queue.doubt(now_s, far_busy_s, near_busy_s):
            if not vehicle.near and self._joined_queue(lane, vehicle, now_s):
                continue
            self._drop(vehicle, lane)

    def _drop(self, vehicle: Tracked, lane: int) -> None:
        """Forget a vehicle that never came to a lane; if it was expected nowhere else, it has turned off."""
        others = tuple(other for other in self._shared.get(vehicle.key, ()) if other != lane)
        if others:
            self._shared[vehicle.key] = others
            if self._blind.issuperset(others):
                self._must_be_in(others, vehicle)
            return
        self._shared.pop(vehicle.key, None)
        self._note(vehicle, NO_LANE)

    def _must_be_in(self, lanes: tuple[int, ...], vehicle: Tracked) -> None:
        """Whom no lane with loops has seen is in one of those without."""
        self._note(vehicle, lanes[0])
        for lane in lanes:
            for copy in self.queues[lane].vehicles:
                if copy.key == vehicle.key:
                    copy.presence, copy.source = 1.0 / len(lanes), -1

    def _reach_back(self, lane: int, queue: LaneQueue, now_s: float) -> None:
        """Where somebody stands on the stop-line loop and on one behind it, the lane is full up to there."""
        if lane not in self._blind and not self._on.any_stands(self._stop_loops[lane], now_s):
            return  # those before the other loops are moving off, or wait to join farther down
        for k in self.layout.lanes[lane].loops:
            loop = self.layout.loops[k]
            if loop.role is not LoopRole.STOP and len(loop.serves) == 1 and self.stands(k, now_s):
                count, near = int(loop.to_stop_m / SPACING_M), loop.role is LoopRole.MIDDLE
                queue.raise_to(count, near, lambda: Tracked(self._new_key((lane,)), now_s, now_s, True))

    def _joined_queue(self, lane: int, vehicle: Tracked, now_s: float) -> bool:
        """Who did not come to its middle loop stands in a neighbouring lane, if the queue there covers that one's."""
        edge = self.layout.lanes[lane].edge_id
        for other, neighbour in enumerate(self.layout.lanes):
            covered = self._on.any_stands(self._middle_loops[other], now_s)
            if other != lane and neighbour.edge_id == edge and covered:
                self._settle(vehicle.key, other)
                self.queues[other].remove(vehicle.key)
                self.queues[other].add_far(
                    Tracked(vehicle.key, vehicle.due_s, now_s, False, 1.0, free_s=vehicle.free_s)
                )
                return True
        return False
