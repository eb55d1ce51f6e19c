"""How far the queue of each cycle reached, beyond the loops too, by the states that a loop shows as the queue leaves.

At a loop L metres before the stop line three moments tell of a queue that is longer than L (Liu, Wu, Ma and Hu 2009):
A, a vehicle stands on the loop; B, the wave of starting comes by: the standing vehicle leaves; C, the last one of the
queue has passed: behind it the gap opens, and from then on those pass who did not have to stop. Everybody who passes
from B to C stood behind the loop. Two readings of that follow:

- by vehicles: n of them, the first one on the loop, stood one behind the other: L + rear + (n - 1) * spacing;
- by waves: the last one was reached by the wave x / w after B and came to the loop after that: see `behind_m`.

Where the queue stops again on the loop, or the record ends, before C, the queue was longer than could be measured: only
a lower bound is told. Of all loops of a lane the farthest one that the queue reached is taken; one farther off on which
nobody stood bounds it from above.

Source: Liu, Wu, Ma and Hu 2009 (Transportation Research C 17) for the states A, B, C and for both readings; thresholds
are project values.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from detectors.estimation.delays import delays_s, stop_loss_s
from detectors.estimation.interval import Z95, Estimate
from detectors.estimation.shock_waves import SPACING_M, LaneFlow, behind_m
from detectors.loops.saturation import LONGEST_GAP_S, LONGEST_ON_S, Span
from signal_ctrl.domain.errors import InvalidInputError

VEHICLE_M: Final = 5.0
REAR_M: Final = 3.5
"""Mean distance from the loop's downstream end to the rear of the vehicle that stands on it: its front lies anywhere
from 5 m ahead of that end to 2 m behind it. [m]"""
END_SPREAD_VEH: Final = 1.2
"""Standard deviation of where the queue ends, between who just had to stop and who just had not. [veh]"""
COUNT_SPREAD: Final = 0.3
"""Relative standard deviation of how many stood behind the loop (0-1): spacings differ, lanes are changed."""
SLOW_ON_S: Final = 1.2
"""Who stays longer on the loop has just started from a stand: a longer gap before it belongs to the queue. [s]"""
SLOW_GAP_S: Final = 8.0
FASTEST_WAVE_MPS: Final = 8.0
"""Who leaves a loop before such a wave could have come moved up, or was slow: the queue did not stand there. [m/s]"""
SLOWEST_WAVE_MPS: Final = 3.0
"""A queue that has not begun to move at this speed of the wave is held up from ahead. [m/s]"""


@dataclass(frozen=True, slots=True)
class QueueLoop:
    """A loop of one lane: its distance to the stop line [m], and when each vehicle came onto it and left it [s].

    `room_m` is the road behind it up to the junction behind, infinite where it goes on [m]: no queue is told beyond.
    """

    to_stop_m: float
    passages: tuple[Span, ...]
    room_m: float = math.inf

    def __post_init__(self) -> None:
        if not self.to_stop_m >= 0:
            raise InvalidInputError(f"a loop lies before the stop line, got {self.to_stop_m:g} m")


@dataclass(frozen=True, slots=True)
class QueueCycle:
    """From the end of one green to the end of the next. [s]"""

    red_s: float
    green_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.red_s <= self.green_s <= self.end_s:
            raise InvalidInputError(f"a cycle goes from red over green to its end, got {self}")


@dataclass(frozen=True, slots=True)
class Reach:
    """The longest queue of one cycle: how far it reached behind the stop line. [m]

    `by_vehicles_m` and `by_waves_m` are the two readings, None where there is none; `loop_m` is the loop's place [m].
    """

    cycle: QueueCycle
    reach_m: Estimate
    loop_m: float
    by_vehicles_m: float | None = None
    by_waves_m: float | None = None


def cycles_of(greens: Sequence[Span]) -> tuple[QueueCycle, ...]:
    """Return the cycles of a lane, from the end of its first green on."""
    return tuple(QueueCycle(before[1], own[0], own[1]) for before, own in pairwise(greens))


def queue_reaches(loops: Sequence[QueueLoop], greens: Sequence[Span], flow: LaneFlow) -> tuple[Reach, ...]:
    """Return the longest queue of every cycle of a lane, 0 m where nobody had to stop.

    Args: loops, those of this lane alone, one of them at the stop line; greens, in which all who stand may go [s].
    """
    if not loops:
        raise InvalidInputError("a queue is measured by a loop at the stop line at least")
    views = _views(sorted(loops, key=lambda loop: loop.to_stop_m), greens, flow)
    cycles = cycles_of(greens)
    nexts = [*(cycle.green_s for cycle in cycles[1:]), math.inf][: len(cycles)]
    return tuple(_reach(views, cycle, until_s, flow) for cycle, until_s in zip(cycles, nexts, strict=True))


@dataclass(frozen=True, slots=True)
class _View:
    """A loop, when each vehicle left it [s], and what each had lost since the loop behind [s], if there is one."""

    loop: QueueLoop
    offs_s: list[float]
    lost_s: list[float | None] | None


def _views(loops: Sequence[QueueLoop], greens: Sequence[Span], flow: LaneFlow) -> list[_View]:
    found = []
    for own, behind in zip(loops, [*loops[1:], None], strict=True):
        lost_s = None
        if behind is not None:
            ons_s = [on_s for on_s, _ in behind.passages]
            lost_s = delays_s(ons_s, own.passages, behind.to_stop_m - own.to_stop_m, flow.free_mps, greens)
        found.append(_View(own, [off_s for _, off_s in own.passages], lost_s))
    return found


def _reach(views: Sequence[_View], cycle: QueueCycle, until_s: float, flow: LaneFlow) -> Reach:
    """Return the reach by the farthest loop on which the queue stood. Args: until_s, the green after this one [s]."""
    limit_m = math.inf
    for view in reversed(views):
        start = _start(view, cycle, until_s)
        if start is not None and math.isinf(limit_m):
            return _beyond(view.loop, start, cycle, until_s, flow)
        if start is not None:
            return _between(view, start, cycle, (limit_m, flow))
        limit_m = view.loop.to_stop_m
    # who stood for less than three seconds is not told
    return Reach(cycle, Estimate(0.0, 0.0, limit_m + SPACING_M, 0), views[0].loop.to_stop_m)


def _start(view: _View, cycle: QueueCycle, until_s: float) -> int | None:
    """Return the passage of the vehicle that stood on the loop when the wave of starting came, None if none did."""
    to_stop_m, passages = view.loop.to_stop_m, view.loop.passages
    first_s, last_s = (cycle.green_s + to_stop_m / wave_mps for wave_mps in (FASTEST_WAVE_MPS, SLOWEST_WAVE_MPS))
    for number in range(bisect_left(view.offs_s, first_s), len(passages)):
        on_s, off_s = passages[number]
        if on_s > last_s or on_s >= until_s:
            return None
        if off_s - on_s > LONGEST_ON_S:
            return number
    return None


def _beyond(loop: QueueLoop, start: int, cycle: QueueCycle, until_s: float, flow: LaneFlow) -> Reach:
    """Return the reach of a queue that stood on the last loop: by those who followed without a gap."""
    start_s = left_s = loop.passages[start][1]
    vehicles, whole = 1, False
    for on_s, off_s in loop.passages[start + 1 :]:
        if on_s - left_s > (LONGEST_GAP_S if off_s - on_s < SLOW_ON_S else SLOW_GAP_S):
            whole = True
            break
        if off_s - on_s > LONGEST_ON_S or on_s >= until_s:
            break
        left_s = off_s
        vehicles += 1
    most_m = max(loop.to_stop_m + loop.room_m, _rear_m(loop))
    reach_m = min(_rear_m(loop) + (vehicles - 1) * flow.spacing_m, most_m)
    if not whole:
        return Reach(cycle, Estimate(reach_m, reach_m, math.inf, vehicles), loop.to_stop_m, reach_m)
    by_waves_m = _rear_m(loop) + behind_m(left_s - start_s, flow.start_wave_mps, flow.free_mps)
    return Reach(cycle, _estimate(reach_m, vehicles, _rear_m(loop), most_m), loop.to_stop_m, reach_m, by_waves_m)


def _between(view: _View, start: int, cycle: QueueCycle, bounds: tuple[float, LaneFlow]) -> Reach:
    """Return the reach of a queue that ended between two loops: by those who lost as much time as a stop costs."""
    limit_m, flow = bounds
    loop, lost_s = view.loop, view.lost_s or []
    costs_s = stop_loss_s(flow.free_mps)
    stopped = 1
    for number in range(start + 1, len(loop.passages)):
        on_s, lost = loop.passages[number][0], lost_s[number]
        place_m = (number - start) * flow.spacing_m
        arrived_s = on_s - (lost or 0.0) - place_m / flow.free_mps
        if arrived_s > cycle.green_s + (loop.to_stop_m + place_m) / SLOWEST_WAVE_MPS:
            break  # the wave of starting had come by
        if lost is not None and lost > costs_s:
            stopped = number - start + 1
    reach_m = min(_rear_m(loop) + (stopped - 1) * flow.spacing_m, max(limit_m, _rear_m(loop)))
    return Reach(cycle, _estimate(reach_m, stopped, _rear_m(loop), limit_m), loop.to_stop_m, reach_m)


def _rear_m(loop: QueueLoop) -> float:
    """Return how far behind the stop line the first one on a loop ends. [m]"""
    return loop.to_stop_m + (REAR_M if loop.to_stop_m > VEHICLE_M else VEHICLE_M)


def _estimate(reach_m: float, vehicles: int, least_m: float, limit_m: float) -> Estimate:
    """Return a reach with its interval, between the loop that was reached and the one that was not. [m]"""
    behind = vehicles - 1
    reach = Z95 * SPACING_M * math.hypot(END_SPREAD_VEH, COUNT_SPREAD * behind)
    low_m = max(reach_m - reach, min(least_m - VEHICLE_M, reach_m))
    return Estimate(reach_m, low_m, max(min(reach_m + reach, limit_m + VEHICLE_M), reach_m), vehicles)
