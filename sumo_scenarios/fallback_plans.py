"""The plans that adaptive control falls back to: those given, or computed from the counted demand when first needed."""

from collections.abc import Callable
from functools import partial

from optimiser.transition import TransitionSettings, method_named
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.schedule_rung import ScheduleRung
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.demand import demand_span, run_times_s
from sumo_scenarios.first_plan import first_plan
from sumo_scenarios.run_timetable import timetable_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World


class FallbackPlans:
    """The plans of all signals of a run."""

    def __init__(self, world: World, settings: RunSettings, begin_s: float) -> None:
        """Args: begin_s, of the run, for the schedule if there is one [s]."""
        self._timetable = timetable_of(settings, begin_s)
        self._world = world
        self._settings = settings
        self._given = settings.fallback
        self._computed: Plan | None = None
        self._tried = False

    def rungs(self, kernel: Kernel) -> tuple[Callable[[], SignalPlan | None], float | None, ScheduleRung | None]:
        """Return what a ladder needs of a signal: local plan, its cycle [s], and the rung of the schedule."""
        signal = kernel.site.signal_id
        return partial(self.of, signal), self.cycle_s(signal), self._scheduled(kernel)

    def _scheduled(self, kernel: Kernel) -> ScheduleRung | None:
        """Return the rung of the plan by time of day of a signal, None without a schedule."""
        if self._timetable is None:
            return None
        plan_at = partial(self._timetable.of, kernel.site.signal_id)
        return ScheduleRung(kernel, plan_at, TransitionSettings(method_named(self._settings.transition)))

    def cycle_s(self, signal: str) -> float | None:
        """Return the cycle of a signal's given plan, None where none is. [s]"""
        own = self._given.of(signal) if self._given is not None else None
        return None if own is None else to_s(own.cycle_ds)

    def of(self, signal: str) -> SignalPlan | None:
        """Return the plan of a signal: the given one if it is for this site, else one computed; None if neither."""
        own = self._given.of(signal) if self._given is not None else None
        sites = [unit.site for unit in self._world.units if unit.site.signal_id == signal]
        if own is not None and any(own.site == site_hash(site) for site in sites):
            return own
        if not self._tried:
            self._tried, self._computed = True, self._compute()
        return self._computed.of(signal) if self._computed is not None else None

    def _compute(self) -> Plan | None:
        config = self._world.config
        try:
            span = demand_span((*config.routes, *config.additional))
            asked_s = (self._settings.begin_s, self._settings.end_s)
            return first_plan(self._world, run_times_s(asked_s, (config.begin_s, config.end_s), span))
        except InvalidInputError:
            return None  # the demand cannot be counted, or no common cycle fits: one rung less
