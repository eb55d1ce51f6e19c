"""Cycle and splits of many signals over consecutive demand periods, and the figures for people: rows that add up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimiser.hcm import level_of_service, mean_weighted
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.engine.split_plan import SplitPlanner, chosen_cycle_s
from signal_ctrl.engine.split_values import Outcome, Period, SignalDemand, SplitRules

FloatArray = NDArray[np.float64]
Watch = Callable[[int, int], None]
"""Told after each signal of each period: how many of how many are done."""


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement in one period: the streams of one signal group from one approach. [veh/h], [s/veh], [veh]

    `saturation` is that of its fullest lane, `delay_s` the mean of its vehicles, its terms likewise; `gated_veh_h` the
    flow to which it has to be held back, None if it need not. Delays are None where nobody drives.
    """

    movement: str
    approach: str
    turns: str
    critical: bool
    flow_veh_h: float
    capacity_veh_h: float
    saturation: float
    green_s: float
    d1_s: float | None
    progression: float | None
    d2_s: float | None
    d3_s: float | None
    delay_s: float | None
    level: str
    queue_veh: float
    gated_veh_h: float | None


@dataclass(frozen=True, slots=True, eq=False)
class SignalResult:
    """What was found for one signal in one period. `rows`, its movements in the order of its streams."""

    planner: SplitPlanner
    outcome: Outcome
    rows: tuple[MovementRow, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", _movement_rows(self))


@dataclass(frozen=True, slots=True, eq=False)
class PeriodResult:
    """What was found for one period. `carried` says whether the queues of the period before were taken over."""

    period: Period
    carried: bool
    signals: tuple[SignalResult, ...]

    def plan(self, name: str) -> Plan:
        """Return the plan of the period."""
        return Plan(name, tuple(one.planner.plan(one.outcome.splits_s) for one in self.signals))


def plan_periods(
    demands: Sequence[SignalDemand], periods: Sequence[Period], rules: SplitRules, common: bool, watch: Watch
) -> tuple[PeriodResult, ...]:
    """Return cycles and splits of each signal in each period.

    A queue left at the end of a period is there at the begin of the next if that follows at once.
    Args: common, one cycle for all signals of a period; else each has its own.
    Raises: InvalidInputError where a signal has no cycle within the rules.
    """
    if not demands:
        raise InvalidInputError("no signal to plan: each needs two stages, and a demand")
    planners = [SplitPlanner(demand, rules) for demand in demands]
    found: list[PeriodResult] = []
    for index, period in enumerate(periods):
        carried = index > 0 and periods[index - 1].end_s == period.begin_s
        cycle_s = chosen_cycle_s(planners, index) if common else 0
        results = []
        for place, planner in enumerate(planners):
            queue_veh = found[-1].signals[place].outcome.service.delay.queue_veh if carried else _empty(planner, index)
            own_s = cycle_s or chosen_cycle_s([planner], index)
            results.append(SignalResult(planner, planner.outcome(index, own_s, queue_veh, period.hours)))
            watch(index * len(planners) + place + 1, len(periods) * len(planners))
        found.append(PeriodResult(period, carried, tuple(results)))
    return tuple(found)


def _empty(planner: SplitPlanner, period: int) -> FloatArray:
    return np.zeros(len(planner.demand.streams[period].flow_veh_s))


@dataclass(frozen=True, slots=True)
class TotalRow:
    """An approach, or a whole junction: flow [veh/h], mean delay [s/veh] (None: nobody), level of service, queue."""

    name: str
    flow_veh_h: float
    delay_s: float | None
    level: str
    queue_veh: float


def _movement_rows(result: SignalResult) -> tuple[MovementRow, ...]:
    names = result.planner.demand.names
    keys = list(dict.fromkeys((name.movement, name.approach) for name in names))
    return tuple(_movement_row(result, [i for i, n in enumerate(names) if (n.movement, n.approach) == k]) for k in keys)


def _movement_row(result: SignalResult, rows: list[int]) -> MovementRow:
    demand, outcome = result.planner.demand, result.outcome
    service, delay = outcome.service, outcome.service.delay
    flow = service.flow_veh_h[rows]
    used = [i for i in rows if service.flow_veh_h[i] > 0]
    saturation = float(service.saturation[used].max()) if used else 0.0

    def mean(values: FloatArray) -> float | None:
        return mean_weighted(values[rows], flow) if used else None

    total_s = mean(delay.total_s)
    gated = np.where(np.isnan(outcome.gated_veh_h), service.flow_veh_h, outcome.gated_veh_h)
    first = demand.names[rows[0]]
    return MovementRow(
        movement=first.movement,
        approach=first.approach,
        turns="".join(dict.fromkeys("".join(demand.names[i].turns for i in rows))),
        critical=bool(set(rows) & set(outcome.analysis.critical.streams)),
        flow_veh_h=float(flow.sum()),
        capacity_veh_h=float(service.capacity_veh_h[rows].sum()),
        saturation=saturation,
        green_s=float(service.green_s[rows].max()),
        d1_s=mean(delay.uniform_s),
        progression=mean(delay.progression),
        d2_s=mean(delay.overflow_s),
        d3_s=mean(delay.initial_s),
        delay_s=total_s,
        level="–" if total_s is None else level_of_service(total_s, saturation),
        queue_veh=float(delay.queue_veh[rows].sum()),
        gated_veh_h=float(gated[rows].sum()) if np.isfinite(outcome.gated_veh_h[rows]).any() else None,
    )


def approach_rows(movements: Sequence[MovementRow]) -> tuple[TotalRow, ...]:
    """Return the approaches of a signal; their level of service goes by their delay alone."""
    names = dict.fromkeys(row.approach for row in movements)
    return tuple(total_row(name, [row for row in movements if row.approach == name]) for name in names)


def total_row(name: str, movements: Sequence[MovementRow]) -> TotalRow:
    """Return the sum of some movements."""
    flow = [row.flow_veh_h for row in movements]
    delay_s = mean_weighted([row.delay_s or 0.0 for row in movements], flow) if sum(flow) > 0 else None
    level = "–" if delay_s is None else level_of_service(delay_s)
    return TotalRow(name, sum(flow), delay_s, level, sum(row.queue_veh for row in movements))
