"""Where the loops lie: at most three a lane, from the geometry, written as SUMO E1 definitions for a user to edit."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.network import Loop, LoopRole
from sumo_scenarios.layout import TURN_BACK, approach_lanes
from sumo_scenarios.net_reader import Connection, Net

STOP_LOOP_M: Final = 4.0
LOOP_M: Final = 2.0
STOP_GAP_M: Final = 0.5
SHORT_LANE_M: Final = 4.0
FARTHEST_STOP_M: Final = 10.0
MIDDLE_M: Final = 35.0
MIDDLE_RANGE_M: Final = (25.0, 50.0)
ADVANCE_M: Final = 150.0
ENTRY_GAP_M: Final = 5.0
LEAST_SPACING_M: Final = 15.0
MAX_PER_LANE: Final = 3
SHORTEST_LOOP_M: Final = 0.01


@dataclass(frozen=True, slots=True)
class _Spot:
    lane_id: str
    position_m: float
    to_stop_m: float


def lay_loops(net: Net, links: Mapping[str, Sequence[Connection]]) -> dict[str, tuple[Loop, ...]]:
    """Return the loops of all signals: stop line, middle and advance of each approach lane.

    A lane that leads to several signals keeps the three loops that lie nearest to a stop line.
    """
    laid = {signal: _loops_of(net, signal, connections) for signal, connections in links.items()}
    on_lane: dict[str, list[tuple[float, str, int]]] = defaultdict(list)
    for signal, loops in laid.items():
        for loop in loops:
            on_lane[loop.lane_id].append((loop.to_stop_m, signal, loop.channel))
    dropped = {(signal, channel) for own in on_lane.values() for _, signal, channel in sorted(own)[MAX_PER_LANE:]}
    return {
        signal: _numbered(signal, [loop for loop in loops if (signal, loop.channel) not in dropped])
        for signal, loops in laid.items()
    }


def _numbered(signal: str, loops: Sequence[Loop]) -> tuple[Loop, ...]:
    return tuple(
        replace(loop, loop_id=f"{signal}/{channel}", channel=channel) for channel, loop in enumerate(loops, start=1)
    )


def _loops_of(net: Net, signal: str, connections: Sequence[Connection]) -> tuple[Loop, ...]:
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
            serves=tuple(sorted(set(serves))),
            to_stop_m=round(spot.to_stop_m, 2),
            channel=channel,
        )
        for channel, ((_, role), (spot, serves)) in enumerate(found.items(), start=1)
    )


def _length_m(net: Net, role: LoopRole, lane_id: str) -> float:
    length_m = net.lanes[lane_id].length_m
    wanted_m = min(LOOP_M, length_m / 2)
    if role is LoopRole.STOP:
        wanted_m = min(STOP_LOOP_M, max(length_m - 2 * STOP_GAP_M, length_m / 2))
    return max(round(wanted_m, 2), SHORTEST_LOOP_M)


def _spots(net: Net, lane_id: str) -> Iterator[tuple[LoopRole, _Spot]]:
    for place, beyond_m in _stop_places(net, lane_id):
        length_m = net.lanes[place].length_m
        gap_m = min(STOP_GAP_M, length_m / 10)
        position_m = max(length_m - gap_m - _length_m(net, LoopRole.STOP, place), 0.0)
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

    A lane too short for a vehicle (pieces of under a metre occur in real networks) leaves it on the way through the
    junction without a signal behind it, or where that is short, too, on the lanes behind.
    """
    places: list[tuple[str, float]] = []
    pending, seen = [(lane_id, 0.0)], {lane_id}
    while pending:
        current, beyond_m = pending.pop()
        length_m = net.lanes[current].length_m
        behind = [_place_behind(net, c, beyond_m + length_m) for c in _behind(net, current)]
        near = [(lane, from_m) for lane, from_m in behind if current == lane_id or from_m <= FARTHEST_STOP_M]
        if length_m >= SHORT_LANE_M or not near:
            places.append((current, beyond_m))
            continue
        pending += [way for way in near if way[0] not in seen]
        seen |= {lane for lane, _ in near}
    return places


def _place_behind(net: Net, connection: Connection, beyond_m: float) -> tuple[str, float]:
    """Return the last inner lane of a way if a vehicle can stand there, else the lane that it comes from. [m]"""
    inner = net.inner_lanes(connection)
    if inner and net.lanes[inner[0]].length_m >= SHORT_LANE_M:
        return inner[0], beyond_m
    return connection.from_lane, beyond_m + net.inner_length_m(connection)


def _upstream(net: Net, lane_id: str, wanted_m: float) -> list[_Spot]:
    """Return the places that far before the stop line, or at the entry where a signal or the net's edge is nearer."""
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
            continue
        ways = [(c.from_lane, beyond_m + length_m + net.inner_length_m(c)) for c in behind]
        if any(to_end_m >= wanted_m for _, to_end_m in ways):  # within the junction, where no loop can lie
            spots += _spot(net, current, beyond_m, beyond_m + length_m - ENTRY_GAP_M)
        pending += [way for way in ways if way[1] < wanted_m]
    return spots


def _spot(net: Net, lane_id: str, beyond_m: float, to_stop_m: float) -> list[_Spot]:
    position_m = net.lanes[lane_id].length_m - (to_stop_m - beyond_m) - LOOP_M
    return [_Spot(lane_id, max(position_m, 0.0), to_stop_m)] if to_stop_m > beyond_m else []


def write_loops(path: Path, layouts: Sequence[tuple[Loop, ...]]) -> None:
    """Write loops as a file that SUMO reads."""
    path.write_text(loops_text(layouts), encoding="utf-8")


def loops_text(layouts: Sequence[tuple[Loop, ...]]) -> str:
    """Return loops as SUMO E1 definitions. Their own output goes nowhere: they are read step by step."""
    rows = [
        f"    <inductionLoop id={quoteattr(loop.loop_id)} lane={quoteattr(loop.lane_id)} "
        f'pos="{loop.position_m:.2f}" length="{loop.length_m:.2f}" period="86400" file="NUL" friendlyPos="true"/>'
        for loops in layouts
        for loop in loops
    ]
    return "<additional>\n" + "\n".join(rows) + "\n</additional>\n"
