import math
from itertools import pairwise

import numpy as np

from bench.city_speed.city import make_city
from signal_ctrl.watch.matching.grid import REACH_M, RoadGrid

CITY = make_city(2)


def _brute(place: tuple[float, float]) -> dict[int, float]:
    """Distance to every road, looking at each piece of it."""
    found = {}
    for number, road in enumerate(CITY.roads):
        line = [CITY.plane.metres(each) for each in road.shape]
        gaps = []
        for (ax, ay), (bx, by) in pairwise(line):
            way = (bx - ax) ** 2 + (by - ay) ** 2
            share = min(max(((place[0] - ax) * (bx - ax) + (place[1] - ay) * (by - ay)) / way, 0), 1)
            gaps.append(math.hypot(place[0] - ax - share * (bx - ax), place[1] - ay - share * (by - ay)))
        found[number] = min(gaps)
    return found


def test_the_nearest_roads_are_those_that_a_look_at_all_of_them_finds() -> None:
    grid, draw = RoadGrid(CITY), np.random.default_rng(1)
    places = draw.uniform(-260, 260, (200, 2))
    near = grid.near(places, 4)
    for number, place in enumerate(places):
        own = near.place == number
        distances = sorted(gap for gap in _brute((place[0], place[1])).values() if gap <= REACH_M)[:4]
        assert np.allclose(near.off_m[own], distances)
        for road, off_m in zip(near.road[own], near.off_m[own], strict=True):
            assert math.isclose(_brute((place[0], place[1]))[int(road)], off_m, abs_tol=1e-9)


def test_metres_along_a_road_and_its_heading() -> None:
    grid = RoadGrid(CITY)
    number = CITY.index["0-0>0-1"]
    line = np.array([CITY.plane.metres(each) for each in CITY.roads[number].shape])
    place = line[0] + 0.25 * (line[1] - line[0])
    near = grid.near(place[None, :], 8)
    at = np.flatnonzero(near.road == number)[0]
    assert math.isclose(near.along_m[at], 50.0, abs_tol=0.2)
    assert min(near.heading_deg[at], 360 - near.heading_deg[at]) < 0.1


def test_a_place_far_from_every_road_has_none() -> None:
    assert len(RoadGrid(CITY).near(np.array([[1e5, 1e5], [0.0, 5000.0], [-1e9, 3.0]]), 8).place) == 0
