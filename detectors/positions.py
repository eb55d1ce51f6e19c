"""`positions` and `oracle` sensing: every vehicle near the junction, turned into the same view as from loops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.loops.headways import DEFAULT_HEADWAY_S
from detectors.turning import HeadBelief, TurningBelief
from detectors.view_builder import Expected, build_view, travel_s
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import UNKNOWN, JunctionView

SLOW_MPS = 2.0
STANDING_MPS = 0.5
HEAD_REACH_M = 15.0
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
        self._movement_of = {(m.lane, m.exit): i for i, m in enumerate(layout.movements)}

    def look(
        self, seen: Sequence[Seen], behind: Sequence[SeenAtExit], protected: list[bool], dt_s: float
    ) -> JunctionView:
        """Return the view of this moment. `protected` tells per movement whether its green is protected now."""
        self._learn(behind)
        lanes: list[list[Seen]] = [[] for _ in self._layout.lanes]
        for vehicle in seen:
            lanes[vehicle.lane].append(vehicle)
            self._last_lane[vehicle.key] = vehicle.lane
        room_veh = self._room(behind)
        for index, vehicles in enumerate(lanes):
            vehicles.sort(key=lambda v: v.to_stop_m)
            self._watch_first(index, vehicles, protected, room_veh, dt_s)
        expected = [[self._expected(index, v) for v in vehicles] for index, vehicles in enumerate(lanes)]
        standing = [float(sum(v.speed_mps < SLOW_MPS for v in vehicles)) for vehicles in lanes]
        beyond = [float(sum(v.exit == index for v in behind)) for index in range(len(self._layout.exits))]
        headway_s = [DEFAULT_HEADWAY_S] * len(lanes)
        return build_view(
            expected, self._head.barred, self._turning.ratio(), room_veh, standing, beyond, headway_s, self._head.stuck
        )

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
        return Expected(eta_s, vehicle.movement, 1.0, vehicle.key)
