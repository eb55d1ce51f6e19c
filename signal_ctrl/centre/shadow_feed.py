"""From a decision of adaptive control and the plan that runs to what shadow mode writes down."""

from optimiser.controller import Decision
from signal_ctrl.centre.shadow import Running, ShadowDecision
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_s


def shadow_decision(cabinet: str, site: Site, decision: Decision, at_utc_ms: int, horizon_s: float) -> ShadowDecision:
    """Return a decision with the names of stages in place of their indices. [ms] [s]

    Raises: InvalidInputError for a stage that the site does not have.
    """
    names = [stage.name for stage in site.stages]
    used = [decision.stage, *(stage for stage, _, _ in decision.candidates)]
    if not all(0 <= stage < len(names) for stage in used):
        raise InvalidInputError(f"a decision for cabinet {cabinet} names a stage that its site does not have")
    candidates = tuple((names[stage], start_s, cost) for stage, start_s, cost in decision.candidates)
    return ShadowDecision(cabinet, at_utc_ms, names[decision.stage], candidates, horizon_s)


def running_of(plan: SignalPlan, clock_ds: int) -> Running:
    """Return what a plan does at a time of the common clock: whose turn it is, who is next, and when. [ds]

    >>> plan = SignalPlan("a", "0" * 64, 600, 100, ("s1", "s2"), (400, 200))
    >>> running_of(plan, 150)
    Running(stage='s1', next_stage='s2', next_in_s=35.0)
    >>> running_of(plan, 650)
    Running(stage='s2', next_stage='s1', next_in_s=5.0)
    """
    turn, been_ds = plan.place(clock_ds)
    following = (turn + 1) % len(plan.stages)
    return Running(plan.stages[turn], plan.stages[following], to_s(plan.splits_ds[turn] - been_ds))
