"""Ambers and gaps that programmes show."""

import pytest

from sumo_scenarios.clearance import ambers_s, direct_gaps_s
from sumo_scenarios.foes import LinkFoes
from sumo_scenarios.programmes import Programme
from tests.sumo_scenarios.small_nets import programme

ALL = LinkFoes(frozenset((i, j) for i in range(4) for j in range(i)), frozenset(), {}, {})


def gaps_s(shown: Programme) -> dict[tuple[int, int], float]:
    return direct_gaps_s(shown, ALL)


def test_amber_over_several_rows_and_the_end_of_the_cycle() -> None:
    shown = programme([(1.0, "yr"), (20.0, "Gr"), (2.0, "yG"), (1.0, "yr"), (9.0, "rG"), (2.0, "yr")])
    assert ambers_s(shown, 0) == [3.0, 3.0]
    assert ambers_s(programme([(30.0, "G")]), 0) == []


def test_all_red_counts_and_another_cycle_does_not() -> None:
    shown = programme([(30.0, "Gr"), (3.0, "yr"), (2.0, "rr"), (20.0, "rG"), (4.0, "ry")])
    assert gaps_s(shown) == {(0, 1): 5.0, (1, 0): 4.0}


def test_the_shortest_of_several_changes_counts() -> None:
    rows = [(30.0, "Gr"), (3.0, "yr"), (2.0, "rr"), (20.0, "rG"), (4.0, "ry")]
    again = [(30.0, "Gr"), (3.0, "yr"), (1.0, "rr"), (20.0, "rG"), (4.0, "ry")]
    assert gaps_s(programme(rows + again))[0, 1] == 4.0


def test_red_amber_is_part_of_the_gap() -> None:
    assert gaps_s(programme([(30.0, "Gr"), (3.0, "yr"), (1.0, "ru"), (20.0, "rG"), (3.0, "ry")]))[0, 1] == 4.0


def test_a_stage_between_is_no_gap() -> None:
    rows = [(30.0, "Grr"), (3.0, "yrr"), (10.0, "rGr"), (3.0, "ryr"), (10.0, "rrG"), (3.0, "rry")]
    assert gaps_s(programme(rows)) == {(0, 1): 3.0, (1, 2): 3.0, (2, 0): 3.0}


def test_a_stage_that_goes_on_without_the_loser_is_between() -> None:
    """Link 1 has green on while link 0 has long ended: the change from 0 to 2 is not direct."""
    rows = [(30.0, "GGr"), (3.0, "yGr"), (10.0, "rGr"), (3.0, "ryr"), (2.0, "rrr"), (20.0, "rrG"), (3.0, "rry")]
    assert (0, 2) not in gaps_s(programme(rows))
    assert gaps_s(programme(rows))[1, 2] == 5.0


def test_a_link_that_is_always_green_makes_no_all_red_a_stage() -> None:
    rows = [(30.0, "GrG"), (3.0, "yrG"), (2.0, "rrG"), (20.0, "rGG"), (4.0, "ryG")]
    assert gaps_s(programme(rows))[0, 1] == 5.0


def test_rows_follow_each_other_as_the_programme_says() -> None:
    rows = [(30.0, "Gr"), (3.0, "yr"), (20.0, "rG"), (4.0, "ry"), (9.0, "rr")]
    assert gaps_s(programme(rows, {1: 4, 4: 2, 3: 0})) == {(0, 1): 12.0, (1, 0): 4.0}


def test_several_ways_on_count_all() -> None:
    shown = programme([(30.0, "Gr"), (3.0, "yr"), (20.0, "rG"), (4.0, "ry"), (9.0, "rr")], {4: 2, 3: 0})
    first = shown.steps[1]
    both = type(first)(3.0, 3.0, 3.0, "yr", (4, 2))
    steps = (shown.steps[0], both, *shown.steps[2:])
    assert gaps_s(Programme("C", "0", "static", 0.0, steps, ""))[0, 1] == pytest.approx(3.0)
