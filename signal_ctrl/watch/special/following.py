"""Where a vehicle is on its way, and which way it will likely take where nobody says. Pure."""

import math
from collections.abc import Iterable
from typing import Final

from signal_ctrl.domain.roads import RoadClass, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.watch.special.way import Way

AHEAD_M: Final = 1_500.0
"""The likely way is looked for so far ahead. [m] [P]"""
_MOST_ROADS: Final = 60


def along_way_m(way: Way, network: RoadNetwork, places: Iterable[OnRoad], after_m: float) -> float | None:
    """Return how far along its way a vehicle is that may be at any of some places; None if it is on none of its roads.

    Args: places, the nearest first; after_m, where it was before: it does not go back. [m]
    """
    first = way.road_at(after_m)
    for place in places:
        road = network.roads[place.road]
        found = way.along_m(road.road, place.share * road.length_m, first)
        if found is not None:
            return found
    return None


def likely_ahead(network: RoadNetwork, road: str, longest_m: float = AHEAD_M) -> tuple[str, ...]:
    """Return the way that goes straightest on from a road, along the more important roads; it has `road` itself first.

    It ends after `longest_m`, where the network ends, or where it would come over one road again.
    """
    found, length_m = [network.of(road).road], network.of(road).length_m
    while length_m < longest_m and len(found) < _MOST_ROADS:
        onward = [turn.to_road for turn in network.following[found[-1]] if turn.to_road not in found]
        if not onward:
            break
        here = found[-1]
        found.append(min(onward, key=lambda there: _unlikely(network, here, there)))
        length_m += network.of(found[-1]).length_m
    return tuple(found)


def _unlikely(network: RoadNetwork, here: str, there: str) -> float:
    """Return how much speaks against going on to a road: the angle of the turn, more where the road is a lesser one."""
    order = tuple(RoadClass)
    lesser = order.index(network.of(there).road_class) - order.index(network.of(here).road_class)
    return _angle(network, here, there) + 0.5 * max(lesser, 0)


def _angle(network: RoadNetwork, here: str, there: str) -> float:
    """Return the angle of a turn, 0 straight on. [radians]"""
    metres = network.plane.metres
    (a, b), (c, d) = ((metres(p), metres(q)) for p, q in (network.of(here).shape[-2:], network.of(there).shape[:2]))
    turned = math.atan2(d[1] - c[1], d[0] - c[0]) - math.atan2(b[1] - a[1], b[0] - a[0])
    return abs(math.remainder(turned, 2 * math.pi))
