"""Lanes between two nodes of one signal: storage that has to be emptied before its green may end."""

from collections.abc import Sequence
from typing import Final

from signal_ctrl.domain.site import Trailing
from signal_ctrl.domain.timing import ceil_ds
from sumo_scenarios.net_reader import Connection, Net

SHORT_STORAGE_M: Final = 60.0
LONGEST_LAG_S: Final = 12.0
DRIVE_OFF_S: Final = 2.0


def inner_edges(net: Net, connections: Sequence[Connection]) -> frozenset[str]:
    """Return the short edges that a signal's own links both enter and leave."""
    entered = {net.lanes[c.to_lane].edge_id for c in connections if c.to_lane in net.lanes}
    left = {net.lanes[c.from_lane].edge_id for c in connections if c.from_lane in net.lanes}
    both = (edge for edge in entered & left if not net.edges[edge].function)
    return frozenset(edge for edge in both if net.edges[edge].lanes[0].length_m <= SHORT_STORAGE_M)


def trailing_rules(
    net: Net, connections: Sequence[Connection], members: Sequence[tuple[int, ...]], quantum_ds: int
) -> tuple[Trailing, ...]:
    """Return, for each inner edge, that its groups end only after those that feed it, by the time to drive through."""
    group_of = {link: g for g, links in enumerate(members) for link in links}
    found: dict[tuple[int, int], int] = {}
    for edge in inner_edges(net, connections):
        feeders = {group_of.get(c.link) for c in connections if _on(net, c.to_lane, edge)}
        inners = {group_of.get(c.link) for c in connections if _on(net, c.from_lane, edge)}
        lane = net.edges[edge].lanes[0]
        lag_ds = ceil_ds(min(lane.length_m / lane.speed_mps + DRIVE_OFF_S, LONGEST_LAG_S), quantum_ds)
        for feeder in feeders - inners - {None}:
            for inner in inners - {None}:
                if feeder is not None and inner is not None:
                    found[feeder, inner] = max(lag_ds, found.get((feeder, inner), 0))
    looped = {(f, i) for f, i in found if (i, f) in found}
    return tuple(Trailing(f, i, lag) for (f, i), lag in sorted(found.items()) if (f, i) not in looped)


def _on(net: Net, lane: str, edge: str) -> bool:
    return lane in net.lanes and net.lanes[lane].edge_id == edge
