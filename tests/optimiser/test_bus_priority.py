"""The decision with buses beside the one without: nothing changes where there is no bus, and both are told where one is."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.buses.joining import ComingBus, with_buses
from optimiser.bus_extension import BusCall, BusExtensionController
from optimiser.bus_priority import Coming, PriorityController, Reach, added_change_s, worth_it
from optimiser.controller import Decision, Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.view import JunctionView
from tests.optimiser.slow_rollout import NO_RIGHT, PROTECTED, Change, Move, Town
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
    for seed, town in towns(90):
        bus = a_bus(town)
        own = weighing(town, lambda _, bus=bus: (bus,))
        situation = Situation(0.0, seed % len(town.rights), tuple(sorted(town.allowed)), 10.0)
        view = view_of(town)
        found, without = own.decide(view, situation), rollout(town).decide(view, situation)
        if found.plain is None:
            assert found == without, seed
            continue
        assert found.plain == without.stage, seed
        assert found.stage in {rollout(town).decide(with_buses(view, [bus]), situation).stage, found.plain}, seed
        weighed, changed = weighed + 1, changed + (found.stage != found.plain)
    assert weighed >= 6
    assert changed >= 1


def test_what_was_put_off_for_one_bus_does_not_push_the_next() -> None:
    """Asked after a pause it decides as if it had never been asked."""
    _, town = towns(1)[0]
    own, fresh = (weighing(town, lambda _: (a_bus(town, 30.0),)) for _ in range(2))
    stages = tuple(sorted(town.allowed))
    own.decide(view_of(town), Situation(0.0, 0, stages, 10.0))
    later = Situation(600.0, 0, stages, 610.0)
    assert own.decide(view_of(town), later).stage == fresh.decide(view_of(town), later).stage


def three_roads() -> Town:
    """Return a junction of three roads with a lane and a stage each; two vehicles stand on each of the first two."""
    rights = [[PROTECTED if group == stage else NO_RIGHT for group in range(3)] for stage in range(3)]
    changes = {
        (a, b): Change([3.0 if g == a != b else np.inf for g in range(3)], [6.0 * (g == b != a) for g in range(3)], 6.0)
        for a in range(3)
        for b in range(3)
    }
    return Town(
        moves=[Move(k, k, k, [], False) for k in range(3)],
        rights=rights,
        changes=changes | {(k, k): Change([np.inf] * 3, [0.0] * 3, 0.0) for k in range(3)},
        min_green_s=[7.0] * 3,
        allowed={0, 1, 2},
        lanes=[[(0.0, 0)] * 2, [(0.0, 1)] * 2, [(30.0, 2)]],
        stuck=[False] * 3,
        headway_s=[2.0] * 3,
        room_veh=[1e6] * 3,
        permissive_s=[2.4] * 3,
    )


@pytest.mark.parametrize("heavier", [0, 1])
def test_of_two_buses_that_want_different_greens_the_one_that_counts_more_is_served_first(heavier: int) -> None:
    town = three_roads()
    buses = tuple(
        ComingBus(90 + k, ((k, k, 1.0),), (8.0, 9.0), 400.0, 10.0, 60.0 if k == heavier else 20.0) for k in range(2)
    )
    found = weighing(town, lambda _: buses).decide(view_of(town), Situation(0.0, 2, (0, 1, 2), 30.0))
    assert (found.stage, found.plain) == (heavier, 0)


def horizon_s(town: Town, group: int, stage: int) -> float | None:
    """Return how far away a bus may be to be weighed, by what `Reach.helps` promises; None: whatever is done is in vain."""
    tables, every = tables_of(town), range(len(town.rights))
    own, others = [s for s in every if tables.right[s, group] >= 2], [s for s in every if s != stage]
    if not own or not others:
        return None
    lasts = {s: tables.settled_s[stage, s] + tables.min_green_s[s] for s in every}
    again_s = max(lasts[x] + tables.settled_s[x, s] for x in others for s in own)
    if stage not in own:
        return float(max(min(lasts[s] for s in own) + 10.0, again_s))
    ends = [float(tables.end_s[stage, x, group]) for x in others]
    return float(max(max((e for e in ends if e < np.inf), default=0.0) + 10.0, again_s))


def test_a_bus_is_weighed_until_what_is_chosen_has_had_its_time() -> None:
    checked = 0
    for _, town in towns(8):
        bus, reach = a_bus(town), Reach(layout_of(town), tables_of(town))
        group = layout_of(town).movements[bus.lanes[0][1]].group
        for stage in range(len(town.rights)):
            limit_s = horizon_s(town, group, stage)
            for off_s, helped in ((-0.1, True), (0.1, False)):
                coming = replace(bus, times_s=((limit_s or 0.0) + off_s,))
                assert reach.helps(coming, stage, view_of(town)) is (helped and limit_s is not None), (stage, limit_s)
                queued = replace(view_of(town), standing=np.full(len(town.lanes), 5.0))
                assert reach.helps(coming, stage, queued) is (limit_s is not None)
                checked += limit_s is not None
    assert checked > 20


LIT, NEXT, OTHER, SOON = range(4)
LATER = ((LIT, 0.0, 900.0), (SOON, 0.0, 40.0), (SOON, 1.0, 45.0), (SOON, 4.0, 60.0), (SOON, 5.0, 100.0))
WAYS = ((LIT, 0.0, 900.0), (NEXT, 0.0, 400.0), (OTHER, 0.0, 300.0), (NEXT, 5.0, 100.0), (OTHER, 9.0, 50.0))


@pytest.mark.parametrize(
    ("found", "plain", "left_s", "least", "chosen"),
    [
        (LIT, NEXT, 10.0, 100.0, LIT),  # a change in 9 s is the cheapest
        (LIT, NEXT, 6.0, 100.0, LIT),  # one in 5 s as well
        (LIT, NEXT, 4.0, 100.0, OTHER),  # too late for both: what follows is the cheapest that begins now
        (LIT, NEXT, 4.0, 101.0, NEXT),  # which gains too little
        (LIT, NEXT, 6.0, 301.0, NEXT),
        (OTHER, LIT, 10.0, 0.0, LIT),  # to keep it and change later is cheaper anyway
        (SOON, LIT, 10.0, 5.0, SOON),
        (SOON, LIT, 10.0, 6.0, LIT),  # a second later is as good
        (OTHER, NEXT, 0.0, 100.0, OTHER),
    ],
)
def test_what_a_bus_gains_has_to_be_worth_it(found: int, plain: int, left_s: float, least: float, chosen: int) -> None:
    decision = Decision(found, LATER if found == SOON else WAYS, "test")
    assert worth_it(decision, plain, LIT, left_s, least).stage == chosen


def test_a_change_that_is_put_in_is_told_by_what_it_adds() -> None:
    settled_s = np.array([[0.0, 10.0, 20.0], [11.0, 0.0, 5.0], [22.0, 6.0, 0.0]])
    assert added_change_s(settled_s, 0, 0, 1) == 10.0
    assert added_change_s(settled_s, 0, 2, 1) == 10.0 + 5.0 - 20.0
    assert added_change_s(settled_s, 2, 0, 1) == 6.0 + 11.0 - 22.0


@pytest.mark.parametrize(("change_s", "early"), [(6.0, True), (600.0, False)])
def test_a_stage_begins_early_only_for_more_than_the_change_it_puts_in(change_s: float, early: bool) -> None:
    town = three_roads()
    bus = ComingBus(90, ((1, 1, 1.0),), (8.0, 9.0), 400.0, 10.0, 60.0)
    own = weighing(town, lambda _: (bus,))
    own._settled_s = np.where(np.eye(3, dtype=np.bool_), 0.0, change_s)
    found = own.decide(view_of(town), Situation(0.0, 2, (0, 1, 2), 30.0))
    assert (found.stage, found.plain) == (1 if early else 0, 0)


def test_a_stage_is_kept_for_no_change_that_comes_too_late() -> None:
    """Whatever is weighed, a stage that would be left without buses is kept for 10 s at most, and asked anew each time."""
    kept = 0
    for seed, town in towns(30):
        stages = tuple(sorted(town.allowed))
        bus = replace(a_bus(town, 30.0), times_s=(7.0, 8.0))
        own = weighing(town, lambda _, bus=bus: (bus,))
        lit = stages[seed % len(stages)]
        found = [own.decide(view_of(town), Situation(float(s), lit, stages, float(s))) for s in range(1, 40)]
        run = sum(each.plain is not None and each.stage == lit != each.plain for each in found)
        assert run <= 11
        kept += run > 0
    assert kept > 0


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
