"""Ways over the roads, against a slow search that shares no code with them."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, WayFinder
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.roadside import OnRoad, Roadside
from signal_ctrl.watch.dispatch.travel import times_of
from signal_ctrl.watch.foresight.values import CityForecast
from tests.signal_ctrl.watch.dispatch.streets import grid, minute, place


def slow_seconds(times_s: Sequence[float], turns: set[tuple[int, int]], begin: OnRoad, end: OnRoad) -> float:
    """Bellman and Ford over (road, at its end): relax each turn as often as there are roads."""
    n = len(times_s)
    if begin.road == end.road and begin.share <= end.share:
        return (end.share - begin.share) * times_s[begin.road]
    at_end = [math.inf] * n
    at_end[begin.road] = (1 - begin.share) * times_s[begin.road]
    best = math.inf
    for _ in range(n + 1):
        for a, b in turns:
            if b == end.road:
                best = min(best, at_end[a] + end.share * times_s[b])
            at_end[b] = min(at_end[b], at_end[a] + times_s[b])
    return best


@st.composite
def towns(draw: st.DrawFn) -> tuple[RoadNetwork, list[float]]:
    nodes = draw(st.integers(2, 6))
    pairs = draw(st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), min_size=1, max_size=14))
    roads = tuple(
        Road(f"r{k}", f"n{a}", f"n{b}", 100.0, 1, 10.0, 900.0, RoadClass.BRANCH, ((8, 50), (8.001, 50)))
        for k, (a, b) in enumerate(pairs)
    )
    meets = [(x.road, y.road) for x in roads for y in roads if x.to_node == y.from_node]
    kept = draw(st.lists(st.sampled_from(meets), unique=True)) if meets else []
    times_s = draw(st.lists(st.floats(1, 500), min_size=len(roads), max_size=len(roads)))
    return RoadNetwork(roads, tuple(RoadTurn(a, b) for a, b in kept)), times_s


@given(towns(), st.data())
def test_ways_are_the_shortest_that_turns_allow(town: tuple[RoadNetwork, list[float]], data: st.DataObject) -> None:
    network, times_s = town
    n = len(network.roads)
    shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    begin = OnRoad(data.draw(st.integers(0, n - 1)), data.draw(shares), 0.0)
    end = OnRoad(data.draw(st.integers(0, n - 1)), data.draw(shares), 0.0)
    array = np.array(times_s, dtype=np.float32)
    way = WayFinder(RoadGraph(network), RoadTimes(array, array * np.float32(0.2), "test")).towards(end)
    turns = {(network.index[t.from_road], network.index[t.to_road]) for t in network.turns}
    slow_s = slow_seconds([float(x) for x in array], turns, begin, end)
    assert way.seconds(begin) == pytest.approx(slow_s, abs=1e-3)
    trip = way.trip(begin)
    assert (trip is None) == math.isinf(slow_s)
    if trip is not None:
        assert trip.travel_s == pytest.approx(slow_s, abs=1e-3)
        assert trip.roads[0] == begin.road and trip.roads[-1] == end.road
        assert all(pair in turns for pair in zip(trip.roads, trip.roads[1:], strict=False))
        assert trip.sd_s > 0 or trip.travel_s == 0
        assert trip.ends_s[-1] == trip.travel_s


def test_a_slow_road_is_left_aside() -> None:
    network = grid()
    slow = {"r10-20": 600.0}
    finder = WayFinder(RoadGraph(network), times_of(network, minute(network, 0, slow)))
    start, end = OnRoad(network.index["r00-10"], 0.0, 0.0), OnRoad(network.index["r20-30"], 1.0, 0.0)
    trip = finder.towards(end).trip(start)
    assert trip is not None
    assert "r10-20" not in [network.roads[k].road for k in trip.roads]
    free = WayFinder(RoadGraph(network), times_of(network, None)).towards(end).trip(start)
    assert free is not None and free.travel_s == pytest.approx(90.0) and free.distance_m == pytest.approx(900.0)


def test_a_forecast_counts_half() -> None:
    network = grid()
    n = len(network.roads)
    now = minute(network, 0)
    soon = np.full((1, n), 90.0, dtype=np.float32)
    forecast = CityForecast(
        0, (15,), soon, soon, soon - 12.816, soon + 12.816, soon * 0, np.zeros(n, dtype=bool), (), (), 3
    )
    both = times_of(network, now, forecast)
    assert both.travel_time_s[0] == pytest.approx(60.0)
    assert both.travel_time_sd_s[0] == pytest.approx(math.sqrt((3.0**2 + 10.0**2) / 2 + 30.0**2), rel=1e-3)
    assert both.source == "minute 00:00 UTC and forecast of 00:00 UTC"
    alone = times_of(network, None, forecast)
    assert alone.travel_time_s[0] == pytest.approx(90.0) and alone.travel_time_sd_s[0] == pytest.approx(10.0, rel=1e-3)


def test_times_of_another_network_are_refused() -> None:
    other = times_of(grid(3, 3), None)
    with pytest.raises(InvalidInputError):
        WayFinder(RoadGraph(grid()), other)


def test_a_place_lies_on_both_carriageways_and_a_heading_tells_them_apart() -> None:
    network = grid()
    side = Roadside(network)
    both = side.near(place(1.5, 0.0))
    assert {network.roads[each.road].road for each in both} == {"r10-20", "r20-10"}
    assert all(each.share == pytest.approx(0.5, abs=1e-6) and each.off_m < 1 for each in both)
    east = side.near(place(1.5, 0.0), 90.0)
    assert [network.roads[each.road].road for each in east] == ["r10-20"]
    assert side.near(place(1.5, 0.0), 0.0) == both  # nobody drives north here: the heading says nothing
    assert side.near((9.0, 51.0)) == ()


@given(st.floats(0, 4), st.floats(0, 3))
def test_the_nearest_road_is_the_nearest(x: float, y: float) -> None:
    network = grid()
    plane = network.plane
    point = plane.metres(place(x, y))

    def off_m(road: Road) -> float:
        (ax, ay), (bx, by) = (plane.metres(each) for each in road.shape)
        steps = [(ax + k / 400 * (bx - ax), ay + k / 400 * (by - ay)) for k in range(401)]
        return min(math.dist(point, each) for each in steps)

    found = Roadside(network).near(place(x, y))
    assert found[0].off_m == pytest.approx(min(off_m(road) for road in network.roads), abs=0.5)
