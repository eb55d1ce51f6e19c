"""Lanes between two nodes of one signal: storage that has to be emptied before its green may end."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.site import Trailing
from signal_ctrl.domain.timing import ceil_ds
from sumo_scenarios.net_reader import Connection, Net

SHORT_STORAGE_M: Final = 60.0
LONGEST_LAG_S: Final = 12.0
DRIVE_OFF_S: Final = 2.0
MAX_CHAIN: Final = 4


@dataclass(frozen=True, slots=True)
class Storage:
    """A way from a link of a signal to another stop line of it. `drive_s` is the time to drive there. [s]"""

    feeder: Connection
    inner: Connection
    drive_s: float


def storages(net: Net, connections: Sequence[Connection]) -> Iterator[Storage]:
    """Yield every short way inside a signal, over one inner edge or a chain of them."""
    left: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        if not net.function_of(connection.from_lane):
            left[net.lanes[connection.from_lane].edge_id].append(connection)
    for feeder in connections:
        if not net.function_of(feeder.to_lane):
            for inner, drive_s in _onward(net, left, net.lanes[feeder.to_lane].edge_id, (0.0, 0.0), 0):
                yield Storage(feeder, inner, drive_s)


def _onward(
    net: Net, left: dict[str, list[Connection]], edge_id: str, way: tuple[float, float], depth: int
) -> Iterator[tuple[Connection, float]]:
    """Yield (connection, time to drive to its stop line [s]) ahead; `way` is what lies behind. [m], [s]

    A stop line empties what is before it, so the way is measured anew behind it; the time adds up.
    """
    lane = net.edges[edge_id].lanes[0]
    way_m, drive_s = way[0] + lane.length_m, way[1] + lane.length_m / lane.speed_mps
    if way_m > SHORT_STORAGE_M or depth >= MAX_CHAIN:
        return
    ahead: dict[str, float] = {}
    for connection in left.get(edge_id, ()):
        yield connection, drive_s
        ahead[connection.to_lane] = 0.0
    for own in net.edges[edge_id].lanes:
        for connection in net.outgoing.get(own.lane_id, ()):
            if not connection.signal and connection.direction != "t":
                ahead.setdefault(connection.to_lane, way_m)
    onward = {net.lanes[lane].edge_id: from_m for lane, from_m in ahead.items() if not net.function_of(lane)}
    for following, from_m in onward.items():
        yield from _onward(net, left, following, (from_m, drive_s), depth + 1)


def inner_edges(net: Net, connections: Sequence[Connection]) -> frozenset[str]:
    """Return the short edges whose stop line a signal's own links lead to."""
    return frozenset(net.lanes[way.inner.from_lane].edge_id for way in storages(net, connections))


def trailing_rules(
    net: Net, connections: Sequence[Connection], members: Sequence[tuple[int, ...]], quantum_ds: int
) -> tuple[Trailing, ...]:
    """Return, for each inner edge, that its groups end only after those that feed it, by the time to drive through.

    Groups that feed each other get no rule: they hold no storage that could ever run empty.
    """
    group_of = {link: g for g, links in enumerate(members) for link in links}
    found: dict[tuple[int, int], int] = {}
    for way in storages(net, connections):
        feeder, inner = group_of.get(way.feeder.link), group_of.get(way.inner.link)
        if feeder is not None and inner is not None and feeder != inner:
            lag_ds = ceil_ds(min(way.drive_s + DRIVE_OFF_S, LONGEST_LAG_S), quantum_ds)
            found[feeder, inner] = max(lag_ds, found.get((feeder, inner), 0))
    return tuple(Trailing(f, i, lag) for (f, i), lag in sorted(found.items()) if (i, f) not in found)
