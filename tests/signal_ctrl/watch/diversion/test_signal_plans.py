"""Plans of the signals of a diversion: more green for who comes, a wave where it pays, nothing that a site cannot keep."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.watch.diversion.guidance import SignalMovement, SignalMovements
from signal_ctrl.watch.diversion.signal_plans import (
    RouteSignal,
    is_worth,
    route_signal,
    turn_capacities,
    with_splits,
    with_wave,
)
from tests.signal_ctrl.centre.worlds import signal_plan, site
from tests.signal_ctrl.watch.diversion.small_town import guidance, town

FLOWS = {("a", "b"): 500.0, ("a", "up"): 100.0, ("b", "c"): 500.0, ("down", "c"): 50.0}
WAY = ("a", "up", "over", "down", "c")


@pytest.fixture(scope="module")
def signals() -> tuple[RouteSignal, ...]:
    own = guidance().by_signal
    return tuple(route_signal(Kernel(site(name)), own[name], signal_plan(name)) for name in ("c0", "c1"))


def test_capacity_is_saturation_flow_by_the_share_of_green(signals: tuple[RouteSignal, ...]) -> None:
    found = turn_capacities(signals[1], signals[1].plan, FLOWS)
    main_share = found["b", "c"] / (2 * 1800.0)
    assert 0.25 < main_share < 0.40  # a split of 30 s in a cycle of 80 s, less what the change takes
    assert 0.25 < found["down", "c"] / 1800.0 < 0.40


@given(st.floats(0, 900), st.floats(0, 900), st.floats(0, 900), st.floats(0, 900))
@settings(max_examples=12, deadline=None)
def test_whatever_comes_the_plan_is_one_that_the_site_keeps(on: float, off: float, main: float, side: float) -> None:
    own = guidance().by_signal
    flows = {("a", "b"): on, ("a", "up"): off, ("b", "c"): main, ("down", "c"): side}
    for name in ("c0", "c1"):
        signal = route_signal(Kernel(site(name)), own[name], signal_plan(name))
        plan = with_splits(signal, flows)
        assert refusals(plan, signal.kernel) == ()
        assert (plan.cycle_ds, plan.offset_ds, plan.stages) == (800, 0, signal.plan.stages)


def test_green_goes_where_the_diverted_go(signals: tuple[RouteSignal, ...]) -> None:
    diverted = FLOWS | {("a", "b"): 0.0, ("a", "up"): 600.0}
    before, after = (turn_capacities(signals[0], with_splits(signals[0], f), f) for f in (FLOWS, diverted))
    assert after["a", "up"] > 1.3 * before["a", "up"]


def test_a_gate_gets_less_green_than_it_would(signals: tuple[RouteSignal, ...]) -> None:
    flows = FLOWS | {("down", "c"): 500.0}
    free, held = with_splits(signals[1], flows), with_splits(signals[1], flows, {"down": 100.0})
    at = free.stages.index("side")
    assert held.splits_ds[at] < free.splits_ds[at]


def test_small_changes_are_not_worth_a_plan(signals: tuple[RouteSignal, ...]) -> None:
    assert not is_worth(signals[0], FLOWS, FLOWS | {("a", "b"): 540.0})
    assert not is_worth(signals[0], FLOWS, FLOWS | {("a", "up"): 125.0})
    assert is_worth(signals[0], FLOWS, FLOWS | {("a", "up"): 135.0})
    assert not is_worth(signals[0], FLOWS, FLOWS | {("b", "c"): 0.0})


def test_a_wave_brings_the_platoon_to_the_next_signal_in_its_green(signals: tuple[RouteSignal, ...]) -> None:
    """From the begin of green at c0 to that at c1 lies the drive over three roads, at 0.7 to 1 of the free speed."""
    plans = {s.signal_id: replace(s.plan, offset_ds=170 if s.signal_id == "c0" else 0) for s in signals}
    found = plans | with_wave(town(), signals, plans, WAY)
    assert found["c0"] == plans["c0"]
    begins_s = []
    for name, stage in (("c0", "left"), ("c1", "side")):
        plan = found[name]
        begins_s.append((plan.offset_ds + plan.starts_ds[plan.stages.index(stage)]) / 10)
    apart_s = (begins_s[1] - begins_s[0]) % 80
    fast_s, slow_s = 1200 / 10.0, 1200 / 7.0
    width_s = 20.0  # the greens of both are longer than that
    reached = [(apart_s + 80 * k) for k in range(4)]
    assert any(fast_s - width_s <= at <= slow_s + width_s for at in reached)
    assert found["c1"].splits_ds == plans["c1"].splits_ds


def test_no_wave_for_one_signal_or_two_cycles(signals: tuple[RouteSignal, ...]) -> None:
    plans = {s.signal_id: s.plan for s in signals}
    assert with_wave(town(), signals, plans, ("a", "up")) == {}
    other = replace(signals[1].plan, cycle_ds=900, splits_ds=(300, 300, 300))
    assert with_wave(town(), signals, plans | {"c1": other}, WAY) == {}


def test_movements_of_groups_that_the_site_has_not_are_refused() -> None:
    wrong = SignalMovements("c0", (SignalMovement("tram", "a", 0, "b"),))
    with pytest.raises(InvalidInputError, match="no group tram"):
        route_signal(Kernel(site("c0")), wrong, signal_plan("c0"))
