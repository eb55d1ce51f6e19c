"""The demand of a scenario's signals by period, from its own routes, a user's counts or a run's detectors."""

import csv
import io
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from optimiser.hcm import random_arrivals
from optimiser.split_service import with_lane_means
from signal_ctrl.domain.counts import CountPeriod, Counts, Turn
from signal_ctrl.domain.csv_rows import check_commas
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.group_counts import SATURATION_RANGE_VEH_H
from signal_ctrl.engine.split_plan import better_stages, stage_choices
from signal_ctrl.engine.split_values import Period, SignalDemand, SplitRules, StreamName
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.configuration import Configuration
from sumo_scenarios.demand import demand_span
from sumo_scenarios.demand_model import UnitStreams, choice_of
from sumo_scenarios.needed_turns import missing_turns, turns_of
from sumo_scenarios.volumes import Volumes, count_periods
from sumo_scenarios.world import SignalUnit, World

MOST_PERIODS: Final = 200
_S_PER_H: Final = 3600.0
_SATURATION_COLUMNS: Final = ("signal", "group", "saturation_veh_h")
Flows = Mapping[Turn, float]
"""Demand by turn. [veh/h]"""


def equal_periods(span_s: tuple[float, float], length_s: float) -> tuple[Period, ...]:
    """Return periods of one length over a time; the last is shorter where it does not come out even. [s]

    Raises: InvalidInputError if there would be none, or very many.
    >>> [(p.begin_s, p.end_s) for p in equal_periods((0.0, 2000.0), 900.0)]
    [(0.0, 900.0), (900.0, 1800.0), (1800.0, 2000.0)]
    """
    begin_s, end_s = span_s
    if not (length_s > 0 and math.isfinite(end_s) and begin_s < end_s):
        raise InvalidInputError(f"no periods of {length_s:g} s fit between {begin_s:g} and {end_s:g} s")
    number = math.ceil((end_s - begin_s) / length_s - 1e-9)
    if number > MOST_PERIODS:
        raise InvalidInputError(f"{number} periods of {length_s:g} s; {MOST_PERIODS} are allowed, take longer ones")
    return tuple(Period(begin_s + k * length_s, min(begin_s + (k + 1) * length_s, end_s)) for k in range(number))


def scenario_span_s(config: Configuration) -> tuple[float, float]:
    """Return begin and end of a scenario's demand: as configured, but not past the minute of the last departure. [s]

    Raises: InvalidInputError if nobody departs, or nothing says when the demand ends.
    """
    span = demand_span(config.routes)
    if not span.first_s < math.inf:
        raise InvalidInputError(f"{config.path}: nobody departs, so there is no demand to count; give --counts")
    begin_s = config.begin_s if config.begin_s is not None else math.floor(span.first_s)
    last_s = math.ceil(span.last_s / 60) * 60 if span.last_s < math.inf else math.inf
    end_s = min(config.end_s if config.end_s is not None else math.inf, last_s)
    if not begin_s < end_s < math.inf:
        raise InvalidInputError(f"{config.path}: the demand has no end of its own; give --periods")
    return float(begin_s), float(end_s)


def scenario_flows(world: World, periods: Sequence[Period]) -> tuple[Flows, ...]:
    """Return the demand of the scenario's own routes in each period. [veh/h]

    Raises: InvalidInputError for a period in which nobody comes to any signal.
    """
    found = count_periods(world.config, world.net, [(p.begin_s, p.end_s) for p in periods])
    for period, flows in zip(periods, found, strict=True):
        if not any(flows.values()):
            raise InvalidInputError(
                f"nobody comes to a signal from {period.begin_s:g} to {period.end_s:g} s; choose other --periods"
            )
    return found


def counted_flows(counts: Counts, periods: Sequence[Period]) -> tuple[Flows, ...]:
    """Return the flows of counts in some periods, each count spread evenly over its own period. [veh/h]

    Raises: InvalidInputError for a period that the counts do not cover.
    """
    return tuple(_averaged(counts, period) for period in periods)


def _averaged(counts: Counts, period: Period) -> Flows:
    parts = [(count, _overlap_s(count, period)) for count in counts.periods]
    covered_s = sum(part_s for _, part_s in parts)
    if covered_s < (period.end_s - period.begin_s) * (1 - 1e-9):
        raise InvalidInputError(
            f"the counts cover {covered_s:g} s of the period {period.begin_s:g} to {period.end_s:g} s; "
            "choose --periods that they cover"
        )
    found: dict[Turn, float] = {}
    for count, part_s in parts:
        if part_s > 0:
            for turn, flow in count.flow_veh_h().items():
                found[turn] = found.get(turn, 0.0) + flow * part_s / (period.end_s - period.begin_s)
    return found


def _overlap_s(count: CountPeriod, period: Period) -> float:
    return max(min(count.end_s, period.end_s) - max(count.begin_s, period.begin_s), 0.0)


