"""Several missions at once: who goes where, so that urgent ones are served first and districts stay covered. Pure.

An assignment problem: a row a unit, a column a mission, the cost of a pair the arrival times the weight of the
priority. A mission that nobody takes costs its weight times `LATEST_S`. A district that has to keep units of a kind
has a column for each of them, which one of its units takes for nothing, or nobody for `UNCOVERED`: a mission of
priority 1 or 2 may take such a unit away, one of a lower priority may not.
Solved by the Hungarian method of `scipy.optimize.linear_sum_assignment`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.watch.dispatch.units import UnitKind

LATEST_S: Final = 7_200.0
"""A unit that needs longer than this is none for a mission. [s] [P]"""
WEIGHTS: Final = {1: 16.0, 2: 8.0, 3: 4.0, 4: 2.0, 5: 1.0}
"""Weight of each priority: each one counts twice the next. [P]"""
UNCOVERED: Final = 5.0 * LATEST_S
"""What it costs to leave a district without a unit that it has to keep: between priority 2 and 3. [P]"""
IMPOSSIBLE: Final = 1e9


@dataclass(frozen=True, slots=True)
class Coverage:
    """A district keeps at least so many available units of a kind."""

    district: str
    kind: UnitKind
    least: int

    def __post_init__(self) -> None:
        if not is_name(self.district) or not 1 <= self.least <= 100:
            raise InvalidInputError("coverage needs a district and 'least' of 1 to 100 units")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An available unit: its kind, and the district in which it is."""

    unit: str
    kind: UnitKind
    district: str


@dataclass(frozen=True, slots=True)
class Task:
    """A mission that waits: its priority, and the arrival of each unit that is suitable. [s]"""

    mission: str
    priority: int
    arrivals_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who goes where as (mission, unit), missions that wait on, and rules of coverage that are broken by it."""

    pairs: tuple[tuple[str, str], ...]
    waiting: tuple[str, ...]
    uncovered: tuple[str, ...]


def assign(candidates: Sequence[Candidate], tasks: Sequence[Task], coverage: Sequence[Coverage] = ()) -> Assigned:
    """Return who goes where; each unit has at most one mission, each mission at most one unit."""
    held = [rule for rule in coverage for _ in range(min(rule.least, _in(candidates, rule)))]
    costs = _costs(candidates, tasks, held)
    rows, columns = linear_sum_assignment(costs)
    taken = {int(c): int(r) for r, c in zip(rows, columns, strict=True) if r < len(candidates)}
    pairs = {task.mission: candidates[taken[k]].unit for k, task in enumerate(tasks) if k in taken}
    used = set(pairs.values())
    broken = [rule for rule in coverage if _in([c for c in candidates if c.unit not in used], rule) < rule.least]
    return Assigned(
        pairs=tuple(sorted(pairs.items())),
        waiting=tuple(task.mission for task in tasks if task.mission not in pairs),
        uncovered=tuple(f"{rule.district}: {rule.kind.value}" for rule in broken),
    )


def _costs(candidates: Sequence[Candidate], tasks: Sequence[Task], held: Sequence[Coverage]) -> npt.NDArray[np.float64]:
    """Return the costs: rows are units, then nobody for each column; columns are missions, then units to be kept."""
    n, m, k = len(candidates), len(tasks), len(held)
    costs = np.full((n + m + k, m + k), IMPOSSIBLE)
    for column, task in enumerate(tasks):
        weight = WEIGHTS[task.priority]
        for row, candidate in enumerate(candidates):
            seconds = task.arrivals_s.get(candidate.unit, LATEST_S)
            if seconds < LATEST_S:
                costs[row, column] = weight * seconds
        costs[n + column, column] = weight * LATEST_S
    for column, rule in enumerate(held, m):
        for row, candidate in enumerate(candidates):
            if _covers(candidate, rule):
                costs[row, column] = 0.0
        costs[n + column, column] = UNCOVERED
    return costs


def _covers(candidate: Candidate, rule: Coverage) -> bool:
    return candidate.district == rule.district and candidate.kind is rule.kind


def _in(candidates: Sequence[Candidate], rule: Coverage) -> int:
    return sum(_covers(candidate, rule) for candidate in candidates)
