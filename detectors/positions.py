"""`positions` and `oracle` sensing: every vehicle near the junction, turned into the same view as from loops."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.loops.headways import DEFAULT_HEADWAY_S, YieldMeter
from detectors.loops.jams import CROWDED_S, yielding_share
from detectors.turning import HeadBelief, TurningBelief
from detectors.view_builder import Expected, build_view, travel_s
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import UNKNOWN, JunctionView

SLOW_MPS = 2.0
STANDING_MPS = 0.5
HEAD_REACH_M = 15.0
REACH_M = 200.0
LAST_M = 15.0
SPACING_M = 7.5
FREE_ROOM_VEH = 1e6


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle near a stop line: key, approach lane, way to the stop line [m], speed [m/s], movement or UNKNOWN."""

    key: int
    lane: int
    to_stop_m: float
    speed_mps: float
    movement: int = UNKNOWN


@dataclass(frozen=True, slots=True)
class SeenAtExit:
    """A vehicle behind the junction: key, exit, position from the start of the exit lane [m], speed [m/s]."""

    key: int
    exit: int
    position_m: float
    speed_mps: float


class PositionTracker:
    """Keeps what has to be remembered from one look to the next: turning shares and refusals."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._layout = layout
        self._turning = TurningBelief(layout)
        self._head = HeadBelief(layout)
        self._first: list[int] = [UNKNOWN] * len(layout.lanes)
        self._last_lane: dict[int, int] = {}
        self._waited_s: dict[int, float] = {}
        self._yields = [YieldMeter() for _ in layout.lanes]
        self._crowded = [0.0] * len(layout.lanes)
        self._farthest_m = [
            max((min(r.beyond_m + r.length_m, REACH_M) for r in layout.reach if lane in r.targets), default=REACH_M)
            for lane in range(len(layout.lanes))
        ]
        self._movement_of = {(m.lane, m.exit): i for i, m in enumerate(layout.movements)}

    def look(self, seen: Sequence[Seen], behind: Sequence[SeenAtExit], lamps: str, dt_s: float) -> JunctionView:
        """Return the view of this moment; `lamps` is the state string in force. [s]"""
        self._learn(behind)
        protected = [lamps[m.lamp] == "G" for m in self._layout.movements]
        lanes: list[list[Seen]] = [[] for _ in self._layout.lanes]
        self._waited_s = {
            v.key: self._waited_s.get(v.key, 0.0) + (dt_s if v.speed_mps < SLOW_MPS else 0.0) for v in seen
        }
        for vehicle in seen:
            lanes[vehicle.lane].append(vehicle)
            self._last_lane[vehicle.key] = vehicle.lane
        room_veh = self._room(behind)
        for index, vehicles in enumerate(lanes):
            vehicles.sort(key=lambda v: v.to_stop_m)
            self._watch_first(index, vehicles, protected, room_veh, dt_s)
            self._watch_queue(index, vehicles, lamps, room_veh, dt_s)
        expected = [[self._expected(index, v) for v in vehicles] for index, vehicles in enumerate(lanes)]
        standing = [float(sum(v.speed_mps < SLOW_MPS for v in vehicles)) for vehicles in lanes]
        beyond = [float(sum(v.exit == index for v in behind)) for index in range(len(self._layout.exits))]
        headway_s = [DEFAULT_HEADWAY_S] * len(lanes)
        view = build_view(
            expected, self._head.barred, self._turning.ratio(), room_veh, standing, beyond, headway_s, self._head.stuck
        )
        permissive_s = np.array([meter.headway_s for meter in self._yields])
        return replace(view, crowded=np.array(self._crowded), permissive_s=permissive_s)

    def _watch_queue(self, lane: int, vehicles: list[Seen], lamps: str, room_veh: np.ndarray, dt_s: float) -> None:
        """Measure a queue that has to yield, and how often it reaches as far as anybody is seen. [s]"""
        last_m = self._farthest_m[lane] - LAST_M
        covered = any(v.speed_mps < SLOW_MPS and v.to_stop_m >= last_m for v in vehicles)
        self._crowded[lane] += (covered - self._crowded[lane]) * min(dt_s / CROWDED_S, 1.0)
        queued = bool(vehicles) and vehicles[0].speed_mps < SLOW_MPS and vehicles[0].to_stop_m < HEAD_REACH_M
        share = yielding_share(self._layout, lane, lamps, room_veh, self._turning.ratio()) if queued else 0.0
        self._yields[lane].waits(share, dt_s)

    def _learn(self, behind: Sequence[SeenAtExit]) -> None:
        for vehicle in behind:
            lane = self._last_lane.pop(vehicle.key, None)
            movement = self._movement_of.get((lane, vehicle.exit)) if lane is not None else None
            if movement is not None:
                self._turning.saw(movement)

    def _room(self, behind: Sequence[SeenAtExit]) -> np.ndarray:
        room_veh = np.full(len(self._layout.exits), FREE_ROOM_VEH)
        for index in range(len(self._layout.exits)):
            own = [v for v in behind if v.exit == index]
            slow = [v.position_m for v in own if v.speed_mps < SLOW_MPS]
            if slow:
                rear_m = max(min(slow) - SPACING_M, 0.0)
                coming = sum(v.speed_mps >= SLOW_MPS and v.position_m < min(slow) for v in own)
                room_veh[index] = max(rear_m / SPACING_M - coming, 0.0)
        return room_veh

    def _watch_first(
        self, lane: int, vehicles: list[Seen], protected: list[bool], room_veh: np.ndarray, dt_s: float
    ) -> None:
        first = vehicles[0] if vehicles else None
        if first is None or first.key != self._first[lane]:
            self._yields[lane].left(DEFAULT_HEADWAY_S)
            self._head.first_left(lane)
            self._first[lane] = UNKNOWN if first is None else first.key
            return
        if first.movement == UNKNOWN and first.to_stop_m < HEAD_REACH_M and first.speed_mps < STANDING_MPS:
            free = [p and room_veh[m.exit] >= 1 for p, m in zip(protected, self._layout.movements, strict=True)]
            self._head.stands(lane, free, dt_s)

    def _expected(self, lane: int, vehicle: Seen) -> Expected:
        free_mps = self._layout.lanes[lane].speed_mps
        eta_s = travel_s(vehicle.to_stop_m, vehicle.speed_mps, free_mps)
        if vehicle.speed_mps < STANDING_MPS and vehicle.to_stop_m < HEAD_REACH_M:
            eta_s = 0.0
        return Expected(eta_s, vehicle.movement, 1.0, vehicle.key, self._waited_s[vehicle.key])
