"""Trials of transitions: what they tell is what the kernel did."""

import itertools
from dataclasses import replace

import pytest

from optimiser.transition import Method, TransitionSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.transition_trial import Hold, try_transition
from tests.signal_ctrl.engine.test_plan_keeper import KERNEL, ONE, STAGE, TWO
from tests.signal_ctrl.kernel.small_sites import SIDE_STAGE


@pytest.mark.parametrize("method", list(Method))
def test_a_change_is_told_as_the_kernel_made_it(method: Method) -> None:
    found = try_transition(KERNEL, (ONE, TWO), 5000, TransitionSettings(method))
    assert (found.refusals, found.violations) == (0, 0)
    assert 1 <= len(found.adjusted) <= 3
    assert found.in_step_ds == found.adjusted[-1].begin_ds + sum(found.adjusted[-1].splits_ds)
    assert all(a.begin_ds + sum(a.splits_ds) == b.begin_ds for a, b in itertools.pairwise(found.cycles))
    begins = [
        (cycle.begin_ds + sum(cycle.splits_ds[:k]), STAGE[name])
        for cycle in found.cycles
        for k, name in enumerate(cycle.stages)
    ]
    begins = [turn for before, turn in itertools.pairwise([(0, -1), *begins]) if before[1] != turn[1]]
    turns = [turn for turn in found.turns if turn[0] >= found.cycles[1].begin_ds]
    assert turns == [turn for turn in begins if found.cycles[1].begin_ds <= turn[0] <= turns[-1][0]]


def test_the_error_falls_to_nothing_and_stays_there() -> None:
    found = try_transition(KERNEL, (ONE, TWO), 5000, TransitionSettings())
    errors = [cycle.error_ds for cycle in found.cycles if cycle.begin_ds >= found.adjusted[0].begin_ds]
    assert errors[0] != 0
    assert [abs(error) for error in errors] == sorted((abs(error) for error in errors), reverse=True)
    assert errors[-1] == 0


def test_a_hold_is_followed_by_a_way_back() -> None:
    found = try_transition(KERNEL, (ONE, ONE), 5000, TransitionSettings(), Hold(SIDE_STAGE, 450))
    assert (found.refusals, found.violations) == (0, 0)
    assert found.in_step_ds is not None
    assert 5450 <= found.in_step_ds <= 5450 + 3 * 900
    assert any(stage == SIDE_STAGE and 5000 <= at_ds < 5200 for at_ds, stage in found.turns)
    assert not [at_ds for at_ds, stage in found.turns if stage != SIDE_STAGE and 5100 < at_ds < 5450]


def test_two_plans_alike_need_no_transition() -> None:
    found = try_transition(KERNEL, (ONE, replace(ONE, site=ONE.site)), 5000, TransitionSettings())
    assert found.adjusted == ()
    assert found.in_step_ds is not None


def test_half_seconds_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="whole second"):
        try_transition(KERNEL, (ONE, TWO), 5005, TransitionSettings())
