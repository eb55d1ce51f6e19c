"""The fixed-time controller: by the clock of its plan it wishes for the stage whose turn it is, and sees nothing."""

from optimiser.controller import Decision, Situation
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_ds, to_s
from signal_ctrl.domain.view import JunctionView


def stage_indices(plan: SignalPlan, site: Site) -> tuple[int, ...]:
    """Return the indices of the site's stages in the order of the plan.

    Raises: InvalidInputError if the plan is for another signal or names a stage that is not there once.
    """
    if plan.signal_id != site.signal_id:
        raise InvalidInputError(f"plan of signal {plan.signal_id} given to signal {site.signal_id}")
    names = [stage.name for stage in site.stages]
    unknown = sorted({name for name in plan.stages if names.count(name) != 1})
    if unknown:
        raise InvalidInputError(f"plan of signal {plan.signal_id}: the site has no one stage {', '.join(unknown)}")
    return tuple(names.index(name) for name in plan.stages)


class FixedPlanController:
    """Keeps a plan by the common clock; it has no state, so it falls into step after any disturbance."""

    def __init__(self, plan: SignalPlan, site: Site) -> None:
        self._plan = plan
        self.stages = stage_indices(plan, site)

    def due(self, now_ds: int) -> int:
        """Return the site's stage whose turn it is. [ds]"""
        return self.stages[self._plan.place(now_ds)[0]]

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the stage whose turn it is; the view does not matter."""
        index, since_ds = self._plan.place(to_ds(situation.now_s))
        at_s = to_s(self._plan.starts_ds[index] + since_ds)
        reason = f"stage {self._plan.stages[index]}, {at_s:g} s into the cycle of {to_s(self._plan.cycle_ds):g} s"
        return Decision(self.stages[index], (), reason)
