"""Approaches of the network's signals: the lanes before each stop line, and how far each is from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.net_reader import Connection, Net

TURN_BACK: Final = "t"
STRAIGHT: Final = "s"
LONGEST_M: Final = 1000.0
_MOST_EDGES: Final = 50


@dataclass(frozen=True, slots=True)
class ApproachLink:
    """One movement over a stop line; `beyond` are the lanes where a vehicle may be seen next, inner ones first."""

    link: int
    from_lane: str
    to_lane: str
    direction: str
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approach:
    """The road that leads to the stop lines of one edge at one signal, back to the last place where ways part or meet.

    `lanes` gives for each of its lanes, inner ones of unsignalled nodes too, the distance from the lane's end to the
    stop line; `stop_lanes` end at the stop line. [m]
    """

    signal: str
    edge_id: str
    length_m: float
    lanes: dict[str, float]
    stop_lanes: tuple[str, ...]
    links: tuple[ApproachLink, ...]
    edges: tuple[str, ...]

    @property
    def approach_id(self) -> str:
        """Signal and edge of the stop line."""
        return f"{self.signal} {self.edge_id}"


def find_approaches(net: Net) -> tuple[Approach, ...]:
    """Return the approaches of all signals by which motor vehicles come, in the order of the network's file."""
    found = []
    for signal, connections in net.signal_links.items():
        of_edge: dict[str, list[Connection]] = {}
        for connection in sorted(connections, key=lambda c: c.link):
            if _is_approach(net, connection):
                of_edge.setdefault(net.lanes[connection.from_lane].edge_id, []).append(connection)
        found += [_approach(net, signal, edge_id, links) for edge_id, links in of_edge.items()]
    return tuple(found)


def _is_approach(net: Net, connection: Connection) -> bool:
    lane = net.lanes[connection.from_lane]
    return lane.motorised and not net.edges[lane.edge_id].function and not net.is_crossing(connection)


def _approach(net: Net, signal: str, edge_id: str, connections: list[Connection]) -> Approach:
    stop_lanes = tuple(dict.fromkeys(c.from_lane for c in connections))
    lanes = dict.fromkeys(stop_lanes, 0.0)
    length_m = max(net.lanes[lane].length_m for lane in stop_lanes)
    edges = [edge_id]
    while length_m < LONGEST_M and len(edges) < _MOST_EDGES:
        before = _only_edge_before(net, edges[-1])
        if before is None or before in edges:
            break
        inner_m = _add_inner(net, edges[-1], length_m, lanes)
        found = [lane for lane in net.edges[before].lanes if lane.motorised]
        lanes |= {lane.lane_id: length_m + inner_m for lane in found}
        length_m += inner_m + max(lane.length_m for lane in found)
        edges.append(before)
    links = tuple(_link(net, connection) for connection in connections)
    return Approach(signal, edge_id, length_m, lanes, stop_lanes, links, tuple(edges))


def _link(net: Net, connection: Connection) -> ApproachLink:
    inner = tuple(reversed(net.inner_lanes(connection)))
    return ApproachLink(
        link=connection.link,
        from_lane=connection.from_lane,
        to_lane=connection.to_lane,
        direction=connection.direction,
        beyond=(*inner, connection.to_lane),
    )


def _only_edge_before(net: Net, edge_id: str) -> str | None:
    """Return the edge that everyone on an edge comes from and that leads nowhere else, None if there is none."""
    into = list(_into(net, edge_id))
    before = {net.lanes[c.from_lane].edge_id for c in into}
    if len(before) != 1 or any(c.signal for c in into):
        return None
    found = before.pop()
    if net.edges[found].function or not any(lane.motorised for lane in net.edges[found].lanes):
        return None
    onward = {net.lanes[c.to_lane].edge_id for c in _out_of(net, found)}
    return found if onward == {edge_id} else None


def _into(net: Net, edge_id: str) -> Iterator[Connection]:
    for lane in net.edges[edge_id].lanes:
        if lane.motorised:
            yield from (c for c in net.incoming.get(lane.lane_id, ()) if c.direction != TURN_BACK)


def _out_of(net: Net, edge_id: str) -> Iterator[Connection]:
    for lane in net.edges[edge_id].lanes:
        if lane.motorised:
            yield from (c for c in net.outgoing.get(lane.lane_id, ()) if c.direction != TURN_BACK)


def _add_inner(net: Net, edge_id: str, beyond_m: float, lanes: dict[str, float]) -> float:
    """Add the inner lanes that lead into an edge; return the length of the longest way through the node. [m]"""
    longest_m = 0.0
    for connection in _into(net, edge_id):
        way_m = 0.0
        for lane_id in net.inner_lanes(connection):
            lanes[lane_id] = beyond_m + way_m
            way_m += net.lanes[lane_id].length_m
        longest_m = max(longest_m, way_m)
    return longest_m
