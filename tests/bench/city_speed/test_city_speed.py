from collections import Counter

from bench.city_speed.__main__ import measure
from bench.city_speed.city import make_city


def test_a_city_has_roads_both_ways_between_all_corners_and_no_turns_back() -> None:
    city = make_city(3)
    assert len(city.roads) == 4 * 3 * 4
    assert Counter(len(turns) for turns in city.following.values()) == {1: 8, 2: 24, 3: 16}
    assert not any(turn.from_road.split(">") == turn.to_road.split(">")[::-1] for turn in city.turns)


def test_a_small_city_takes_no_time_at_all() -> None:
    row = measure(4, 300, 2, 1)
    assert (row["roads"], row["positions_a_minute"]) == (80, 300)
    assert row["longest_s"] < 2.0