def check_turns(units: Sequence[SignalUnit], world: World, counts: Counts, zero: bool, picked: bool) -> None:
    """Check that counts are of turns that exist, that no turn is left out, and none has more than lanes can let go.

    Args: zero, whether a turn without a count has none to count; picked, whether `units` are some signals only.
    Raises: InvalidInputError that names signal and turn.
    """
    known = {unit.site.signal_id: turns_of(unit, world) for unit in units}
    others = {unit.site.signal_id for unit in world.units if picked or len(unit.site.stages) == 1}
    left_alone = dict(world.left_alone)
    lanes = Counter(lane.edge_id for lane in world.net.lanes.values() if lane.motorised)
    for period in counts.periods:
        times = f"{period.begin_s:g} to {period.end_s:g} s"
        for signal, before, after in period.vehicles:
            if signal in known and (before, after) not in known[signal]:
                raise InvalidInputError(f"signal {signal}: it has no turn from {before} to {after} (counts of {times})")
            if signal not in known and signal not in others:
                why = f"is left alone: {left_alone[signal]}" if signal in left_alone else "is not in this network"
                raise InvalidInputError(f"counts of {times}: signal {signal} {why}")
        _check_flows(period, lanes, times)
        for signal, turns in known.items():
            missing = "" if zero else missing_turns(signal, turns, period.vehicles)
            if missing:
                raise InvalidInputError(f"signal {signal}, {times}: {missing}, or add --missing-is-zero")


def _check_flows(period: CountPeriod, lanes: Mapping[str, int], times: str) -> None:
    for (signal, before, after), flow_veh_h in period.flow_veh_h().items():
        most_veh_h = SATURATION_RANGE_VEH_H[1] * max(lanes.get(before, 1), 1)
        if flow_veh_h > most_veh_h:
            raise InvalidInputError(
                f"signal {signal}, {before} to {after}: {flow_veh_h:,.0f} veh/h (counts of {times}), but its lanes let "
                f"at most {most_veh_h:,.0f} go; are these the counts of a longer time, such as a day?"
            )


def world_demands(
    world: World,
    units: Sequence[SignalUnit],
    flows: Sequence[Flows],
    saturation: Mapping[tuple[str, str], float],
    stages: Mapping[str, tuple[int, ...]],
) -> tuple[SignalDemand, ...]:
    """Return the demand of some signals of a world.

    Args: flows, one a period; saturation, of one lane by (signal, group) where the user knows it [veh/h]; stages, by
    signal, where the user names them: else those of the programme in force, in its order.
    """
    return tuple(
        _unit_demand(unit, world, flows, saturation, stages.get(unit.site.signal_id) or choice_of(unit))
        for unit in units
    )


def with_fewer_stages(
    demands: Sequence[SignalDemand], named: Collection[str], periods: Sequence[Period], rules: SplitRules
) -> tuple[SignalDemand, ...]:
    """Return demands with fewer of their stages where these serve everybody and have less delay.

    Args: named, signals whose stages the user has named: they stay.
    """
    hours = [period.hours for period in periods]
    return tuple(
        demand
        if demand.signal_id in named
        else better_stages([replace(demand, stages=chosen) for chosen in _choices(demand)], hours, rules)
        for demand in demands
    )


def _choices(demand: SignalDemand) -> tuple[tuple[int, ...], ...]:
    return tuple(dict.fromkeys((demand.stages, *stage_choices(demand.kernel.site, demand.stages))))


def _unit_demand(
    unit: SignalUnit,
    world: World,
    flows: Sequence[Flows],
    saturation: Mapping[tuple[str, str], float],
    stages: tuple[int, ...],
) -> SignalDemand:
    site, layout = unit.site, unit.layout
    own = {
        g: saturation[site.signal_id, group.name]
        for g, group in enumerate(site.groups)
        if (site.signal_id, group.name) in saturation
    }
    found = [UnitStreams(unit, world.net, Volumes(dict(turns), {}, {}), own) for turns in flows]
    names = []
    for lane, group in found[0].keys:
        moves = [layout.movements[m] for m in layout.lanes[lane].movements if layout.movements[m].group == group]
        turns = "".join(dict.fromkeys(move.direction for move in moves))
        own_lane = layout.lanes[lane]
        names.append(StreamName(site.groups[group].name, own_lane.edge_id, turns, own_lane.lane_id))
    lanes = [lane for lane, _ in found[0].keys]
    first = np.array([lanes.index(lane) for lane in lanes], dtype=np.int64)
    streams = tuple(with_lane_means(one.streams, first) for one in found)
    return SignalDemand(Kernel(site), stages, tuple(names), streams, random_arrivals(len(names)))


def saturation_from_csv(text: str, units: Sequence[SignalUnit], source: str) -> dict[tuple[str, str], float]:
    """Return saturation flows of one lane by (signal, group) from a CSV document. [veh/h]

    Raises: InvalidInputError with source, line and signal for what is missing, out of range, unknown or twice there.
    """
    groups = {unit.site.signal_id: {group.name for group in unit.site.groups} for unit in units}
    check_commas(text.partition("\n")[0], source)
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [name for name in _SATURATION_COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInputError(f"{source}: the header needs {', '.join(_SATURATION_COLUMNS)}; look at {missing[0]}")
    found: dict[tuple[str, str], float] = {}
    for row in reader:
        where = f"{source}, line {reader.line_num}, signal {row['signal']}"
        if row["group"] not in groups.get(row["signal"], set()):
            raise InvalidInputError(f"{where}: there is no group {row['group']} at a signal of that name")
        if (row["signal"], row["group"]) in found:
            raise InvalidInputError(f"{where}: group {row['group']} occurs twice")
        found[row["signal"], row["group"]] = _saturation(row["saturation_veh_h"], where)
    return found


def _saturation(text: str | None, where: str) -> float:
    low, high = SATURATION_RANGE_VEH_H
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise InvalidInputError(f"{where}: a saturation flow of '{text}' veh/h; a lane has {low:g} to {high:g}")
    return value
