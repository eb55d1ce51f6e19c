"""What is foreseen is what the kernel then does, and who has waited long is served before the vehicle comes."""

import pytest

from signal_ctrl.engine.foreseen import Wanted, best_first, foreseen
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import KernelState, Request, Source, Wish
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, crossroads

EVERYBODY = 0b1111
STAGES = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)


def run_on(kernel: Kernel, state: KernelState, calls: int, seconds: int) -> KernelState:
    for now_ds in range(state.frame_ds + 1, state.frame_ds + 10 * seconds + 1):
        state = kernel.step(state, calls, now_ds)
    return state


@pytest.mark.parametrize("stage", [MAIN_STAGE, SIDE_STAGE])
@pytest.mark.parametrize("seconds", [0, 5, 20, 40])
def test_it_is_what_the_kernel_does(stage: int, seconds: int) -> None:
    kernel = Kernel(crossroads())
    state = run_on(kernel, kernel.in_service(0), EVERYBODY, seconds)
    group = MAIN if stage == MAIN_STAGE else SIDE
    wanted = Wanted(stage, frozenset({group}), 400, 600)
    seen = foreseen(kernel, state, EVERYBODY, wanted, stage)
    begin_ds, ends_ds = state.frame_ds, state.frame_ds + 1_800
    request = Request(Source.PREEMPTION, 1, begin_ds, ends_ds, Wish.HOLD, stage, ends_ds)
    state = kernel.submit(state, request, begin_ds)
    green = []
    for after_ds in range(620):
        state = kernel.step(state, EVERYBODY, begin_ds + after_ds)
        green.append(state.core.groups[group].right.is_green)
    for after_ds in range(0, 600, 20):  # it looks every 2 s, and each change may come so much later
        foretold = any(lit <= after_ds < lost for lit, lost in seen.greens)
        changes = len(set(green[max(after_ds - 80, 0) : after_ds + 80])) > 1
        assert changes or foretold == green[after_ds], after_ds


def test_a_green_that_would_reach_its_maximum_in_the_arrival_is_left_before() -> None:
    kernel = Kernel(crossroads())
    state = run_on(kernel, kernel.in_service(0), EVERYBODY, 15)  # main is green for 15 s of its 30 s
    wanted = Wanted(MAIN_STAGE, frozenset({MAIN}), 300, 460)
    own = foreseen(kernel, state, EVERYBODY, wanted, MAIN_STAGE)
    assert not own.covers(300, 460)
    best, kept = best_first(kernel, state, EVERYBODY, wanted, STAGES)
    assert kept and best.first != MAIN_STAGE and best.covers(300, 460)


def test_who_cannot_hold_for_the_latest_arrival_holds_for_the_earlier_half_of_it() -> None:
    kernel = Kernel(crossroads())
    state = run_on(kernel, kernel.in_service(0), EVERYBODY, 15)
    long = Wanted(MAIN_STAGE, frozenset({MAIN}), 300, 620)  # no green lasts for so long
    assert not any(foreseen(kernel, state, EVERYBODY, long, stage).covers(300, 620) for stage in STAGES)
    best, kept = best_first(kernel, state, EVERYBODY, long, STAGES)
    assert kept and best.covers(300, 460) and best.first != MAIN_STAGE


def test_a_green_that_lasts_is_asked_for_itself() -> None:
    kernel = Kernel(crossroads())
    state = run_on(kernel, kernel.in_service(0), EVERYBODY, 1)
    best, kept = best_first(kernel, state, EVERYBODY, Wanted(MAIN_STAGE, frozenset({MAIN}), 50, 150), STAGES)
    assert kept and best.first == MAIN_STAGE


def test_before_the_start_up_is_over_nothing_is_foreseen() -> None:
    kernel = Kernel(crossroads())
    state = kernel.power_on(0)
    best, kept = best_first(kernel, state, 0, Wanted(SIDE_STAGE, frozenset({SIDE}), 50, 150), STAGES)
    assert not kept and best.greens == ()
