"""Who meets whom at a signal, read from the junctions' own foes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Connection, Net, bit


@dataclass(frozen=True, slots=True)
class LinkFoes:
    """Foes of one signal's links.

    `pairs` are unordered (i <= j; i = j where connections under one lamp meet); `merging` those of them that
    only meet on the lane they both enter. `meets[c]` are the connections that c meets, `yields[c]` those of them
    that it gives way to, as the junction's right of way says.
    """

    pairs: frozenset[tuple[int, int]]
    merging: frozenset[tuple[int, int]]
    meets: dict[Connection, frozenset[Connection]]
    yields: dict[Connection, frozenset[Connection]]


def link_foes(net: Net, connections: Sequence[Connection]) -> LinkFoes:
    """Return the foes among one signal's connections.

    Raises: InvalidInputError for a network whose junctions do not say where their links lie.
    """
    merging: dict[tuple[int, int], bool] = {}
    meets: dict[Connection, set[Connection]] = defaultdict(set)
    yields: dict[Connection, set[Connection]] = defaultdict(set)
    by_junction: dict[str, list[tuple[Connection, int]]] = defaultdict(list)
    for connection in connections:
        junction_id, request = _place(net, connection)
        by_junction[junction_id].append((connection, request))
    for junction_id, placed in by_junction.items():
        junction = net.junctions[junction_id]
        for first, i in placed:
            for second, j in placed:
                if first is second or not bit(junction.foes[i], j):
                    continue
                pair = (min(first.link, second.link), max(first.link, second.link))
                merging[pair] = merging.get(pair, True) and first.to_lane == second.to_lane
                meets[first].add(second)
                meets[second].add(first)
                if bit(junction.responses[i], j):
                    yields[first].add(second)
    return LinkFoes(
        frozenset(merging),
        frozenset(pair for pair, merges in merging.items() if merges),
        {connection: frozenset(others) for connection, others in meets.items()},
        {connection: frozenset(others) for connection, others in yields.items()},
    )


def _place(net: Net, connection: Connection) -> tuple[str, int]:
    place = net.place(connection)
    if place is None or place[1] >= len(net.junctions[place[0]].foes):
        raise InvalidInputError(
            f"signal {connection.signal}: no junction says whom link {connection.link} meets; build the network "
            "with internal links"
        )
    return place


def entangled(net: Net) -> frozenset[str]:
    """Return the signals with links that cross those of another signal: one of them alone cannot keep them apart."""
    at: dict[str, list[tuple[Connection, int]]] = defaultdict(list)
    for connections in net.signal_links.values():
        for connection in connections:
            place = net.place(connection)
            if place is not None:
                at[place[0]].append((connection, place[1]))
    found: set[str] = set()
    for junction_id, placed in at.items():
        if len({connection.signal for connection, _ in placed}) > 1:
            found |= _crossing_signals(net.junctions[junction_id].foes, placed)
    return frozenset(found)


def _crossing_signals(foes: Sequence[str], placed: Sequence[tuple[Connection, int]]) -> set[str]:
    return {
        signal
        for first, i in placed
        for second, j in placed
        if first.signal != second.signal and i < len(foes) and bit(foes[i], j)
        for signal in (first.signal, second.signal)
    }
