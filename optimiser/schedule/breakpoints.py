"""When to change plans over a day: the exact least cost of plans and changes, by dynamic programming.

The day is a circle: a plan that is in force at its end goes on into the next day of the same type without a change.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
MOST_SLOTS: Final = 288


@dataclass(frozen=True, slots=True)
class Stretch:
    """Periods (indices, `end` not in it) that one plan (index) is kept for."""

    begin: int
    end: int
    plan: int


def best_stretches(costs: FloatArray, change_costs: FloatArray, most: int) -> tuple[Stretch, ...]:
    """Return the stretches of a day with the least sum of costs and of changes between them, midnight included.

    Args: costs (n_plans, n_slots), of keeping a plan for a period; change_costs (n_slots,), of another plan from the
    begin of a period on, for the first one at midnight; most, how many stretches, those that midnight joins counted
    once.
    Raises: InvalidInputError for arrays that do not fit, costs below 0, or if no plan can be kept.
    """
    _check(costs, change_costs, most)
    least, best = np.inf, np.zeros(0, dtype=np.int64)
    for first in np.flatnonzero(np.isfinite(costs[:, 0])):
        cost, plans = _from(int(first), costs, change_costs, most)
        if cost < least - 1e-9:
            least, best = cost, plans
    if not np.isfinite(least):
        raise InvalidInputError("no plan can be kept in every period of the day")
    begins = [0, *(int(t) for t in np.flatnonzero(np.diff(best)) + 1)]
    return tuple(Stretch(a, b, int(best[a])) for a, b in zip(begins, [*begins[1:], len(best)], strict=True))


def cost_of(stretches: tuple[Stretch, ...], costs: FloatArray, change_costs: FloatArray) -> float:
    """Return the sum that `best_stretches` makes least."""
    kept = sum(float(costs[s.plan, s.begin : s.end].sum()) for s in stretches)
    changed = sum(float(change_costs[s.begin]) for s in stretches[1:])
    return kept + changed + (float(change_costs[0]) if stretches[0].plan != stretches[-1].plan else 0.0)


def _check(costs: FloatArray, change_costs: FloatArray, most: int) -> None:
    if costs.ndim != 2 or not 1 <= costs.shape[1] <= MOST_SLOTS or change_costs.shape != costs.shape[1:]:
        raise InvalidInputError(f"costs of plans by period and of a change by period are needed, got {costs.shape}")
    if np.isnan(costs).any() or not (costs >= 0).all() or not (np.isfinite(change_costs) & (change_costs >= 0)).all():
        raise InvalidInputError("costs of plans and changes are numbers of 0 or more")
    if most < 1:
        raise InvalidInputError(f"a day has at least one plan, got {most}")


def _from(first: int, costs: FloatArray, change_costs: FloatArray, most: int) -> tuple[float, NDArray[np.int64]]:
    """Return the least cost of a day that begins with a plan, and the plan of each period."""
    n_plans, n_slots = costs.shape
    reached = np.full((most + 1, n_plans), np.inf)  # by changes so far and plan
    reached[0, first] = costs[first, 0]
    origin = np.full((n_slots, most + 1, n_plans), -1, dtype=np.int64)  # the plan before a change, -1: the same
    for slot in range(1, n_slots):
        cheapest = np.argmin(reached, axis=1)
        changed = reached[np.arange(most + 1), cheapest] + change_costs[slot]
        comes = np.vstack([np.full(n_plans, np.inf), np.repeat(changed[:-1, None], n_plans, axis=1)])
        better = comes < reached - 1e-12
        before = np.concatenate([[0], cheapest[:-1]])
        origin[slot] = np.where(better, before[:, None], -1)
        reached = np.where(better, comes, reached) + costs[:, slot]
    total = reached + change_costs[0] * (np.arange(n_plans) != first)
    total[most, np.arange(n_plans) != first] = np.inf  # one stretch more than allowed: midnight does not join
    changes, plan = (int(k) for k in np.unravel_index(int(np.argmin(total)), total.shape))
    return float(total[changes, plan]), _traced(origin, changes, plan)


def _traced(origin: NDArray[np.int64], changes: int, plan: int) -> NDArray[np.int64]:
    plans = np.zeros(len(origin), dtype=np.int64)
    for slot in range(len(origin) - 1, -1, -1):
        plans[slot] = plan
        before = int(origin[slot, changes, plan])
        if slot and before >= 0:
            plan, changes = before, changes - 1
    return plans
