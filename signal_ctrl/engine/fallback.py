"""Adaptive control with the rungs below it: who decides in this second, and why another one than before."""

from collections.abc import Callable
from typing import Final

from optimiser.controller import Controller, Decision, Situation
from optimiser.fixed_plan import FixedPlanController
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.ladder import WITHOUT_SCHEDULE, Ladder, Rung, Step
from signal_ctrl.engine.schedule_rung import ScheduleRung
from signal_ctrl.engine.watch import Watch
from signal_ctrl.kernel.kernel import Kernel

MOST_LOST: Final = 0.4
MOST_LOST_CROWDED: Final = 0.12
"""So much may be lost where a queue reaches out of sight: above capacity, green for who is not there is missed."""
CROWDED: Final = 0.6
NO_LONGER_CROWDED: Final = 0.3


class Fallback:
    """The ladder of one junction.

    The plan is fetched and rehearsed (K9) when it is first needed; one that cannot be kept is never followed.
    """

    def __init__(
        self,
        controller: Controller,
        kernel: Kernel,
        plan: Callable[[], SignalPlan | None],
        cycle_s: float | None = None,
        scheduled: ScheduleRung | None = None,
    ) -> None:
        """Args: plan, fetches what there is to follow; cycle_s, its cycle where that is known before [s]; scheduled,
        the rung of the plan by time of day, where there is a schedule.
        """
        self._kernel = kernel
        self._fetch = plan
        self._scheduled = scheduled
        self._ladder = Ladder(WITHOUT_SCHEDULE if scheduled is None else tuple(Rung))
        self._watch = Watch(controller, kernel.site.signal_id, len(kernel.site.stages), cycle_s)
        self._plan: Controller | None = None
        self._plan_fault: str | None = None
        self._broken: dict[Rung, str] = {}
        self._is_coupled: bool | None = None

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        return self._ladder.rung

    def decide(
        self, view: JunctionView, situation: Situation | None, detection: Detection, now_ds: int
    ) -> tuple[Decision | None, Step | None]:
        """Return the decision of the rung in force, if there is a choice, and the step up or down that came before it.

        Adaptive control is asked on every rung: only so it is known when it is sound again.
        """
        answer = self._watch.ask(view, situation) if situation is not None else None
        if situation is not None:
            self._is_coupled = bool(self._is_coupled) or situation.beside is not None
        step = self._ladder.step(self._faults(view, detection, now_ds), now_ds)
        if situation is None or self.rung is Rung.FLASH:
            return None, step
        if self.rung is Rung.ADAPTIVE:
            return answer, step
        keeper = self._scheduled if self.rung is Rung.SCHEDULE else self._plan
        return (self._kept(keeper, view, situation) if keeper is not None else None), step

    def _kept(self, keeper: ScheduleRung | Controller, view: JunctionView, situation: Situation) -> Decision | None:
        """Return the wish of who keeps a plan; if it breaks, its rung is left for the rest of the run."""
        try:
            return keeper.decide(view, situation)
        except Exception as error:  # K11: whoever breaks costs delay, not the run
            self._broken[self.rung] = f"its keeper broke: {type(error).__name__} {error}"
            return None

    def _faults(self, view: JunctionView, detection: Detection, now_ds: int) -> dict[Rung, str]:
        """Return why rungs cannot be used. Here a model that errs in its own predictions will be told of as well."""
        found: dict[Rung, str] = {}
        if self._watch.fault:
            found[Rung.ADAPTIVE] = self._watch.fault
        elif detection.lost > MOST_LOST:
            found[Rung.ADAPTIVE] = f"{100 * detection.lost:.0f} % of the detection is lost"
        elif detection.lost > MOST_LOST_CROWDED and self._is_crowded(view):
            lost = f"{100 * detection.lost:.0f} % of the detection is lost"
            found[Rung.ADAPTIVE] = f"{lost} and a queue reaches out of sight"
        if found or self.rung is not Rung.ADAPTIVE:
            if self._scheduled is not None and (fault := self._scheduled.fault(now_ds)):
                found[Rung.SCHEDULE] = fault
            if fault := self._checked_plan():
                found[Rung.PLAN] = fault
            found |= self._broken
        return found

    def _is_crowded(self, view: JunctionView) -> bool:
        """Return whether a queue often reaches as far back as anybody sees; once left, less often brings it back.

        Not of a signal that is coupled with another: the street between them is full with two vehicles, and a plan
        knows nothing of the other signal.
        """
        if self._is_coupled is not False:  # or nobody can say yet
            return False
        least = CROWDED if self.rung is Rung.ADAPTIVE else NO_LONGER_CROWDED
        return bool(view.crowded.max(initial=0.0) >= least)

    def _checked_plan(self) -> str:
        """Return why the plan cannot be followed, empty if it can."""
        if self._plan_fault is None:
            self._plan, self._plan_fault = plan_rung(self._kernel, self._fetch())
        return self._plan_fault


def plan_rung(kernel: Kernel, plan: SignalPlan | None) -> tuple[Controller | None, str]:
    """Return who follows a plan, and why nobody can. A signal with one stage needs no plan."""
    if len(kernel.site.stages) == 1:
        return None, ""
    if plan is None:
        return None, "there is none"
    found = refusals(plan, kernel)
    return (None, found[0]) if found else (FixedPlanController(plan, kernel.site), "")
