"""The surroundings of each signal, read from the net: approach lanes, movements, exits, upstream reach."""

from collections.abc import Iterator, Sequence
from typing import Final

from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Loop, Movement, ReachLane
from signal_ctrl.domain.occupancy import BIKE_PERSONS, CAR_PERSONS
from signal_ctrl.domain.site import Right, Site
from sumo_scenarios.foes import LinkFoes
from sumo_scenarios.inner_storage import inner_edges
from sumo_scenarios.net_reader import Connection, Net

REACH_M: Final = 200.0
TURN_BACK: Final = "t"
MAX_PATH_LANES: Final = 6


def approach_lanes(net: Net, connections: Sequence[Connection]) -> tuple[str, ...]:
    """Return the lanes that end at stop lines of a signal, in the order of their lamps."""
    vehicle = [c for c in connections if c.from_lane in net.lanes and not c.from_lane.startswith(":")]
    return tuple(dict.fromkeys(c.from_lane for c in sorted(vehicle, key=lambda c: c.link)))


def build_layout(
    net: Net,
    site: Site,
    connections: Sequence[Connection],
    foes: LinkFoes,
    loops: tuple[Loop, ...],
    reach: tuple[ReachLane, ...],
    stop_lines: dict[str, tuple[str, int]],
) -> JunctionLayout:
    """Return the layout of one signal. `stop_lines` names signal and lane index of every stop line of the network."""
    lane_ids = approach_lanes(net, connections)
    lane_index = {lane: i for i, lane in enumerate(lane_ids)}
    own = [c for c in sorted(connections, key=lambda c: c.link) if c.from_lane in lane_index]
    exit_ids = tuple(dict.fromkeys(c.to_lane for c in own))
    exit_index = {lane: i for i, lane in enumerate(exit_ids)}
    group_of = {link: g for g, group in enumerate(site.groups) for link in group.links}
    arrows = {k for g in site.groups for k in g.links if _has_arrow(site, group_of[k])}
    movements = tuple(
        Movement(
            lamp=c.link,
            group=group_of.get(c.link, NONE),
            lane=lane_index[c.from_lane],
            exit=exit_index[c.to_lane],
            length_m=net.inner_length_m(c),
            direction=c.direction,
            yields_to=_yields_to(c, own, foes, c.link in arrows),
        )
        for c in own
    )
    inner = inner_edges(net, connections)
    lanes = tuple(_lane(net, lane_id, i, movements, loops, inner) for i, lane_id in enumerate(lane_ids))
    exits = tuple(_exit(net, lane_id, stop_lines) for lane_id in exit_ids)
    onward = tuple(_onward(net, loop, loops) for loop in loops)
    return JunctionLayout(site.signal_id, lanes, movements, exits, reach, loops, onward)


def _onward(net: Net, loop: Loop, loops: Sequence[Loop]) -> tuple[int, ...]:
    """Return the loops that come next behind a loop, on every way without a signal."""
    found: set[int] = set()
    pending, seen = [(loop.lane_id, loop.position_m, loop.to_stop_m)], {loop.lane_id}
    while pending:
        lane_id, from_m, left_m = pending.pop()
        ahead = [(other.position_m, k) for k, other in enumerate(loops) if other.lane_id == lane_id]
        ahead = [item for item in ahead if item[0] > from_m]
        if ahead:
            found.add(min(ahead)[1])
            continue
        for c in net.outgoing.get(lane_id, ()):
            onto = c.via if c.via in net.lanes else c.to_lane
            if not c.signal and c.direction != TURN_BACK and onto in net.lanes and onto not in seen:
                seen.add(onto)
                if left_m > 0:
                    pending.append((onto, -1.0, left_m - net.lanes[lane_id].length_m + max(from_m, 0.0)))
    return tuple(sorted(found))


def _has_arrow(site: Site, group: int) -> bool:
    return any(stage.rights[group] is Right.STOP for stage in site.stages)


def _yields_to(connection: Connection, own: Sequence[Connection], foes: LinkFoes, arrow: bool) -> tuple[int, ...]:
    """Return the movements that go first by the junction's rules, or all foes where a stop arrow lets it go on red."""
    table = foes.meets if arrow else foes.yields
    first = table.get(connection, frozenset())
    return tuple(m for m, other in enumerate(own) if other in first)


