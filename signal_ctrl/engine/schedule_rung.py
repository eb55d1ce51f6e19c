"""The rung of the plan by time of day: whether the plan in force can be kept, and who keeps it."""

from collections.abc import Callable

from optimiser.controller import Decision, Situation
from optimiser.plan_keeper import PlanKeeper
from optimiser.transition import TransitionSettings
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.acceptance import refusals, rehearse_turns
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel

PlanAt = Callable[[int], SignalPlan | None]
"""The plan of a signal in force at a time [ds], None if it has none then."""


class ScheduleRung:
    """Keeps the plan in force of one signal; each plan is rehearsed (K9) when it is first needed."""

    def __init__(self, kernel: Kernel, plan_at: PlanAt, settings: TransitionSettings) -> None:
        self._kernel = kernel
        self._plan_at = plan_at
        self._settings = settings
        self._faults: dict[SignalPlan | None, str] = {None: "the schedule has none for this signal"}
        self._keeper: PlanKeeper | None = None
        self._sound: SignalPlan | None = None

    def fault(self, now_ds: int) -> str:
        """Return why the plan in force cannot be kept, empty if it can. [ds]"""
        if len(self._kernel.site.stages) == 1:
            return ""
        return self._fault_of(self._plan_at(now_ds))

    def _fault_of(self, plan: SignalPlan | None) -> str:
        if plan not in self._faults:
            self._faults[plan] = next(iter(refusals(plan, self._kernel)), "") if plan is not None else ""
        return self._faults[plan]

    def _sound_at(self, now_ds: int) -> SignalPlan | None:
        """Return the plan in force, or the last one that could be kept: then the ladder has left this rung. [ds]"""
        plan = self._plan_at(now_ds)
        if plan is not None and not self._fault_of(plan):
            self._sound = plan
        return self._sound

    def decide(self, view: JunctionView, situation: Situation) -> Decision | None:
        """Return the wish of the plan in force, None where there is no choice."""
        if len(self._kernel.site.stages) == 1:
            return None
        if self._keeper is None:
            self._keeper = plan_keeper(self._kernel, self._sound_at, self._settings)
        return self._keeper.decide(view, situation)


def plan_keeper(kernel: Kernel, plan_at: PlanAt, settings: TransitionSettings, joins: bool = False) -> PlanKeeper:
    """Return who keeps the plan in force; a transition is rehearsed before it is taken.

    Args: joins, whether it begins by the clock at once, whatever is lit.
    """

    def keeps(before: int, turns: tuple[tuple[int, int], ...]) -> bool:
        return not rehearse_turns(kernel, before, turns)

    last: list[SignalPlan] = []

    def known(now_ds: int) -> SignalPlan:
        """Return the plan in force; where the signal has none, it stays with the one before: the ladder has left."""
        plan = plan_at(now_ds)
        if plan is not None:
            last[:] = [plan]
        return last[0]

    return PlanKeeper(known, kernel.site, stage_tables(kernel), settings, keeps, joins)
