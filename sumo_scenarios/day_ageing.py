"""The ageing of a schedule or a plan under the counts of later days."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from optimiser.fixed_plan import stage_indices
from optimiser.network_plan import PlannedSignal, Timing
from optimiser.schedule.ageing import AgeRow, week_of
from optimiser.schedule.plan_costs import best_for, delays_veh_h, orders_of
from signal_ctrl.domain.counted_days import SLOT_S, SLOTS, DayProfiles, slot_flows_veh_h
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.timetable import ScheduledPlans
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.day_planner import FloatArray, SignalsOf, Tell
from sumo_scenarios.world import World

_SLOT_MIN: Final = SLOT_S // 60

PlansOf = Callable[[dt.date], Sequence[str]]
"""The names of the plans of a date by the wall clock of its counts, one each quarter of an hour."""


@dataclass(slots=True)
class _Stretch:
    """Where one plan was in force in one week: the counted days of each period of the day."""

    days: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def ageing_rows(world: World, given: ScheduledPlans | Plan, profiles: DayProfiles, tell: Tell) -> Iterator[AgeRow]:
    """Yield the rows of each week and plan: one a signal, and one for all of them.

    Raises: InvalidInputError for counts that do not fit the network, or plans that are not for its sites.
    """
    plans = (given,) if isinstance(given, Plan) else given.plans
    for plan in plans:
        check_plan(plan, tuple(unit.site for unit in world.units))
    signals = SignalsOf(world, profiles.turns)
    named = {given.name: given} if isinstance(given, Plan) else _named(given)
    for (week, name), stretch in sorted(_stretches(_namer(given), profiles).items()):
        tell(f"{week}, plan {name}")
        yield from _rows(signals, named[name], profiles, stretch, (week, name))


def _named(given: ScheduledPlans) -> dict[str, Plan]:
    return {ref.name: plan for ref, plan in zip(given.schedule.plans, given.plans, strict=True)}


def _namer(given: ScheduledPlans | Plan) -> PlansOf:
    if isinstance(given, Plan):
        name = given.name
        return lambda _date: [name] * SLOTS
    schedule = given.schedule
    return lambda date: [schedule.day_type_of(date).plan_at(slot * _SLOT_MIN) for slot in range(SLOTS)]


def _stretches(plans_of: PlansOf, profiles: DayProfiles) -> dict[tuple[str, str], _Stretch]:
    found: defaultdict[tuple[str, str], _Stretch] = defaultdict(_Stretch)
    for day, date in enumerate(profiles.dates):
        for slot, name in enumerate(plans_of(date)):
            found[week_of(date), name].days[slot].append(day)
    return found


def _rows(
    signals: SignalsOf, plan: Plan, profiles: DayProfiles, stretch: _Stretch, where: tuple[str, str]
) -> Iterator[AgeRow]:
    slots = sorted(stretch.days)
    means = np.stack([profiles.vehicles[stretch.days[slot], slot].mean(axis=0) for slot in slots])
    weights = np.array([len(stretch.days[slot]) for slot in slots], dtype=np.float64)
    demand = [signals.under(slot_flows_veh_h(profiles.turns, mean)) for mean in means]
    old = tuple(_timing(plan, signal) for signal in demand[0])
    mean = np.average(means, axis=0, weights=weights)
    peak = means[int(np.argmax(means.sum(axis=1)))]
    tried = [signals.under(slot_flows_veh_h(profiles.turns, at)) for at in (mean, peak)]
    orders = [
        tuple(dict.fromkeys((*orders_of(signal), timing.stages))) for signal, timing in zip(tried[0], old, strict=True)
    ]
    fresh = [*(timings for at in tried for timings in best_for(at, orders)), old]
    costs = np.stack([_costs(demand, [plan[k] for plan in fresh], k, weights) for k in range(len(old))])
    days = len({day for rows in stretch.days.values() for day in rows})
    best = int(np.argmin(costs.sum(axis=0)))
    came = np.array([[float(s.streams.flow_veh_s.sum()) * SLOT_S for s in row] for row in demand])
    vehicles = weights @ came / days
    pairs = np.stack([costs[:, -1], costs[:, best]], axis=1) / days
    names = [signal.site.signal_id for signal in demand[0]]
    if len(names) > 1:
        yield AgeRow(*where, "", days, float(vehicles.sum()), *map(float, pairs.sum(axis=0)))
    for name, count, pair in zip(names, vehicles, pairs, strict=True):
        yield AgeRow(*where, name, days, float(count), *map(float, pair))


def _costs(
    demand: Sequence[tuple[PlannedSignal, ...]], timings: Sequence[Timing], signal: int, weights: FloatArray
) -> FloatArray:
    """Return the delay of timings of one signal (index), all counted days together. (n_timings,) [veh h]"""
    return np.asarray(delays_veh_h([row[signal] for row in demand], timings) @ weights)


def _timing(plan: Plan, signal: PlannedSignal) -> Timing:
    own = plan.of(signal.site.signal_id)
    if own is None:
        raise InvalidInputError(f"plan {plan.name}: signal {signal.site.signal_id} has no plan")
    splits_s = tuple(split_ds // 10 for split_ds in own.splits_ds)
    return Timing(stage_indices(own, signal.site), splits_s, own.offset_ds // 10)
