"""Cycle and splits of single signals for one or more demand periods: critical path, cycle, splits, what they bring.

No order of stages is searched: the stages are given. Cycles and splits are those that the kernel keeps (K9).
Source of the formulas: the project's reference on optimisation, sections 1 to 3.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import (
    Critical,
    Streams,
    critical_path,
    even_splits_s,
    mean_delay_s,
    quickened_s,
    reserve_splits_s,
    shortest_cycle_s,
    stage_cycle,
)
from optimiser.split_limits import CYCLE, STAGE, Limit, conflicting_limits
from optimiser.split_service import highest_saturation, service_of
from optimiser.webster import HIGHEST_Y, practical_cycle_s, webster_cycle_s
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import GroupKind, Right, Site, Stage
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import DS_PER_S, to_s
from signal_ctrl.engine.acceptance import rehearse, unserved
from signal_ctrl.engine.split_values import Analysis, Outcome, SignalDemand, SplitRules
from signal_ctrl.engine.transitions import stage_tables

FloatArray = NDArray[np.float64]
_TRIES_UP: Final = 8
_NEAR_S: Final = 5
_SLACK: Final = 1e-9
_TRACE_VEH_S: Final = 1e-6
_MIDDLING_S: Final = 75.0


class SplitPlanner:
    """Cycles and splits of one signal; asks its kernel what it keeps."""

    def __init__(self, demand: SignalDemand, rules: SplitRules) -> None:
        """Raises: InvalidInputError if the stages do not serve everybody, or not in whole seconds."""
        self.demand, self.rules = replace(demand, streams=tuple(_heard(s) for s in demand.streams)), rules
        site = demand.kernel.site
        self._check()
        self._tables = demand.tables or stage_tables(demand.kernel, _changes(demand.stages))
        self._cycles = [
            stage_cycle(site, self._tables, streams, demand.stages, rules.lost_s) for streams in self.demand.streams
        ]
        lanes = [name.lane or f"\n{index}" for index, name in enumerate(demand.names)]
        self._lanes = np.array([lanes.index(lane) for lane in lanes], dtype=np.int64)
        self._analyses: dict[int, Analysis] = {}
        self._found: dict[tuple[int, int], tuple[int, ...] | None] = {}

    def _check(self) -> None:
        site = self.demand.kernel.site
        missed = unserved(site, self.demand.stages)
        if missed:
            raise InvalidInputError(
                f"signal {site.signal_id}: stages {self._stage_names()} do not serve {', '.join(missed)}; "
                "add one that does"
            )
        if DS_PER_S % site.resolution_ds:
            raise InvalidInputError(
                f"signal {site.signal_id} sets its lamps every {to_s(site.resolution_ds):g} s; splits are whole seconds"
            )

    def _stage_names(self) -> str:
        return ", ".join(self.demand.kernel.site.stages[s].name for s in self.demand.stages)

    def analysis(self, period: int) -> Analysis:
        """Return the critical path and the cycles that it asks for.

        Raises: InvalidInputError if a movement with demand has no green, or the shortest splits pass the cycle limit.
        """
        if period not in self._analyses:
            self._analyses[period] = self._analysis(period)
        return self._analyses[period]

    def _analysis(self, period: int) -> Analysis:
        streams, cycle = self.demand.streams[period], self._cycles[period]
        low_s, high_s = self.rules.cycle_range_s
        minimum_s = float(cycle.least_s.sum())
        if minimum_s > high_s:
            raise self._fail("no cycle is long enough", conflicting_limits(streams, cycle, high_s, None), period)
        dark = np.flatnonzero((streams.flow_veh_s > 0) & (cycle.served.max(axis=1) <= 0))
        if len(dark):
            raise InvalidInputError(
                f"signal {self.demand.signal_id}: {self.demand.names[int(dark[0])].movement} has demand, but no green "
                f"in stages {self._stage_names()}; name stages that serve it"
            )
        critical = critical_path(streams, cycle)
        webster_s = webster_cycle_s(critical.lost_s, critical.y) if critical.y <= HIGHEST_Y else None
        fitting_s = shortest_cycle_s(streams, cycle, self.rules.target)
        fits = fitting_s <= high_s + _SLACK
        if fits:
            wanted_s = max(math.ceil(fitting_s - _SLACK), round(high_s if webster_s is None else webster_s), low_s)
        else:
            wanted_s = high_s
        return Analysis(
            critical=critical,
            webster_s=webster_s,
            practical_s=_practical_s(critical, self.rules.target),
            fitting_s=fitting_s if fits else None,
            minimum_s=minimum_s,
            wanted_s=min(max(wanted_s, math.ceil(minimum_s)), high_s),
        )

    def splits_s(self, period: int, cycle_s: int) -> tuple[int, ...] | None:
        """Return splits for a cycle, None if the kernel keeps none. [s]

        Those with the least delay, if no movement passes the target or what most reserve brings; else most reserve.
        """
        key = (period, cycle_s)
        if key not in self._found:
            self._found[key] = self._splits_s(period, cycle_s)
        return self._found[key]

    def _splits_s(self, period: int, cycle_s: int) -> tuple[int, ...] | None:
        streams, cycle = self.demand.streams[period], self._cycles[period]
        if cycle.least_s.sum() > cycle_s:
            return None
        even_s = even_splits_s(streams, cycle, cycle_s)
        highest = highest_saturation(streams, cycle, even_s)
        trials = [even_s]
        if highest <= 1.0:
            quick_s = quickened_s(streams, cycle, even_s)
            if highest_saturation(streams, cycle, quick_s) <= max(self.rules.target, highest) + _SLACK:
                trials.insert(0, quick_s)
        for trial in trials:
            splits_s = tuple(int(s) for s in trial)
            if not self.refused(splits_s):
                return splits_s
        return None

    def refused(self, splits_s: Sequence[int]) -> tuple[str, ...]:
        """Return what the kernel cannot keep of splits. [s]"""
        return rehearse(self.demand.kernel, self.demand.stages, tuple(DS_PER_S * s for s in splits_s))

    def holds(self, period: int, cycle_s: int) -> bool:
        """Return whether the splits for a cycle exist and hold the target."""
        splits_s = self.splits_s(period, cycle_s)
        if splits_s is None:
            return False
        found = highest_saturation(self.demand.streams[period], self._cycles[period], np.array(splits_s, dtype=float))
        return found <= self.rules.target + _SLACK

    def outcome(self, period: int, cycle_s: int, queue_veh: FloatArray, hours: float) -> Outcome:
        """Return what a cycle brings in a period that begins with queues. [s], [veh], [h]

        Raises: InvalidInputError if the kernel keeps no splits for it.
        """
        splits_s = self.splits_s(period, cycle_s)
        if splits_s is None:
            raise InvalidInputError(f"signal {self.demand.signal_id} keeps no splits for a cycle of {cycle_s} s")
        analysis, streams, cycle = self.analysis(period), self.demand.streams[period], self._cycles[period]
        at_s = np.array(splits_s, dtype=np.float64)
        service = service_of(streams, cycle, at_s, queue_veh, self._lanes, self.demand.arrivals, hours)
        admitted = service.capacity_veh_h * self.rules.target
        too_much = (service.flow_veh_h > admitted + _SLACK) & (not analysis.attainable)
        conflict: tuple[Limit, ...] = ()
        if not analysis.attainable:
            conflict = conflicting_limits(streams, cycle, self.rules.cycle_range_s[1], self.rules.target)
        return Outcome(
            analysis=analysis,
            cycle=cycle,
            splits_s=splits_s,
            service=service,
            gated_veh_h=np.where(too_much, admitted, np.nan),
            conflict=tuple(self._words(limit, period) for limit in conflict),
        )

    def plan(self, splits_s: tuple[int, ...]) -> SignalPlan:
        """Return splits as the plan of the signal, without an offset. [s]"""
        site = self.demand.kernel.site
        return SignalPlan(
            signal_id=site.signal_id,
            site=site_hash(site),
            cycle_ds=DS_PER_S * sum(splits_s),
            offset_ds=0,
            stages=tuple(site.stages[s].name for s in self.demand.stages),
            splits_ds=tuple(DS_PER_S * s for s in splits_s),
        )

    def holder(self, place: int) -> str:
        """Return the group whose minimum green makes the shortest split of a place, empty if the change alone does."""
        site, tables = self.demand.kernel.site, self._tables
        stage, before = self.demand.stages[place], self.demand.stages[place - 1]
        needed = {
            g: float(tables.start_s[before, stage, g]) + to_s(site.groups[g].min_green_ds)
            for g, right in enumerate(site.stages[stage].rights)
            if right.is_green and not site.stages[before].rights[g].is_green
        }
        slowest = max(needed, key=lambda g: needed[g], default=-1)
        if slowest < 0 or needed[slowest] < float(tables.settled_s[before, stage]):
            return ""
        return site.groups[slowest].name

    def _words(self, limit: Limit, period: int) -> str:
        if limit.kind == CYCLE:
            return f"the cycle limit of {self.rules.cycle_range_s[1]} s"
        if limit.kind != STAGE:
            name = self.demand.names[limit.place]
            return f"at most {self.rules.target:g} saturated: {name.movement} from {name.approach}"
        site, holder = self.demand.kernel.site, self.holder(limit.place)
        least_s = self._cycles[period].least_s[limit.place]
        text = f"stage {site.stages[self.demand.stages[limit.place]].name} takes {least_s:g} s at least"
        if not holder:
            return f"{text} (its change)"
        kinds = {group.name: group.kind for group in site.groups}
        what = "WALK" if kinds[holder] is GroupKind.CROSSING else "minimum green"
        return f"{text} (its change and the {what} of {holder})"

    def _fail(self, what: str, conflict: Iterable[Limit], period: int) -> InvalidInputError:
        words = "; ".join(self._words(limit, period) for limit in conflict)
        return InvalidInputError(f"signal {self.demand.signal_id}: {what}; these conflict: {words}")


def _heard(streams: Streams) -> Streams:
    """Return streams without traces of flow, which no linear program could tell from none."""
    return replace(streams, flow_veh_s=np.where(streams.flow_veh_s < _TRACE_VEH_S, 0.0, streams.flow_veh_s))


def _practical_s(critical: Critical, target: float) -> float | None:
    return practical_cycle_s(critical.lost_s, critical.y, target) if critical.y < target else None


def cycles_near(wanted_s: int, range_s: tuple[int, int]) -> Iterator[int]:
    """Yield cycles of a range, those near the wanted one first and far ones every fifth second. [s]

    >>> list(cycles_near(60, (50, 70)))
    [60, 59, 61, 58, 62, 57, 63, 56, 64, 55, 65, 50, 70]
    """
    for cycle_s in sorted(range(range_s[0], range_s[1] + 1), key=lambda c: (abs(c - wanted_s), c)):
        if abs(cycle_s - wanted_s) <= _NEAR_S or (cycle_s - wanted_s) % _NEAR_S == 0:
            yield cycle_s


def chosen_cycle_s(planners: Sequence[SplitPlanner], period: int) -> int:
    """Return the cycle for signals that are to have one in common: the longest that one of them wants, or near it. [s]

    Raises: InvalidInputError if no cycle in the range is kept by all.
    """
    found = [planner.analysis(period) for planner in planners]
    range_s = planners[0].rules.cycle_range_s
    wanted_s = max(analysis.wanted_s for analysis in found)
    if all(analysis.attainable for analysis in found):
        for cycle_s in range(wanted_s, min(wanted_s + _TRIES_UP, range_s[1]) + 1):
            if all(planner.holds(period, cycle_s) for planner in planners):
                return cycle_s
    for cycle_s in cycles_near(wanted_s, range_s):
        if all(planner.splits_s(period, cycle_s) is not None for planner in planners):
            return cycle_s
    raise _unkept(planners, period, wanted_s)


def _unkept(planners: Sequence[SplitPlanner], period: int, wanted_s: int) -> InvalidInputError:
    low_s, high_s = planners[0].rules.cycle_range_s
    for planner in planners:
        if not any(planner.splits_s(period, c) is not None for c in cycles_near(wanted_s, (low_s, high_s))):
            return InvalidInputError(
                f"signal {planner.demand.signal_id}: the kernel keeps no cycle from {low_s} to {high_s} s; "
                "widen --cycle-range, or give fewer stages"
            )
    return InvalidInputError(
        f"no cycle from {low_s} to {high_s} s is kept by all {len(planners)} signals; plan them --isolated"
    )


def stage_choices(site: Site, among: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return sets of some stages that serve whom all of them serve, in their order: few, then those with more priority.

    A stage is kept if it serves somebody whom none before serves, or in the second set gives somebody a better right.
    """
    found = []
    for priority in (False, True):
        chosen: list[int] = []
        best = [Right.NONE] * len(site.groups)
        for s in among:
            stage = site.stages[s]
            if any(r.is_green and r > b and (priority or not b.is_green) for r, b in _pairs(stage, best)):
                chosen.append(s)
                best = [max(r, b) for r, b in _pairs(stage, best)]
        found.append(tuple(chosen))
    return tuple(dict.fromkeys(found))


