"""Fixed plans for a whole network by model alone: orders of stages, splits and offsets for one common cycle."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import (
    StageCycle,
    Streams,
    best_splits_s,
    mean_delay_s,
    moves,
    reserve_splits_s,
    stage_cycle,
)
from optimiser.link_model import LinkNetwork, network_delay_s, service_veh_s
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Site

FloatArray = NDArray[np.float64]
MOST_STAGES: Final = 6
_ORDERED: Final = 5
_SCREENED: Final = 5
_ALTERNATIVES: Final = 6
_ORDERS_KEPT: Final = 3
_MIDDLING_S: Final = 75.0
_FINE_S: Final = (6, 3, 1)


@dataclass(frozen=True, slots=True, eq=False)
class PlannedSignal:
    """One signal as planning sees it. `choice` are the stages (indices) that a plan may use, in programme order."""

    site: Site
    tables: StageTables
    streams: Streams
    choice: tuple[int, ...]


class Timing(NamedTuple):
    """Stages (indices) in order, their splits and the offset of one signal, in whole seconds. [s]"""

    stages: tuple[int, ...]
    splits_s: tuple[int, ...]
    offset_s: int = 0

    @property
    def cycle_s(self) -> int:
        """The sum of the splits. [s]"""
        return sum(self.splits_s)


Keeps = Callable[[int, Timing], bool]
"""Says whether the kernel of a signal (index) keeps a timing to the frame."""
MayGoOn = Callable[[], bool]


def always() -> bool:
    """Go on until it is done."""
    return True


def stage_orders(signal: PlannedSignal) -> tuple[StageCycle, ...]:
    """Return orders of stages that serve everybody whom the choice serves, the promising ones if there are many."""
    sizes = range(1, min(len(signal.choice), MOST_STAGES) + 1)
    sets = [stages for n in sizes for stages in itertools.combinations(signal.choice, n)]
    whole = _served(signal.site, signal.choice)
    sets = [stages for stages in sets if _served(signal.site, stages) == whole] or [signal.choice]
    if len(signal.choice) > _ORDERED:
        sets = sorted(sets, key=lambda stages: _quick_delay_s(signal, stages))[:_SCREENED]
    return tuple(cycle for stages in sets for cycle in _best_orders(signal, stages))


def _best_orders(signal: PlannedSignal, stages: tuple[int, ...]) -> list[StageCycle]:
    """Return the orders of some stages that lose least with the splits that suit the first order."""
    orders = itertools.permutations(stages[1:]) if len(stages) <= _ORDERED else iter((stages[1:],))
    cycles = [stage_cycle(signal.site, signal.tables, signal.streams, (stages[0], *order)) for order in orders]
    if len(cycles) <= _ORDERS_KEPT:
        return cycles
    base_s = dict(zip(stages, _middling_splits_s(signal, cycles[0]), strict=True))
    at_s = [np.array([base_s[s] for s in cycle.stages]) for cycle in cycles]
    costs_s = [mean_delay_s(signal.streams, cycle, splits_s) for cycle, splits_s in zip(cycles, at_s, strict=True)]
    return [cycles[i] for i in np.argsort(costs_s, kind="stable")[:_ORDERS_KEPT]]


def _middling_splits_s(signal: PlannedSignal, cycle: StageCycle) -> FloatArray:
    try:
        return reserve_splits_s(signal.streams, cycle, _MIDDLING_S)
    except InvalidInputError:
        return np.full(len(cycle.stages), _MIDDLING_S / len(cycle.stages))


def _served(site: Site, stages: Sequence[int]) -> frozenset[int]:
    return frozenset(g for s in stages for g, right in enumerate(site.stages[s].rights) if right.is_green)


def _quick_delay_s(signal: PlannedSignal, stages: tuple[int, ...]) -> float:
    """Return the delay with the most reserve at a cycle of middling length. [s/veh]"""
    cycle = stage_cycle(signal.site, signal.tables, signal.streams, stages)
    try:
        return mean_delay_s(signal.streams, cycle, reserve_splits_s(signal.streams, cycle, _MIDDLING_S))
    except InvalidInputError:
        return float("inf")


def isolated(
    signal: PlannedSignal, orders: Sequence[StageCycle], cycle_s: int, keeps: Callable[[Timing], bool], best: int = 1
) -> list[Timing]:
    """Return the timings with the least delay under even arrivals, the best first; none if no order fits."""
    found: list[tuple[float, Timing]] = []
    for cycle in orders:
        try:
            splits_s = best_splits_s(signal.streams, cycle, cycle_s)
        except InvalidInputError:
            continue
        timing = Timing(cycle.stages, tuple(int(s) for s in splits_s))
        found.append((mean_delay_s(signal.streams, cycle, splits_s), timing))
    found.sort(key=lambda row: row[0])
    return list(itertools.islice((timing for _, timing in found if keeps(timing)), best))


class NetworkPlanner:
    """Moves offsets and splits of signals with one cycle so that the delay of the link model falls."""

    def __init__(self, signals: Sequence[PlannedSignal], links: LinkNetwork, keeps: Keeps) -> None:
        self._signals = signals
        self._links = links
        self.keeps = keeps
        self._alternatives: dict[tuple[int, int], list[Timing]] = {}
        self._orders = [stage_orders(signal) for signal in signals]

    def plan(self, cycle_s: int, may_go_on: MayGoOn = always) -> tuple[Timing, ...] | None:
        """Return timings for a common cycle, None if some signal has none. [s] Args: as `coordinated`."""
        timings = []
        for index, signal in enumerate(self._signals):
            best = isolated(signal, self._orders[index], cycle_s, partial(self.keeps, index))
            if not best:
                return None
            timings.append(best[0])
        return self.coordinated(timings, may_go_on=may_go_on)

    def best_alone(self, index: int, cycles_s: Sequence[int]) -> Timing | None:
        """Return the timing of one signal with the least delay under even arrivals, over several cycles. [s]"""
        found: list[tuple[float, Timing]] = []
        signal = self._signals[index]
        for cycle_s in cycles_s:
            for timing in self.orders(index, cycle_s)[:1]:
                cycle = stage_cycle(signal.site, signal.tables, signal.streams, timing.stages)
                splits_s = np.array(timing.splits_s, dtype=np.float64)
                found.append((mean_delay_s(signal.streams, cycle, splits_s), timing))
        return min(found, key=lambda row: row[0])[1] if found else None

    def orders(self, index: int, cycle_s: int) -> list[Timing]:
        """Return timings of one signal with other orders and sets of stages, the best few first."""
        key = (index, cycle_s)
        if key not in self._alternatives:
            signal, orders = self._signals[index], self._orders[index]
            keeps = partial(self.keeps, index)
            self._alternatives[key] = isolated(signal, orders, cycle_s, keeps, _ALTERNATIVES)
        return self._alternatives[key]

    def least_s(self, index: int, stages: tuple[int, ...]) -> FloatArray:
        """Return the shortest splits of stages in that order. [s]"""
        signal = self._signals[index]
        return stage_cycle(signal.site, signal.tables, signal.streams, stages).least_s

    def delay_s(self, timings: Sequence[Timing]) -> float:
        """Return what the model says of timings with one cycle. [s/veh]"""
        return network_delay_s(self._links, self._service(timings))

    def coordinated(
        self, timings: Sequence[Timing], rounds: int = 3, may_go_on: MayGoOn = always
    ) -> tuple[Timing, ...]:
        """Return the timings with offsets, then also splits, moved downhill.

        Args: may_go_on, asked before each signal: False ends it with the best so far.
        """
        now = list(timings)
        if len(now) == 1:
            return tuple(now)
        service = self._service(now)
        least_s = network_delay_s(self._links, service)
        least_s = self._offsets(now, service, least_s, _steps_s(now[0].cycle_s), may_go_on)
        for _ in range(rounds):
            before_s = least_s
            least_s = self._splits(now, service, least_s, may_go_on)
            least_s = self._offsets(now, service, least_s, _FINE_S, may_go_on)
            if before_s - least_s < 0.01:
                break
        return tuple(now)

    def _offsets(
        self, now: list[Timing], service: FloatArray, least_s: float, steps_s: Sequence[int], may_go_on: MayGoOn
    ) -> float:
        for step_s in steps_s:
            for index in itertools.takewhile(lambda _: may_go_on(), self._in_order()):
                rows = slice(self._links.first[index], self._links.first[index + 1])
                for shift_s in (step_s, -step_s):
                    least_s = self._shifted(now, service, least_s, (index, rows, shift_s))
        return least_s

    def _shifted(self, now: list[Timing], service: FloatArray, least_s: float, move: tuple[int, slice, int]) -> float:
        """Shift one signal as long as the delay falls, in place; return the delay. [s/veh]"""
        index, rows, shift_s = move
        cycle_s = now[index].cycle_s
        for _ in range(max(cycle_s // max(abs(shift_s), 1), 1)):
            service[rows] = np.roll(service[rows], shift_s, axis=1)
            cost_s = network_delay_s(self._links, service)
            if cost_s >= least_s - 1e-9:
                service[rows] = np.roll(service[rows], -shift_s, axis=1)
                break
            least_s = cost_s
            now[index] = now[index]._replace(offset_s=(now[index].offset_s + shift_s) % cycle_s)
        return least_s

    def _splits(self, now: list[Timing], service: FloatArray, least_s: float, may_go_on: MayGoOn) -> float:
        for step_s in (4, 1):
            for index in itertools.takewhile(lambda _: may_go_on(), self._in_order()):
                least_s = self._split(now, service, least_s, index, step_s)
        return least_s

    def _split(self, now: list[Timing], service: FloatArray, least_s: float, index: int, step_s: int) -> float:
        rows = slice(self._links.first[index], self._links.first[index + 1])
        kept, best = service[rows].copy(), (least_s, now[index])
        for splits_s in np.array(now[index].splits_s) + moves(len(now[index].splits_s), step_s):
            trial = now[index]._replace(splits_s=tuple(int(s) for s in splits_s))
            if min(trial.splits_s) <= 0 or not self._fits(index, trial):
                continue
            service[rows] = self._own(index, trial)
            cost_s = network_delay_s(self._links, service)
            if cost_s < best[0] - 1e-9 and self.keeps(index, trial):
                best = (cost_s, trial)
        service[rows] = kept if best[1] is now[index] else self._own(index, best[1])
        now[index] = best[1]
        return best[0]

    def _fits(self, index: int, timing: Timing) -> bool:
        signal = self._signals[index]
        cycle = stage_cycle(signal.site, signal.tables, signal.streams, timing.stages)
        return bool(np.all(np.array(timing.splits_s) >= cycle.least_s))

    def _own(self, index: int, timing: Timing) -> FloatArray:
        signal = self._signals[index]
        splits_s = np.array(timing.splits_s, dtype=np.float64)
        return service_veh_s(signal.tables, signal.streams, timing.stages, splits_s, timing.offset_s)

    def _service(self, timings: Sequence[Timing]) -> FloatArray:
        return np.vstack([self._own(index, timing) for index, timing in enumerate(timings)])

    def _in_order(self) -> list[int]:
        """Return the signals with the most traffic first: the others follow them."""
        first = self._links.first
        loads = [self._links.flow_veh_s[first[i] : first[i + 1]].sum() for i in range(len(self._signals))]
        return sorted(range(len(loads)), key=lambda i: -loads[i])


def _steps_s(cycle_s: int) -> tuple[int, ...]:
    """Return steps of offsets as TRANSYT takes them: 15 and 40 % of the cycle in turn, then single seconds. [s]"""
    shares = (0.15, 0.40, 0.15, 0.40, 0.15)
    return (*(max(round(share * cycle_s), 1) for share in shares), *_FINE_S)
