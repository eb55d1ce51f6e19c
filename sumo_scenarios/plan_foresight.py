"""A schedule with foresight in a run: loops count, the flow is forecast, and the plan is chosen ahead of demand."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.live import Ahead, LiveForecast
from detectors.forecast.series import Approach, flow_series, turn_shares
from optimiser.fixed_plan import stage_indices
from optimiser.network_plan import Timing
from optimiser.schedule.plan_choice import ChoiceRules, PlanChooser
from optimiser.schedule.plan_costs import delays_veh_h
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.schedule import Schedule, SpecialDay, zone_of
from signal_ctrl.domain.timetable import Timetable, usual_start
from sumo_scenarios.count_files import read_days
from sumo_scenarios.day_planner import SignalsOf
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_reader import LoopReader, broken_loops
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

FloatArray = NDArray[np.float64]
LEAD_CYCLES: Final = 2
"""A change waits for the end of a cycle and comes into step in another one or two; so long before it has to begin."""
_ROLES: Final = (LoopRole.ADVANCE, LoopRole.MIDDLE, LoopRole.STOP)
_S_PER_H: Final = 3600.0
_DS_PER_S: Final = 10
_MIDDLE: Final = 0.63
"""Weight of the mean; each end of the 90 % interval has half of the rest, which keeps mean and variance of a normal
distribution: 2 * 0.185 * 1.645^2 = 1."""


class Change(NamedTuple):
    """From a time on [s] another plan is kept, and what the model says that it saves. [veh h]"""

    at_s: float
    plan: str
    saved_veh_h: float


class ForesightTimetable:
    """Which plan is in force: that of the timetable, or one chosen by the forecast."""

    def __init__(self, world: World, settings: RunSettings, timetable: Timetable, begin_s: float) -> None:
        """Raises: InvalidInputError without a schedule, or for a history that cannot be used or does not fit."""
        if settings.schedule is None:
            raise InvalidInputError("a plan can be chosen by the forecast only with a schedule")
        self._plans = settings.schedule
        schedule = self._plans.schedule
        local = (settings.start or usual_start(schedule, begin_s)).astimezone(zone_of(schedule.zone))
        self._forecast, self._shares = _learned(Path(settings.history), local.date(), special_kinds(schedule))
        self._names = tuple(ref.name for ref in schedule.plans)
        self._timetable = timetable
        self._signals = SignalsOf(world, tuple(sorted(self._shares)))
        self._timings = tuple(self._timings_of(name) for name in self._names)
        self._lead_s = LEAD_CYCLES * max(t.cycle_s for plan in self._timings for t in plan)
        self._chooser = PlanChooser(ChoiceRules())
        self._day_begin_s = begin_s - (local.hour * 3600.0 + local.minute * 60.0 + local.second)
        self._next_s = self._slot_begin_s(self._slot_at(begin_s) + 1)
        self._began_s = begin_s
        self._chosen: str | None = None
        self.changes: list[Change] = []

    @property
    def approaches(self) -> tuple[Approach, ...]:
        """The approaches that are forecast."""
        return self._forecast.series.approaches

    def _timings_of(self, name: str) -> tuple[Timing, ...]:
        found = []
        for unit in self._signals.units:
            own = self._plans.of(name).of(unit.site.signal_id)
            if own is None:
                raise InvalidInputError(f"plan {name} has none for signal {unit.site.signal_id}")
            splits_s = tuple(split_ds // _DS_PER_S for split_ds in own.splits_ds)
            found.append(Timing(stage_indices(own, unit.site), splits_s, own.offset_ds // _DS_PER_S))
        return tuple(found)

    def _slot_at(self, time_s: float) -> int:
        return int((time_s - self._day_begin_s) // self._forecast.series.interval_s)

    def _slot_begin_s(self, slot: int) -> float:
        return self._day_begin_s + slot * self._forecast.series.interval_s

    def of(self, signal: str, now_ds: int) -> SignalPlan | None:
        """Return the plan of a signal in force. [ds]"""
        return self._plans.of(self.name_at(now_ds)).of(signal)

    def name_at(self, now_ds: int) -> str:
        """Return the name of the plan in force: the one chosen against the timetable, else the timetable's. [ds]"""
        return self._chosen if self._chosen is not None else self._timetable.name_at(now_ds)

    def is_due(self, time_s: float) -> bool:
        """Return whether an interval has ended, so that its counts are wanted. [s]"""
        return time_s >= self._next_s - 1e-6

    def take(self, time_s: float, counted_veh: Mapping[Approach, float]) -> None:
        """Take in the counts of the interval that has ended, and choose the plan anew. [s], [veh]"""
        slot = self._slot_at(self._next_s + 1e-6) - 1
        whole = self._slot_begin_s(slot) >= self._began_s - 1e-6
        if 0 <= slot < self._forecast.series.n_slots - 1:  # the run is forecast up to its first midnight
            row = [counted_veh.get(approach, np.nan) if whole else np.nan for approach in self.approaches]
            self._forecast.take(slot, row)
            self._choose(time_s, self._forecast.ahead(slot + 1))
        else:
            self._chosen = None
        self._next_s += self._forecast.series.interval_s

    def _choose(self, time_s: float, ahead: Ahead) -> None:
        now_ds = round(time_s * _DS_PER_S)
        before = self.name_at(now_ds - 1)
        timetable = np.array([self._names.index(self._planned(ahead.slot + k)) for k in range(len(ahead.mean_veh))])
        vehicles = ahead.mean_veh.sum(axis=1)
        costs = self._led(self._costs(ahead))
        found = self._chooser.choose(time_s, costs, vehicles, self._names.index(before), timetable)
        plan = self._names[found.plan]
        self._chosen = None if plan == self._timetable.name_at(now_ds) else plan
        if plan != before:
            self.changes.append(Change(time_s, plan, found.saved_veh_h))

    def _planned(self, slot: int) -> str:
        return self._timetable.name_at(round(self._slot_begin_s(slot) * _DS_PER_S))

    def _led(self, costs: FloatArray) -> FloatArray:
        """Return the costs of intervals that begin later by the time that a change takes. (n_plans, n_slots)"""
        later = min(self._lead_s / self._forecast.series.interval_s, 1.0)
        following = np.concatenate([costs[:, 1:], costs[:, -1:]], axis=1)
        return np.asarray((1.0 - later) * costs + later * following)

    def _costs(self, ahead: Ahead) -> FloatArray:
        """Return what each plan costs in each interval, as expected over the forecast's spread. [veh h]"""
        weights = ((1.0 - _MIDDLE) / 2.0, _MIDDLE, (1.0 - _MIDDLE) / 2.0)
        parts = zip(weights, (ahead.low_veh, ahead.mean_veh, ahead.high_veh), strict=True)
        return np.asarray(sum(weight * self._costs_of(flows) for weight, flows in parts))

    def _costs_of(self, vehicles: FloatArray) -> FloatArray:
        hours = self._forecast.series.interval_s / _S_PER_H
        of = {approach: k for k, approach in enumerate(self.approaches)}
        slots = []
        for row in vehicles:
            flows = {turn: share * float(row[of[turn[:2]]]) / hours for turn, share in self._shares.items()}
            slots.append(self._signals.under(flows))
        rows = [
            delays_veh_h([slot[k] for slot in slots], [plan[k] for plan in self._timings])
            for k in range(len(self._signals.units))
        ]
        return np.asarray(np.sum(rows, axis=0))


