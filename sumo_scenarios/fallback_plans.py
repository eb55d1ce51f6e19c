"""The plans that adaptive control falls back to: those given, or computed from the counted demand when first needed."""

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from sumo_scenarios.demand import demand_span, run_times_s
from sumo_scenarios.first_plan import first_plan
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World


class FallbackPlans:
    """The plans of all signals of a run."""

    def __init__(self, world: World, settings: RunSettings) -> None:
        self._world = world
        self._settings = settings
        self._given = settings.fallback
        self._computed: Plan | None = None
        self._tried = False

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
