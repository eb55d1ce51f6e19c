"""The roads of the corridor as SUMO's plain XML: two carriageways, side streets, median openings, accesses."""

from itertools import pairwise
from typing import Final

from sumo_scenarios.corridor.street_plan import (
    ACCESSES,
    CROSS,
    LANES,
    LEGS,
    MEDIAN_M,
    SIDE_M,
    SIDE_MPS,
    SIGNALS,
    TRUNK_MPS,
    XS_M,
    YARD_M,
    YARD_MPS,
    Access,
    carriageway,
    has_left,
    has_right,
    is_opening,
    pieces,
    section_lanes,
)
from sumo_scenarios.plain_net import Plain

SIDEWALK_M: Final = 2.5
OPTIONS: Final = (
    "--default.junctions.radius", "10", "--junctions.limit-turn-speed", "5.5", "--no-internal-links", "false",
    "--walkingareas", "true", "--tls.default-type", "static", "--offset.disable-normalization", "true",
)  # fmt: skip

Ways = dict[bool, list[tuple[str, str, int]]]


def roads() -> Plain:
    """Return nodes, edges, connections and crossings."""
    plain = Plain(options=OPTIONS)
    ways = {eastbound: pieces(eastbound) for eastbound in (True, False)}
    for eastbound, parts in ways.items():
        _carriageway(plain, eastbound, parts)
    for i in range(len(SIGNALS)):
        _legs(plain, i)
    for access in ACCESSES:
        _access(plain, access)
    for eastbound, parts in ways.items():
        for before, after in pairwise(parts):
            _onward(plain, eastbound, before, after)
    for i in range(len(SIGNALS)):
        _signal(plain, i, ways)
        _crossings(plain, i, ways)
    _openings(plain, ways)
    return plain


def _carriageway(plain: Plain, eastbound: bool, parts: list[tuple[str, str, int]]) -> None:
    y_m = -MEDIAN_M / 2 if eastbound else MEDIAN_M / 2
    places = dict(carriageway(eastbound))
    for name, x_m in places.items():
        shared = name in SIGNALS or is_opening(name) or name in ("W", "E")
        kind = "traffic_light" if name in SIGNALS else "priority"
        plain.node(name, x_m, 0.0 if shared else y_m, kind)
    for start, end, lanes in parts:
        shape = f"{places[start]},{y_m} {places[end]},{y_m}"
        plain.edge(start, end, lanes, f'priority="10" sidewalkWidth="{SIDEWALK_M}" shape="{shape}"', TRUNK_MPS)


def _legs(plain: Plain, i: int) -> None:
    """Add the side streets of a signal; the lanes towards it are one more than those from it."""
    for leg in LEGS[i]:
        name, sign = f"{leg}{i}", 1.0 if leg == "N" else -1.0
        plain.node(name, XS_M[i], sign * SIDE_M, "dead_end")
        out = 2 if i == CROSS else 1
        more = f'priority="5" sidewalkWidth="{SIDEWALK_M}"'
        plain.edge(name, SIGNALS[i], out + 1, more, SIDE_MPS)
        plain.edge(SIGNALS[i], name, out, more, SIDE_MPS)


def _access(plain: Plain, access: Access) -> None:
    yard, sign = f"G{access.name[1:]}", -1.0 if access.eastbound else 1.0
    plain.node(yard, access.x_m, sign * (YARD_M + MEDIAN_M / 2), "dead_end")
    plain.road(access.name, yard, 1, 'priority="1"', YARD_MPS)
    into, onward = _around(pieces(access.eastbound), access.name)
    _join(plain, (into[0] + access.name, access.name + yard), 1, 0)
    _join(plain, (yard + access.name, access.name + onward[1]), 0, 1)


def _around(parts: list[tuple[str, str, int]], node: str) -> tuple[tuple[str, str, int], tuple[str, str, int]]:
    """Return the pieces of a carriageway before and behind a node."""
    return next(pair for pair in pairwise(parts) if pair[0][1] == node)


