"""From a world and its counted demand to what the planning of fixed times needs: streams per signal, links between."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.cycle_split import S_PER_H, Streams
from optimiser.gap_acceptance import OPPOSED_PEAK, SATURATION_VEH_H, yielding_share
from optimiser.lane_flows import dealt
from optimiser.link_model import LinkNetwork
from optimiser.network_plan import PlannedSignal
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.site import Right
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.net_reader import Net
from sumo_scenarios.volumes import Volumes
from sumo_scenarios.world import SignalUnit, World

TURN_FACTOR: Final = {"l": 0.95, "r": 0.85, "t": 0.8, "L": 0.95, "R": 0.95}
START_S: Final = 2.5
"""What a platoon loses to a car at cruising speed when it sets off. [s]"""


@dataclass(frozen=True, slots=True)
class DemandModel:
    """All signals with a choice of stages, and the links between their streams; `parts` tell streams from movements."""

    signals: tuple[PlannedSignal, ...]
    kernels: tuple[Kernel, ...]
    links: LinkNetwork
    parts: "tuple[UnitStreams, ...]" = ()


def demand_model(world: World, volumes: Volumes, plans: Sequence[Plan] | None = None) -> DemandModel:
    """Return the model of a world under its counted demand.

    Args: plans, all that will be asked of it beside the stages of the programmes in force (`choice_of`): only changes
    between these stages are timed, which is quick; None times every change of every signal.
    """
    units = [unit for unit in world.units if len(unit.site.stages) > 1]
    streams = [UnitStreams(unit, world.net, volumes) for unit in units]
    kernels = tuple(Kernel(unit.site) for unit in units)
    signals = tuple(
        PlannedSignal(unit.site, stage_tables(kernel, _changes(unit, plans)), found.streams, choice_of(unit))
        for unit, kernel, found in zip(units, kernels, streams, strict=True)
    )
    return DemandModel(signals, kernels, _links(world.net, units, streams, volumes), tuple(streams))


def _changes(unit: SignalUnit, plans: Sequence[Plan] | None) -> set[tuple[int, int]] | None:
    """Return the changes between the stages of the programme in force and of some plans, None for all there are."""
    if plans is None:
        return None
    named = {name for plan in plans if (own := plan.of(unit.site.signal_id)) is not None for name in own.stages}
    stages = {k for k, stage in enumerate(unit.site.stages) if stage.name in named} | set(choice_of(unit))
    return set(itertools.permutations(stages, 2))


def choice_of(unit: SignalUnit) -> tuple[int, ...]:
    """Return the stages of the programme in force at the begin, and others that alone serve somebody."""

    def served(stages: tuple[int, ...]) -> set[int]:
        return {g for s in stages for g, right in enumerate(unit.site.stages[s].rights) if right.is_green}

    chosen = unit.stages_from[0][1]
    for stage in range(len(unit.site.stages)):
        if served((stage,)) - served(chosen):
            chosen = (*chosen, stage)
    return chosen


class UnitStreams:
    """Streams of one signal: one for each lane and group that lets vehicles go from it.

    `flow` is the demand of each movement [veh/s], `of` the stream of each that has a group, `keys` are (lane, group).
    """

    def __init__(
        self, unit: SignalUnit, net: Net, volumes: Volumes, own_veh_h: Mapping[int, float] | None = None
    ) -> None:
        """Args: own_veh_h, saturation flow of one lane by group, where the user knows it. [veh/h]"""
        layout = unit.layout
        self.layout = layout
        self.rights = tuple(stage.rights for stage in unit.site.stages)
        self.flow = _movement_flows(layout, net, volumes)
        kept = [m for m, movement in enumerate(layout.movements) if movement.group >= 0]
        keys = list(dict.fromkeys((layout.movements[m].lane, layout.movements[m].group) for m in kept))
        self.keys = tuple(keys)
        self.of = {m: keys.index((layout.movements[m].lane, layout.movements[m].group)) for m in kept}
        n, stages = len(keys), unit.site.stages
        flow, factor = np.zeros(n), np.zeros(n)
        for m, stream in self.of.items():
            flow[stream] += self.flow[m]
            factor[stream] += self.flow[m] * TURN_FACTOR.get(layout.movements[m].direction, 1.0)
        lane_flow = {lane: sum(f for f, key in zip(flow, keys, strict=True) if key[0] == lane) for lane, _ in keys}
        share = np.array(
            [f / lane_flow[key[0]] if lane_flow[key[0]] else 1.0 for f, key in zip(flow, keys, strict=True)]
        )
        weight = np.zeros((n, len(stages)))
        for stream, (lane, group) in enumerate(keys):
            for s, stage in enumerate(stages):
                weight[stream, s] = self._weight(layout, lane, group, stage.rights)
        mean = np.divide(factor, flow, out=np.ones(n), where=flow > 0)
        saturation = SATURATION_VEH_H / S_PER_H * mean * np.maximum(share, 1e-3)
        for stream, (_, group) in enumerate(keys):
            if group in (own_veh_h or {}):
                saturation[stream] = (own_veh_h or {})[group] / S_PER_H * max(float(share[stream]), 1e-3)
        groups = np.array([group for _, group in keys], dtype=np.int64)

        self.streams = Streams(flow, saturation, groups, weight)

    def _weight(self, layout: JunctionLayout, lane: int, group: int, rights: tuple[Right, ...]) -> float:
        """Return the share of the saturation flow that a stage lets go: 1, less if it has to yield, 0 for none."""
        if not rights[group].is_green:
            return 0.0
        if rights[group] is Right.PROTECTED:
            return 1.0
        own = [m for m in layout.lanes[lane].movements if layout.movements[m].group == group]
        first = {f for m in own for f in layout.movements[m].yields_to}
        opposed = sum(self.flow[f] for f in first if rights[layout.movements[f].group].is_green)
        return yielding_share(opposed * OPPOSED_PEAK)


def _movement_flows(layout: JunctionLayout, net: Net, volumes: Volumes) -> list[float]:
    """Return the demand of each movement: turns dealt out so that the lanes of an approach are loaded alike. [veh/s]

    Lanes of bicycles take no part where there are others; the counted demand leaves bicycles out.
    """
    turns: list[Turn] = [
        (layout.signal_id, layout.lanes[m.lane].edge_id, net.lanes[layout.exits[m.exit].lane_id].edge_id)
        for m in layout.movements
    ]
    by_turn: dict[Turn, list[int]] = {}
    for m, turn in enumerate(turns):
        by_turn.setdefault(turn, []).append(m)
    taken = sorted(m for own in by_turn.values() for m in _motorised(layout, net, own))
    found = dealt([turns[m] for m in taken], [layout.movements[m].lane for m in taken], volumes.turns)
    flows = [0.0] * len(turns)
    for m, flow in zip(taken, found, strict=True):
        flows[m] = flow / S_PER_H
    return flows


def _motorised(layout: JunctionLayout, net: Net, movements: list[int]) -> list[int]:
    """Return the movements from lanes of motor vehicles, all of them where there is none."""
    return [m for m in movements if net.lanes[layout.lanes[layout.movements[m].lane].lane_id].motorised] or movements


def _links(net: Net, units: list[SignalUnit], streams: list[UnitStreams], volumes: Volumes) -> LinkNetwork:
    """Return all streams and, by pairs of turns, who feeds whom how much."""
    first = np.concatenate([[0], np.cumsum([len(s.streams.flow_veh_s) for s in streams])]).astype(np.int64)
    flow = np.concatenate([s.streams.flow_veh_s for s in streams])
    place = {unit.site.signal_id: i for i, unit in enumerate(units)}
    turns = [_turns(unit.layout, net) for unit in units]
    found: dict[tuple[int, int], list[float]] = {}
    for (before, after), veh_h in volumes.links.items():
        a, b = place.get(before[0]), place.get(after[0])
        if a is None or b is None:
            continue
        way_s = volumes.ways_s[before, after] + START_S
        for u, part_u in _parts(streams[a], turns[a].get(before[1:], [])):
            for v, part_v in _parts(streams[b], turns[b].get(after[1:], [])):
                row = found.setdefault((int(first[b]) + v, int(first[a]) + u), [0.0, way_s])
                row[0] += veh_h / S_PER_H * part_u * part_v
    keys = sorted(found)
    fed = np.array([v for v, _ in keys], dtype=np.int64)
    feeder = np.array([u for _, u in keys], dtype=np.int64)
    carried = np.array([found[key][0] for key in keys])
    entering = flow.copy()
    np.subtract.at(entering, fed, carried)
    share = np.divide(carried, flow[feeder], out=np.zeros(len(keys)), where=flow[feeder] > 0)
    return LinkNetwork(
        flow_veh_s=flow,
        saturation_veh_s=np.concatenate([s.streams.saturation_veh_s for s in streams]),
        entering_veh_s=np.maximum(entering, 0.0),
        first=first,
        feeder=feeder,
        fed=fed,
        share=share,
        travel_s=np.array([found[key][1] for key in keys]),
    )


def _turns(layout: JunctionLayout, net: Net) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for m, movement in enumerate(layout.movements):
        exit_edge = net.lanes[layout.exits[movement.exit].lane_id].edge_id
        found[layout.lanes[movement.lane].edge_id, exit_edge].append(m)
    return found


def _parts(streams: UnitStreams, movements: list[int]) -> list[tuple[int, float]]:
    """Return (stream, part) of the movements that make up a turn."""
    total = sum(streams.flow[m] for m in movements)
    parts: dict[int, float] = defaultdict(float)
    for m in movements:
        if m in streams.of and total > 0:
            parts[streams.of[m]] += streams.flow[m] / total
    return list(parts.items())


def signal_streams(unit: SignalUnit, net: Net, volumes: Volumes) -> Streams:
    """Return the streams of one signal under a demand."""
    return UnitStreams(unit, net, volumes).streams
