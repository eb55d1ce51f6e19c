"""Change times against the kernel itself, frame by frame of a tenth of a second."""

import math
from dataclasses import replace

import pytest

from signal_ctrl.domain.site import Right
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, NEVER_DS, KernelState, Request, Source
from tests.signal_ctrl.kernel.small_sites import LEFT, LEFT_STAGE, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, WALK, crossroads

SITE = crossroads()
STAGES = range(len(SITE.stages))
PAIRS = [(a, b) for a in STAGES for b in STAGES if a != b]


def rights_by_frame(a: int, b: int) -> list[list[Right]]:
    """Return each group's right in every tenth of a second of a change, long after stage a became green."""
    kernel = Kernel(SITE)
    state = kernel.in_service(0, a)
    groups = tuple(replace(g, since_ds=-2000, ended_ds=NEVER_DS) for g in state.core.groups)
    state = KernelState(replace(state.core, groups=groups), 0)
    state = kernel.submit(state, Request(Source.SCHEDULE, 1, 0, FOREVER_DS, stage=b), 0)
    frames = []
    for now_ds in range(400):
        state = kernel.step(state, 0, now_ds)
        frames.append([g.right for g in state.core.groups])
    return frames


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_tables_say_what_the_kernel_does(a: int, b: int) -> None:
    tables, frames = stage_tables(Kernel(SITE)), rights_by_frame(a, b)
    settled_ds = 0
    for g, (old, new) in enumerate(zip(SITE.stages[a].rights, SITE.stages[b].rights, strict=True)):
        ends = [t for t, rights in enumerate(frames) if not rights[g].is_green]
        starts = [t for t, rights in enumerate(frames) if rights[g] is new]
        if old.is_green:
            assert tables.end_s[a, b, g] == (ends[0] / 10 if ends else math.inf), g
        if new.is_green:
            assert tables.start_s[a, b, g] == starts[0] / 10, g
            settled_ds = max(settled_ds, starts[0])
    assert tables.settled_s[a, b] == settled_ds / 10


def test_tables_by_hand() -> None:
    """Main to side: walkers clear for 11 s, cars end 4 s before that; back: main waits 5 s, walkers 6 s."""
    tables = stage_tables(Kernel(SITE))
    assert tables.end_s[MAIN_STAGE, SIDE_STAGE, [MAIN, LEFT, WALK]].tolist() == [7.0, 7.0, 0.0]
    assert tables.start_s[MAIN_STAGE, SIDE_STAGE, SIDE] == 11.0
    assert tables.start_s[SIDE_STAGE, MAIN_STAGE, [MAIN, WALK]].tolist() == [5.0, 6.0]
    assert tables.start_s[LEFT_STAGE, SIDE_STAGE, SIDE] == 4.0
    assert tables.right.tolist() == [[3, 0, 2, 3], [0, 0, 3, 0], [0, 3, 0, 0]]
    assert tables.min_green_s.tolist() == [7.0, 5.0, 5.0]
    for a in STAGES:
        assert tables.settled_s[a, a] == 0.0
        assert all(math.isinf(end_s) for end_s in tables.end_s[a, a])
