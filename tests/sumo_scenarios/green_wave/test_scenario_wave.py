"""Green waves of scenarios: plans that sites keep, with bands that lamps of the kernel show."""

import math
from functools import lru_cache
from itertools import pairwise

import pytest

from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import MAXBAND, MULTIBAND, WaveRules
from optimiser.network_plan import Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.engine.acceptance import check_plan
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios import catalogue
from sumo_scenarios.demand_model import demand_model
from sumo_scenarios.first_plan import plan_of, planner_of
from sumo_scenarios.green_wave.driven_speed import platoon_factor
from sumo_scenarios.green_wave.planning import Asked, ScenarioPlan, joined, plan_scenario, times_of
from sumo_scenarios.green_wave.scenario_wave import WaveWishes
from sumo_scenarios.green_wave.streets import FoundStreet, find_streets
from sumo_scenarios.measures.approaches import find_approaches
from sumo_scenarios.measures.arterials import straight_streets
from sumo_scenarios.measures.corridor import StopLine
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World, build_world
from tests.oracles import green_band
from tests.sumo_scenarios.green_wave.test_windows import shown_by_kernel

pytestmark = pytest.mark.sumo
QUICK = Effort(20.0, 2e-3)


@lru_cache
def world(name: str) -> World:
    return build_world(catalogue.resolve(name), PUBLISHED, None, None)


@lru_cache
def base(name: str, cycle_s: int) -> Plan:
    model = demand_model(world(name), count_volumes(world(name).config, world(name).net, times_of(world(name))))
    timings = planner_of(model).plan(cycle_s)
    assert timings is not None
    return plan_of("base", model, timings)


def planned(name: str, asked: Asked, plan: Plan | None) -> ScenarioPlan:
    return plan_scenario(world(name), times_of(world(name)), asked, plan, QUICK, lambda _text: None)


def refereed_s(name: str, plan: Plan, lines: tuple[StopLine, ...], factor: float, held_s: float = 0.0) -> float:
    """Let the kernel show the plan, and drive along its lamps; queues need `held_s` at each but the first one. [s]"""
    sites = {unit.site.signal_id: unit.site for unit in world(name).units}
    stops, cycle_s = [], 0.0
    for line in lines:
        site, own = sites[line.signal], plan.of(line.signal)
        assert own is not None
        group = next(g for g, each in enumerate(site.groups) if line.link in each.links)
        names = [stage.name for stage in site.stages]
        timing = Timing(tuple(names.index(s) for s in own.stages), tuple(s // 10 for s in own.splits_ds))
        cycle_s = float(timing.cycle_s)
        tenths = shown_by_kernel(Kernel(site), timing, group)
        stops.append([((t + own.offset_ds) / 10, (t + own.offset_ds + 1) / 10) for t in sorted(tenths)])
    travel = [(b.free_s - a.free_s) / factor for a, b in pairwise(lines)]
    held = [held_s] * len(lines)
    return float(green_band.band_width(stops, travel, held, cycle_s, strict=held_s > 0, step=0.1))


@pytest.mark.parametrize(("free", "held_s"), [(False, 0.0), (True, 0.0), (False, 3.0)])
def test_lamps_show_the_bands_that_are_reported(free: bool, held_s: float) -> None:
    name, plan = "cologne3", base("cologne3", 60)
    found = planned(name, Asked(WaveRules(MAXBAND), WaveWishes(free, clearance_s=held_s)), plan)
    check_plan(found.plan, tuple(unit.site for unit in world(name).units))
    (part,) = found.parts
    signals = frozenset(s.signal_id for s in plan.signals)
    (street,) = find_streets(world(name), signals, every=False)
    factor = platoon_factor(world(name).config.routes)
    for lines, widths, before in zip(street.courses, part.plan.timing.widths, part.before, strict=True):
        assert refereed_s(name, found.plan, lines, factor, held_s) == pytest.approx(widths.through_s, abs=0.21)
        assert refereed_s(name, plan, lines, factor, held_s) == pytest.approx(before.through_s, abs=0.21)
    assert sum(w.through_s for w in part.plan.timing.widths) >= sum(w.through_s for w in part.before) - 1.0
    assert part.plan.wave.proof.gap <= 2e-3


def test_queues_are_counted_from_those_who_turn_in() -> None:
    found = planned("ingolstadt7", Asked(WaveRules(), WaveWishes(clearance_s=None)), base("ingolstadt7", 60))
    counted = [stop.clearance.seconds for part in found.parts for stop in part.wave.network.stops]
    assert any(0.0 < queue_s < 15.0 for queue_s in counted)
    for part in found.parts:
        assert all(course.stops[0].clearance.seconds == 0.0 for course in part.wave.network.courses)


def test_signals_beside_the_street_keep_their_plan() -> None:
    plan = base("ingolstadt7", 60)
    found = planned("ingolstadt7", Asked(WaveRules(MULTIBAND), WaveWishes(any_ratio=True)), plan)
    on = {signal.name for part in found.parts for signal in part.wave.network.signals}
    assert 1 < len(on) < len(plan.signals)
    for before in plan.signals:
        after = found.plan.of(before.signal_id)
        assert after is not None
        assert (after.stages, after.splits_ds, after.cycle_ds) == (before.stages, before.splits_ds, before.cycle_ds)
        if before.signal_id not in on:
            assert after == before
    assert math.isfinite(found.delay_s) and math.isfinite(found.delay_before_s)


def test_every_street_of_a_town_gets_its_wave() -> None:
    plan = base("ingolstadt7", 60)
    found = planned(
        "ingolstadt7", Asked(WaveRules(), WaveWishes(any_ratio=True), every=True, speed_mps=(11.0, 14.0)), plan
    )
    on = {signal.name for part in found.parts for signal in part.wave.network.signals}
    main = planned("ingolstadt7", Asked(WaveRules(), WaveWishes(any_ratio=True)), plan)
    assert on >= {signal.name for part in main.parts for signal in part.wave.network.signals}
    for part in found.parts:
        for course in part.wave.network.courses:
            assert all(link.slowest_mps == 11.0 and link.fastest_mps == 14.0 for link in course.links)


def test_a_chain_is_a_direction_of_one_street_only() -> None:
    net = world("grid4x4").net
    streets = straight_streets(net, find_approaches(net))
    assert [len(pair) for pair in streets] == [2] * 8
    chains = [part.chain for pair in streets for part in pair]
    assert len(set(chains)) == len(chains)
    for forth, back in streets:
        assert forth.signals == back.signals[::-1]


def test_streets_that_share_signals_are_planned_together() -> None:
    def street(*signals: str) -> FoundStreet:
        return FoundStreet("-".join(signals), (tuple(StopLine("forth", s, s, 0, 0.0, 0.0) for s in signals),))

    found = joined([street("a", "b"), street("c", "d"), street("b", "e"), street("e", "c"), street("x", "y")])
    assert sorted(sorted(s.name for s in group) for group in found) == [["a-b", "b-e", "c-d", "e-c"], ["x-y"]]


def test_what_does_not_fit_is_one_line() -> None:
    plan = base("cologne3", 60)
    with pytest.raises(InvalidInputError, match="has another cycle"):
        planned("cologne3", Asked(WaveRules(), WaveWishes(), cycle_s=(70.0, 80.0)), plan)
    with pytest.raises(InvalidInputError, match="no street on which two signals"):
        planned("cologne1", Asked(WaveRules(), WaveWishes()), base("cologne1", 60))
    with pytest.raises(InvalidInputError, match="is not in this network"):
        planned("cologne1", Asked(WaveRules(), WaveWishes()), plan)
