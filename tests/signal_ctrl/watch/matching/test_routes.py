import heapq
import math
from itertools import pairwise

import numpy as np

from bench.city_speed.city import make_city
from signal_ctrl.watch.matching.routes import FARTHEST_M, RouteTable

CITY = make_city(3)
ROUTES = RouteTable(CITY)


def _ways(start: str) -> dict[str, float]:
    """Shortest ways from the end of a road to the begins of others, by a search of its own."""
    ends = {road.road: CITY.plane.metres(road.shape[-1]) for road in CITY.roads}
    begins = {road.road: CITY.plane.metres(road.shape[0]) for road in CITY.roads}
    found: dict[str, float] = {}
    queue = [(math.dist(ends[start], begins[t.to_road]), t.to_road) for t in CITY.following[start]]
    while queue:
        way_m, road = heapq.heappop(queue)
        if road in found:
            continue
        found[road] = way_m
        for turn in CITY.following[road]:
            if turn.to_road not in found:
                gap_m = math.dist(ends[road], begins[turn.to_road])
                heapq.heappush(queue, (way_m + CITY.of(road).length_m + gap_m, turn.to_road))
    return found


def test_ways_are_the_shortest_ones() -> None:
    for start in ("0-0>1-0", "2-2>2-1", "3-1>3-2"):
        expected = _ways(start)
        others = [road.road for road in CITY.roads if road.road != start]
        here = np.full(len(others), CITY.index[start])
        found = ROUTES.end_to_begin(here, np.array([CITY.index[road] for road in others]))
        for road, way_m in zip(others, found, strict=True):
            if expected[road] <= FARTHEST_M:
                assert math.isclose(way_m, expected[road], abs_tol=0.5)
            else:
                assert not math.isfinite(way_m)


def test_the_roads_between_two_are_a_way_of_that_length() -> None:
    start, goal = CITY.index["0-0>1-0"], CITY.index["2-2>3-2"]
    row = [start, *ROUTES.between(start, goal), goal]
    assert ROUTES.way(start, goal) == row[1:-1]
    way_m = sum(ROUTES.gap_between(one, other) for one, other in pairwise(row))
    way_m += sum(CITY.roads[road].length_m for road in row[1:-1])
    assert math.isclose(way_m, _ways("0-0>1-0")["2-2>3-2"], abs_tol=0.5)


def test_roads_that_meet_have_none_between_them() -> None:
    assert ROUTES.between(CITY.index["0-0>1-0"], CITY.index["1-0>2-0"]) == []


def test_where_no_way_leads_there_is_none() -> None:
    network = type(CITY)(CITY.roads, ())
    routes = RouteTable(network)
    assert routes.way(0, 5) is None
    assert not math.isfinite(routes.end_to_begin(np.array([0]), np.array([5]))[0])
