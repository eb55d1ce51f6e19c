"""Advice beside what the plan does, worked out by hand."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.shadowing import Running, compare

COSTS = (("main", 0.0, 50.0), ("side", 0.0, 42.0), ("side", 5.0, 40.0), ("left", 0.0, 70.0))


@pytest.mark.parametrize(
    ("running", "cost", "gain", "differs", "second"),
    [
        (Running("main", "side", 0.0), 42.0, 2.0, True, 2.0),  # the plan goes now, the advice waits 5 s
        (Running("main", "side", 6.0), 40.0, 0.0, False, 0.0),  # both go in about 5 s
        (Running("main", "side", 30.0), 50.0, 10.0, False, 0.0),  # the plan stays beyond all candidates
        (Running("main", "left", 0.5), 70.0, 30.0, True, 30.0),
        (Running("main", "left", 6.0), None, None, False, 0.0),  # nobody tried that; staying this second costs nothing
        (Running("main", "main", 0.0), 50.0, 10.0, False, 0.0),  # a plan of one stage stays
        (Running("main", "rear", 0.0), None, None, True, None),  # the plan goes where nobody tried to go
    ],
)
def test_the_candidate_that_is_like_the_plan(
    running: Running[str], cost: float | None, gain: float | None, differs: bool, second: float | None
) -> None:
    found = compare(COSTS, running)
    assert (found.advised, found.advised_in_s, found.advised_cost_veh_s) == ("side", 5.0, 40.0)
    assert (found.plan_cost_veh_s, found.gain_veh_s, found.differs) == (cost, gain, differs)
    assert found.second_veh_s == second


def test_staying_where_going_is_best_costs_the_difference() -> None:
    costs = (("main", 0.0, 50.0), ("side", 0.0, 40.0), ("side", 1.0, 43.0))
    assert compare(costs, Running("main", "side", 9.0)).second_veh_s == pytest.approx(3.0)


@pytest.mark.parametrize("costs", [(), (("main", 0.0, math.nan),), (("main", math.inf, 1.0),)])
def test_costs_that_are_none(costs: Any) -> None:
    with pytest.raises(InvalidInputError):
        compare(costs, Running("main", "side", 0.0))


CANDIDATES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1.0, 3.0, 9.0]), st.floats(0, 1e6)), min_size=1, max_size=12
)


@given(CANDIDATES, st.integers(0, 3), st.integers(0, 3), st.floats(0, 60))
def test_no_plan_is_cheaper_than_the_cheapest(costs: Any, stage: int, following: int, in_s: float) -> None:
    found = compare(costs, Running(stage, following, in_s))
    assert found.advised_cost_veh_s == min(cost for _, _, cost in costs)
    assert found.gain_veh_s is None or found.gain_veh_s >= 0
    assert found.second_veh_s is None or found.second_veh_s >= 0
