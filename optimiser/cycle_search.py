"""The common cycle of an area: every cycle of a range is looked at with offsets by pairs, the best few in full."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from optimiser.conflict_set import smallest_conflict
from optimiser.network_plan import Timing
from optimiser.network_problem import NetworkProblem, Timings
from optimiser.network_search import Descent, Effort, Searched, pairwise, search, with_offsets
from optimiser.service_limits import conflicting_service, in_words
from signal_ctrl.domain.errors import InvalidInputError

KEPT: Final = 2
_QUICK: Final = (0.15, 0.05)
Alone = Callable[[int, int], Sequence[Timing]]
"""Returns timings of one signal (index) for a cycle [s], the best first, none if its stages do not fit."""


@dataclass(frozen=True, slots=True)
class CycleLook:
    """One cycle of the range and the index of the plan by pairs. [s], [s/veh]"""

    cycle_s: int
    index_s: float


def alone_at(problem: NetworkProblem, alone: Alone, cycle_s: int) -> Timings | int:
    """Return each signal's own best timing of a cycle, or the first signal (index) that has none. [s]"""
    found = []
    for index in range(len(problem.signals)):
        own = alone(index, cycle_s)
        if not own:
            return index
        found.append(own[0])
    return tuple(found)


def look_at_cycles(
    problem: NetworkProblem, alone: Alone, cycles_s: Sequence[int], effort: Effort
) -> list[tuple[CycleLook, Timings]]:
    """Return for each cycle that fits all signals a plan by pairs, the best first.

    Raises: InvalidInputError that names the signal that fits none of the cycles, and the rule.
    """
    found: list[tuple[CycleLook, Timings]] = []
    unfit = -1
    for cycle_s in cycles_s:
        timings = alone_at(problem, alone, cycle_s)
        if isinstance(timings, int):
            unfit = timings
            continue
        found.append(_looked(problem, timings, effort, len(cycles_s)))
        if not effort.may_go_on():
            break
    if not found:
        raise InvalidInputError(misfit(problem, unfit, cycles_s))
    return sorted(found, key=lambda row: row[0].index_s)


def _looked(problem: NetworkProblem, timings: Timings, effort: Effort, looks: int) -> tuple[CycleLook, Timings]:
    pairs = pairwise(problem, timings, max(effort.pairs_limit_s / max(looks, 1), 0.5))
    descent = Descent(problem, with_offsets(timings, pairs.offsets_s), effort.may_go_on)
    if looks > 1:
        descent.offsets(_QUICK)
    effort.told(f"cycle {timings[0].cycle_s} s looked at: {descent.cost_s:.2f} s/veh")
    return CycleLook(timings[0].cycle_s, descent.cost_s), tuple(descent.timings)


def search_cycles(
    problem: NetworkProblem, alone: Alone, cycles_s: Sequence[int], effort: Effort
) -> tuple[Searched, tuple[CycleLook, ...]]:
    """Return the best plan over a range of cycles, and how each of them looked. Raises: as `look_at_cycles`."""
    looks = look_at_cycles(problem, alone, cycles_s, effort)
    found = [search(problem, [("cycle look", timings)], effort) for _, timings in looks[:KEPT]]
    best = min(found, key=lambda one: one.index_s)
    return best, tuple(look for look, _ in looks)


def misfit(problem: NetworkProblem, index: int, cycles_s: Sequence[int]) -> str:
    """Return why a signal (index) fits none of some cycles, one line with what conflicts. [s]"""
    signal = problem.signals[index]
    stages = tuple(signal.choice)
    needed_s = float(problem.least_s(index, stages).sum())
    span = f"{min(cycles_s)} s" if len(cycles_s) == 1 else f"{min(cycles_s)} to {max(cycles_s)} s"
    if needed_s > max(cycles_s):
        rule = f"its changes and minimum greens take {needed_s:g} s with the {len(stages)} stages of its programme"
        least_s = problem.least_s(index, stages)
        kept = smallest_conflict(
            sorted(range(len(stages)), key=lambda k: least_s[k]), lambda some: sum(least_s[list(some)]) <= max(cycles_s)
        )
        named = ", ".join(f"{signal.site.stages[stages[k]].name} {least_s[k]:g} s" for k in sorted(kept))
        rule += f"; these alone are more than the cycle: {named}"
    else:
        fitting_s = max(min(cycles_s), math.ceil(needed_s))
        starved = conflicting_service(signal.site, stages, problem.least_s(index, stages), fitting_s)
        rule = "K4 has to serve a group of it before its turn, or a split is too short for change and minimum green"
        if starved:
            rule = f"at {fitting_s} s these cannot hold together (K4): {in_words(signal.site, starved)}"
    return f"no cycle of {span} serves signal {signal.site.signal_id}: {rule}; choose another --cycle or --cycle-range"
