"""Advice beside what the plan does: whether they differ, and what the model says that this costs.

Costs are adaptive control's own predictions (docs/adaptive.md): nobody drove the advice. A candidate is (stage, start
from now [s], predicted cost [veh s]); stages are names, or indices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from signal_ctrl.domain.errors import InvalidInputError

NEAR_S: Final = 2.5
"""A candidate is like the plan if it begins the plan's next stage within so long of it. [s] [P]"""
DIFFERS_S: Final = 2.5
SECOND_S: Final = 1.0
"""A change of the plan that is nearer than this is one of this second. [s]"""
S = TypeVar("S", str, int)
Candidate = tuple[S, float, float]


@dataclass(frozen=True, slots=True)
class Running(Generic[S]):
    """What the plan does at a moment: the stage that is lit, the next one, and when its change begins. [s]"""

    stage: S
    next_stage: S
    next_in_s: float


@dataclass(frozen=True, slots=True)
class Compared(Generic[S]):
    """One decision beside the plan. [s], [veh s]

    `plan_cost_veh_s` is the cost of the candidate that is like the plan as far as it looks, None if there is none;
    `second_veh_s`, by how much what the plan does in this second alone is dearer than the cheapest candidate.
    """

    running: Running[S]
    advised: S
    advised_in_s: float
    advised_cost_veh_s: float
    plan_cost_veh_s: float | None
    second_veh_s: float | None
    differs: bool

    @property
    def gain_veh_s(self) -> float | None:
        """What the advice is predicted to save over the horizon, None if nothing is like the plan. [veh s]"""
        return None if self.plan_cost_veh_s is None else self.plan_cost_veh_s - self.advised_cost_veh_s


def compare(costs: Sequence[Candidate[S]], running: Running[S]) -> Compared[S]:
    """Return the cheapest candidate beside what the plan does.

    Raises: InvalidInputError if there is no candidate, or a start or a cost is no number.
    """
    if not costs or not all(math.isfinite(number) for _, start_s, cost in costs for number in (start_s, cost)):
        raise InvalidInputError("a decision has candidates, whose starts and costs are numbers")
    chosen = min(costs, key=lambda c: c[2])
    like = like_plan(costs, running)
    return Compared(
        running=running,
        advised=chosen[0],
        advised_in_s=chosen[1],
        advised_cost_veh_s=chosen[2],
        plan_cost_veh_s=None if like is None else like[2],
        second_veh_s=_second(costs, running, chosen[2]),
        differs=_differs(chosen, running),
    )


def like_plan(costs: Sequence[Candidate[S]], running: Running[S]) -> Candidate[S] | None:
    """Return the candidate that does what the plan does, None if there is none."""
    changes = [c for c in costs if c[0] == running.next_stage != running.stage]
    near = min(changes, key=lambda c: abs(c[1] - running.next_in_s), default=None)
    if near is not None and abs(near[1] - running.next_in_s) <= NEAR_S:
        return near
    latest_s = max((c[1] for c in costs), default=0.0)
    stays = running.next_in_s > latest_s + NEAR_S or running.next_stage == running.stage
    return next((c for c in costs if c[0] == running.stage), None) if stays else None


def _second(costs: Sequence[Candidate[S]], running: Running[S], least: float) -> float | None:
    """Return by how much the plan's step of this second is dearer than the cheapest one, None if nobody tried it.

    Summed over all seconds in which there is a choice, this is what the plan costs more than the model's policy:
    a step costs what it makes worse if all goes well afterwards (the performance difference lemma, Kakade and Langford,
    Approximately Optimal Approximate Reinforcement Learning, ICML 2002).
    """
    changes = running.next_stage != running.stage and running.next_in_s < SECOND_S
    if changes:
        possible = [cost for stage, start_s, cost in costs if stage == running.next_stage and start_s < SECOND_S]
    else:
        possible = [cost for stage, start_s, cost in costs if stage == running.stage or start_s >= SECOND_S]
    return min(possible) - least if possible else None


def _differs(chosen: Candidate[S], running: Running[S]) -> bool:
    """Tell whether the advice is to light another stage now, or to stay where the plan goes."""
    changes_now = chosen[0] != running.stage and chosen[1] <= DIFFERS_S
    plan_changes_now = running.next_stage != running.stage and running.next_in_s <= DIFFERS_S
    return changes_now != plan_changes_now or (changes_now and chosen[0] != running.next_stage)
