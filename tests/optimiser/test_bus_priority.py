"""The decision with buses beside the one without: nothing changes where there is no bus, and both are told where one is."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.buses.joining import ComingBus, with_buses
from optimiser.bus_extension import BusCall, BusExtensionController
from optimiser.bus_priority import Coming, PriorityController, Reach
from optimiser.controller import Decision, Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.view import JunctionView
from tests.optimiser.slow_rollout import Town
from tests.optimiser.towns import layout_of, random_town, tables_of, view_of
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads


def rollout(town: Town) -> RolloutController:
    return RolloutController(layout_of(town), tables_of(town), RolloutSettings(draws=2))


def weighing(town: Town, coming: Coming) -> PriorityController:
    return PriorityController(rollout(town), rollout(town), coming, layout_of(town), tables_of(town))


def a_bus(town: Town, cars: float = 500.0) -> ComingBus:
    """Return a bus that is about to be at the stop line of the first lane with vehicles."""
    lane = next(k for k, vehicles in enumerate(town.lanes) if vehicles)
    movement = next(i for i, move in enumerate(town.moves) if move.lane == lane and move.group is not None)
    return ComingBus(99, ((lane, movement, 1.0),), (1.0, 2.0), 400.0, 10.0, cars)


def towns(n: int) -> list[tuple[int, Town]]:
    found = ((seed, random_town(seed)) for seed in range(6 * n))
    fit = [(seed, town) for seed, town in found if any(town.lanes)]
    with_lamps = [(seed, town) for seed, town in fit if all(move.group is not None for move in town.moves)]
    return with_lamps[:n]


def test_without_a_bus_it_is_the_controller_without_priority() -> None:
    for seed, town in towns(5):
        own, plain = weighing(town, lambda _: ()), rollout(town)
        for second in range(4):
            situation = Situation(float(second), seed % len(town.rights), tuple(sorted(town.allowed)), 10.0 + second)
            view = view_of(town, known=False, presence=0.9)
            assert own.decide(view, situation) == plain.decide(view, situation), seed


def test_a_bus_changes_the_wish_and_both_wishes_are_told() -> None:
    weighed = changed = 0
    for seed, town in towns(12):
        bus = a_bus(town)
        own = weighing(town, lambda _, bus=bus: (bus,))
        situation = Situation(0.0, seed % len(town.rights), tuple(sorted(town.allowed)), 10.0)
        view = view_of(town)
        found, without = own.decide(view, situation), rollout(town).decide(view, situation)
        if found.plain is None:
            assert found == without, seed
            continue
        assert found.plain == without.stage, seed
        assert found.stage == rollout(town).decide(with_buses(view, [bus]), situation).stage, seed
        weighed, changed = weighed + 1, changed + (found.stage != found.plain)
    assert weighed >= 6
    assert changed >= 2


def test_what_was_put_off_for_one_bus_does_not_push_the_next() -> None:
    """Asked after a pause it decides as if it had never been asked."""
    _, town = towns(1)[0]
    own, fresh = (weighing(town, lambda _: (a_bus(town, 30.0),)) for _ in range(2))
    stages = tuple(sorted(town.allowed))
    own.decide(view_of(town), Situation(0.0, 0, stages, 10.0))
    later = Situation(600.0, 0, stages, 610.0)
    assert own.decide(view_of(town), later).stage == fresh.decide(view_of(town), later).stage


def test_priority_begins_when_what_it_may_do_can_reach_the_bus() -> None:
    """With green at most the extension before; without, no earlier than change, minimum and extension last."""
    for _, town in towns(8):
        tables, layout = tables_of(town), layout_of(town)
        bus, reach = a_bus(town), Reach(layout, tables)
        group = layout.movements[bus.lanes[0][1]].group
        for stage in range(len(town.rights)):
            green = [s for s in range(len(town.rights)) if tables.right[s, group] >= 2]
            soonest_s = min((tables.settled_s[stage, s] + tables.min_green_s[s] for s in green), default=-11.0) + 10.0
            limit_s = 10.0 if stage in green else soonest_s
            for off_s, helped in ((-0.1, True), (0.1, False)):
                coming = replace(bus, times_s=(limit_s + off_s,))
                assert reach.helps(coming, stage, view_of(town)) is bool(helped and limit_s > 0), (stage, limit_s)
                queued = replace(view_of(town), standing=np.full(len(town.lanes), 5.0))
                longer = limit_s > 0.0 and stage not in green
                assert reach.helps(coming, stage, queued) is bool((helped and limit_s > 0) or longer)


SITE = crossroads()
PLAN = SignalPlan(
    SITE.signal_id, "0" * 64, 900, 0, tuple(SITE.stages[s].name for s in (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)),
    (400, 200, 300),
)  # fmt: skip
GREENS = [frozenset(g for g, r in enumerate(s.rights) if r.is_green) for s in SITE.stages]
MAIN_ONLY = min(GREENS[MAIN_STAGE] - GREENS[LEFT_STAGE] - GREENS[SIDE_STAGE])
SIDE_ONLY = min(GREENS[SIDE_STAGE] - GREENS[MAIN_STAGE] - GREENS[LEFT_STAGE])


def asked(calls: list[BusCall], now_s: float, stage: int, controller: BusExtensionController | None = None) -> Decision:
    controller = controller or BusExtensionController(PLAN, SITE, lambda _: calls)
    return controller.decide(EMPTY, Situation(now_s, stage, (0, 1, 2), 10.0))


EMPTY = JunctionView(*(np.zeros(0),) * 12)  # type: ignore[arg-type]


@pytest.mark.parametrize(("arrives_s", "kept"), [(0.0, True), (10.0, True), (10.1, False)])
def test_the_rule_extends_a_green_for_a_bus_that_comes_in_time(arrives_s: float, kept: bool) -> None:
    found = asked([BusCall(frozenset({MAIN_ONLY}), arrives_s)], 41.0, MAIN_STAGE)
    assert (found.stage, found.plain) == (MAIN_STAGE if kept else LEFT_STAGE, LEFT_STAGE)


def test_the_rule_extends_nothing_for_a_bus_that_has_green_next() -> None:
    assert asked([BusCall(frozenset({SIDE_ONLY}), 3.0)], 41.0, MAIN_STAGE).stage == LEFT_STAGE


def test_the_rule_begins_the_next_stage_early_and_stays_in_it_until_the_plan_is_there() -> None:
    calls = [BusCall(frozenset({SIDE_ONLY}), 20.0)]
    controller = BusExtensionController(PLAN, SITE, lambda _: calls)
    early = asked(calls, 45.0, LEFT_STAGE, controller)
    assert (early.stage, early.plain) == (SIDE_STAGE, LEFT_STAGE)
    calls.clear()
    assert asked(calls, 55.0, SIDE_STAGE, controller).stage == SIDE_STAGE  # the plan still says left
    assert asked(calls, 65.0, SIDE_STAGE, controller).stage == SIDE_STAGE
    assert asked(calls, 91.0, SIDE_STAGE, controller).stage == MAIN_STAGE


def test_the_rule_without_a_bus_is_the_plan() -> None:
    for second in range(0, 180, 7):
        found = asked([], float(second), MAIN_STAGE)
        assert (found.stage, found.plain) == (BusExtensionController(PLAN, SITE, lambda _: ()).due(10 * second), None)
