"""The fixed plan that a cabinet has of its own: given with its site, or made from the site alone."""

from collections.abc import Iterator
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import CYCLE_DS, SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import DS_PER_S
from signal_ctrl.engine.acceptance import refusals, unserved
from signal_ctrl.kernel.kernel import Kernel

_CYCLES_S: Final = (60, 75, 90, 105, 120, 150, 180, 240)


def local_plan(kernel: Kernel) -> SignalPlan:
    """Return the shortest plan with even splits that the site can keep: all its stages in order, or its home stages.

    Raises: InvalidInputError if none of those that are tried can be kept; then one has to be given.
    """
    site = kernel.site
    for stages in _orders(site):
        for cycle_s in _CYCLES_S:
            plan = _even(site, stages, cycle_s)
            if plan is not None and not refusals(plan, kernel):
                return plan
    raise InvalidInputError(f"site {site.signal_id}: no even plan can be kept; give the local plan with --plan")


def _orders(site: Site) -> Iterator[tuple[int, ...]]:
    """Yield orders of stages that serve everybody, each stage named once."""
    names = [stage.name for stage in site.stages]
    homes = tuple(sorted({stage for stage in site.rota().home if stage >= 0}))
    for stages in (homes, tuple(range(len(names)))):
        if stages and not unserved(site, stages) and all(names.count(names[s]) == 1 for s in stages):
            yield stages


def _even(site: Site, stages: tuple[int, ...], cycle_s: int) -> SignalPlan | None:
    share_s, rest_s = divmod(cycle_s, len(stages))
    splits_ds = tuple(DS_PER_S * (share_s + (place < rest_s)) for place in range(len(stages)))
    if cycle_s * DS_PER_S not in range(CYCLE_DS[0], CYCLE_DS[1] + 1):
        return None
    names = tuple(site.stages[stage].name for stage in stages)
    return SignalPlan(site.signal_id, site_hash(site), cycle_s * DS_PER_S, 0, names, splits_ds)
