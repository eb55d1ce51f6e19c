"""Who meets whom at a signal, read from the junctions' own foes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sumo_scenarios.net_reader import Connection, Net, bit


@dataclass(frozen=True, slots=True)
class LinkFoes:
    """Foes of one signal's links.

    `pairs` are unordered (i < j); `merging` those of them that only meet on the lane they both enter; `yields[i]` are the
    links that i gives way to, as the junction's right of way says.
    """

    pairs: frozenset[tuple[int, int]]
    merging: frozenset[tuple[int, int]]
    yields: dict[int, frozenset[int]]


def link_foes(net: Net, connections: Sequence[Connection]) -> LinkFoes:
    """Return the foes among one signal's connections."""
    pairs: set[tuple[int, int]] = set()
    merging: dict[tuple[int, int], bool] = {}
    yields: dict[int, set[int]] = defaultdict(set)
    places = [(c, place) for c in connections if (place := net.place(c)) is not None]
    for first, (junction_i, request_i) in places:
        junction = net.junctions[junction_i]
        for second, (junction_j, request_j) in places:
            if first.link == second.link or junction_i != junction_j or request_i >= len(junction.foes):
                continue
            if not bit(junction.foes[request_i], request_j):
                continue
            pair = (min(first.link, second.link), max(first.link, second.link))
            pairs.add(pair)
            merging[pair] = merging.get(pair, True) and first.to_lane == second.to_lane
            if bit(junction.responses[request_i], request_j):
                yields[first.link].add(second.link)
    return LinkFoes(
        frozenset(pairs),
        frozenset(pair for pair, merges in merging.items() if merges),
        {link: frozenset(others) for link, others in yields.items()},
    )
