"""A network plan searched on in simulation, with common random numbers and a budget; interrupted, it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.tuning.evaluation import Evaluator, Scored
from bench.tuning.inputs import combined, inputs_of
from bench.tuning.ledger import Ledger
from bench.tuning.plan_search import PlanSearch
from optimiser.network_problem import Timings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from sumo_scenarios.first_plan import best_timings
from sumo_scenarios.network_plans import Prepared

TRAINING: Final = (1001, 1002)
"""Every candidate is simulated on these seeds, so that differences are those of the plans."""
LEAST_BUDGET: Final = 4 * len(TRAINING)
Told = Callable[[int, int, Scored], None]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the search in simulation found: the plan, its delay and that of the plan before [s/veh], and simulations."""

    plan: Plan
    delay_s: float
    before_s: float
    simulations: int
    made: int


def search_simulated(
    prepared: Prepared, start: Timings, budget: int, ledger: Path, told: Told, workers: int = 1
) -> Simulated:
    """Move a plan in simulation until a budget of simulations is spent.

    The plan that a run computes at once is a start too: the model may err, and what is kept is the better of the two.
    The ledger holds each simulation; those that it knows are not made again, but count.
    Raises: InvalidInputError for a budget that is too small; KeyboardInterrupt if the user stops it.
    """
    if budget < LEAST_BUDGET:
        raise InvalidInputError(f"--simulate needs {LEAST_BUDGET} simulations or more, got {budget}")
    asked = prepared.asked
    base = asked.settings()
    inputs = combined(inputs_of(asked.scenario, asked.profile), "fixed")
    key = f"{inputs}/{asked.begin_s}/{asked.end_s}/{asked.scale}"
    evaluator = Evaluator(base, key, Ledger(ledger), budget, told, workers)
    starts = [("by model", start)]
    at_once = best_timings(prepared.demand, prepared.planner)
    if at_once is not None and at_once != start:
        starts.append(("computed at once", at_once))
    search = PlanSearch(prepared.world, prepared.demand, evaluator, TRAINING, starts)
    search.run()
    best = search.best(1)[0]
    plan = best.candidate.plan
    assert plan is not None
    return Simulated(plan, best.delay_s, search.start.delay_s, evaluator.spent, evaluator.made)
