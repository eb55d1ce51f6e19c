"""What a run under a green wave keeps: the plan given, or one that is planned at once on the splits of a base plan."""

from dataclasses import replace
from typing import Final

from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import AM_BAND, WaveRules
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.green_wave.planning import ORDER_COST, Asked, plan_scenario
from sumo_scenarios.green_wave.scenario_wave import WaveWishes
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World

EFFORT: Final = Effort(time_s=30.0, gap=1e-3)
WISHES: Final = WaveWishes(free=True)
SATURATION: Final = 0.9
"""Side streets get no more than what keeps them below this, as is usual for coordinated signals."""


def with_wave(settings: RunSettings, world: World, times_s: tuple[float, float]) -> tuple[RunSettings, tuple[str, ...]]:
    """Return the settings with a plan that has a green wave, and what the user has to know of it.

    The base is `settings.base` where the signals can keep it, else a plan computed from the demand counted between two
    times [s].
    Raises: InvalidInputError if the given plan cannot be kept, or no wave can be planned.
    """
    sites = tuple(unit.site for unit in world.units)
    if settings.plan is not None:
        check_plan(settings.plan, sites)
        return settings, ()
    base = _kept(settings.base, world)
    asked = Asked(WaveRules(kind=AM_BAND, order_cost=ORDER_COST), WISHES, saturation=SATURATION)
    found = plan_scenario(world, times_s, asked, base, EFFORT, _unheard)
    on = "a plan computed from the counted demand" if base is None else f"plan {base.name}"
    widths = [f"{min(widths.bands_s):.0f} s" for part in found.parts for widths in part.plan.timing.widths]
    notice = f"{settings.controller} keeps a green wave made on {on}; bands of {' and '.join(widths)} at least"
    return replace(settings, plan=found.plan), (notice,)


def _kept(base: Plan | None, world: World) -> Plan | None:
    """Return a base plan if the signals can keep it and have one cycle, as a wave needs."""
    if base is None or len({signal.cycle_ds for signal in base.signals}) > 1:
        return None
    try:
        check_plan(base, tuple(unit.site for unit in world.units))
    except InvalidInputError:
        return None
    return base


def _unheard(_: str) -> None:
    """The run itself says what it does."""
