"""Network plans of a scenario: its demand from routes or counts, the problem that is searched, and its areas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from optimiser.network_index import IndexWeights, ModelSettings
from optimiser.network_plan import NetworkPlanner, Timing
from optimiser.network_problem import NetworkProblem, Timings
from optimiser.subareas import Pair, coupling_index
from signal_ctrl.domain.counts import CountPeriod, Counts, Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.profile import SafetyProfile
from sumo_scenarios import catalogue
from sumo_scenarios.demand_model import START_S, DemandModel, demand_model
from sumo_scenarios.first_plan import planner_of
from sumo_scenarios.needed_turns import Way, missing_turns, turns_of
from sumo_scenarios.network_model import BuiltModel, Dispersions, build_network_model
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import Volumes, count_volumes
from sumo_scenarios.world import World, build_world

_S_PER_H: Final = 3600.0
PLANNING: Final = ModelSettings(start_s=2.0, gain_s=0.0, saturation=0.9)
"""How plans are made: with less capacity than a queue in simulation has, so that a random peak does not jam them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which scenario, under which profile, in which time [s], with the demand times a factor."""

    scenario: str
    profile: SafetyProfile
    begin_s: float | None = None
    end_s: float | None = None
    scale: float = 1.0

    def settings(self, seed: int = 1) -> RunSettings:
        """Return them as those of a run under a plan."""
        return RunSettings(
            self.scenario, "fixed", seed=seed, profile=self.profile,
            begin_s=self.begin_s, end_s=self.end_s, scale=self.scale,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A scenario with its model and problem. `unlinked_veh_h`: counts of turns that no route takes. [veh/h]"""

    asked: Asked
    world: World
    times_s: tuple[float, float]
    demand: DemandModel
    built: BuiltModel
    problem: NetworkProblem
    planner: NetworkPlanner
    unlinked_veh_h: float = 0.0


def world_of(asked: Asked) -> tuple[World, tuple[float, float]]:
    """Return the world of a scenario and its times. Raises: InvalidInputError for what cannot be used."""
    scenario = catalogue.resolve(asked.scenario)
    times_s = times_of(scenario, asked.settings())
    world = build_world(scenario, asked.profile, *times_s)
    if not any(len(unit.site.stages) > 1 for unit in world.units):
        raise InvalidInputError(f"no signal of {scenario.name} has a choice of stages; there is nothing to plan")
    return world, times_s


def prepare(
    asked: Asked,
    weights: IndexWeights,
    settings: ModelSettings,
    counts: Counts | None = None,
    fitted: Dispersions | None = None,
    base: Plan | None = None,
    missing_is_zero: bool = False,
) -> Prepared:
    """Return a scenario ready for the search.

    Args: counts, whose busiest period takes the place of its routes' demand; base, a plan at hand, the only one whose
    stages may be asked for beside those of the programmes in force; missing_is_zero, whether a turn without a count has
    none to count.
    Raises: InvalidInputError for what cannot be used, or counts, in any period, that lack a turn, or are of signals and
    turns that are not there.
    """
    world, times_s = world_of(asked)
    volumes = scaled(count_volumes(world.config, world.net, times_s), asked.scale)
    unlinked_veh_h = 0.0
    if counts is not None:
        _check_counts(world, counts, missing_is_zero)
        volumes, unlinked_veh_h = counted(volumes, counts.busiest(), asked.scale)
    demand = demand_model(world, volumes, () if base is None else (base,))
    if float(demand.links.flow_veh_s.sum()) <= 0:
        raise InvalidInputError(f"no vehicle passes a signal of {world.scenario.name} in that time; choose another")
    return _prepared((asked, world, times_s), demand, (weights, settings), fitted, unlinked_veh_h)


def _prepared(
    of: tuple[Asked, World, tuple[float, float]],
    demand: DemandModel,
    how: tuple[IndexWeights, ModelSettings],
    fitted: Dispersions | None,
    unlinked_veh_h: float,
) -> Prepared:
    built = build_network_model(demand, how[1], fitted)
    planner = planner_of(demand)
    problem = NetworkProblem(demand.signals, built.model, how[0], planner.keeps)
    return Prepared(*of, demand, built, problem, planner, unlinked_veh_h)


def scaled(volumes: Volumes, scale: float) -> Volumes:
    """Return the demand times a factor."""
    return replace(
        volumes,
        turns={turn: flow * scale for turn, flow in volumes.turns.items()},
        links={pair: flow * scale for pair, flow in volumes.links.items()},
    )


