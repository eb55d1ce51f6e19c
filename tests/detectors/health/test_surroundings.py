"""Which detectors see the same vehicles."""

import pytest

from detectors.health.surroundings import (
    Balance,
    Place,
    Surroundings,
    colleagues,
    controller_index,
    lane_mates,
    surroundings_of,
)
from signal_ctrl.domain.errors import InvalidInputError


def place(approach: str, lane: str, to_stop_m: float | None, controller: str = "J") -> Place:
    return Place(controller, approach, lane, to_stop_m, 2.0, 10.0)


def test_sections_and_ways_come_from_places() -> None:
    places = [place("n", "0", 2.0), place("n", "1", 2.0), place("n", "0", 40.0), place("n", "1", 40.0), place("s", "0", 2.0)]  # fmt: skip
    found = surroundings_of(places)
    assert found.beside == ((1,), (0,), (3,), (2,), ())
    assert found.balances == (Balance((2,), (0,), 7.6), Balance((3,), (1,), 7.6))
    assert lane_mates(found) == ((2,), (3,), (0,), (1,), ())


def test_where_lanes_widen_the_section_balances_as_a_whole() -> None:
    found = surroundings_of([place("n", "0", 2.0), place("n", "1", 2.0), place("n", "0", 150.0)])
    assert [(b.before, b.behind) for b in found.balances] == [((2,), (0, 1))]
    assert found.partners == ()


def test_a_lane_without_a_detector_lets_the_others_balance_one_by_one() -> None:
    found = surroundings_of([place("n", "0", 2.0), place("n", "1", 150.0), place("n", "0", 150.0)])
    assert [(b.before, b.behind) for b in found.balances] == [((2,), (0,))]


def test_places_that_nobody_knows_have_no_neighbours() -> None:
    found = surroundings_of([Place("J"), Place("J"), Place("K")])
    assert found.beside == ((), (), ()) and not found.balances
    assert colleagues(found) == ((1,), (0,), ()) and controller_index(found) == (0, 0, 1)


def test_a_way_over_several_sections_is_one_lane() -> None:
    found = surroundings_of([place("n", "0", m) for m in (2.0, 40.0, 150.0)])
    assert lane_mates(found)[0] == (1, 2)


@pytest.mark.parametrize(
    "balance", [lambda: Balance((), (1,), 0.0), lambda: Balance((1,), (1,), 0.0), lambda: Balance((0,), (1,), -1.0)]
)
def test_balances_need_two_sides(balance: object) -> None:
    with pytest.raises(InvalidInputError):
        balance()  # type: ignore[operator]


def test_nobody_else_may_be_named() -> None:
    with pytest.raises(InvalidInputError):
        Surroundings(("J",), ((1,),))
