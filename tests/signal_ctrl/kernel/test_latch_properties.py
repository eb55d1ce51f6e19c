"""A fault anywhere in a hostile stream: latched through power cuts and clocks, reset at the cabinet alone (K6)."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.latch import latch_from_json, latch_to_json
from signal_ctrl.kernel.monitor import SOUND_FRAMES, Watch
from signal_ctrl.kernel.state import KernelState, Mode
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.kernel.test_properties import SEEDS, share
from tests.signal_ctrl.kernel.worlds import Player, Stream, random_site

HOSTILE = Stream(0.3, "random", out_of_service=0.02, nonsense=0.3, clock=0.02, claims=0.1)
AFTER_FAULT = {"flashing amber", "dark"}


@settings(max_examples=share(0.4))
@given(seed=SEEDS, n_groups=st.integers(1, 8), n_frames=st.integers(0, 500), cuts=st.integers(0, 5))
def test_a_fault_stays_until_it_is_reset_at_the_cabinet(seed: int, n_groups: int, n_frames: int, cuts: int) -> None:
    site = random_site(seed, n_groups)
    kernel, rng = Kernel(site), random.Random(seed)
    begin = Player(kernel, seed, Stream(0.1, "random", out_of_service=0.004, claims=0.03)).trace(n_frames)
    *_, (_, state) = trace = list(begin)
    assert not judge(site_to_json(site), [frame for frame, _ in trace])
    state = kernel.trip(state, "seen", state.frame_ds + 1)
    for cut in range(cuts + 1):
        latched = list(Player(kernel, seed + cut, HOSTILE).trace(60, state))
        assert {aspect for frame, _ in latched for aspect, _ in frame.shown} <= AFTER_FAULT
        assert all(after.core.mode is Mode.FAULT and not after.core.claims.standing for _, after in latched)
        state = latched[-1][1]
        if cut < cuts:
            kept = kernel.latch(state)
            assert kept is not None
            assert kept.reason == "seen"
            state = kernel.power_on(rng.randint(-(10**6), 10**6), latch_from_json(latch_to_json(kept)))
    assert not judge(site_to_json(site), _after_reset(kernel, state, seed))


def _after_reset(kernel: Kernel, state: KernelState, seed: int) -> list[Frame]:
    sound = Watch((0,), good=SOUND_FRAMES)
    assert _is_refused(kernel, kernel.door(state, False), sound)
    assert _is_refused(kernel, kernel.door(state, True), Watch((0,), good=SOUND_FRAMES - 1))
    state = kernel.door(kernel.reset(kernel.door(state, True), sound, state.frame_ds), False)
    assert kernel.latch(state) is None
    return [frame for frame, _ in Player(kernel, seed, Stream(0.1, "all", claims=0.02)).trace(700, state)]


def _is_refused(kernel: Kernel, state: KernelState, watch: Any) -> bool:
    try:
        kernel.reset(state, watch, state.frame_ds)
    except RefusedError:
        return True
    return False