def counted(volumes: Volumes, counts: CountPeriod, scale: float = 1.0) -> tuple[Volumes, float]:
    """Return the demand that was counted, with who goes on where as the routes have it; and the flow of which no
    route tells [veh/h].

    What the routes send from one turn to the next is scaled to the counts of both: the first is not left by more than
    it has, the second not reached by more.
    """
    turns = {turn: flow * scale for turn, flow in counts.flow_veh_h().items()}
    links = {
        (before, after): flow * turns[before] / volumes.turns[before]
        for (before, after), flow in volumes.links.items()
        if before in turns and after in turns and volumes.turns.get(before, 0.0) > 0
    }
    into: dict[Turn, float] = {}
    for (_, after), flow in links.items():
        into[after] = into.get(after, 0.0) + flow
    links = {(b, a): flow * min(1.0, turns[a] / into[a] if into[a] > 0 else 1.0) for (b, a), flow in links.items()}
    unlinked = sum(flow for turn, flow in turns.items() if volumes.turns.get(turn, 0.0) <= 0)
    return Volumes(turns, links, volumes.ways_s), unlinked


def _check_counts(world: World, counts: Counts, zero: bool) -> None:
    """Check the counts of every period. Raises: InvalidInputError that names period, signal and turn."""
    ways = {unit.site.signal_id: turns_of(unit, world) for unit in world.units}
    for period in counts.periods:
        fault = _count_fault(period, ways, zero)
        if fault:
            raise InvalidInputError(f"counts from {period.begin_s:g} to {period.end_s:g} s {fault}")


def _count_fault(period: CountPeriod, ways: Mapping[str, dict[Way, bool]], zero: bool) -> str:
    """Return what is wrong with the counts of a period, empty if nothing. Args: ways, the turns of each signal."""
    for signal, from_edge, to_edge in period.vehicles:
        if signal not in ways:
            return f"name signal {signal}, which is not under control in this network"
        if (from_edge, to_edge) not in ways[signal]:
            return f"name a turn of signal {signal} from {from_edge} to {to_edge}, which nobody can take"
    missing = [signal for signal in ways if signal not in {turn[0] for turn in period.vehicles}]
    if missing:
        return f"lack signal {missing[0]} ({len(missing)} of {len(ways)} signals)"
    holes = ((signal, missing_turns(signal, own, period.vehicles)) for signal, own in ways.items())
    hole = None if zero else next(((signal, turns) for signal, turns in holes if turns), None)
    return "" if hole is None else f"are not whole: signal {hole[0]}, {hole[1]}, or add --missing-is-zero"


def couplings(prepared: Prepared) -> dict[Pair, float]:
    """Return the coupling index of each pair of neighbouring signals. [veh/h/m]"""
    links = prepared.demand.links
    of = np.searchsorted(links.first, np.arange(len(links.flow_veh_s)), side="right") - 1
    flow: dict[Pair, float] = {}
    length_m: dict[Pair, float] = {}
    speeds = _speeds_mps(prepared)
    for feeder, fed, share, travel_s in zip(links.feeder, links.fed, links.share, links.travel_s, strict=True):
        pair = (int(of[feeder]), int(of[fed]))
        if pair[0] == pair[1]:
            continue
        flow[pair] = flow.get(pair, 0.0) + float(links.flow_veh_s[feeder] * share) * _S_PER_H
        way_m = max(float(travel_s - START_S) * speeds[int(fed)], 1.0)
        length_m[pair] = min(length_m.get(pair, way_m), way_m)
    return coupling_index(flow, length_m)


def _speeds_mps(prepared: Prepared) -> list[float]:
    return [part.layout.lanes[lane].speed_mps for part in prepared.demand.parts for lane, _ in part.keys]


def timings_of(plan: Plan, demand: DemandModel) -> Timings:
    """Return the timings of a plan for the signals of a model.

    Raises: InvalidInputError if a signal has no plan, or a stage is not its own.
    """
    found = []
    for signal in demand.signals:
        own, name = plan.of(signal.site.signal_id), signal.site.signal_id
        if own is None:
            raise InvalidInputError(f"plan {plan.name}: signal {name} has no plan")
        places = {stage.name: index for index, stage in enumerate(signal.site.stages)}
        unknown = [stage for stage in own.stages if stage not in places]
        if unknown:
            raise InvalidInputError(f"plan {plan.name}: signal {name} has no stage {unknown[0]}")
        stages = tuple(places[stage] for stage in own.stages)
        found.append(Timing(stages, tuple(s // 10 for s in own.splits_ds), own.offset_ds // 10))
    return tuple(found)


def by_cycle(timings: Sequence[Timing]) -> dict[int, list[int]]:
    """Return the signals by their cycle. [s]"""
    found: dict[int, list[int]] = {}
    for index, timing in enumerate(timings):
        found.setdefault(timing.cycle_s, []).append(index)
    return found