def _join(plain: Plain, edges: tuple[str, str], lane: int, onto: int) -> None:
    plain.connections.append(f'<connection from="{edges[0]}" to="{edges[1]}" fromLane="{lane}" toLane="{onto}"/>')


def _onward(plain: Plain, eastbound: bool, before: tuple[str, str, int], after: tuple[str, str, int]) -> None:
    """Connect a piece with the next one, lane by lane; lane 0 is the sidewalk, so that motor lanes count from 1."""
    node, edges = before[1], (before[0] + before[1], after[0] + after[1])
    through = section_lanes_before(node, eastbound) if node in SIGNALS or is_opening(node) else before[2]
    if node not in SIGNALS:
        for lane in range(1, through + 1):
            _join(plain, edges, lane, lane)
        if after[2] > through:  # a lane that turns left begins
            _join(plain, edges, through, after[2])
        return
    dropped = max(through - after[2], 0)  # the right lane ends: it turns right only
    for lane in range(1 + dropped, through + 1):
        _join(plain, edges, lane, lane - dropped)
    if after[2] > through:
        _join(plain, edges, through, after[2])


def section_lanes_before(node: str, eastbound: bool) -> int:
    """Return the lanes for all movements on the way to a node."""
    if node in SIGNALS:
        return LANES[int(node[1:]) + (0 if eastbound else 1)]
    return section_lanes(dict(carriageway(eastbound))[node])


def _signal(plain: Plain, i: int, ways: Ways) -> None:
    """Connect the turns at a signal: from the trunk road to the right and left and back, and from the side streets."""
    node = SIGNALS[i]
    exits = {eastbound: _around(parts, node)[1] for eastbound, parts in ways.items()}
    for eastbound, parts in ways.items():
        before, _ = _around(parts, node)
        edge, right, left = before[0] + node, "S" if eastbound else "N", "N" if eastbound else "S"
        if has_right(i, eastbound):
            _join(plain, (edge, f"{node}{right}{i}"), 1, 1)
        if has_left(i, eastbound):
            _join(plain, (edge, f"{node}{left}{i}"), before[2], 2 if i == CROSS else 1)
            if i != CROSS:  # nobody turns back where the main streets cross
                _join(plain, (edge, node + exits[not eastbound][1]), before[2], exits[not eastbound][2])
    for leg in LEGS[i]:
        _from_side(plain, i, leg, exits)


def _from_side(plain: Plain, i: int, leg: str, exits: dict[bool, tuple[str, str, int]]) -> None:
    node, edge = SIGNALS[i], f"{leg}{i}{SIGNALS[i]}"
    to_right, to_left = (exits[leg == "S"], exits[leg != "S"])
    lanes = 3 if i == CROSS else 2
    _join(plain, (edge, node + to_right[1]), 1, 1)
    _join(plain, (edge, node + to_left[1]), lanes, to_left[2])
    if len(LEGS[i]) == 2:
        across = f"{node}{'N' if leg == 'S' else 'S'}{i}"
        for lane in range(1, lanes):
            _join(plain, (edge, across), lane, lane)


def _crossings(plain: Plain, i: int, ways: Ways) -> None:
    """Let people cross every side street, and the trunk road on one side, with an island in the median.

    At a T-junction it is the side that only right turns cross.
    """
    node = SIGNALS[i]
    for leg in LEGS[i]:
        plain.connections.append(f'<crossing node="{node}" edges="{node}{leg}{i} {leg}{i}{node}" priority="true"/>')
    west = LEGS[i] != "S"
    into, out = _around(ways[west], node)[0], _around(ways[not west], node)[1]
    for edge in (into[0] + node, node + out[1]):
        plain.connections.append(f'<crossing node="{node}" edges="{edge}" priority="true"/>')


def _openings(plain: Plain, ways: Ways) -> None:
    """Let traffic turn back at the median openings, from the lane that is there for it."""
    for eastbound, parts in ways.items():
        for start, node, lanes in parts:
            if is_opening(node):
                back = _around(ways[not eastbound], node)[1]
                _join(plain, (start + node, node + back[1]), lanes, back[2])
