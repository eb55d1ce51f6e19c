"""The search for the plan of an area: offsets by pairs with a proven bound, then downhill in the whole model.

Downhill as TRANSYT does it: large and small steps of the offsets in turn, with passes over the splits between them.
From several starts, because the model's index has many valleys: the offsets of the pairs, those of the plan at hand,
none, and random ones. The best is taken; the median tells how much starts matter.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import moves
from optimiser.network_index import Service
from optimiser.network_plan import Timing
from optimiser.network_problem import NetworkProblem, Timings
from optimiser.offset_solver import Offsets, solve_offsets
from optimiser.offset_tables import offset_tables

FloatArray = NDArray[np.float64]
MayGoOn = Callable[[], bool]
"""Asked between moves: False ends the search with the best so far."""
Told = Callable[[str], None]
"""Called with a line on how the search goes on."""
SPLITS: Final = -1.0
STEPS: Final = (0.15, 0.40, SPLITS, 0.15, 0.40, 0.15, SPLITS, 0.05, 0.02, 0.0)
"""Of a descent: offsets by that part of the cycle, 0 stands for one second; `SPLITS` for a pass over the splits."""
FINE: Final = (SPLITS, 0.02, 0.0)
_SPLIT_STEPS_S: Final = (4, 1)
_LEAST_GAIN_S: Final = 1e-6
_WORTH_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the search: where from, the index there and where it ended. [s/veh]"""

    what: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: timings, their index [s/veh], the offsets by pairs, and all starts, in order."""

    timings: Timings
    index_s: float
    pairs: Offsets
    starts: tuple[Start, ...]
    stopped: bool = False

    @property
    def median_s(self) -> float:
        """Median of where the starts ended. [s/veh]"""
        return statistics.median(start.end_s for start in self.starts)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a search may do: seconds for the pairs, random starts and their seed, who may stop it, who is told."""

    pairs_limit_s: float = 10.0
    random_starts: int = 2
    seed: int = 1
    may_go_on: MayGoOn = lambda: True
    told: Told = lambda _line: None


def search(problem: NetworkProblem, at_hand: Sequence[tuple[str, Timings]], effort: Effort) -> Searched:
    """Return the best plan found for the cycle of the plans at hand, of which the first gives stages and splits.

    Args: at_hand, named timings of one cycle, one or more.
    """
    base = at_hand[0][1]
    pairs = pairwise(problem, base, effort.pairs_limit_s)
    starts = [("pairs", with_offsets(base, pairs.offsets_s)), *at_hand]
    starts += [("no offsets", with_offsets(base, (0,) * len(base)))]
    draws = np.random.Generator(np.random.PCG64(effort.seed)).integers(
        0, base[0].cycle_s, (effort.random_starts, len(base))
    )
    starts += [(f"random {k + 1}", with_offsets(base, tuple(row))) for k, row in enumerate(draws.tolist())]
    found: list[tuple[float, Timings]] = []
    told: list[Start] = []
    seen: set[Timings] = set()
    for what, timings in starts:
        if found and not effort.may_go_on():
            break
        if timings in seen:
            continue
        seen.add(timings)
        descent = Descent(problem, timings, effort.may_go_on)
        begin_s = descent.cost_s
        descent.run()
        found.append((descent.cost_s, tuple(descent.timings)))
        told.append(Start(what, begin_s, descent.cost_s))
        effort.told(f"cycle {base[0].cycle_s} s from {what}: {begin_s:.2f} to {descent.cost_s:.2f} s/veh")
    index_s, timings = min(found, key=lambda row: row[0])
    return Searched(timings, index_s, pairs, tuple(told), not effort.may_go_on())


def pairwise(problem: NetworkProblem, timings: Timings, limit_s: float) -> Offsets:
    """Return the offsets that are best by pairs, and the bound. [s]"""
    tables = offset_tables(problem, timings)
    return solve_offsets(tables, len(timings), timings[0].cycle_s, limit_s)


def with_offsets(timings: Timings, offsets_s: Sequence[int]) -> Timings:
    """Return timings with other offsets. [s]"""
    return tuple(t._replace(offset_s=int(o) % t.cycle_s) for t, o in zip(timings, offsets_s, strict=True))


class Descent:
    """Moves offsets and splits as long as the index falls; `timings` and `cost_s` tell where it is."""

    def __init__(self, problem: NetworkProblem, timings: Timings, may_go_on: MayGoOn) -> None:
        self.timings = list(timings)
        self._problem = problem
        self._may_go_on = may_go_on
        self._service = problem.services(timings)
        self.cost_s = problem.cost_s(self._service)
        self._order = _busiest_first(problem)

    def run(self, rounds: int = 3) -> None:
        """Go down the whole list of steps, then fine ones until nothing is won by them."""
        self._pass(STEPS)
        for _ in range(rounds):
            before_s = self.cost_s
            self._pass(FINE)
            if before_s - self.cost_s < _WORTH_S:
                break

    def offsets(self, steps: Sequence[float]) -> None:
        """Move the offsets alone."""
        self._pass([step for step in steps if step != SPLITS])

    def _pass(self, steps: Sequence[float]) -> None:
        for step in steps:
            for index in self._order:
                if not self._may_go_on():
                    return
                if step == SPLITS:
                    self._move_splits(index)
                elif len(self.timings) > 1:
                    self._move_offset(index, max(round(step * self.timings[0].cycle_s), 1))

    def _move_offset(self, index: int, step_s: int) -> None:
        rows = self._problem.rows(index)
        for shift_s in (step_s, -step_s):
            for _ in range(max(self.timings[index].cycle_s // step_s, 1)):
                moved = self.timings[index]
                moved = moved._replace(offset_s=(moved.offset_s + shift_s) % moved.cycle_s)
                if not self._take(index, moved, self._service.rolled(rows, shift_s)):
                    break

    def _move_splits(self, index: int) -> None:
        for step_s in _SPLIT_STEPS_S:
            for change in moves(len(self.timings[index].splits_s), step_s):
                before = self.timings[index]
                moved = before._replace(splits_s=tuple(int(s) for s in np.array(before.splits_s) + change))
                if min(moved.splits_s) > 0 and self._problem.fits(index, moved):
                    self._try_splits(index, moved)

    def _try_splits(self, index: int, moved: Timing) -> None:
        """Take other splits of one signal, with the offset as it is or so that the end of the cycle stays."""
        rows = self._problem.rows(index)
        own = self._problem.service(index, moved)
        kind, part = self._service.kind.copy(), self._service.part.copy()
        kind[rows], part[rows] = own.kind, own.part
        service = Service(kind, part)
        if self._problem.cost_s(service) < self.cost_s - _LEAST_GAIN_S and self._problem.keeps(index, moved):
            self._take(index, moved, service)

    def _take(self, index: int, timing: Timing, service: Service) -> bool:
        """Take a move if the index falls by it."""
        cost_s = self._problem.cost_s(service)
        if not cost_s < self.cost_s - _LEAST_GAIN_S:
            return False
        self.timings[index], self._service, self.cost_s = timing, service, cost_s
        return True


def _busiest_first(problem: NetworkProblem) -> list[int]:
    flows = problem.model.links.flow_veh_s
    loads = [float(flows[problem.rows(i)].sum()) for i in range(len(problem.signals))]
    return sorted(range(len(loads)), key=lambda i: -loads[i])
