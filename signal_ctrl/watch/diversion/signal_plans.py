"""Signals of a diversion: splits for what they will have to let through, and a green wave along the diverted way.

Cycles and stages stay as they are in the plan that stands, so that every signal keeps in step with those beside it.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from optimiser.cycle_split import S_PER_H, StageCycle, Streams, best_splits_s, stage_cycle
from optimiser.fixed_plan import stage_indices
from optimiser.gap_acceptance import OPPOSED_PEAK, yielding_share
from optimiser.green_wave.engines import SCIPY, Effort
from optimiser.green_wave.model import AM_BAND, WaveRules
from optimiser.green_wave.network import (
    Course,
    Green,
    StageOrder,
    Street,
    WaveLink,
    WaveNetwork,
    WaveSignal,
    WaveStop,
)
from optimiser.green_wave.planning import plan_wave
from optimiser.lane_flows import dealt
from optimiser.split_service import greens_s
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.site import Right
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.watch.diversion.guidance import SignalMovements
from signal_ctrl.watch.diversion.turning import Floats

Turn = tuple[str, str]
Flows = Mapping[Turn, float]
WORTH_VEH_H: Final = 30.0
WORTH_SHARE: Final = 0.1
"""A signal gets another plan where the flow of a turn changes by so much, in vehicles an hour and as a share. [P]"""
_DS: Final = 10
_EFFORT: Final = Effort(time_s=10.0, gap=1e-3, engine=SCIPY)
_SLOWEST: Final = 0.7
"""A platoon drives no slower than so much of the free speed."""


@dataclass(frozen=True, slots=True, eq=False)
class RouteSignal:
    """A signal as a diversion sees it: its kernel to rehearse with, its movements, and the plan that stands."""

    kernel: Kernel
    tables: StageTables
    movements: SignalMovements
    plan: SignalPlan

    @property
    def signal_id(self) -> str:
        """Its name."""
        return self.plan.signal_id

    @property
    def turns(self) -> frozenset[Turn]:
        """The turns that are made at it."""
        return frozenset((m.from_road, m.to_road) for m in self.movements.movements)


def route_signal(kernel: Kernel, movements: SignalMovements, plan: SignalPlan) -> RouteSignal:
    """Return a signal; only the changes that its plan makes are timed.

    Raises: InvalidInputError if movements or plan are not this site's.
    """
    stages = stage_indices(plan, kernel.site)
    pairs = {(stages[k - 1], stages[k]) for k in range(len(stages))}
    known = {group.name for group in kernel.site.groups}
    missing = sorted({m.group for m in movements.movements} - known)
    if missing:
        raise InvalidInputError(f"signal {plan.signal_id} has no group {missing[0]}")
    return RouteSignal(kernel, stage_tables(kernel, pairs), movements, plan)


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A signal under flows: streams by (road, lane, group), which of them each movement is in, and its cycle."""

    streams: Streams
    of: tuple[int, ...]
    cycle: StageCycle
    movement_veh_h: Floats


def _loaded(signal: RouteSignal, flows: Flows) -> _Loaded:
    moves, site = signal.movements.movements, signal.kernel.site
    names = [group.name for group in site.groups]
    lanes = list(dict.fromkeys((m.from_road, m.lane) for m in moves))
    turns = [(m.from_road, m.to_road) for m in moves]
    flow = np.array(dealt(turns, [lanes.index((m.from_road, m.lane)) for m in moves], flows))
    keys = list(dict.fromkeys((m.from_road, m.lane, m.group) for m in moves))
    of = tuple(keys.index((m.from_road, m.lane, m.group)) for m in moves)
    own = np.bincount(of, weights=flow, minlength=len(keys))
    on_lane: dict[tuple[str, int], float] = defaultdict(float)
    for k, key in enumerate(keys):
        on_lane[key[:2]] += float(own[k])
    share = np.array([own[k] / on_lane[key[:2]] if on_lane[key[:2]] else 1.0 for k, key in enumerate(keys)])
    usual = np.array(
        [np.mean([moves[m].saturation_veh_h for m, k in enumerate(of) if k == s]) for s in range(len(keys))]
    )
    weight = np.array([_weights(signal, key, of, k, flow) for k, key in enumerate(keys)])
    group = np.array([names.index(key[2]) for key in keys], dtype=np.int64)
    streams = Streams(own / S_PER_H, usual / S_PER_H * np.maximum(share, 1e-3), group, weight)
    stages = stage_indices(signal.plan, site)
    return _Loaded(streams, of, stage_cycle(site, signal.tables, streams, stages), flow)


