"""Breakpoints: the dynamic programme against every way there is to cut a short day."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.schedule.breakpoints import Stretch, best_stretches, cost_of
from signal_ctrl.domain.errors import InvalidInputError


def all_ways(costs: np.ndarray, changes: np.ndarray, most: int) -> float:
    """Try every plan in every period; count stretches around the clock."""
    n_plans, n_slots = costs.shape
    least = np.inf
    for plans in itertools.product(range(n_plans), repeat=n_slots):
        turned = [t for t in range(n_slots) if plans[t] != plans[t - 1]]
        if max(len(turned), 1) > most and n_slots > 1:
            continue
        least = min(least, sum(costs[p, t] for t, p in enumerate(plans)) + sum(changes[t] for t in turned))
    return float(least)


@given(st.data())
def test_it_finds_the_least_cost_there_is(data: st.DataObject) -> None:
    n_plans, n_slots = data.draw(st.integers(1, 3)), data.draw(st.integers(2, 6))
    number = st.integers(0, 20)
    rows = data.draw(st.lists(st.lists(number, min_size=n_slots, max_size=n_slots), min_size=n_plans, max_size=n_plans))
    costs = np.array(rows, dtype=np.float64)
    changes = np.array(data.draw(st.lists(number, min_size=n_slots, max_size=n_slots)), dtype=np.float64)
    most = data.draw(st.integers(1, 4))
    found = best_stretches(costs, changes, most)
    assert cost_of(found, costs, changes) == pytest.approx(all_ways(costs, changes, most))
    assert [s.begin for s in found] == [0, *(s.end for s in found[:-1])]
    assert found[-1].end == n_slots
    joined = len(found) > 1 and found[0].plan == found[-1].plan
    assert len(found) - joined <= most


def test_a_day_by_hand() -> None:
    """Plan 0 is for the night, 1 for the day; two changes of 3 are worth 20, and midnight joins the night."""
    costs = np.array([[1.0, 1, 6, 6, 6, 6, 1, 1], [2.0, 2, 1, 1, 1, 1, 2, 2]])
    found = best_stretches(costs, np.full(8, 1.5), 4)
    assert found == (Stretch(0, 2, 0), Stretch(2, 6, 1), Stretch(6, 8, 0))
    assert best_stretches(costs, np.full(8, 1.5), 1) == (Stretch(0, 8, 1),)
    assert best_stretches(costs, np.full(8, 5.0), 4) == (Stretch(0, 8, 1),), "changes too dear"


def test_a_plan_that_cannot_be_kept_is_never_chosen() -> None:
    costs = np.array([[np.inf, 0.0], [4.0, 4.0]])
    assert best_stretches(costs, np.ones(2), 3) == (Stretch(0, 1, 1), Stretch(1, 2, 0))
    with pytest.raises(InvalidInputError, match="no plan can be kept"):
        best_stretches(np.full((2, 3), np.inf), np.zeros(3), 2)


@pytest.mark.parametrize(
    ("costs", "changes", "most", "says"),
    [
        (np.zeros((1, 3)), np.zeros(2), 1, "costs of plans by period"),
        (np.zeros(3), np.zeros(3), 1, "costs of plans by period"),
        (np.full((1, 3), -1.0), np.zeros(3), 1, "numbers of 0 or more"),
        (np.zeros((1, 3)), np.full(3, np.nan), 1, "numbers of 0 or more"),
        (np.zeros((1, 3)), np.zeros(3), 0, "at least one plan"),
    ],
)
def test_bad_input_is_refused(costs, changes, most: int, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError, match=says):
        best_stretches(costs, changes, most)
