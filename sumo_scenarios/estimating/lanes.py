"""Saturation flow, start-up loss, speeds, queues and spillback of every lane, from what was observed of it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectors.estimation.interval import Estimate
from detectors.estimation.queue_reach import QueueLoop, Reach, queue_reaches
from detectors.estimation.running_saturation import median_estimate, running_saturation, unhindered
from detectors.estimation.shock_waves import LaneFlow
from detectors.estimation.single_loop import SingleLoopSpeed, loop_intervals
from detectors.estimation.spillback import HeldLane, spillbacks
from detectors.loops.headways import DEFAULT_HEADWAY_S
from detectors.loops.saturation import Span, discharges, saturation_flow
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole
from sumo_scenarios.estimating.observed import Observed, hour_of
from sumo_scenarios.saturation import common_greens

SPEED_S: Final = 300.0
"""Width of the intervals in which speeds are told. [s]"""
LEARN_S: Final = 60.0
"""Width of the intervals from which the length factor is learned. [s]"""
NEAR_M: Final = 100.0
"""Nearer to the stop line than this nobody drives freely: queues and red lights are ahead. [m]"""
ENTRY_M: Final = 60.0
"""Nearer to the begin of their lane vehicles still pick up speed behind a junction: free flow is not the limit. [m]"""
EXIT_NEAR_M: Final = 60.0
"""A loop farther behind the junction does not tell that it is blocked. [m]"""


@dataclass(frozen=True, slots=True)
class LoopSpeed:
    """Speeds at one loop: by interval, None where none can be told. [m/s]

    `factor_m` is the mean effective length of vehicles at the begin [m].
    """

    loop_id: str
    role: LoopRole
    to_stop_m: float
    factor_m: float
    speeds: tuple[tuple[Span, Estimate | None], ...]


@dataclass(frozen=True, slots=True)
class LaneEstimate:
    """What was estimated of one lane. [veh/h], [s], [m] `queues` were long enough to measure saturation by.

    `saturation` and `start_up` are medians over queues and None below six; `running` is the saturation flow at the end.
    `greens` are those in which all of the lane might go, `own_greens` those in which nobody had to give way.
    """

    signal: str
    lane: str
    queues: int
    greens: tuple[Span, ...]
    own_greens: tuple[Span, ...]
    saturation: Estimate | None
    running: Estimate | None
    start_up: Estimate | None
    speeds: tuple[LoopSpeed, ...]
    reaches: tuple[Reach, ...]
    held: tuple[Span, ...]

    @property
    def gives_way(self) -> bool:
        """Whether queues were left out because somebody had to give way."""
        return len(self.own_greens) < len(self.greens)

    @property
    def longest(self) -> Reach | None:
        """The cycle whose queue reached farthest, None where no cycle was observed."""
        return max(self.reaches, key=lambda reach: reach.reach_m.value, default=None)


def lanes_of(observed: Observed, layout: JunctionLayout, every_s: float = SPEED_S) -> Iterator[LaneEstimate]:
    """Yield what is told of the lanes of a signal, in its order. Args: every_s, width of the intervals of speed [s]."""
    lanes = [_Lane(observed, layout, index) for index in range(len(layout.lanes)) if layout.lanes[index].movements]
    lengths_m = [length_m for lane in lanes if (length_m := lane.vehicle_m()) is not None]
    vehicle_m = sum(lengths_m) / len(lengths_m) if lengths_m else None
    for lane in lanes:
        yield lane.estimate(every_s, vehicle_m)


class _Lane:
    """One lane of one signal."""

    def __init__(self, observed: Observed, layout: JunctionLayout, index: int) -> None:
        self._observed, self._layout, self._index = observed, layout, index
        self._lane = layout.lanes[index]
        moves = [layout.movements[m] for m in self._lane.movements]
        groups = sorted({move.group for move in moves})
        self._greens = common_greens([observed.greens(layout, group) for group in groups]) if groups[0] >= 0 else []
        foes = sorted({layout.movements[foe].group for move in moves for foe in move.yields_to} - set(groups))
        self._own_greens = unhindered(self._greens, [observed.greens(layout, foe) for foe in foes])

    def vehicle_m(self) -> float | None:
        """Return the mean length of vehicles by the lane's loop in free flow, None if there is none. [m]"""
        loop = self._own(LoopRole.ADVANCE)
        if loop is None or loop.position_m < ENTRY_M or loop.to_stop_m < NEAR_M:
            return None
        factor_m = self._meter(loop, None).mean_factor_m
        return None if factor_m is None else factor_m - loop.length_m

    def estimate(self, every_s: float, vehicle_m: float | None) -> LaneEstimate:
        """Return what is told. Args: every_s, width of the intervals of speed [s]; vehicle_m, a mean length [m]."""
        stop = self._own(LoopRole.STOP)
        queues = list(discharges(self._own_greens, self._passages(stop))) if stop is not None else []
        flow = saturation_flow(queues)
        interval = None if flow is None else flow.interval_veh_h
        headway_s = 3600.0 / flow.saturation_veh_h if flow is not None and flow.is_enough else DEFAULT_HEADWAY_S
        return LaneEstimate(
            signal=self._layout.signal_id,
            lane=self._lane.lane_id,
            queues=len(queues),
            greens=tuple(self._greens),
            own_greens=tuple(self._own_greens),
            saturation=None
            if flow is None or interval is None
            else Estimate(flow.saturation_veh_h, *interval, flow.queues),
            running=running_saturation(queues),
            start_up=median_estimate([queue.start_up_loss_s for queue in queues]),
            speeds=tuple(self._speeds(every_s, vehicle_m)),
            reaches=self._reaches(headway_s) if stop is not None else (),
            held=tuple(self._held(stop, headway_s)) if stop is not None else (),
        )

    def _own(self, role: LoopRole) -> Loop | None:
        """Return the loop of a role that this lane has for itself, None if there is none that works."""
        loops = [self._layout.loops[k] for k in self._lane.loops if self._layout.loops[k].role is role]
        if len(loops) != 1 or loops[0].serves != (self._index,):
            return None
        return None if (self._layout.signal_id, loops[0].channel) in self._observed.failed else loops[0]

    def _passages(self, loop: Loop) -> list[Span]:
        return self._observed.passages((self._layout.signal_id, loop.channel))

    def _reaches(self, headway_s: float) -> tuple[Reach, ...]:
        loops = [loop for role in LoopRole if (loop := self._own(role)) is not None]
        flow = LaneFlow(1.0 / headway_s, max(self._lane.speed_mps, 4.0 + 7.5 / headway_s))
        told = [QueueLoop(loop.to_stop_m, tuple(self._passages(loop)), self._room_m(loop)) for loop in loops]
        return queue_reaches(told, self._greens, flow)

    def _room_m(self, loop: Loop) -> float:
        """Return how much road lies behind a loop up to a signal or the network's edge, else no end. [m]"""
        goes_on = any(not c.signal for c in self._observed.world.net.incoming.get(loop.lane_id, ()))
        return math.inf if goes_on else loop.position_m + loop.length_m

    def _speeds(self, every_s: float, vehicle_m: float | None) -> Iterator[LoopSpeed]:
        for role in (LoopRole.MIDDLE, LoopRole.ADVANCE):
            loop = self._own(role)
            if loop is None or loop.position_m < ENTRY_M:
                continue
            meter = self._meter(loop, vehicle_m)
            speeds = tuple(
                ((each.begin_s, each.end_s), meter.speed_mps(each, hour_of(each.begin_s)))
                for each in loop_intervals(self._passages(loop), *self._observed.span_s, every_s)
            )
            factor_m = meter.factor_m(hour_of(self._observed.span_s[0]))
            yield LoopSpeed(loop.loop_id, loop.role, loop.to_stop_m, factor_m, speeds)

    def _meter(self, loop: Loop, vehicle_m: float | None) -> SingleLoopSpeed:
        """Return the speed meter of a loop; near the stop line it takes lengths from elsewhere."""
        meter = SingleLoopSpeed(loop.length_m, self._lane.speed_mps, vehicle_m)
        if loop.to_stop_m >= NEAR_M:
            for interval in loop_intervals(self._passages(loop), *self._observed.span_s, LEARN_S):
                meter.learn(interval, hour_of(interval.begin_s))
        return meter

    def _held(self, stop: Loop, headway_s: float) -> Iterator[Span]:
        """Yield when an exit held the lane up, of those exits whose first loop lies near the junction. [s]"""
        exits = {self._layout.movements[m].exit for m in self._lane.movements}
        for exit_ in sorted(exits):
            loop = self._first_behind(self._layout.exits[exit_].lane_id)
            if loop is not None:
                lane = HeldLane(self._greens, self._passages(stop), self._observed.passages(loop), 1.0 / headway_s)
                yield from spillbacks(lane)

    def _first_behind(self, lane_id: str) -> tuple[str, int] | None:
        """Return the first loop of an exit lane, as (signal, channel), None if it lies too far off."""
        laid = [
            (loop.position_m, (unit.layout.signal_id, loop.channel))
            for unit in self._observed.world.units
            for loop in unit.layout.loops
            if loop.lane_id == lane_id
        ]
        position_m, key = min(laid, default=(EXIT_NEAR_M + 1.0, ("", 0)))
        return key if position_m <= EXIT_NEAR_M and key not in self._observed.failed else None
