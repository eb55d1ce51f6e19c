"""Who left a stop line and has not been seen since."""

import pytest

from detectors.loops.departures import EARLY_S, LATE_S, START_MPS, Departure, Departures, Way, ways_of
from detectors.view_builder import travel_s

LEFT, RIGHT, AWAY = range(3)
FREE_MPS = 10.0


def departure(key: int, seen_s: float, left: float = 0.5, right_s: float | None = None) -> Departure:
    """Return a vehicle that goes left, and a loop may see it at seen_s, or right."""
    ways = (Way(0, 0, LEFT, seen_s), Way(1, 1, RIGHT, seen_s if right_s is None else right_s))
    return Departure(0, ways, (left, 1.0 - left), key)


def under_way(*found: Departure) -> Departures:
    departures = Departures()
    for one in found:
        departures.add(one)
    return departures


def seen(departures: Departures, edge: int, now_s: float) -> tuple[int, int] | None:
    """Return the key of the vehicle that is taken for the one seen, and its movement."""
    found = departures.seen(edge, now_s)
    return None if found is None else (found[0].key, found[1].movement)


def test_a_loop_sees_a_vehicle_once_and_tells_its_movement() -> None:
    departures = under_way(departure(1, 20.0))
    assert seen(departures, RIGHT, 20.0) == (1, 1)
    assert seen(departures, LEFT, 20.0) is None


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ((20.0, 0.5), (20.0, 0.5), 1),  # of equals the one who left first
        ((20.0, 0.2), (20.0, 0.8), 2),  # the one with the greater share
        ((15.0, 0.5), (20.0, 0.5), 2),  # the one whose time it is
        ((23.0, 0.5), (18.0, 0.5), 2),  # too early counts as too late
        ((19.0, 0.9), (20.0, 0.4), 1),  # 0.9 / 2 against 0.4
        ((18.0, 0.9), (20.0, 0.4), 2),  # 0.9 / 3 against 0.4
    ],
)
def test_the_likeliest_is_taken(first: tuple[float, float], second: tuple[float, float], taken: int) -> None:
    departures = under_way(*(departure(k, *item) for k, item in enumerate((first, second), start=1)))
    found = seen(departures, LEFT, 20.0)
    assert found is not None
    assert found[0] == taken


@pytest.mark.parametrize(
    ("now_s", "found"),
    [(20.0 - EARLY_S - 0.1, False), (20.0 - EARLY_S, True), (20.0 + LATE_S, True), (20.1 + LATE_S, False)],
)
def test_nobody_is_seen_much_too_early_or_too_late(now_s: float, found: bool) -> None:
    assert (seen(under_way(departure(1, 20.0)), LEFT, now_s) is not None) is found


def test_who_is_seen_elsewhere_or_where_no_loop_lies_is_nobody_known() -> None:
    departures = under_way(Departure(0, (Way(0, 0, LEFT, 20.0), Way(2, 2, AWAY, None)), (0.5, 0.5), 1))
    assert seen(departures, RIGHT, 20.0) is None
    assert seen(departures, AWAY, 20.0) is None
    assert seen(departures, LEFT, 20.0) == (1, 0)


def test_the_overdue_are_told_once() -> None:
    departures = under_way(departure(1, 20.0, right_s=25.0), departure(2, 24.0))
    assert list(departures.overdue(24.0 + LATE_S)) == []
    assert [d.key for d in departures.overdue(24.1 + LATE_S)] == [2]
    assert [d.key for d in departures.overdue(25.1 + LATE_S)] == [1], "he may still come on the longer way"
    assert list(departures.overdue(100.0)) == []


def test_those_on_the_way_count_by_their_shares_until_a_loop_should_have_seen_them() -> None:
    departures = under_way(departure(1, 20.0, 0.25), departure(2, 30.0, 1.0))
    assert departures.on_way(3, 10.0) == [1.25, 0.75, 0.0]
    assert departures.on_way(3, 20.1 + EARLY_S) == [1.0, 0.0, 0.0]
    assert departures.on_way(3, 30.1 + EARLY_S) == [0.0, 0.0, 0.0]


def test_a_way_is_driven_from_the_start_up_to_the_first_loop() -> None:
    ways = ways_of([(4, 0, LEFT, 15.0), (5, 1, AWAY, 15.0)], {LEFT: 90.0}, 50.0, FREE_MPS)
    assert ways == (Way(4, 0, LEFT, 50.0 + travel_s(100.0, START_MPS, FREE_MPS)), Way(5, 1, AWAY, None))
    near = ways_of([(4, 0, LEFT, 3.0)], {LEFT: 1.0}, 50.0, FREE_MPS)
    assert near[0].seen_s == 50.0, "he stands on it at once"
