"""Where beacons stand that read the tags of buses: ahead of each stop line, at it, and behind it to sign off."""

from collections.abc import Iterator
from typing import Final

from signal_ctrl.domain.roads import Road, RoadNetwork, RoadReader

ANNOUNCED_M: Final = 150.0
"""So far before a stop line a bus is announced, or where the signal before lets it go, if that is nearer. [m] [P]"""
AT_LINE_M: Final = 5.0
"""So far before it a bus that is at the line is read. [m]"""
BEHIND_M: Final = 5.0
"""So far behind the crossing a bus is read that has passed, so that it asks no longer. [m]"""

_Place = tuple[str, float]


def beacons_of(network: RoadNetwork) -> tuple[RoadReader, ...]:
    """Return the beacons of all stop lines, each place once, by road."""
    places = {place for road in network.roads if road.signal for place in _around(network, road)}
    return tuple(RoadReader(f"{road}/beacon {at_m:g} m", road, at_m) for road, at_m in sorted(places))


def _around(network: RoadNetwork, road: Road) -> Iterator[_Place]:
    yield from _ahead(network, road, ANNOUNCED_M, frozenset())
    yield road.road, round(max(road.length_m - AT_LINE_M, 0.0), 2)
    for turn in network.following[road.road]:
        yield _behind(network.of(turn.to_road))


def _behind(road: Road) -> _Place:
    return road.road, round(min(BEHIND_M, road.length_m / 2), 2)


def _ahead(network: RoadNetwork, road: Road, left_m: float, seen: frozenset[str]) -> Iterator[_Place]:
    """Yield the places so far before the end of a road, on the roads that lead to it; none beyond another signal."""
    if road.length_m > left_m:
        yield road.road, round(road.length_m - left_m, 2)
        return
    leading = [network.of(turn.from_road) for turn in network.leading[road.road]]
    if not leading:
        yield road.road, 0.0
    seen |= {road.road}
    for before in leading:
        if before.signal:
            yield _behind(road)
        elif before.road not in seen:
            yield from _ahead(network, before, left_m - road.length_m, seen)
