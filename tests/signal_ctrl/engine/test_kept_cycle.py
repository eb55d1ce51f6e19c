"""One cycle of a plan as it is lit: by hand, and against an engine that keeps the plan by the clock."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.kept_cycle import Lit, kept_cycle
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.engine.test_acceptance import KERNEL, PLAN, SITE, lamps


def by_tenth(lit: tuple[Lit, ...]) -> list[str]:
    return [each.lamps for each in lit for _ in range(each.length_ds)]


def test_the_times_are_those_worked_out_by_hand() -> None:
    """As in the test of acceptance: main 5.0 to 27.5 s of the cycle, left 5.5 to 35, side 39 to 50, walkers 6 to 20."""
    shown = by_tenth(kept_cycle(KERNEL, PLAN))
    greens = [[t for t in range(500) if shown[t][k] in "Gg"] for k in range(4)]
    assert [(green[0], green[-1] + 1) for green in greens] == [(50, 275), (390, 500), (55, 350), (60, 200)]
    assert all(len(green) == green[-1] + 1 - green[0] for green in greens)
    assert [each.turn for each in kept_cycle(KERNEL, PLAN)] == sorted(each.turn for each in kept_cycle(KERNEL, PLAN))


@settings(max_examples=25, deadline=None)
@given(st.tuples(st.integers(18, 22), st.integers(14, 17), st.integers(14, 17)), st.integers(0, 29), st.integers(0, 2))
def test_it_is_what_an_engine_shows_that_keeps_the_plan(splits_s: tuple[int, ...], offset_s: int, turn: int) -> None:
    order = [(name, 10 * split_s) for name, split_s in zip(("main", "left", "side"), splits_s, strict=True)]
    names, splits_ds = zip(*order[turn:], *order[:turn], strict=True)
    plan = SignalPlan("crossroads", site_hash(SITE), sum(splits_ds), 10 * offset_s, names, splits_ds)
    assume(refusals(plan, KERNEL) == ())
    shown = lamps(plan, 4 * plan.cycle_ds)
    cycle = by_tenth(kept_cycle(KERNEL, plan))
    for at_ds in range(3 * plan.cycle_ds, 4 * plan.cycle_ds):
        assert shown[at_ds - 1] == cycle[(at_ds - plan.offset_ds) % plan.cycle_ds], at_ds


def test_a_plan_of_one_stage_shows_it_for_good() -> None:
    site = replace(SITE, stages=SITE.stages[:1])
    plan = replace(PLAN, site=site_hash(site), stages=("main",), splits_ds=(500,))
    assert [(each.length_ds, each.lamps) for each in kept_cycle(Kernel(site), plan)] == [(500, "GrgG")]


def test_where_no_two_cycles_are_alike_there_is_no_cycle() -> None:
    """The left turn and the side road call and have no turn: K4 serves them whenever it has to."""
    with pytest.raises(InvalidInputError, match="not the same in every cycle"):
        kept_cycle(KERNEL, replace(PLAN, stages=("main",), splits_ds=(500,)))


def test_what_the_kernel_cannot_keep_is_an_error_and_no_cycle() -> None:
    with pytest.raises(InvalidInputError):
        kept_cycle(KERNEL, replace(PLAN, stages=("main", "nowhere", "side")))