def _weights(
    signal: RouteSignal, key: tuple[str, int, str], of: Sequence[int], stream: int, flow: Floats
) -> list[float]:
    """Return the share of the saturation flow that each stage lets a stream go."""
    moves, site = signal.movements.movements, signal.kernel.site
    names = [group.name for group in site.groups]
    own = names.index(key[2])
    first = {f for m, k in enumerate(of) if k == stream for f in moves[m].yields_to}
    found = []
    for stage in site.stages:
        right = stage.rights[own]
        if not right.is_green or right is Right.PROTECTED:
            found.append(float(right.is_green))
            continue
        opposed = sum(float(flow[f]) for f in first if stage.rights[names.index(moves[f].group)].is_green)
        found.append(yielding_share(opposed / S_PER_H * OPPOSED_PEAK))
    return found


def turn_capacities(signal: RouteSignal, plan: SignalPlan, flows: Flows) -> dict[Turn, float]:
    """Return what each turn of a signal can let through under a plan with the signal's stages. [veh/h]

    A lane that several turns share is counted to each by its flow.
    """
    loaded = _loaded(signal, flows)
    splits_s = np.array(plan.splits_ds) / _DS
    ratio = np.minimum(greens_s(loaded.cycle, splits_s) / float(splits_s.sum()), 1.0)
    capacity = loaded.streams.saturation_veh_s * ratio * S_PER_H
    own = loaded.streams.flow_veh_s * S_PER_H
    found: dict[Turn, float] = defaultdict(float)
    for m, movement in enumerate(signal.movements.movements):
        stream = loaded.of[m]
        alike = sum(k == stream for k in loaded.of)
        part = loaded.movement_veh_h[m] / own[stream] if own[stream] > 0 else 1.0 / alike
        found[movement.from_road, movement.to_road] += float(capacity[stream] * part)
    return dict(found)


def is_worth(signal: RouteSignal, before: Flows, after: Flows) -> bool:
    """Tell whether the flows of a signal change enough for another plan."""
    return any(
        abs(after.get(turn, 0.0) - before.get(turn, 0.0)) >= max(WORTH_VEH_H, WORTH_SHARE * before.get(turn, 0.0))
        for turn in signal.turns
    )


def with_splits(signal: RouteSignal, flows: Flows, held_veh_h: Mapping[str, float] | None = None) -> SignalPlan:
    """Return the plan of a signal with splits for other flows; the one that stands where no other can be kept (K9).

    Args: held_veh_h, roads from which no more than so much is let go: their greens are worth no more. [veh/h]
    """
    loaded = _loaded(signal, _held(flows, held_veh_h or {}))
    cycle_s = signal.plan.cycle_ds // _DS
    try:
        splits_s = best_splits_s(loaded.streams, loaded.cycle, cycle_s)
    except InvalidInputError:
        return signal.plan
    plan = replace(signal.plan, splits_ds=tuple(_DS * int(s) for s in splits_s))
    return signal.plan if refusals(plan, signal.kernel) else plan


def _held(flows: Flows, held_veh_h: Mapping[str, float]) -> Flows:
    """Return flows with those of gates made less in proportion."""
    total: dict[str, float] = defaultdict(float)
    for (road, _), flow in flows.items():
        total[road] += flow
    part = {road: min(1.0, most / total[road]) for road, most in held_veh_h.items() if total[road] > 0}
    return {turn: flow * part.get(turn[0], 1.0) for turn, flow in flows.items()}


