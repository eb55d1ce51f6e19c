"""Spillback: an exit is so full that a lane with green cannot leave.

Told by two loops together: the first one behind the junction is covered while the lane's queue waits at green and lets
out less than half of its saturation flow. Neither of them alone tells: a covered exit may still move, and a queue that
does not leave may be held by those whom it has to give way to.

Source: practice; the shares are those of the reference of this project, and start values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detectors.loops.saturation import Span

WINDOW_S: Final = 10.0
STEP_S: Final = 2.0
FULL: Final = 0.6
"""Share of the window in which the exit's loop is covered (0-1)."""
WAITS: Final = 0.6
"""Share of the window in which the stop line's loop is covered (0-1)."""
OUTFLOW: Final = 0.5
"""Part of the saturation flow below which the lane is held up (0-1)."""


@dataclass(frozen=True, slots=True)
class HeldLane:
    """What is known of a lane and of one exit of its: greens, passages at the stop line, and at the exit's loop. [s]

    `saturation_veh_s` is the lane's saturation flow [veh/s].
    """

    greens: Sequence[Span]
    stop: Sequence[Span]
    exit: Sequence[Span]
    saturation_veh_s: float


def spillbacks(lane: HeldLane) -> list[Span]:
    """Return from when to when the exit held the lane up, windows that touch joined. [s]"""
    found: list[Span] = []
    for begin_s, end_s in lane.greens:
        for number in range(int((end_s - begin_s - WINDOW_S) / STEP_S) + 1):
            from_s = begin_s + number * STEP_S
            if _held(lane, from_s, from_s + WINDOW_S):
                found.append((from_s, from_s + WINDOW_S))
    return joined(found)


def _held(lane: HeldLane, from_s: float, to_s: float) -> bool:
    left = sum(from_s < off_s <= to_s for _, off_s in lane.stop)
    return (
        left < OUTFLOW * lane.saturation_veh_s * (to_s - from_s)
        and covered_s(lane.exit, from_s, to_s) >= FULL * (to_s - from_s)
        and covered_s(lane.stop, from_s, to_s) >= WAITS * (to_s - from_s)
    )


def covered_s(passages: Sequence[Span], from_s: float, to_s: float) -> float:
    """Return for how long of a time a loop was covered. [s]"""
    return sum(max(min(off_s, to_s) - max(on_s, from_s), 0.0) for on_s, off_s in passages)


def joined(spans: Sequence[Span]) -> list[Span]:
    """Return spans in order, those that overlap or touch made one. [s]"""
    found: list[Span] = []
    for from_s, to_s in sorted(spans):
        if found and from_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], to_s))
        else:
            found.append((from_s, to_s))
    return found
