"""K9 at the cabinet: every plan is rehearsed here, whoever has signed it."""

from signal_ctrl.domain.plan import DraftPlan, SignalPlan
from signal_ctrl.engine.plan_change import change_reasons
from signal_ctrl.engine.plan_review import review
from signal_ctrl.kernel.kernel import Kernel


def plan_faults(plan: SignalPlan, running: SignalPlan | None, kernel: Kernel) -> tuple[str, ...]:
    """Return every reason why a site cannot keep a plan, or cannot change to it from the running one; none if it can.

    It takes as long as two cycles take the kernel: not for the thread that makes frames.
    """
    draft = DraftPlan(plan.signal_id, plan.site, plan.cycle_ds, plan.offset_ds, plan.stages, plan.splits_ds)
    found = review(draft, kernel)
    if not found and running is not None and running != plan:
        found = change_reasons(running, plan, kernel)
    return tuple(f"{reason.rule}: {reason.text}" for reason in found)
