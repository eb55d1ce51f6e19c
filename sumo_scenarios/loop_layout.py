"""Where the loops lie: at most three a lane, made from the geometry, written as SUMO E1 definitions for a user to edit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.network import Loop, LoopRole
from sumo_scenarios.layout import TURN_BACK, approach_lanes
from sumo_scenarios.net_reader import Connection, Net

STOP_LOOP_M: Final = 6.0
LOOP_M: Final = 2.0
STOP_GAP_M: Final = 0.5
SHORT_LANE_M: Final = 4.0
MIDDLE_M: Final = 35.0
MIDDLE_RANGE_M: Final = (25.0, 50.0)
ADVANCE_M: Final = 150.0
ENTRY_GAP_M: Final = 5.0
LEAST_SPACING_M: Final = 15.0


@dataclass(frozen=True, slots=True)
class _Spot:
    lane_id: str
    position_m: float
    to_stop_m: float


def lay_loops(net: Net, signal: str, connections: Sequence[Connection]) -> tuple[Loop, ...]:
    """Return the loops of one signal: stop line, middle and advance of each approach lane."""
    found: dict[tuple[str, LoopRole], tuple[_Spot, list[int]]] = {}
    lane_ids = approach_lanes(net, connections)
    for index, lane_id in enumerate(lane_ids):
        for role, spot in _spots(net, lane_id):
            found.setdefault((spot.lane_id, role), (spot, []))[1].append(index)
    return tuple(
        Loop(
            loop_id=f"{signal}/{channel}",
            lane_id=spot.lane_id,
            position_m=round(spot.position_m, 2),
            length_m=_length_m(net, role, spot.lane_id),
            role=role,
            serves=tuple(serves),
            to_stop_m=round(spot.to_stop_m, 2),
            channel=channel,
        )
        for channel, ((_, role), (spot, serves)) in enumerate(found.items(), start=1)
    )


def _length_m(net: Net, role: LoopRole, lane_id: str) -> float:
    length_m = net.lanes[lane_id].length_m
    if role is LoopRole.STOP:
        return round(min(STOP_LOOP_M, max(length_m - 2 * STOP_GAP_M, length_m / 2)), 2)
    return round(min(LOOP_M, length_m / 2), 2)


def _spots(net: Net, lane_id: str) -> Iterator[tuple[LoopRole, _Spot]]:
    for place, beyond_m in _stop_places(net, lane_id):
        length_m = net.lanes[place].length_m
        gap_m = min(STOP_GAP_M, length_m / 10)
        position_m = length_m - gap_m - _length_m(net, LoopRole.STOP, place)
        yield LoopRole.STOP, _Spot(place, position_m, beyond_m + gap_m)
    middles = [s for s in _upstream(net, lane_id, MIDDLE_M) if MIDDLE_RANGE_M[0] <= s.to_stop_m <= MIDDLE_RANGE_M[1]]
    for spot in middles:
        yield LoopRole.MIDDLE, spot
    nearest_m = max((s.to_stop_m for s in middles), default=STOP_LOOP_M) + LEAST_SPACING_M
    for spot in _upstream(net, lane_id, ADVANCE_M):
        if spot.to_stop_m >= nearest_m:
            yield LoopRole.ADVANCE, spot


def _behind(net: Net, lane_id: str) -> list[Connection]:
    """Return the ways onto a lane that no signal controls."""
    return [
        c
        for c in net.incoming.get(lane_id, ())
        if not c.signal and c.direction != TURN_BACK and c.from_lane in net.lanes
    ]


def _stop_places(net: Net, lane_id: str) -> list[tuple[str, float]]:
    """Return the lanes on which the first vehicle stands, and how far behind the stop line each ends. [m]

    A lane too short for a vehicle (pieces of under a metre occur in real networks) leaves it on the lanes behind.
    """
    length_m = net.lanes[lane_id].length_m
    behind = _behind(net, lane_id)
    if length_m >= SHORT_LANE_M or not behind:
        return [(lane_id, 0.0)]
    return [(c.from_lane, length_m + net.inner_length_m(c)) for c in behind]


def _upstream(net: Net, lane_id: str, wanted_m: float) -> list[_Spot]:
    """Return the places that far before the stop line, or at the entry where a signal or the edge of the net is nearer."""
    spots: list[_Spot] = []
    pending, seen = [(lane_id, 0.0)], set()
    while pending:
        current, beyond_m = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        length_m = net.lanes[current].length_m
        behind = _behind(net, current)
        if beyond_m + length_m >= wanted_m + ENTRY_GAP_M or not behind:
            to_stop_m = min(wanted_m, beyond_m + length_m - ENTRY_GAP_M)
            spots += _spot(net, current, beyond_m, to_stop_m)
        else:
            pending += [(c.from_lane, beyond_m + length_m + net.inner_length_m(c)) for c in behind]
    return spots


def _spot(net: Net, lane_id: str, beyond_m: float, to_stop_m: float) -> list[_Spot]:
    position_m = net.lanes[lane_id].length_m - (to_stop_m - beyond_m) - LOOP_M
    return [_Spot(lane_id, max(position_m, 0.0), to_stop_m)] if to_stop_m > beyond_m else []


def write_loops(path: Path, layouts: Sequence[tuple[Loop, ...]]) -> None:
    """Write loops as SUMO E1 definitions. Their own output goes nowhere: they are read step by step."""
    rows = [
        f"    <inductionLoop id={quoteattr(loop.loop_id)} lane={quoteattr(loop.lane_id)} "
        f'pos="{loop.position_m:.2f}" length="{loop.length_m:.2f}" period="86400" file="NUL" friendlyPos="true"/>'
        for loops in layouts
        for loop in loops
    ]
    path.write_text("<additional>\n" + "\n".join(rows) + "\n</additional>\n", encoding="utf-8")
