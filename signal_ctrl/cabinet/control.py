"""Who decides at a cabinet: the centre's plan, the plan by time of day, the local plan, or flash (K11).

All plans are kept by one keeper, so that a change of plan waits for the end of a cycle whoever the plan is from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from optimiser.controller import Decision, Situation
from optimiser.fixed_plan import stage_indices
from optimiser.transition import TransitionSettings
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timing import to_s
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.ladder import Ladder, Rung, Step
from signal_ctrl.engine.schedule_rung import PlanAt, plan_keeper
from signal_ctrl.engine.shadowing import Running
from signal_ctrl.kernel.kernel import Kernel

LABEL: Final[Mapping[Rung, str]] = {
    Rung.ADAPTIVE: "centre",
    Rung.SCHEDULE: "schedule",
    Rung.PLAN: "local plan",
    Rung.FLASH: "flash",
}
"""What the rungs of the ladder are at a cabinet: the first is whatever the centre orders, adaptive or not."""


AHEAD_DS: Final = 6_000
"""So long before they are due plans of the schedule are rehearsed. [ds]"""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the plans of the rungs come from, by the common clock [ds].

    `centre_fault` says why the centre is not to be followed, empty if it is; `clock_fault`, why no coordinated plan
    is, the centre's or one by time of day. `centre` is the centre's plan from a cycle boundary on.
    """

    centre: Callable[[], SignalPlan | None]
    centre_fault: Callable[[], str]
    clock_fault: Callable[[], str]
    schedule: PlanAt | None
    local: SignalPlan | None


class CabinetControl:
    """The ladder of one cabinet and the keeper of its plans."""

    def __init__(self, kernel: Kernel, sources: Sources, settings: TransitionSettings, joins: bool = False) -> None:
        """Args: joins, whether the first plan is kept by the clock at once, whatever is lit."""
        self._kernel = kernel
        self._sources = sources
        self._settings = settings
        self._ladder = Ladder(tuple(rung for rung in Rung if rung is not Rung.SCHEDULE or sources.schedule is not None))
        self._faults: dict[SignalPlan | None, str] = {None: "there is none"}
        self._broken = ""
        self._running: SignalPlan | None = None
        self._keeper = plan_keeper(kernel, self._plan_at, settings, joins) if self._has_choice else None
        self.common_ds = 0

    @property
    def _has_choice(self) -> bool:
        return len(self._kernel.site.stages) > 1

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        return self._ladder.rung

    @property
    def running(self) -> SignalPlan | None:
        """The plan that is kept, None before the first."""
        return self._running

    def adopt(self) -> None:
        """Let the centre's plan count as the one in force although somebody else decides: it is what comes next."""
        plan = self._sources.centre()
        if plan is not None:
            self._running = plan

    def turn(self, lit: int) -> Running[int] | None:
        """Return what the plan that is kept does now at a signal that is in a stage, None if none is kept."""
        if self._keeper is None or self.rung is Rung.FLASH:
            return None
        self._keeper.due(self.common_ds)
        cycle = self._keeper.cycle
        if cycle is None:
            return None
        index, since_ds = cycle.place(self.common_ds)
        stages = stage_indices(cycle.plan, self._kernel.site)
        if stages[index] != lit:
            return Running(lit, stages[index], 0.0)
        return Running(lit, stages[(index + 1) % len(stages)], to_s(cycle.splits_ds[index] - since_ds))

    def _plan_at(self, common_ds: int) -> SignalPlan | None:
        """Return the plan from the end of a cycle on, by the rung in force; the one before where it has none."""
        plan = self._of_rung(common_ds)
        if plan is not None:
            self._running = plan
        return self._running if self._running is not None else self._sources.local

    def _of_rung(self, common_ds: int) -> SignalPlan | None:
        sources = self._sources
        if self.rung is Rung.ADAPTIVE:
            return sources.centre()
        if self.rung is Rung.SCHEDULE and sources.schedule is not None:
            return self._sound(sources.schedule(common_ds))
        return self._sound(sources.local)

    def _sound(self, plan: SignalPlan | None) -> SignalPlan | None:
        return None if self._fault_of(plan) else plan

    def _fault_of(self, plan: SignalPlan | None) -> str:
        """Return why a plan of the cabinet's own cannot be kept; one that was not rehearsed in time is not kept."""
        return self._faults.get(plan, "it has not been rehearsed yet")

    def prepare(self, common_ds: int) -> None:
        """Rehearse the cabinet's own plans of now and of soon, each once. [ds] It takes too long for a frame."""
        own = [self._sources.local]
        if self._sources.schedule is not None:
            own += [self._sources.schedule(common_ds + ahead_ds) for ahead_ds in (0, AHEAD_DS)]
        for plan in own:
            if plan is not None and plan not in self._faults:
                self._faults[plan] = next(iter(refusals(plan, self._kernel)), "")

    def decide(
        self, view: JunctionView, situation: Situation | None, detection: Detection, now_ds: int
    ) -> tuple[Decision | None, Step | None]:
        """Return the wish of the plan in force, if there is a choice, and the step up or down that came before it."""
        step = self._ladder.step(self._rung_faults(), now_ds)
        self._broken = ""
        if situation is None or self.rung is Rung.FLASH or self._keeper is None:
            return None, step
        try:
            return self._keeper.decide(view, replace(situation, now_s=to_s(self.common_ds))), step
        except Exception as error:  # K11: whoever breaks costs delay, not the street
            self._broken = f"the keeper of plans broke: {type(error).__name__} {error}"
            self._keeper = plan_keeper(self._kernel, self._plan_at, self._settings)
            return None, step

    def _rung_faults(self) -> dict[Rung, str]:
        sources = self._sources
        found: dict[Rung, str] = {}
        clock = sources.clock_fault()
        if fault := self._broken or sources.centre_fault() or clock:
            found[Rung.ADAPTIVE] = fault
        if not self._has_choice:
            return found
        if sources.schedule is not None:
            scheduled = sources.schedule(self.common_ds)
            found[Rung.SCHEDULE] = self._broken or clock or self._fault_of(scheduled)
        found[Rung.PLAN] = self._broken or self._fault_of(sources.local)
        return {rung: fault for rung, fault in found.items() if fault}
