"""A schedule from counted days: types of day, when to change plans, a plan for each stretch, all of it checked."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.network_plan import NetworkPlanner, PlannedSignal, Timing
from optimiser.schedule.breakpoints import Stretch, best_stretches, cost_of
from optimiser.schedule.calendar import DayGroup, groups_of, kinds_of_days, special_days_of, weekdays_of
from optimiser.schedule.day_types import ALIKE, types_of_days
from optimiser.schedule.plan_costs import PlanLibrary, flows_veh, library
from signal_ctrl.domain.counted_days import SLOT_S, SLOTS, DayProfiles, slot_flows_veh_h
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, plan_hash
from signal_ctrl.domain.schedule import DayType, Entry, PlanRef, Schedule, SpecialDay, time_text
from signal_ctrl.domain.timetable import ScheduledPlans
from signal_ctrl.engine.acceptance import check_plan, rehearse
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.counted_volumes import CountedStreets, check_turns
from sumo_scenarios.demand_model import choice_of, demand_model, signal_streams
from sumo_scenarios.first_plan import plan_of
from sumo_scenarios.volumes import Volumes
from sumo_scenarios.world import World

FloatArray = NDArray[np.float64]
MOST_PLANS: Final = 6
CHANGE_COST_S: Final = 5.0
"""What a change of plan costs each vehicle of the quarter of an hour in which it is. [s/veh]"""
_ROUNDS: Final = 6
_SLOT_MIN: Final = SLOT_S // 60
_S_PER_H: Final = 3600.0
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]")

Tell = Callable[[str], None]
"""Called with what is done next."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the engineer may set. `change_cost_s` [s/veh]; `most_plans` in a day; `alike`, share of the flow (0-1)."""

    zone: str
    change_cost_s: float = CHANGE_COST_S
    most_plans: int = MOST_PLANS
    alike: float = ALIKE

    def __post_init__(self) -> None:
        if not 0 <= self.change_cost_s <= 600:
            raise InvalidInputError(f"--change-cost needs 0 to 600 s a vehicle, got {self.change_cost_s:g}")
        if not 1 <= self.most_plans <= 24:
            raise InvalidInputError(f"--most-plans needs 1 to 24, got {self.most_plans}")


@dataclass(frozen=True, slots=True)
class PlannedStretch:
    """A stretch of a day under one plan. [min of the day], delay by the model [veh h], vehicles [veh]"""

    begin_min: int
    end_min: int
    plan: str
    cycle_s: int
    delay_veh_h: float
    vehicles: float


@dataclass(frozen=True, slots=True, eq=False)
class PlannedDay:
    """A type of day: its stretches, and by the model the delay of the schedule, of the best single plan and of a plan
    for every quarter of an hour, changes left out [veh h]; flow_veh_h (96,), of all turns.
    """

    group: DayGroup
    weekdays: tuple[str, ...]
    stretches: tuple[PlannedStretch, ...]
    delay_veh_h: float
    one_plan_veh_h: float
    any_plan_veh_h: float
    change_cost_veh_h: float
    flow_veh_h: FloatArray


@dataclass(frozen=True, slots=True)
class DaySchedule:
    """What came out: the schedule with its plans, each day type, and what the engineer has to know."""

    scheduled: ScheduledPlans
    days: tuple[PlannedDay, ...]
    notices: tuple[str, ...]


class SignalsOf:
    """The signals of a world under any flows; the kernels are asked for their times once."""

    def __init__(self, world: World, turns: Sequence[Turn]) -> None:
        check_turns(world, turns)
        self.world = world
        self.streets = CountedStreets(world.net, turns)
        self.units = tuple(unit for unit in world.units if len(unit.site.stages) > 1)
        self.kernels = tuple(Kernel(unit.site) for unit in self.units)
        self._tables = tuple(stage_tables(kernel) for kernel in self.kernels)
        self._kept: dict[tuple[int, Timing], bool] = {}

    def under(self, flows_veh_h: Mapping[Turn, float]) -> tuple[PlannedSignal, ...]:
        """Return the signals under flows by turn. [veh/h]"""
        volumes = self.streets.volumes(flows_veh_h)
        return tuple(
            PlannedSignal(unit.site, tables, signal_streams(unit, self.world.net, volumes), choice_of(unit))
            for unit, tables in zip(self.units, self._tables, strict=True)
        )

    def keeps(self, index: int, timing: Timing) -> bool:
        """Return whether the kernel of a signal (index) keeps a timing."""
        key = (index, timing._replace(offset_s=0))
        if key not in self._kept:
            splits_ds = tuple(10 * split_s for split_s in timing.splits_s)
            self._kept[key] = not rehearse(self.kernels[index], timing.stages, splits_ds)
        return self._kept[key]


def plan_days(
    world: World, profiles: DayProfiles, special: Sequence[SpecialDay], wishes: Wishes, tell: Tell
) -> DaySchedule:
    """Return the schedule of a network from counted days.

    Raises: InvalidInputError for counts or a calendar that do not fit, or demand that no common cycle serves.
    """
    signals = SignalsOf(world, profiles.turns)
    kinds = kinds_of_days(profiles, special)
    groups = groups_of(kinds, types_of_days([kind for kind, _ in kinds], wishes.alike))
    weekdays, notices = weekdays_of(groups)
    of_type = special_days_of(special, groups, weekdays)
    days, plans = [], []
    for group in groups:
        tell(f"{group.name}: {group.days} counted days ({', '.join(group.kinds)})")
        maker = _DayMaker(signals, group, profiles.turns, wishes)
        day, own = maker.make(weekdays[group.name])
        days.append(day)
        plans += own
    for plan in plans:
        check_plan(plan, tuple(unit.site for unit in world.units))
    types = tuple(_day_type(day) for day in days)
    refs = tuple(PlanRef(plan.name, plan_hash(plan)) for plan in plans)
    schedule = Schedule(world.scenario.name, wishes.zone, refs, types, of_type)
    return DaySchedule(ScheduledPlans(schedule, tuple(plans)), tuple(days), notices)