def special_kinds(schedule: Schedule) -> tuple[SpecialDay, ...]:
    """Return the special days of a schedule as kinds of day: that of the first weekday of their type, or its name."""
    kind = {day_type.name: (*day_type.weekdays, day_type.name)[0] for day_type in schedule.day_types}
    return tuple(replace(day, day_type=kind[day.day_type]) for day in schedule.special_days)


def _learned(history: Path, date: dt.date, special: Sequence[SpecialDay]) -> tuple[LiveForecast, Mapping[Turn, float]]:
    """Return the forecast of a date from the days of a history before it, and the shares of turns in these.

    Raises: InvalidInputError if there are too few.
    """
    before = [day for day in read_days([history]) if day.date < date]
    if not before:
        raise InvalidInputError(f"{history} holds no day before {date}, which the run is about")
    series = flow_series(before, special=special)
    calendar = {day.date: day.day_type for day in special}
    return LiveForecast(series, date, calendar, rivals=False), turn_shares(before)


class ApproachCounter:
    """Counts who comes on each approach of the signals, by the loops farthest upstream that cover all of its lanes."""

    def __init__(self, world: World, settings: RunSettings, simulation: Simulation, events: EventLog) -> None:
        self._readers = []
        self._of: list[dict[int, Approach]] = []
        self.counted: defaultdict[Approach, float] = defaultdict(float)
        for unit in world.units:
            broken = broken_loops(unit, settings.seed, settings.failure_rate, settings.failure_kind)
            self._readers.append(LoopReader(simulation, unit, events, broken))
            self._of.append(loops_of_approaches(unit.layout, unit.site.signal_id))
        self.restart()

    def restart(self) -> None:
        """Begin at zero on every approach that has loops."""
        self.counted.clear()
        for of in self._of:
            self.counted.update(dict.fromkeys(of.values(), 0.0))

    def read(self, time_s: float) -> None:
        """Count the vehicles of the last step. [s]"""
        for reader, of in zip(self._readers, self._of, strict=True):
            for event in reader.read(time_s):
                if event.on and event.loop in of:
                    self.counted[of[event.loop]] += 1.0


def loops_of_approaches(layout: JunctionLayout, signal: str) -> dict[int, Approach]:
    """Return which loops (indices) count which approach; an approach without loops for all of its lanes has none."""
    lanes: defaultdict[str, set[int]] = defaultdict(set)
    for k, lane in enumerate(layout.lanes):
        lanes[lane.edge_id].add(k)
    found: dict[int, Approach] = {}
    for edge, own in lanes.items():
        for role in _ROLES:
            loops = [k for k, loop in enumerate(layout.loops) if loop.role is role and own & set(loop.serves)]
            if own <= {lane for k in loops for lane in layout.loops[k].serves}:
                found.update(dict.fromkeys(loops, (signal, edge)))
                break
    return found
