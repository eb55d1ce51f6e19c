"""The choice of a plan ahead of demand, against every way to go through the next intervals."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.schedule.plan_choice import ChoiceRules, PlanChooser, choose
from signal_ctrl.domain.errors import InvalidInputError

FREE = ChoiceRules(margin=0.0)
costs_of = st.integers(2, 3).flatmap(
    lambda n: st.lists(st.lists(st.floats(0, 10), min_size=4, max_size=4), min_size=n, max_size=n)
)


@given(costs_of, st.integers(0, 1), st.lists(st.integers(0, 1), min_size=4, max_size=4), st.floats(0, 2000))
def test_no_way_through_the_intervals_is_cheaper(rows, in_force, timetable, vehicles) -> None:
    costs, each = np.array(rows), np.full(4, vehicles)
    found = choose(costs, each, in_force, np.array(timetable), FREE)

    def total(path: tuple[int, ...]) -> float:
        changes = sum(a != b for a, b in itertools.pairwise((in_force, *path)))
        return sum(costs[plan, k] for k, plan in enumerate(path)) + changes * vehicles * 5 / 3600

    ways = {path: total(path) for path in itertools.product(range(len(rows)), repeat=4)}
    best = min(ways.values())
    assert min(cost for path, cost in ways.items() if path[0] == found.plan) == pytest.approx(best)
    assert found.saved_veh_h == pytest.approx(total(tuple(timetable)) - best, abs=1e-9)


def test_a_plan_waits_until_it_is_its_time_and_comes_before_the_demand() -> None:
    costs = np.array([[1.0, 1.0, 9.0, 9.0], [2.0, 2.0, 2.0, 2.0]])
    timetable = np.zeros(4, dtype=np.int64)
    assert choose(costs, np.full(4, 100.0), 0, timetable, ChoiceRules()).plan == 0
    assert choose(costs[:, 1:], np.full(3, 100.0), 0, timetable[1:], ChoiceRules()).plan == 0
    assert choose(costs[:, 2:], np.full(2, 100.0), 0, timetable[2:], ChoiceRules()).plan == 1


def test_chance_differences_do_not_change_plans() -> None:
    dice = np.random.default_rng(1)
    timetable = np.zeros(4, dtype=np.int64)
    for _ in range(200):
        costs = 3.0 * (1 + 0.01 * dice.standard_normal((3, 4)))
        assert choose(costs, np.full(4, 500.0), 0, timetable, ChoiceRules()).plan == 0


def test_what_was_chosen_against_the_timetable_stays_for_a_while() -> None:
    chooser, timetable = PlanChooser(ChoiceRules(stay_s=600.0)), np.zeros(2, dtype=np.int64)
    good, bad = np.array([[9.0, 9.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [9.0, 9.0]])
    vehicles = np.full(2, 10.0)
    assert chooser.choose(0.0, good, vehicles, 0, timetable).plan == 1
    assert chooser.choose(300.0, bad, vehicles, 1, timetable).plan == 1
    assert chooser.choose(600.0, bad, vehicles, 1, timetable).plan == 0


@pytest.mark.parametrize(
    ("costs", "vehicles"),
    [(np.array([[1.0, -1.0]]), np.ones(2)), (np.ones((1, 2)), np.ones(3)), (np.array([[np.nan, 1.0]]), np.ones(2))],
)
def test_what_does_not_fit_is_refused(costs, vehicles) -> None:
    with pytest.raises(InvalidInputError):
        choose(costs, vehicles, 0, np.zeros(2, dtype=np.int64), FREE)
    with pytest.raises(InvalidInputError, match="a margin of 0 to 1"):
        ChoiceRules(margin=1.0)
