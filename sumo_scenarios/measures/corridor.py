"""Corridors: the stop lines of an arterial in driving order, and the greens that one drive can use at all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sumo_scenarios.net_reader import Connection, Net

Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop line of a corridor: distance from its start, and driving time from there at the speed limit. [m], [s]"""

    direction: str
    signal: str
    edge: str
    link: int
    distance_m: float
    free_s: float


@dataclass(frozen=True)
class Corridor:
    """One direction of an arterial: its stop lines, and by lane the distance of its start. [m]"""

    direction: str
    stop_lines: tuple[StopLine, ...]
    starts_m: Mapping[str, float]
    length_m: float


def corridor_of(direction: str, edges: Sequence[str], net: Net) -> Corridor | None:
    """Return a corridor along edges, None where they are not joined or hold fewer than two stop lines."""
    starts_m: dict[str, float] = {}
    stop_lines: list[StopLine] = []
    at_m = free_s = 0.0
    for edge_id, onward in zip(edges, [*edges[1:], ""], strict=True):
        edge = net.edges.get(edge_id)
        if edge is None:
            return None
        starts_m |= {lane.lane_id: at_m for lane in edge.lanes}
        length_m = max(lane.length_m for lane in edge.lanes)
        at_m += length_m
        free_s += length_m / max(lane.speed_mps for lane in edge.lanes)
        links = _links(net, edge_id, onward)
        if links and links[0].signal:
            link = links[0]
            stop_lines.append(StopLine(direction, link.signal, edge_id, link.link, round(at_m, 1), round(free_s, 2)))
        if links and onward:
            inner_m = max(net.inner_length_m(link) for link in links)
            starts_m |= _inner_starts(net, links, at_m)
            at_m += inner_m
            free_s += inner_m / max(lane.speed_mps for lane in edge.lanes)
    return Corridor(direction, tuple(stop_lines), starts_m, at_m) if len(stop_lines) > 1 else None


def _links(net: Net, edge_id: str, onward: str) -> list[Connection]:
    """Return the links from an edge to the next one, or from the last edge straight on, those that drive on first."""
    lanes = [lane.lane_id for lane in net.edges[edge_id].lanes if lane.motorised]
    links = [link for lane in lanes for link in net.outgoing.get(lane, ())]
    if onward:
        links = [link for link in links if net.lanes[link.to_lane].edge_id == onward]
    return sorted(links, key=lambda link: link.direction != "s")


def _inner_starts(net: Net, links: Sequence[Connection], at_m: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for link in links:
        start_m = at_m
        for lane in reversed(net.inner_lanes(link)):
            found[lane] = start_m
            start_m += net.lanes[lane].length_m
    return found


def through_spans(
    lines: Sequence[StopLine], greens: Sequence[Spans], span: tuple[float, float], least_s: float
) -> Spans:
    """Return when to pass the first stop line to meet green at every other one, driving at the speed limit. [s]

    Args: greens, when each of the lines is green; spans shorter than least_s are left out [s].
    Source: the through band of Morgan & Little 1964, "Synchronizing traffic signals for maximal bandwidth", taken
    here from what was shown, not from a plan.
    """
    open_spans: Spans = [span]
    for line, shown in zip(lines, greens, strict=True):
        ahead_s = line.free_s - lines[0].free_s
        moved = [(from_s - ahead_s, to_s - ahead_s) for from_s, to_s in shown]
        open_spans = [
            (max(a, c), min(b, d)) for a, b in open_spans for c, d in moved if min(b, d) - max(a, c) >= least_s
        ]
    return sorted(open_spans)
