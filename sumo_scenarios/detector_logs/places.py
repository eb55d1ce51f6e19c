"""The surroundings of a network's loops, for the judgement of their health: who is beside whom, who comes next."""

from collections.abc import Sequence

from detectors.health.surroundings import HELD_UP, Balance, Surroundings
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole

SHORTEST_VEHICLE_M = 2.0
SPEEDING = 1.7
"""As the judgement within a run has them: a vehicle of 2 m at 1.7 times the limit makes the shortest pulse."""


def names_of(layouts: Sequence[JunctionLayout]) -> tuple[tuple[str, int], ...]:
    """Return signal and channel of every loop."""
    return tuple((layout.signal_id, loop.channel) for layout in layouts for loop in layout.loops)


def shortest_pulses_s(layouts: Sequence[JunctionLayout]) -> tuple[float, ...]:
    """Return the shortest pulse that a vehicle makes on each loop. [s]"""
    return tuple(
        (loop.length_m + SHORTEST_VEHICLE_M) / (SPEEDING * _speed_mps(layout, loop))
        for layout in layouts
        for loop in layout.loops
    )


def _speed_mps(layout: JunctionLayout, loop: Loop) -> float:
    return max(layout.lanes[lane].speed_mps for lane in loop.serves)


def surroundings_of_layouts(layouts: Sequence[JunctionLayout]) -> Surroundings:
    """Return the surroundings of all loops of some signals, signal by signal.

    Beside are loops of one role whose lanes end on one edge; a balance is a set of loops behind which a vehicle meets
    one of another set and no other loop, and before which it comes from nowhere else.
    """
    controllers: list[str] = []
    beside: list[tuple[int, ...]] = []
    balances: list[Balance] = []
    for layout in layouts:
        offset = len(controllers)
        controllers += [layout.signal_id] * len(layout.loops)
        sections = [_section(layout, loop) for loop in layout.loops]
        beside += [
            tuple(offset + o for o, other in enumerate(sections) if other == own and o != k)
            for k, own in enumerate(sections)
        ]
        balances += _balances(layout, offset)
    return Surroundings(tuple(controllers), tuple(beside), tuple(balances))


def _section(layout: JunctionLayout, loop: Loop) -> tuple[LoopRole, str]:
    return loop.role, loop.lane_id.rpartition("_")[0] + "/" + layout.lanes[loop.serves[0]].edge_id


def _balances(layout: JunctionLayout, offset: int) -> list[Balance]:
    found, done = [], set()
    for start in range(len(layout.loops)):
        if start in done or not layout.onward or not layout.onward[start]:
            continue
        before, behind = _joined(layout, start)
        done |= before
        if not before & behind:
            lag_s = _lag_s(layout, min(before), min(behind))
            sides = [tuple(sorted(offset + k for k in side)) for side in (before, behind)]
            found.append(Balance(sides[0], sides[1], lag_s))
    return found


def _joined(layout: JunctionLayout, start: int) -> tuple[set[int], set[int]]:
    """Return the loops that lead to the same next ones, and those."""
    before, behind = {start}, set(layout.onward[start])
    while True:
        more = {k for k, onward in enumerate(layout.onward) if set(onward) & behind} - before
        if not more:
            return before, behind
        before |= more
        behind |= {b for k in more for b in layout.onward[k]}


def _lag_s(layout: JunctionLayout, before: int, behind: int) -> float:
    way_m = layout.loops[before].to_stop_m - layout.loops[behind].to_stop_m
    return HELD_UP * max(way_m, 0.0) / _speed_mps(layout, layout.loops[before])
