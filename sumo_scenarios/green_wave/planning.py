"""From a scenario and a wish to a plan with a green wave, and what it is worth beside the plan that it starts from."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import WaveRules
from optimiser.green_wave.network import WaveNetwork
from optimiser.green_wave.planning import WavePlan, plan_wave, plan_wave_if_any
from optimiser.green_wave.whole_seconds import exact
from optimiser.green_wave.widths import CourseWidths, measure
from optimiser.network_plan import NetworkPlanner, PlannedSignal, Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.demand_model import DemandModel, demand_model
from sumo_scenarios.first_plan import best_timings, plan_of, planner_of
from sumo_scenarios.green_wave.arterial_splits import arterial_first
from sumo_scenarios.green_wave.driven_speed import platoon_factor
from sumo_scenarios.green_wave.scenario_wave import (
    ScenarioWave,
    WaveWishes,
    coordinated,
    scenario_wave,
    shown,
    timing_of,
)
from sumo_scenarios.green_wave.streets import Driving, FoundStreet, find_streets
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World

CYCLE_STEP_S: Final = 5
DEAR: Final = 1.1
"""A cycle whose plan has more than this factor of the least delay is not taken, however wide its bands."""
_SPLITS: Final = 0.25
"""Share of the time for splits, and offsets beside the streets, where no plan is given; signals' own come first."""
_TOGETHER: Final = 0.3
"""Share of the time for a wave on all streets of a town together, which may not exist."""
ORDER_COST: Final = 1e-4
"""What leaving the plan's order of stages costs at a signal, so that no order changes for nothing. [cycles]"""
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for a scenario. `cycle_s`, shortest and longest cycle to try, None: the base plan's [s];
    `speed_mps`, bounds of the platoons' speed, None: 85 % of what drivers want; `every`: all streets, not just the
    arterial; `saturation`: the streets get all green that keeps no other movement below that degree, None: splits stay.
    """

    rules: WaveRules
    wishes: WaveWishes
    every: bool = False
    cycle_s: tuple[float, float] | None = None
    speed_mps: tuple[float, float] | None = None
    power: float = 1.0
    saturation: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedStreets:
    """Streets that hang together: their wave, and the widths that the base plan has on them."""

    wave: ScenarioWave
    plan: WavePlan
    before: tuple[CourseWidths, ...]


@dataclass(frozen=True, slots=True)
class ScenarioPlan:
    """The plan, its streets, and the mean delay in the link model with the base plan and with this one. [s/veh]"""

    plan: Plan
    parts: tuple[PlannedStreets, ...]
    delay_before_s: float
    delay_s: float


def plan_scenario(
    world: World, times_s: tuple[float, float], asked: Asked, base: Plan | None, effort: Effort, tell: Told
) -> ScenarioPlan:
    """Return a plan with a green wave on the streets of a scenario; the other signals keep the base plan.

    Args: base, the plan whose splits are kept, None: one computed from the demand counted between two times [s].
    Raises: InvalidInputError if there is no street, no wave or no cycle, or the base plan does not fit.
    """
    sites = tuple(unit.site for unit in world.units)
    if base is not None:
        check_plan(base, sites)
    tell("counting the demand")
    volumes = count_volumes(world.config, world.net, times_s)
    model = demand_model(world, volumes, () if base is None else (base,))
    planner = planner_of(model)
    signals = frozenset(signal.site.signal_id for signal in model.signals)
    found = find_streets(world, signals, asked.every)
    factor = platoon_factor((*world.config.additional, *world.config.routes))
    driving = Driving(factor, asked.speed_mps, volumes, asked.power)
    planned = []
    effort = effort.begun()
    bases = _bases(world, model, planner, asked, base, effort.part(_SPLITS), tell)
    for index, timings in enumerate(bases):
        tell(f"planning the wave, cycle {timings[0].cycle_s} s")
        given = timings
        if asked.saturation is not None:
            given = arterial_first(model, timings, found, asked.saturation, planner.keeps)
        share = effort.part(1.0 / (len(bases) - index))
        planned.append(_planned(world, model, planner, given, found, driving, asked, share))
    best = _best(planned)
    check_plan(best.plan, sites)
    return best


def times_of(world: World) -> tuple[float, float]:
    """Return the time of a scenario, as its configuration says; up to the last departure where it says no end. [s]"""
    begin_s, end_s = world.config.begin_s, world.config.end_s
    return begin_s or 0.0, math.inf if end_s is None else end_s


def _bases(
    world: World,
    model: DemandModel,
    planner: NetworkPlanner,
    asked: Asked,
    base: Plan | None,
    effort: Effort,
    tell: Told,
) -> list[tuple[Timing, ...]]:
    """Return the timings to start from: the base plan's, or computed ones for the cycles asked for."""
    if base is not None:
        timings = tuple(_timing(signal, base) for signal in model.signals)
        low_s, high_s = asked.cycle_s or (0.0, float("inf"))
        if not all(low_s <= timing.cycle_s <= high_s for timing in timings):
            raise InvalidInputError(f"plan {base.name} has another cycle; leave out --cycle or give no --plan")
        return [timings]
    tell("computing splits")
    found = _computed(model, planner, asked.cycle_s, effort)
    if effort.is_over:
        tell("splits and offsets to start from are not refined any further, to leave time for the wave (--time-limit)")
    if found:
        return found
    if asked.cycle_s is None:
        raise InvalidInputError(f"no common cycle serves every signal of {world.scenario.name}; give a plan (--plan)")
    tried = "-".join(f"{each_s:g}" for each_s in sorted(set(asked.cycle_s)))
    raise InvalidInputError(f"no cycle of {tried} s serves every signal of {world.scenario.name}; give another one")


