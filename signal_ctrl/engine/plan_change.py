"""The change from the running plan to a new one, rehearsed with the kernel at boundaries of the running cycle (K9)."""

import math
from typing import Final

from optimiser.fixed_plan import stage_indices
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timing import DS_PER_S, to_s
from signal_ctrl.engine.plan_review import Reason, wants_of
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, KernelState, Mode, Request, Source

MOST_CYCLES: Final = 3
"""A new plan has to be in step after this many cycles, of the longer of the two."""
_ALIGNMENTS: Final = 6


def change_reasons(running: SignalPlan, new: SignalPlan, kernel: Kernel) -> tuple[Reason, ...]:
    """Return why a signal cannot change from the running plan to a new one, none if it can.

    The change is made at boundaries of the running cycle that meet the new cycle at different seconds, with every
    group calling and both plans kept by the common clock.
    Raises: InvalidInputError if the site has not the stages of one of the plans.
    """
    step_ds = math.gcd(running.cycle_ds, new.cycle_ds)
    meetings = new.cycle_ds // step_ds
    chosen = sorted({round(k * meetings / _ALIGNMENTS) % meetings for k in range(_ALIGNMENTS)})
    for meeting in chosen:
        fault = _Change(running, new, kernel).rehearse(running.offset_ds + meeting * running.cycle_ds)
        if fault:
            rule, text = fault
            return (Reason(new.signal_id, rule, f"change from the running plan: {text}"),)
    return ()


class _Change:
    """One change of plan."""

    def __init__(self, running: SignalPlan, new: SignalPlan, kernel: Kernel) -> None:
        self._plans = (running, new)
        self._stages = (stage_indices(running, kernel.site), stage_indices(new, kernel.site))
        self._kernel = kernel
        self._everybody = (1 << len(kernel.site.groups)) - 1
        self._sequence = 0

    def rehearse(self, base_ds: int) -> tuple[str, str] | None:
        """Keep the running plan for a cycle from a time of the common clock on, then the new one; return what fails."""
        running, new = self._plans
        state = settled_in(self._kernel, self._stages[0][-1])
        in_step_since_ds, switch_ds = -1, running.cycle_ds
        last_ds = switch_ds + MOST_CYCLES * max(running.cycle_ds, new.cycle_ds) + new.cycle_ds
        for now_ds in range(last_ds + 1):
            state = self._kernel.step(state, self._everybody, now_ds)
            if state.core.mode is not Mode.RUNNING:
                return "K1/fault", state.core.reason
            if now_ds % DS_PER_S:
                continue
            state, due = self._asked(state, base_ds + now_ds, now_ds, int(now_ds >= switch_ds))
            if now_ds < switch_ds or not due:
                in_step_since_ds = -1
            elif in_step_since_ds < 0:
                in_step_since_ds = now_ds
            if in_step_since_ds >= 0 and now_ds - in_step_since_ds >= new.cycle_ds:
                return None
        limit_s = to_s(MOST_CYCLES * max(running.cycle_ds, new.cycle_ds))
        return "K9/transition", f"the new plan is not in step after {limit_s:g} s; change its offset or its splits"

    def _asked(self, state: KernelState, clock_ds: int, now_ds: int, which: int) -> tuple[KernelState, bool]:
        """Return the state after the plan's wish, and whether the stage that is due has been taken up."""
        due = self._stages[which][self._plans[which].place(clock_ds)[0]]
        core = state.core
        if core.stage != due and core.forced < 0 and not wants_of(self._kernel.site, core, now_ds):
            self._sequence += 1
            request = Request(Source.SCHEDULE, self._sequence, now_ds, FOREVER_DS, stage=due)
            state = self._kernel.step(self._kernel.submit(state, request, now_ds), self._everybody, now_ds)
        return state, state.core.stage == due
