"""The k shortest ways against all ways, found by trying every one of them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.diversion.ways import MINOR_S, Map
from tests.signal_ctrl.watch.diversion.small_town import town

FREE = {road.road: road.free_time_s for road in town().roads}


def random_map(seed: int) -> Map:
    """Return a network of some nodes, each road with a time of its own."""
    dice = random.Random(seed)
    nodes = range(5)
    pairs = [(a, b) for a in nodes for b in nodes if a != b and dice.random() < 0.6] or [(0, 1)]
    shape = ((0.0, 0.0), (0.001, 0.0))
    roads = tuple(Road(f"{a}{b}", str(a), str(b), 100.0, 1, 10.0, 900.0, RoadClass.BRANCH, shape) for a, b in pairs)
    turns = tuple(
        RoadTurn(one.road, other.road, minor=dice.random() < 0.3)
        for one in roads
        for other in roads
        if one.to_node == other.from_node and dice.random() < 0.9
    )
    return Map(RoadNetwork(roads, turns), {road.road: dice.uniform(5, 50) for road in roads})


def every_way(streets: Map, begin: str, end: str) -> list[tuple[float, tuple[str, ...]]]:
    network, found = streets.network, []

    def on(way: tuple[str, ...], time_s: float) -> None:
        if way[-1] == end:
            found.append((time_s, way))
            return
        for turn in network.following[way[-1]]:
            back = network.of(turn.to_road).to_node == network.of(way[-1]).from_node
            if turn.to_road not in way and not back:
                on((*way, turn.to_road), time_s + streets.time_s[turn.to_road] + MINOR_S * turn.minor)

    on((begin,), 0.0)
    return sorted(found)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=80, deadline=None)
def test_the_k_shortest_ways_are_the_first_k_of_all_ways(seed: int, k: int) -> None:
    streets = random_map(seed)
    names = [road.road for road in streets.network.roads]
    begin, end = names[0], names[-1]
    wanted = every_way(streets, begin, end) if begin != end else []
    found = streets.several(begin, end, k) if begin != end else ()
    assert [way.time_s for way in found] == pytest.approx([time_s for time_s, _ in wanted[:k]])
    assert len({way.roads for way in found}) == len(found)
    assert all(len(set(way.roads)) == len(way.roads) for way in found)
    assert all(streets.cost_s(way.roads) == pytest.approx(way.time_s) for way in found)


def test_a_closed_road_is_passed_by() -> None:
    streets = Map(town(), FREE)
    usual, round_ = streets.shortest("a", "c"), streets.shortest("a", "c", {"b"})
    assert usual is not None
    assert usual.roads == ("a", "b", "c")
    assert round_ is not None
    assert round_.roads == ("a", "up", "over", "down", "c")
    assert streets.shortest("a", "c", {"b", "over"}) is None


def test_ways_that_are_almost_the_same_are_one() -> None:
    streets = Map(town(), FREE)
    assert [way.roads for way in streets.distinct("a", "c", (), 3)] == [
        ("a", "b", "c"),
        ("a", "up", "over", "down", "c"),
    ]
    assert len(streets.distinct("a", "c", (), 3, longest=1.5)) == 1


def test_a_map_knows_each_road() -> None:
    with pytest.raises(InvalidInputError, match="travel time of each road"):
        Map(town(), FREE | {"a": 0.0})