def _pairs(stage: Stage, best: list[Right]) -> list[tuple[Right, Right]]:
    return list(zip(stage.rights, best, strict=True))


def better_stages(choices: Sequence[SignalDemand], hours: Sequence[float], rules: SplitRules) -> SignalDemand:
    """Return the choice of stages with the least delay in its busiest period, at a cycle of middling length.

    The first choice if there is no other, or none has splits.
    """
    if len(choices) == 1:
        return choices[0]
    first = choices[0]
    busiest = max(range(len(hours)), key=lambda p: float(first.streams[p].flow_veh_s.sum()))
    pairs = {pair for demand in choices for pair in _changes(demand.stages)}
    tables = stage_tables(first.kernel, pairs)
    streams = _heard(first.streams[busiest])
    costs = []
    for index, demand in enumerate(choices):
        cycle = stage_cycle(first.kernel.site, tables, streams, demand.stages, rules.lost_s)
        cycle_s = max(_MIDDLING_S, float(cycle.least_s.sum()))
        try:
            even_s = reserve_splits_s(streams, cycle, cycle_s)
        except InvalidInputError:  # somebody has no green in these stages
            continue
        costs.append((mean_delay_s(streams, cycle, even_s, hours[busiest]), index))
    return replace(choices[min(costs, default=(0.0, 0))[1]], tables=tables)


def _changes(stages: tuple[int, ...]) -> set[tuple[int, int]]:
    return set(zip((stages[-1], *stages[:-1]), stages, strict=True))
