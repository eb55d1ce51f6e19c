"""The plan of a network: areas, cycles, search, and what the model says of it before and after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_search import CycleLook, alone_at, look_at_cycles, misfit, search_cycles
from optimiser.network_index import Evaluation
from optimiser.network_plan import Timing
from optimiser.network_problem import NetworkProblem, Timings, part_of
from optimiser.network_search import Effort, Searched, pairwise, search, with_offsets
from optimiser.offset_solver import Offsets
from optimiser.subareas import COUPLED, chosen, subareas
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.first_plan import CYCLE_S, cycles_s
from sumo_scenarios.network_plans import Prepared, by_cycle, couplings

FloatArray = NDArray[np.float64]
AUTO: Final = "auto"
LONGEST_CYCLE_S: Final = 300
_RANGE_STEPS: Final = 8
Told = Callable[[str], None]
"""Called with a line about each area that is done."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be planned.

    cycles_s, those to choose from, empty: around Webster's [s]; signals, those that may move, empty: all; subarea, auto
    to part the network where `coupling` is less [veh/h/m]; searched, False for pairs alone.
    """

    cycles_s: tuple[int, ...] = ()
    signals: tuple[str, ...] = ()
    subarea: str = ""
    coupling: float = COUPLED
    searched: bool = True

    def __post_init__(self) -> None:
        if self.subarea not in ("", AUTO):
            raise InvalidInputError(f"--subarea is '{AUTO}', or name the signals with --signals; got '{self.subarea}'")
        if self.subarea and self.signals:
            raise InvalidInputError("choose either --signals or --subarea auto")
        if self.cycles_s and not 30 <= min(self.cycles_s) <= max(self.cycles_s) <= LONGEST_CYCLE_S:
            raise InvalidInputError(
                f"a cycle has 30 to {LONGEST_CYCLE_S} s, got {min(self.cycles_s)}-{max(self.cycles_s)}"
            )
        if not 0 <= self.coupling < 1e6:
            raise InvalidInputError(f"--coupling needs 0 or more [veh/h/m], got {self.coupling:g}")


@dataclass(frozen=True, slots=True)
class AreaPlan:
    """What was done for one area: signals by name, how the cycles looked, what the search found."""

    signals: tuple[str, ...]
    cycle_s: int
    looks: tuple[CycleLook, ...]
    pairs: Offsets
    entering_veh_s: float
    searched: Searched | None


@dataclass(frozen=True, slots=True)
class NetworkPlanned:
    """Timings before and after, and the areas that were planned."""

    before: Timings
    after: Timings
    areas: tuple[AreaPlan, ...]


def cycles_of(text: str) -> tuple[int, ...]:
    """Return the cycles of `A-B`: both ends and up to 8 steps between them. [s]

    Raises: InvalidInputError for another form.
    >>> cycles_of("60-90"), cycles_of("60-60")
    ((60, 64, 69, 73, 77, 81, 86, 90), (60,))
    """
    low, dash, high = text.partition("-")
    try:
        low_s, high_s = int(low), int(high) if dash else int(low)
    except ValueError:
        raise InvalidInputError(f"--cycle-range wants A-B in whole seconds, got '{text}'") from None
    if not 0 < low_s <= high_s:
        raise InvalidInputError(f"--cycle-range wants A-B with A up to B, got '{text}'")
    steps = np.linspace(low_s, high_s, min(_RANGE_STEPS, high_s - low_s + 1))
    return tuple(sorted({round(float(step)) for step in steps}))


def plan_network(prepared: Prepared, wish: Wish, effort: Effort, base: Timings | None, told: Told) -> NetworkPlanned:
    """Return the plan of a network.

    Args: base, the plan at hand: what is not moved stays as it is there; without one, each signal's own best timing.
    Raises: InvalidInputError for signals that are not there, or a cycle that does not fit, named by signal and rule.
    """
    names = list(prepared.problem.names())
    cycles = wish.cycles_s or tuple(cycles_s(prepared.demand))
    areas = [chosen(names, wish.signals)] if wish.signals else [list(range(len(names)))]
    if wish.subarea == AUTO:
        areas = subareas(len(names), couplings(prepared), wish.coupling)
    before = base if base is not None else _plain(prepared, cycles)
    after = list(before)
    found = []
    for number, area in enumerate(areas, start=1):
        plan, timings = _area(prepared, area, before, (cycles, wish), effort)
        for index, timing in zip(area, timings, strict=True):
            after[index] = timing
        found.append(plan)
        told(f"area {number} of {len(areas)}, {len(area)} signals: cycle {plan.cycle_s} s")
    return NetworkPlanned(before, tuple(after), tuple(found))


def _plain(prepared: Prepared, cycles: Sequence[int]) -> Timings:
    """Return each signal's own best timing at the cycle in the middle that fits all of them, without offsets."""
    problem, unfit = prepared.problem, -1
    for cycle_s in sorted(cycles, key=lambda c: abs(c - cycles[len(cycles) // 2])):
        timings = alone_at(problem, prepared.planner.orders, cycle_s)
        if not isinstance(timings, int):
            return timings
        unfit = timings
    return _whatever_fits(prepared, cycles, unfit)


def _whatever_fits(prepared: Prepared, cycles: Sequence[int], unfit: int) -> Timings:
    """Return timings with cycles that differ from signal to signal where no common one fits."""
    low_s, high_s = CYCLE_S
    found = []
    for index in range(len(prepared.problem.signals)):
        tried = [*cycles, *range(low_s, high_s + 1, 10)]
        own = next((t for c in tried for t in prepared.planner.orders(index, c)[:1]), None)
        if own is None:
            raise InvalidInputError(misfit(prepared.problem, index if unfit < 0 else unfit, tried))
        found.append(own)
    return tuple(found)


def _area(
    prepared: Prepared,
    area: list[int],
    before: Timings,
    wanted: tuple[Sequence[int], Wish],
    effort: Effort,
) -> tuple[AreaPlan, Timings]:
    cycles, wish = wanted
    problem = part_of(prepared.problem, area) if len(area) < len(before) else prepared.problem
    own = tuple(before[index] for index in area)

    def alone(index: int, cycle_s: int) -> Sequence[Timing]:
        return prepared.planner.orders(area[index], cycle_s)

    if not wish.searched:
        return _by_pairs(problem, alone, cycles, effort)
    searched, looks = search_cycles(problem, alone, cycles, effort)
    common = {timing.cycle_s for timing in own}
    if len(common) == 1 and (not wish.cycles_s or common <= set(cycles)):
        again = search(problem, [("plan at hand", own)], replace(effort, random_starts=0))
        searched = min((searched, again), key=lambda one: one.index_s)
    return _told(problem, searched.timings, looks, searched.pairs, searched), searched.timings


def _by_pairs(
    problem: NetworkProblem, alone: Callable[[int, int], Sequence[Timing]], cycles: Sequence[int], effort: Effort
) -> tuple[AreaPlan, Timings]:
    """Plan an area by its pairs alone, at the middle one of the cycles that fit."""
    order = sorted(cycles, key=lambda c: abs(c - cycles[len(cycles) // 2]))
    for cycle_s in order:
        timings = alone_at(problem, alone, cycle_s)
        if not isinstance(timings, int):
            pairs = pairwise(problem, timings, effort.pairs_limit_s)
            moved = with_offsets(timings, pairs.offsets_s)
            return _told(problem, moved, (), pairs, None), moved
    look_at_cycles(problem, alone, cycles, effort)
    raise InvalidInputError("no cycle serves all signals")


def _told(
    problem: NetworkProblem, timings: Timings, looks: tuple[CycleLook, ...], pairs: Offsets, searched: Searched | None
) -> AreaPlan:
    entering = float(problem.model.links.entering_veh_s.sum())
    return AreaPlan(problem.names(), timings[0].cycle_s, looks, pairs, entering, searched)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What the model says of all signals; rates by stream in the order of the whole model. [veh], [veh/s]"""

    index_veh: float
    delay_veh: FloatArray
    stops_veh_s: FloatArray
    arrived_veh_s: FloatArray
    capacity_veh_s: FloatArray
    lane_veh: FloatArray
    excess_veh: float

    @property
    def saturation(self) -> FloatArray:
        """Degree of saturation of each stream."""
        return self.arrived_veh_s / np.maximum(self.capacity_veh_s, 1e-9)


def figures_of(problem: NetworkProblem, timings: Timings) -> Figures:
    """Return what the model says of timings; signals of another cycle are no platoons to each other."""
    n = len(problem.model.links.flow_veh_s)
    delay, stops, arrived, capacity = (np.zeros(n) for _ in range(4))
    lane_veh = np.zeros(len(problem.model.storage.room_veh))
    index_veh, excess_veh = 0.0, 0.0
    for part, places, own in parts_of(problem, timings):
        found = part.evaluation(own)
        delay[places], stops[places] = found.delay_veh, found.stops_veh_s
        arrived[places], capacity[places] = found.arrived_veh_s, found.capacity_veh_s
        lane_veh += found.lane_veh
        index_veh += found.index(problem.weights)
        excess_veh += float(found.excess_veh.sum())
    return Figures(index_veh, delay, stops, arrived, capacity, lane_veh, excess_veh)


def parts_of(problem: NetworkProblem, timings: Timings) -> list[tuple[NetworkProblem, NDArray[np.int64], Timings]]:
    """Return for each cycle the problem of its signals, the places of their streams, and their timings."""
    found = []
    for members in by_cycle(timings).values():
        part = problem if len(members) == len(timings) else part_of(problem, members)
        places = np.concatenate([np.arange(problem.rows(i).start, problem.rows(i).stop) for i in members])
        found.append((part, places, tuple(timings[i] for i in members)))
    return found


def evaluation_of(
    problem: NetworkProblem, timings: Timings, stream: int
) -> tuple[Evaluation, NetworkProblem, int, Timings]:
    """Return the evaluation of the signals with the cycle of a stream's, and the stream's place there."""
    for part, places, own in parts_of(problem, timings):
        place = np.flatnonzero(places == stream)
        if len(place):
            return part.evaluation(own), part, int(place[0]), own
    raise InvalidInputError("the stream is in no part of the network")
