"""What fixed plans cost over a day: the delay that the model gives them in each quarter of an hour.

Even arrivals, d1 + d2 of the HCM in each period by itself (optimiser.cycle_split): queues are not carried from one
period into the next, and offsets do not count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import S_PER_H, mean_delay_s, mean_delays_s, moves, shortest_cycle_s, stage_cycle
from optimiser.network_plan import PlannedSignal, Timing, isolated, stage_orders
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
PERIOD_H: Final = 0.25
CYCLE_S: Final = (30, 130)
CYCLE_STEP_S: Final = 10
_ORDERS: Final = 2
_WINDOW: Final = 8
_STEPS_S: Final = (4, 2, 1)
_ROUNDS: Final = 20

DemandOf = Callable[[int, int], tuple[PlannedSignal, ...]]
"""The signals under the mean demand of some periods (first, and the one after the last)."""

Orders = tuple[tuple[int, ...], ...]
"""Stages (indices) of one signal in orders to choose from."""


def delays_veh_h(slots: Sequence[PlannedSignal], timings: Sequence[Timing]) -> FloatArray:
    """Return the delay of timings of one signal in each period. (n_timings, n_slots) [veh h]

    Args: slots, the signal under the demand of each period.
    """
    found = np.zeros((len(timings), len(slots)))
    for stages in sorted({timing.stages for timing in timings}):
        own = [k for k, timing in enumerate(timings) if timing.stages == stages]
        lengths = {s: [k for k in own if timings[k].cycle_s == s] for s in sorted({timings[k].cycle_s for k in own})}
        splits_s = {s: np.array([timings[k].splits_s for k in rows], dtype=np.float64) for s, rows in lengths.items()}
        for slot, signal in enumerate(slots):
            cycle = stage_cycle(signal.site, signal.tables, signal.streams, stages)
            hours = float(signal.streams.flow_veh_s.sum()) * PERIOD_H
            for length_s, rows in lengths.items():
                found[rows, slot] = mean_delays_s(signal.streams, cycle, splits_s[length_s], PERIOD_H) * hours
    return found


@dataclass(slots=True)
class PlanLibrary:
    """Plans to choose from, each with its delay in every period: for the demand of some windows, at some cycles.

    `timings`, of each plan one of each signal; costs (n_signals, n_plans, n_slots) [veh h].
    """

    demand: DemandOf
    slots: tuple[tuple[PlannedSignal, ...], ...]
    orders: tuple[Orders, ...]
    timings: list[tuple[Timing, ...]]
    costs: FloatArray

    @property
    def total(self) -> FloatArray:
        """Delay of all signals. (n_plans, n_slots) [veh h]"""
        return np.asarray(self.costs.sum(axis=0))

    def add(self, begin: int, end: int) -> None:
        """Add the plans for the mean demand of some periods, at every cycle that fits. [periods]

        Raises: InvalidInputError if no common cycle fits.
        """
        self.add_all([(begin, end)])

    def add_all(self, windows: Sequence[tuple[int, int]]) -> None:
        """Add the plans for several windows. Raises: as `add`."""
        self.add_timings(timings for window in windows for timings in best_for(self.demand(*window), self.orders))

    def add_timings(self, timings: Iterable[tuple[Timing, ...]]) -> None:
        """Add plans that are not there yet."""
        new = [plan for plan in dict.fromkeys(timings) if plan not in self.timings]
        if not new:
            return
        rows = [
            delays_veh_h([slot[k] for slot in self.slots], [plan[k] for plan in new]) for k in range(len(self.slots[0]))
        ]
        self.timings += new
        self.costs = np.concatenate([self.costs, np.stack(rows)], axis=1)

    def add_moved(self, plan: int, kept: Sequence[int]) -> None:
        """Add a plan (index) with its splits moved as long as the delay in the periods falls in which it is kept."""
        timings = self.timings[plan]
        self.add_timings([tuple(_moved([self.slots[t][k] for t in kept], own) for k, own in enumerate(timings))])

    def drop(self, plan: int) -> None:
        """Let a plan (index) never be chosen."""
        self.costs[:, plan, :] = np.inf


def library(demand: DemandOf, n_slots: int) -> PlanLibrary:
    """Return plans for the whole day, its stretches of two hours, and the quarter of an hour with the most traffic.

    The one that costs least all day is there twice, once with its splits moved for the whole day.

    Raises: InvalidInputError if no common cycle fits.
    """
    slots = tuple(demand(slot, slot + 1) for slot in range(n_slots))
    busiest = int(np.argmax(flows_veh(slots)))
    orders = tuple(map(_orders_of, zip(demand(0, n_slots), slots[busiest], strict=True)))
    found = PlanLibrary(demand, slots, orders, [], np.zeros((len(slots[0]), 0, n_slots)))
    windows = [(begin, min(begin + _WINDOW, n_slots)) for begin in range(0, n_slots, _WINDOW)]
    found.add_all([(0, n_slots), (busiest, busiest + 1), *windows])
    found.add_moved(int(np.argmin(found.total.sum(axis=1))), range(n_slots))
    return found


def _orders_of(signals: Sequence[PlannedSignal]) -> Orders:
    """Return the orders of stages that suit one of several demands of a signal."""
    return tuple(dict.fromkeys(order for signal in signals for order in orders_of(signal)))


def best_for(signals: Sequence[PlannedSignal], orders: Sequence[Orders]) -> list[tuple[Timing, ...]]:
    """Return for each common cycle that fits all signals the plan with the least delay under even arrivals.

    Args: orders, of the stages of each signal, to choose from.
    Raises: InvalidInputError if none fits.
    """
    found = []
    for cycle_s in range(CYCLE_S[0], CYCLE_S[1] + 1, CYCLE_STEP_S):
        timings = [_best(signal, stages, cycle_s) for signal, stages in zip(signals, orders, strict=True)]
        if all(timing is not None for timing in timings):
            found.append(tuple(timing for timing in timings if timing is not None))
    if not found:
        tight = max(signals, key=_shortest_s)
        raise InvalidInputError(
            f"no common cycle up to {CYCLE_S[1]} s serves every signal; signal {tight.site.signal_id} needs the longest"
        )
    return found


def _shortest_s(signal: PlannedSignal) -> float:
    cycle = stage_cycle(signal.site, signal.tables, signal.streams, signal.choice)
    return min(float(cycle.least_s.sum()), shortest_cycle_s(signal.streams, cycle, 1.0))


def orders_of(signal: PlannedSignal) -> Orders:
    """Return the orders of stages with the least delay at a cycle of middling length, or the shortest that fits."""
    orders = stage_orders(signal)
    middling_s = round(sum(CYCLE_S) / 2)
    timed = [(timing, cycle) for cycle in orders for timing in isolated(signal, [cycle], middling_s, lambda _: True)]
    costs = [
        mean_delay_s(signal.streams, cycle, np.array(timing.splits_s, dtype=np.float64)) for timing, cycle in timed
    ]
    best = [timed[k][1].stages for k in np.argsort(costs, kind="stable")[:_ORDERS]]
    return tuple(best or [cycle.stages for cycle in orders[:_ORDERS]])


def _best(signal: PlannedSignal, orders: Sequence[tuple[int, ...]], cycle_s: int) -> Timing | None:
    cycles = [stage_cycle(signal.site, signal.tables, signal.streams, stages) for stages in orders]
    return next(iter(isolated(signal, cycles, cycle_s, lambda _: True)), None)


def _moved(slots: Sequence[PlannedSignal], timing: Timing) -> Timing:
    """Return a timing of one signal with seconds moved between its splits, downhill in the delay of some periods."""
    signal = slots[0]
    least_s = stage_cycle(signal.site, signal.tables, signal.streams, timing.stages).least_s
    best, least = timing, float(delays_veh_h(slots, [timing]).sum())
    for step_s in _STEPS_S:
        for _ in range(_ROUNDS):
            rows = np.array(best.splits_s) + moves(len(best.splits_s), step_s)
            trials = [best._replace(splits_s=tuple(int(s) for s in row)) for row in rows if np.all(row >= least_s)]
            costs = delays_veh_h(slots, trials).sum(axis=1) if trials else np.array([np.inf])
            if not costs.min() < least - 1e-9:
                break
            best, least = trials[int(np.argmin(costs))], float(costs.min())
    return best


def flows_veh(slots: Sequence[Sequence[PlannedSignal]]) -> FloatArray:
    """Return how many vehicles come to all signals in each period. (n_slots,) [veh]"""
    return np.array([sum(float(s.streams.flow_veh_s.sum()) for s in slot) * PERIOD_H * S_PER_H for slot in slots])