def _lane(
    net: Net,
    lane_id: str,
    index: int,
    movements: Sequence[Movement],
    loops: Sequence[Loop],
    inner: frozenset[str],
) -> ApproachLane:
    lane = net.lanes[lane_id]
    return ApproachLane(
        lane_id=lane_id,
        edge_id=lane.edge_id,
        length_m=lane.length_m,
        speed_mps=lane.speed_mps,
        movements=tuple(m for m, movement in enumerate(movements) if movement.lane == index),
        loops=tuple(i for i, loop in enumerate(loops) if index in loop.serves),
        inner=lane.edge_id in inner,
        cars=BIKE_PERSONS / CAR_PERSONS if lane.bicycles else 1.0,
    )


def _exit(net: Net, lane_id: str, stop_lines: dict[str, tuple[str, int]]) -> Exit:
    """Follow an exit downstream, while there is only one way, to the stop line it leads to."""
    lane = net.lanes[lane_id]
    way_m, current = lane.length_m, lane_id
    while current not in stop_lines and way_m < REACH_M:
        onward = {c.to_lane for c in net.outgoing.get(current, ()) if not c.signal and c.direction != TURN_BACK}
        if len(onward) != 1 or (following := onward.pop()) not in net.lanes:
            break
        way_m, current = way_m + net.lanes[following].length_m, following
    signal, index = stop_lines.get(current, ("", NONE))
    paths = tuple(_paths(net, lane_id, 0.0, ()))
    return Exit(lane_id, lane.length_m, lane.speed_mps, signal, index, way_m, paths, lane.edge_id)


def _paths(
    net: Net, lane_id: str, from_m: float, before: tuple[tuple[str, float], ...]
) -> Iterator[tuple[tuple[str, float], ...]]:
    """Yield every way on from a lane without a signal, up to the reach."""
    here = (*before, (lane_id, from_m))
    behind_m = from_m + net.lanes[lane_id].length_m
    onward = {
        c.to_lane: net.inner_lanes(c)
        for c in net.outgoing.get(lane_id, ())
        if not c.signal and c.direction != TURN_BACK and c.to_lane in net.lanes
    }
    seen = {lane for lane, _ in here}
    if behind_m >= REACH_M or not onward or sum(not lane.startswith(":") for lane in seen) > MAX_PATH_LANES:
        yield here
        return
    for following, inner in onward.items():
        if following not in seen:
            way, at_m = here, behind_m
            for lane in reversed(inner):
                way, at_m = (*way, (lane, at_m)), at_m + net.lanes[lane].length_m
            yield from _paths(net, following, at_m, way)


def upstream_reach(net: Net, lane_ids: Sequence[str], reach_m: float = REACH_M) -> tuple[ReachLane, ...]:
    """Return the lanes within reach of the stop lines, walking back to the next signal or the edge of the network."""
    found: dict[str, tuple[float, set[int]]] = {}
    for index, lane_id in enumerate(lane_ids):
        _walk_back(net, lane_id, index, reach_m, found)
    return tuple(
        ReachLane(
            lane_id=lane_id,
            length_m=net.lanes[lane_id].length_m,
            speed_mps=net.lanes[lane_id].speed_mps,
            beyond_m=beyond_m,
            targets=tuple(sorted(targets)),
        )
        for lane_id, (beyond_m, targets) in found.items()
    )


def _walk_back(net: Net, start: str, index: int, reach_m: float, found: dict[str, tuple[float, set[int]]]) -> None:
    pending = [(start, 0.0)]
    while pending:
        lane_id, beyond_m = pending.pop()
        known_m, targets = found.get(lane_id, (beyond_m, set()))
        if index in targets and known_m <= beyond_m:
            continue
        found[lane_id] = (min(known_m, beyond_m), targets | {index})
        behind_m = beyond_m + net.lanes[lane_id].length_m
        if behind_m >= reach_m:
            continue
        for connection in net.incoming.get(lane_id, ()):
            if connection.direction == TURN_BACK:
                continue
            _add_inner(net, connection, behind_m, index, found)
            if not connection.signal:
                pending.append((connection.from_lane, behind_m + net.inner_length_m(connection)))


def _add_inner(
    net: Net, connection: Connection, behind_m: float, index: int, found: dict[str, tuple[float, set[int]]]
) -> None:
    """Who waits inside the junction behind is on the way too: a bus longer than the link before the stop line."""
    for lane_id in net.inner_lanes(connection):
        known_m, targets = found.get(lane_id, (behind_m, set()))
        found[lane_id] = (min(known_m, behind_m), targets | {index})
        behind_m += net.lanes[lane_id].length_m
