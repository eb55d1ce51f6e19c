"""Which plan of a schedule to keep now, by what each would cost under the flow that is forecast.

The costs of the next intervals are those of the delay model at the forecast counts; a change costs what it costs the
vehicles of its interval. Dynamic programming finds the plans with the least sum; its first step is what is done now,
and the rest is asked anew when more has been counted. The plan of the timetable goes before others: these have to be
cheaper by a margin, so that chance in the counts does not change plans, and on a usual day the timetable is kept.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
MARGIN: Final = 0.05
CHANGE_COST_S: Final = 5.0
STAY_S: Final = 600.0
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class ChoiceRules:
    """`margin`, by which share a plan has to be cheaper than that of the timetable; `change_cost_s`, what a change
    costs each vehicle of its interval [s/veh]; `stay_s`, how long a plan chosen against the timetable is kept at least.
    """

    margin: float = MARGIN
    change_cost_s: float = CHANGE_COST_S
    stay_s: float = STAY_S

    def __post_init__(self) -> None:
        if not (0 <= self.margin < 1 and 0 <= self.change_cost_s <= 600 and 0 <= self.stay_s <= 86_400):
            raise InvalidInputError(f"a margin of 0 to 1, a change of 0 to 600 s/veh, a stay of 0 to 1 d; got {self}")


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """The plan (index) to be kept from now on, and what it saves against the timetable until the end of the forecast
    by the model [veh h].
    """

    plan: int
    saved_veh_h: float


def choose(
    costs: FloatArray, vehicles: FloatArray, in_force: int, timetable: NDArray[np.int64], rules: ChoiceRules
) -> PlanChoice:
    """Return which plan to keep now.

    Args: costs (n_plans, n_slots), of keeping a plan for each interval ahead [veh h]; vehicles (n_slots,) [veh];
    in_force, plan (index) now; timetable (n_slots,), the plan that the timetable has in each interval.
    Raises: InvalidInputError for arrays that do not fit, or costs that are no numbers of 0 or more.
    """
    n_plans, n_slots = costs.shape
    if vehicles.shape != (n_slots,) or timetable.shape != (n_slots,) or not n_slots or not 0 <= in_force < n_plans:
        raise InvalidInputError(f"costs {costs.shape}, vehicles {vehicles.shape}, timetable {timetable.shape}")
    if not (np.isfinite(costs) & (costs >= 0)).all() or not (np.isfinite(vehicles) & (vehicles >= 0)).all():
        raise InvalidInputError("costs of plans and vehicles are numbers of 0 or more")
    weighed = costs / (1.0 - rules.margin)
    weighed[timetable, np.arange(n_slots)] = costs[timetable, np.arange(n_slots)]
    changes = vehicles * rules.change_cost_s / _S_PER_H
    path = _cheapest(weighed, changes, in_force)
    planned = _sum(costs, changes, in_force, timetable)
    return PlanChoice(int(path[0]), planned - _sum(costs, changes, in_force, path))


def _cheapest(costs: FloatArray, changes: FloatArray, first: int) -> NDArray[np.int64]:
    """Return the plan of each interval with the least sum of costs and changes; of equals the one that stays."""
    n_plans, n_slots = costs.shape
    reached = np.where(np.arange(n_plans) == first, 0.0, np.inf)
    before = np.zeros((n_slots, n_plans), dtype=np.int64)
    for slot in range(n_slots):
        cheapest = int(np.argmin(reached))
        stays = reached <= reached[cheapest] + changes[slot]
        before[slot] = np.where(stays, np.arange(n_plans), cheapest)
        reached = np.where(stays, reached, reached[cheapest] + changes[slot]) + costs[:, slot]
    path = np.zeros(n_slots, dtype=np.int64)
    plan = int(np.argmin(reached))
    for slot in range(n_slots - 1, -1, -1):
        path[slot] = plan
        plan = int(before[slot, plan])
    return path


def _sum(costs: FloatArray, changes: FloatArray, first: int, path: NDArray[np.int64]) -> float:
    changed = path != np.concatenate([[first], path[:-1]])
    return float(costs[path, np.arange(len(path))].sum() + changes[changed].sum())


class PlanChooser:
    """Chooses again and again, and keeps what was chosen against the timetable for a while."""

    def __init__(self, rules: ChoiceRules) -> None:
        self._rules = rules
        self._since_s = -np.inf
        self._against = False

    def choose(
        self, now_s: float, costs: FloatArray, vehicles: FloatArray, in_force: int, timetable: NDArray[np.int64]
    ) -> PlanChoice:
        """Return which plan to keep from a time on [s]. Raises: as `choose`."""
        found = choose(costs, vehicles, in_force, timetable, self._rules)
        if found.plan == in_force:
            return found
        if self._against and now_s - self._since_s < self._rules.stay_s:
            return PlanChoice(in_force, 0.0)
        self._since_s, self._against = now_s, found.plan != int(timetable[0])
        return found
