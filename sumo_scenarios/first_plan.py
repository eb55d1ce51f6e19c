"""The plan that `fixed` keeps: the one given, or one computed at once from the counted demand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from optimiser.cycle_split import shortest_cycle_s, stage_cycle, webster_start_s
from optimiser.network_plan import MayGoOn, NetworkPlanner, Timing, always
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.acceptance import check_plan, rehearse
from sumo_scenarios.demand_model import DemandModel, demand_model
from sumo_scenarios.run_timetable import schedule_notices
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World

CYCLE_S: Final = (30, 130)
SATURATION: Final = 0.9
_STEP_S: Final = 10
_FACTORS: Final = (0.75, 0.87, 1.0, 1.15, 1.33)


def with_plan(settings: RunSettings, world: World, times_s: tuple[float, float]) -> tuple[RunSettings, tuple[str, ...]]:
    """Return the settings with a plan that the signals can keep, and what the user has to know of it.

    Raises: InvalidInputError if the given plan cannot be kept, or the demand cannot be counted.
    """
    sites = tuple(unit.site for unit in world.units)
    if settings.schedule is not None:
        for plan in settings.schedule.plans:
            check_plan(plan, sites)
        return settings, schedule_notices(settings, times_s[0])
    if settings.plan is not None:
        check_plan(settings.plan, sites)
        return settings, ()
    notice = (
        "fixed keeps a plan computed from the counted demand, without a search; "
        f"'signal-ctrl bench tune {settings.scenario}' tunes one"
    )
    return replace(settings, plan=first_plan(world, times_s)), (notice,)


def first_plan(world: World, times_s: tuple[float, float]) -> Plan:
    """Return a plan from the demand counted between two times [s]: the best common cycle that the link model finds.

    Raises: InvalidInputError if the demand cannot be counted or no cycle fits all signals.
    """
    model = demand_model(world, count_volumes(world.config, world.net, times_s))
    timings = best_timings(model, planner_of(model))
    if timings is None:
        raise InvalidInputError(
            f"no common cycle up to {CYCLE_S[1]} s serves every signal of {world.scenario.name}; give a plan (--plan)"
        )
    return plan_of(f"{world.scenario.name}, computed", model, timings)


def best_timings(model: DemandModel, planner: NetworkPlanner, may_go_on: MayGoOn = always) -> tuple[Timing, ...] | None:
    """Return the timings for the common cycle with the least delay in the link model, None if no cycle fits.

    Args: may_go_on, False ends the coordination of each cycle with the best so far.
    """
    return min(plans(planner, cycles_s(model), may_go_on).values(), key=planner.delay_s, default=None)


def plans(
    planner: NetworkPlanner, wanted_s: Sequence[int], may_go_on: MayGoOn = always
) -> dict[int, tuple[Timing, ...]]:
    """Return timings by common cycle, for those wanted that fit all signals; if none does, for all that do. [s]"""
    low_s, high_s = CYCLE_S
    for cycles in (wanted_s, range(low_s, high_s + 1, _STEP_S)):
        found: dict[int, tuple[Timing, ...]] = {}
        for cycle_s in _middle_first(cycles):
            timings = None if found and not may_go_on() else planner.plan(cycle_s, may_go_on)
            if timings is not None:
                found[cycle_s] = timings
        if found:
            return dict(sorted(found.items()))
    return {}


def _middle_first(cycles_s: Sequence[int]) -> list[int]:
    """Return cycles with those in the middle first, where the best one is likely. [s]

    >>> _middle_first([60, 70, 80, 92, 106])
    [80, 70, 92, 60, 106]
    """
    middle = len(cycles_s) // 2
    return [cycles_s[k] for k in sorted(range(len(cycles_s)), key=lambda k: abs(k - middle))]


def planner_of(model: DemandModel) -> NetworkPlanner:
    """Return a planner that asks the kernels what they keep, each question once."""
    known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], bool] = {}

    def keeps(index: int, timing: Timing) -> bool:
        key = (index, timing.stages, timing.splits_s)
        if key not in known:
            known[key] = not rehearse(model.kernels[index], timing.stages, tuple(10 * s for s in timing.splits_s))
        return known[key]

    return NetworkPlanner(model.signals, model.links, keeps)


def cycles_s(model: DemandModel) -> list[int]:
    """Return common cycles worth a look: around Webster's and the practical one of the busiest signal. [s]"""
    wanted = 0.0
    for signal in model.signals:
        cycle = stage_cycle(signal.site, signal.tables, signal.streams, signal.choice)
        practical_s = shortest_cycle_s(signal.streams, cycle, SATURATION)
        wanted = max(wanted, min(webster_start_s(signal.streams, cycle, CYCLE_S), max(practical_s, CYCLE_S[0])))
    low_s, high_s = CYCLE_S
    return sorted({min(max(round(wanted * factor), low_s), high_s) for factor in _FACTORS})


def plan_of(name: str, model: DemandModel, timings: Sequence[Timing]) -> Plan:
    """Return timings as a plan document's value."""
    return Plan(
        name,
        tuple(
            SignalPlan(
                signal_id=signal.site.signal_id,
                site=site_hash(signal.site),
                cycle_ds=10 * timing.cycle_s,
                offset_ds=10 * (timing.offset_s % timing.cycle_s),
                stages=tuple(signal.site.stages[s].name for s in timing.stages),
                splits_ds=tuple(10 * s for s in timing.splits_s),
            )
            for signal, timing in zip(model.signals, timings, strict=True)
        ),
    )