def _computed(
    model: DemandModel, planner: NetworkPlanner, span_s: tuple[float, float] | None, effort: Effort
) -> list[tuple[Timing, ...]]:
    """Return computed timings, for the best cycle or for each of a span that fits every signal. [s]"""

    def may_go_on() -> bool:
        return not effort.is_over

    if span_s is None:
        found = [best_timings(model, planner, may_go_on)]
    else:
        found = [planner.plan(cycle_s, may_go_on) for cycle_s in _cycles_s(span_s)]
    return [timings for timings in found if timings is not None]


def _cycles_s(span_s: tuple[float, float]) -> list[int]:
    """Return whole cycles to try: both ends and multiples of 5 s between. [s]

    >>> _cycles_s((72, 85)), _cycles_s((90, 90))
    ([72, 75, 80, 85], [90])
    """
    low_s, high_s = (round(each) for each in span_s)
    return sorted({low_s, high_s, *(c for c in range(low_s, high_s + 1) if c % CYCLE_STEP_S == 0)})


def _timing(signal: PlannedSignal, base: Plan) -> Timing:
    own = base.of(signal.site.signal_id)
    if own is None:
        raise InvalidInputError(f"plan {base.name}: signal {signal.site.signal_id} has no plan")
    return timing_of(signal, own)


def _planned(
    world: World,
    model: DemandModel,
    planner: NetworkPlanner,
    timings: tuple[Timing, ...],
    found: Sequence[FoundStreet],
    driving: Driving,
    asked: Asked,
    effort: Effort,
) -> ScenarioPlan:
    parts = []
    now = timings
    groups = joined(found)
    for index, streets in enumerate(groups):
        wave = scenario_wave(world, model, now, streets, driving, asked.wishes, planner.keeps)
        plan = _wave(wave.network, asked, effort.part(1.0 / (len(groups) - index)))
        before = measure(wave.network, asked.rules, shown(wave, now), plan.timing.wave.courses)
        now = coordinated(wave, plan.timing, now)
        parts.append(PlannedStreets(wave, plan, tuple(before)))
    name = f"{world.scenario.name}, green wave, cycle {timings[0].cycle_s} s"
    delays_s = [_delay_s(planner, each) for each in (timings, now)]
    return ScenarioPlan(plan_of(name, model, now), tuple(parts), *delays_s)


def _wave(network: WaveNetwork, asked: Asked, effort: Effort) -> WavePlan:
    """Return the wave; where all streets of a town cannot have one together, some go without."""
    if not asked.every:
        return plan_wave(network, asked.rules, effort, exact)
    together = plan_wave_if_any(network, asked.rules, effort.part(_TOGETHER), exact)
    return together or plan_wave(network, replace(asked.rules, optional=True), effort, exact)


def _delay_s(planner: NetworkPlanner, timings: tuple[Timing, ...]) -> float:
    """Return the delay of the link model, NaN where signals have different cycles. [s/veh]"""
    if len({timing.cycle_s for timing in timings}) > 1:
        return float("nan")
    return planner.delay_s(timings)


def _best(planned: Sequence[ScenarioPlan]) -> ScenarioPlan:
    """Return the plan with the widest bands among those whose base plan has little more than the least delay."""
    least_s = min(plan.delay_before_s for plan in planned)
    near = [plan for plan in planned if not plan.delay_before_s > DEAR * least_s]
    return max(near, key=lambda plan: sum(part.plan.timing.measured for part in plan.parts))


def joined(found: Sequence[FoundStreet]) -> list[list[FoundStreet]]:
    """Return the streets in groups that share signals, each of which can be planned by itself."""
    groups: list[tuple[set[str], list[FoundStreet]]] = []
    for street in found:
        signals = {line.signal for course in street.courses for line in course}
        near = [group for group in groups if group[0] & signals]
        groups = [group for group in groups if not group[0] & signals]
        groups.append((signals.union(*(g[0] for g in near)), [*(s for g in near for s in g[1]), street]))
    return [streets for _, streets in groups]
