"""How long each group goes on as it is for sure: what a countdown beside the lamps may show."""

from signal_ctrl.domain.site import Site
from signal_ctrl.kernel.aspects import GREENS, Aspect
from signal_ctrl.kernel.outlook import own_interval_ds
from signal_ctrl.kernel.state import Core, Mode
from signal_ctrl.kernel.tables import Tables


def remaining_ds(site: Site, tables: Tables, core: Core, now_ds: int) -> tuple[int, ...]:
    """Return how much longer each group shows what it shows, whatever is asked for; 0 where nothing is sure. [ds]

    The rest of minimum green or WALK, of amber, and of people's clearance. Only a fault trip ends them sooner (K6). A
    green or WALK may well stay longer: a countdown of it may jump up, but never down. With out-of-service modes
    nothing is counted.
    """
    if core.mode not in (Mode.RUNNING, Mode.CLEARING):
        return (0,) * len(site.groups)
    found = []
    for g, (group, state) in enumerate(zip(site.groups, core.groups, strict=True)):
        lasts_ds = group.min_green_ds if state.aspect in GREENS else own_interval_ds(tables, state, g)
        if state.aspect not in GREENS and state.aspect not in (Aspect.AMBER, Aspect.PED_CLEAR):
            lasts_ds = 0
        found.append(max(state.since_ds + lasts_ds - now_ds, 0))
    return tuple(found)
