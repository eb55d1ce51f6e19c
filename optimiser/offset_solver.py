"""Offsets that are best by tables of pairs, proven: constraint programming with OR-Tools' CP-SAT."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
Pair = tuple[int, int]
UNITS: Final = 1_000_000
"""Costs are whole numbers in CP-SAT; the dearest difference of a table becomes about that many."""
WORKERS: Final = 4
DETERMINISTIC: Final = 0.25
"""CP-SAT's deterministic time for each second of the limit: about what passes on a quiet machine of two cores."""
SEED: Final = 20260101
_TOO_LATE: Final = 10.0
_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True)
class Offsets:
    """Offsets by signal [s], what they cost by the tables, and what no offsets can go below. [veh]

    `gap` is the part of what the tables leave open: cost less bound over the distance of the cost from the sum of
    each table's worst, 0 where the offsets are proven best. `proven` says so.
    """

    offsets_s: tuple[int, ...]
    cost: float
    bound: float
    worst: float
    proven: bool

    @property
    def gap(self) -> float:
        """Part of the range of the tables that is still open, 0 to 1."""
        span = self.worst - self.bound
        return 0.0 if self.proven or span <= 0 else min(max((self.cost - self.bound) / span, 0.0), 1.0)


def solve_offsets(
    tables: Mapping[Pair, FloatArray], n_signals: int, cycle_s: int, limit_s: float, hint_s: tuple[int, ...] = ()
) -> Offsets:
    """Return the offsets with the least sum of the tables' costs.

    The first signal of each connected part has offset 0. The same tables give the same offsets: workers and seed are
    fixed, and the limit counts CP-SAT's deterministic time. Only on a machine so busy that ten times the limit pass
    before that is over the answer may differ.
    Args: tables by pair (a, b), costs (cycle,) by offset b - a; limit_s, above 0 [s]; hint_s, offsets to start from.
    Raises: InvalidInputError for a table of another length, or values that are none.
    """
    for (a, b), table in tables.items():
        if table.shape != (cycle_s,) or not np.all(np.isfinite(table)) or not 0 <= a < b < n_signals:
            raise InvalidInputError(f"the table of signals {a} and {b} is none of a cycle of {cycle_s} s")
    if not limit_s > 0:
        raise InvalidInputError(f"the search for offsets needs a time limit above 0 s, got {limit_s:g}")
    if not tables:
        return Offsets((0,) * n_signals, 0.0, 0.0, 0.0, True)
    near_s = downhill(tables, n_signals, cycle_s, hint_s)
    found = _solved(tables, (n_signals, cycle_s), limit_s, near_s)
    return (
        found
        if found.proven or found.cost <= pair_cost(tables, near_s, cycle_s)
        else replace(found, offsets_s=near_s, cost=pair_cost(tables, near_s, cycle_s))
    )


def downhill(
    tables: Mapping[Pair, FloatArray], n_signals: int, cycle_s: int, from_s: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """Return offsets from which no signal alone can move to less by the tables; the first of each part has 0. [s]"""
    offsets_s = list(from_s) or [0] * n_signals
    at = np.arange(cycle_s)
    for _ in range(_ROUNDS):
        before = tuple(offsets_s)
        for i in range(n_signals):
            costs = np.zeros(cycle_s)
            for (a, b), table in tables.items():
                if a == i:
                    costs += table[(offsets_s[b] - at) % cycle_s]
                elif b == i:
                    costs += table[(at - offsets_s[a]) % cycle_s]
            if costs.min() < costs[offsets_s[i]] - 1e-12:
                offsets_s[i] = int(np.argmin(costs))
        if tuple(offsets_s) == before:
            break
    of = _parts(n_signals, tables)
    return tuple((offset - offsets_s[of.index(of[i])]) % cycle_s for i, offset in enumerate(offsets_s))


def _solved(
    tables: Mapping[Pair, FloatArray], size: tuple[int, int], limit_s: float, hint_s: tuple[int, ...]
) -> Offsets:
    from ortools.sat.python import cp_model  # noqa: PLC0415  takes its time to import

    n_signals, cycle_s = size
    scale = UNITS / max(*(float(np.ptp(table)) for table in tables.values()), 1e-12)
    model = cp_model.CpModel()
    offsets = [model.new_int_var(0, cycle_s - 1, f"offset {i}") for i in range(n_signals)]
    for fixed in _roots(n_signals, tables):
        model.add(offsets[fixed] == 0)
    costs = []
    for (a, b), table in tables.items():
        later = model.new_int_var(0, cycle_s - 1, f"later {a} {b}")
        turns = model.new_int_var(-1, 0, f"turns {a} {b}")
        model.add(later == offsets[b] - offsets[a] - cycle_s * turns)
        whole = [round((float(value) - float(table.min())) * scale) for value in table]
        cost = model.new_int_var(0, max(whole), f"cost {a} {b}")
        model.add_element(later, whole, cost)
        costs.append(cost)
    model.minimize(sum(costs))
    for variable, value in zip(offsets, hint_s, strict=False):
        model.add_hint(variable, value % cycle_s)
    solver = cp_model.CpSolver()
    _set(solver.parameters, limit_s)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found = tuple(value % cycle_s for value in hint_s) or (0,) * n_signals
        return _told(tables, found, cycle_s, -math.inf, False)
    least = sum(float(table.min()) for table in tables.values())
    found = tuple(int(solver.value(variable)) for variable in offsets)
    return _told(tables, found, cycle_s, least + solver.best_objective_bound / scale, status == cp_model.OPTIMAL)


def _set(parameters: Any, limit_s: float) -> None:
    parameters.num_workers = WORKERS
    parameters.interleave_search = True
    parameters.random_seed = SEED
    parameters.max_deterministic_time = DETERMINISTIC * limit_s
    parameters.max_time_in_seconds = _TOO_LATE * limit_s


def _told(
    tables: Mapping[Pair, FloatArray], offsets_s: tuple[int, ...], cycle_s: int, bound: float, proven: bool
) -> Offsets:
    cost = pair_cost(tables, offsets_s, cycle_s)
    least = sum(float(table.min()) for table in tables.values())
    worst = sum(float(table.max()) for table in tables.values())
    return Offsets(offsets_s, cost, min(max(bound, least), cost), worst, proven)


def pair_cost(tables: Mapping[Pair, FloatArray], offsets_s: tuple[int, ...], cycle_s: int) -> float:
    """Return what offsets cost by the tables. [veh]"""
    return sum(float(table[(offsets_s[b] - offsets_s[a]) % cycle_s]) for (a, b), table in tables.items())


def _roots(n_signals: int, tables: Mapping[Pair, FloatArray]) -> list[int]:
    """Return the first signal of each connected part."""
    of = _parts(n_signals, tables)
    return sorted({of.index(part) for part in of})


def _parts(n_signals: int, tables: Mapping[Pair, FloatArray]) -> list[int]:
    """Return the connected part of each signal."""
    of = list(range(n_signals))
    for a, b in tables:
        low, high = sorted((of[a], of[b]))
        of = [low if part == high else part for part in of]
    return of