def _day_type(day: PlannedDay) -> DayType:
    entries = tuple(Entry(stretch.begin_min, stretch.plan) for stretch in day.stretches)
    return DayType(day.group.name, day.weekdays, entries)


class _DayMaker:
    """Plans one type of day."""

    def __init__(self, signals: SignalsOf, group: DayGroup, turns: Sequence[Turn], wishes: Wishes) -> None:
        self._signals = signals
        self._group = group
        self._turns = turns
        self._wishes = wishes
        self._library: PlanLibrary = library(self._demand, SLOTS)
        self._vehicles = flows_veh(self._library.slots)
        self._changes = self._vehicles * wishes.change_cost_s / _S_PER_H

    def _flows(self, begin: int, end: int) -> dict[Turn, float]:
        return slot_flows_veh_h(self._turns, self._group.vehicles[begin:end].mean(axis=0))

    def _demand(self, begin: int, end: int) -> tuple[PlannedSignal, ...]:
        return self._signals.under(self._flows(begin, end))

    def make(self, weekdays: tuple[str, ...]) -> tuple[PlannedDay, list[Plan]]:
        """Return the day and its plans."""
        stretches = self._stretches()
        total = self._library.total
        plans = self._plans(stretches)
        rows = tuple(self._row(stretch, plans[stretch.plan].name, total) for stretch in stretches)
        changes = cost_of(stretches, total, self._changes) - sum(row.delay_veh_h for row in rows)
        day = PlannedDay(
            group=self._group,
            weekdays=weekdays,
            stretches=rows,
            delay_veh_h=sum(row.delay_veh_h for row in rows),
            one_plan_veh_h=float(total.sum(axis=1).min()),
            any_plan_veh_h=float(total.min(axis=0).sum()),
            change_cost_veh_h=changes,
            flow_veh_h=self._group.vehicles.sum(axis=1) * _S_PER_H / SLOT_S,
        )
        return day, list(plans.values())

    def _stretches(self) -> tuple[Stretch, ...]:
        """Return the best stretches; the library grows by plans for them, and loses those that no kernel keeps."""
        added: set[tuple[int, int]] = set()
        while True:
            best = best_stretches(self._library.total, self._changes, self._wishes.most_plans)
            unfit = {stretch.plan for stretch in best if not self._kept(self._library.timings[stretch.plan])}
            for plan in unfit:
                self._library.drop(plan)
            if not unfit and not self._grown(best, added):
                return best

    def _grown(self, best: Sequence[Stretch], added: set[tuple[int, int]]) -> bool:
        """Add plans made for the stretches, or if there are such already, those in force with their splits moved."""
        before = len(self._library.timings)
        new = [(s.begin, s.end) for s in best if (s.begin, s.end) not in added]
        if len(added) > _ROUNDS * self._wishes.most_plans:
            return False
        self._library.add_all(new)
        added.update(new)
        if len(self._library.timings) == before:
            for plan in dict.fromkeys(stretch.plan for stretch in best):
                kept = [t for stretch in best if stretch.plan == plan for t in range(stretch.begin, stretch.end)]
                self._library.add_moved(plan, kept)
        return len(self._library.timings) > before

    def _kept(self, timings: Sequence[Timing]) -> bool:
        return all(self._signals.keeps(index, timing) for index, timing in enumerate(timings))

    def _plans(self, stretches: Sequence[Stretch]) -> dict[int, Plan]:
        """Return the plan documents by index of the library, with offsets for the longest stretch of each."""
        found: dict[int, Plan] = {}
        for stretch in stretches:
            if stretch.plan in found:
                continue
            longest = max((s for s in stretches if s.plan == stretch.plan), key=lambda s: s.end - s.begin)
            model = demand_model(self._signals.world, self._volumes(longest))
            planner = NetworkPlanner(model.signals, model.links, self._signals.keeps)
            timings = planner.coordinated(self._library.timings[stretch.plan], rounds=0)
            name = f"{self._group.name}-{time_text(stretch.begin * _SLOT_MIN).replace(':', '')}"
            found[stretch.plan] = plan_of(_ODD.sub("-", name)[-64:], model, timings)
        return found

    def _volumes(self, stretch: Stretch) -> Volumes:
        return self._signals.streets.volumes(self._flows(stretch.begin, stretch.end))

    def _row(self, stretch: Stretch, name: str, total: FloatArray) -> PlannedStretch:
        return PlannedStretch(
            begin_min=stretch.begin * _SLOT_MIN,
            end_min=stretch.end * _SLOT_MIN,
            plan=name,
            cycle_s=self._library.timings[stretch.plan][0].cycle_s,
            delay_veh_h=float(total[stretch.plan, stretch.begin : stretch.end].sum()),
            vehicles=float(self._vehicles[stretch.begin : stretch.end].sum()),
        )
