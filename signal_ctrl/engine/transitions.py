"""Stage changes timed by letting the kernel itself make them: the optimiser plans with what the lamps will do."""

import math
from collections.abc import Collection

import numpy as np

from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Right, Site
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, KernelState, Request, Source

_LONG_AGO_DS = 10_000
_LONGEST_CHANGE_DS = 1_200


def stage_tables(kernel: Kernel, pairs: Collection[tuple[int, int]] | None = None) -> StageTables:
    """Return rights and change times of every pair of stages of a site.

    Args: pairs, (from, to): only these changes are timed, for who asks about no other; by default all are.
    """
    site = kernel.site
    n, m = len(site.stages), len(site.groups)
    end_s = np.full((n, n, m), math.inf)
    start_s = np.zeros((n, n, m))
    settled_s = np.zeros((n, n))
    for a in range(n):
        for b in range(n):
            if a != b and (pairs is None or (a, b) in pairs):
                settled_s[a, b] = _time_change(kernel, a, b, end_s[a, b], start_s[a, b])
    return StageTables(
        right=np.array([[int(r) for r in stage.rights] for stage in site.stages], dtype=np.int64),
        end_s=end_s,
        start_s=start_s,
        settled_s=settled_s,
        min_green_s=np.array([_min_green_s(site, stage.rights) for stage in site.stages]),
    )


def _min_green_s(site: Site, rights: tuple[Right, ...]) -> float:
    return max((to_s(g.min_green_ds) for g, r in zip(site.groups, rights, strict=True) if r.is_green), default=0.0)


def _time_change(kernel: Kernel, a: int, b: int, end_s: np.ndarray, start_s: np.ndarray) -> float:
    """Fill one row of the tables and return the time at which the change is complete. [s]"""
    step_ds = min(kernel.site.resolution_ds, 20)
    state = settled_in(kernel, a)
    state = kernel.submit(state, Request(Source.SCHEDULE, 1, 0, FOREVER_DS, stage=b), 0)
    wanted = kernel.site.stages[b].rights
    before, last = [group.right for group in state.core.groups], None
    for now_ds in range(0, _LONGEST_CHANGE_DS, step_ds):
        state = kernel.step(state, 0, now_ds)
        if state.core is last:
            continue  # a frame without a change
        last = state.core
        for g, (group, right) in enumerate(zip(state.core.groups, before, strict=True)):
            if right.is_green and not group.right.is_green and math.isinf(end_s[g]):
                end_s[g] = to_s(now_ds)
            if group.right is not right and group.right is wanted[g] and group.right.is_green:
                start_s[g] = to_s(now_ds)
        before = [group.right for group in state.core.groups]
        if all(r is w for r, w in zip(before, wanted, strict=True) if w.is_green) and not _on_the_way(state):
            return to_s(now_ds)
    raise InvalidInputError(f"signal {kernel.site.signal_id}: stage {b + 1} cannot be reached from stage {a + 1}")


def _on_the_way(state: KernelState) -> bool:
    wanted_green = [group.right.is_green for group in state.core.groups]
    lit = [group.aspect.name in ("AMBER", "PED_CLEAR") for group in state.core.groups]
    return any(lit) and not any(wanted_green)
