"""A programme made of a site's stages: the changes between them as the safety kernel itself makes them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, pairwise

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_s
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import sumo_state
from signal_ctrl.kernel.state import FOREVER_DS, KernelState, Request, Source
from sumo_scenarios.programmes import Step

_LONG_AGO_DS = 10_000
_LONGEST_CHANGE_DS = 1_200


def stage_rows(site: Site, stages: tuple[int, ...], green_s: tuple[float, float]) -> Iterator[Step]:
    """Yield a row for each stage, of shortest and longest green [s], followed by the change to the next one."""
    kernel = Kernel(site)
    for stage, following in pairwise((*stages, stages[0])):
        shortest_s = max(green_s[0], _longest_minimum_s(site, stage))
        settled = sumo_state(site, _settled_in(kernel, stage).core)
        yield Step(shortest_s, shortest_s, max(green_s[1], shortest_s), settled)
        if following != stage:
            yield from _change(kernel, stage, following)


def _longest_minimum_s(site: Site, stage: int) -> float:
    greens = zip(site.groups, site.stages[stage].rights, strict=True)
    return max((to_s(group.min_green_ds) for group, right in greens if right.is_green), default=0.0)


def _change(kernel: Kernel, stage: int, following: int) -> Iterator[Step]:
    """Yield the rows between two stages."""
    settled = sumo_state(kernel.site, _settled_in(kernel, following).core)
    shown: list[str] = []
    state = kernel.submit(_settled_in(kernel, stage), Request(Source.SCHEDULE, 1, 0, FOREVER_DS, stage=following), 0)
    for now_ds in range(0, _LONGEST_CHANGE_DS):
        state = kernel.step(state, 0, now_ds)
        lamps = sumo_state(kernel.site, state.core)
        if lamps == settled:
            yield from (_row(lamps, len(list(run))) for lamps, run in groupby(shown))
            return
        shown.append(lamps)
    raise InvalidInputError(f"signal {kernel.site.signal_id}: no way from stage {stage + 1} to {following + 1}")


def _row(lamps: str, duration_ds: int) -> Step:
    duration_s = to_s(duration_ds)
    return Step(duration_s, duration_s, duration_s, lamps)


def _settled_in(kernel: Kernel, stage: int) -> KernelState:
    state = kernel.in_service(0, stage)
    groups = tuple(replace(group, since_ds=-_LONG_AGO_DS) for group in state.core.groups)
    return KernelState(replace(state.core, groups=groups), 0)