def with_wave(
    network: RoadNetwork, signals: Sequence[RouteSignal], plans: Mapping[str, SignalPlan], way: Sequence[str]
) -> dict[str, SignalPlan]:
    """Return the plans of the signals of a way with offsets that make a green wave along it; the first one stays.

    Nothing changes where fewer than two signals of one cycle lie on it, or none of them gives the way a green.
    """
    stops = _stops(signals, plans, way)
    if len(stops) < 2 or len({plans[stop.signal].cycle_ds for stop in stops}) > 1:
        return {}
    cycle_s = plans[stops[0].signal].cycle_ds // _DS
    course = Course(
        "way",
        tuple(WaveStop(k, 0) for k in range(len(stops))),
        tuple(_link(network, way, a.at, b.at) for a, b in itertools.pairwise(stops)),
    )
    waves = tuple(
        WaveSignal(stop.signal, (StageOrder("as planned", (Green(stop.start_s / cycle_s, stop.green_s / cycle_s),)),))
        for stop in stops
    )
    wave_network = WaveNetwork(waves, (Street("way", (course,)),), (float(cycle_s), float(cycle_s)))
    try:
        timing = plan_wave(wave_network, WaveRules(kind=AM_BAND), _EFFORT).timing
    except InvalidInputError:
        return {}
    begins_s = [o + greens[0][0] for o, greens in zip(timing.timed.offsets_s, timing.timed.greens_s, strict=True)]
    first = stops[0]
    moved_s = plans[first.signal].offset_ds // _DS + first.start_s - begins_s[0]
    found = {}
    for stop, begin_s in zip(stops, begins_s, strict=True):
        offset_s = round(begin_s + moved_s - stop.start_s) % cycle_s
        plan = replace(plans[stop.signal], offset_ds=_DS * offset_s)
        kernel = next(s.kernel for s in signals if s.signal_id == stop.signal)
        if not refusals(plan, kernel):
            found[stop.signal] = plan
    return found


@dataclass(frozen=True, slots=True)
class _Stop:
    """A stop line of a way: signal, place of its road in the way, and its green after the plan's offset. [s]"""

    signal: str
    at: int
    start_s: float
    green_s: float


def _stops(signals: Sequence[RouteSignal], plans: Mapping[str, SignalPlan], way: Sequence[str]) -> list[_Stop]:
    found: list[_Stop] = []
    for at, turn in enumerate(itertools.pairwise(way)):
        signal = next((s for s in signals if turn in s.turns), None)
        if signal is None or any(stop.signal == signal.signal_id for stop in found):
            continue
        green = _green_s(signal, plans[signal.signal_id], turn)
        if green is not None:
            found.append(_Stop(signal.signal_id, at, *green))
    return found


def _green_s(signal: RouteSignal, plan: SignalPlan, turn: Turn) -> tuple[float, float] | None:
    """Return begin and length of the longest green of a turn, from the plan's offset on. [s]"""
    site, stages = signal.kernel.site, stage_indices(plan, signal.kernel.site)
    names = [group.name for group in site.groups]
    groups = {names.index(m.group) for m in signal.movements.movements if (m.from_road, m.to_road) == turn}
    lit = [any(site.stages[s].rights[g].is_green for g in groups) for s in stages]
    if not any(lit):
        return None
    if all(lit):
        return 0.0, plan.cycle_ds / _DS
    starts_s = [start_ds / _DS for start_ds in plan.starts_ds]
    n, cycle_s, runs = len(stages), plan.cycle_ds / _DS, []
    for k in range(n):
        if lit[k] and not lit[k - 1]:
            last = next(j for j in range(k + 1, k + n + 1) if not lit[j % n])
            change_s = float(min(signal.tables.start_s[stages[k - 1], stages[k], g] for g in groups))
            length_s = (starts_s[last % n] - starts_s[k]) % cycle_s - change_s
            runs.append((length_s, starts_s[k] + change_s))
    length_s, start_s = max(runs)
    return (start_s, length_s) if length_s >= 1.0 else None


def _link(network: RoadNetwork, way: Sequence[str], after: int, to: int) -> WaveLink:
    roads = [network.of(road) for road in way[after + 1 : to + 1]]
    length_m = sum(road.length_m for road in roads)
    speed_mps = length_m / sum(road.free_time_s for road in roads)
    return WaveLink(length_m, _SLOWEST * speed_mps, speed_mps)
