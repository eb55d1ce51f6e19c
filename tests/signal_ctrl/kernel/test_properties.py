"""Properties of the kernel over random valid sites and hostile streams, judged by the oracles O1 and O2.

Every example is one seed, a number of groups and a kind of stream; Hypothesis prints all three. The quick
profile takes sites of up to 12 groups, the deep one up to 40.
"""

import itertools
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.site import Right, Site
from signal_ctrl.domain.site_json import site_from_json, site_hash, site_to_json
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import NEVER_DS, KernelState, Mode, Request, Source
from tests.oracles.trace import judge
from tests.signal_ctrl.kernel.worlds import Player, Stream, random_site

ALL = settings.default.max_examples if settings.default is not None else 50
DEEP = ALL > 1000
SEEDS = st.integers(0, 2**32 - 1)
GROUPS = st.integers(1, 40 if DEEP else 12)
STREAMS = st.sampled_from(
    (
        Stream(1.0, "all"),
        Stream(0.02, "random"),
        Stream(0.2, "random", nonsense=0.2),
        Stream(0.0, "all"),
        Stream(0.02, "pulses", out_of_service=0.004),
        Stream(0.1, "random", out_of_service=0.002, nonsense=0.05, clock=0.002),
        Stream(0.005, "none", clock=0.01),
        Stream(0.02, "all", claims=0.02),
        Stream(0.05, "random", out_of_service=0.003, nonsense=0.02, clock=0.002, claims=0.03),
    )
)


def share(part: float) -> int:
    """Return a part of the profile's examples."""
    return max(1, round(ALL * part))


def breaches_of(site: Site, seed: int, stream: Stream, n_frames: int) -> list[Any]:
    frames = []
    for frame, state in Player(Kernel(site), seed, stream).trace(n_frames):
        assert state.core.mode is not Mode.FAULT, state.core.reason
        frames.append(frame)
    return judge(site_to_json(site), frames)


@settings(max_examples=share(1))
@given(seed=SEEDS, n_groups=GROUPS, stream=STREAMS)
@example(seed=436, n_groups=2, stream=Stream(0.3, "random", 0.01, 0.05, 0.01))  # flash cut short by a gap of the clock
@example(seed=57, n_groups=1, stream=Stream(0.0, "all"))  # a first stage that serves nobody
def test_no_stream_brings_a_breach(seed: int, n_groups: int, stream: Stream) -> None:
    assert not breaches_of(random_site(seed, n_groups), seed, stream, 900)


@settings(max_examples=share(0.2))
@given(
    seed=SEEDS,
    n_groups=st.integers(2, 16 if DEEP else 7),
    wish=st.sampled_from((1.0, 0.3, 0.02)),
    one=st.booleans(),
)
@example(seed=47, n_groups=6, wish=1.0, one=True)
def test_nobody_waits_longer_than_the_site_promises(seed: int, n_groups: int, wish: float, one: bool) -> None:
    """Everybody calls in every frame, wishes starve one group, and maximum red is as short as it may be."""
    site = random_site(seed, n_groups)
    unit_ds = site.resolution_ds
    bound_ds = max(300, -(-site.rota().bound_ds // unit_ds) * unit_ds)
    site = replace(site, groups=tuple(replace(group, max_red_ds=bound_ds) for group in site.groups))
    stream = Stream(wish, "all", victim=seed % n_groups if one else -1, frame_ds=min(unit_ds, 20))
    assert not breaches_of(site, seed, stream, 2400 // stream.frame_ds)


@settings(max_examples=share(0.2))
@given(seed=SEEDS, n_groups=st.integers(2, 8))
@example(seed=10, n_groups=5)  # a green that is in the way of a WALK, and the vehicles behind its lead
def test_what_is_asked_for_comes_though_nobody_calls(seed: int, n_groups: int) -> None:
    """No limit of K4 helps here: each stage follows on each other one within the time that the rota takes."""
    site = random_site(seed, n_groups)
    kernel, step_ds, longest_ds = Kernel(site), min(site.resolution_ds, 20), site.rota().any_ds + 2 * site.resolution_ds
    for before, after in itertools.permutations(range(len(site.stages)), 2):
        state, now_ds = kernel.in_service(0, before), 0
        for asked in (before, after):
            request = Request(Source.ADAPTIVE, int(asked == after), now_ds, now_ds + 50, stage=asked)
            state, until_ds = kernel.submit(state, request, now_ds), now_ds + longest_ds
            while now_ds < until_ds:
                now_ds += step_ds
                state = kernel.step(state, 0, now_ds)
        rights = site.stages[after].rights
        lit = [group.right if group.right.is_green else Right.NONE for group in state.core.groups]
        assert lit == [right if right.is_green else Right.NONE for right in rights], (before, after)


class Sleepless(Kernel):
    """The kernel with its fast path off."""

    __slots__ = ()

    def step(self, state: KernelState, calls: int, now_ds: int) -> KernelState:
        awake = KernelState(replace(state.core, wake_ds=NEVER_DS), state.frame_ds)
        return super().step(awake, calls, now_ds)


@settings(max_examples=share(0.4))
@example(seed=3446870, n_groups=5, stream=Stream(0.02, "all"))  # a green that may end, and is kept for others' sake
@given(
    seed=SEEDS,
    n_groups=st.integers(1, 10),
    stream=st.sampled_from(
        (
            Stream(0.01),
            Stream(0.02, "all"),
            Stream(0.005, "none"),
            Stream(0.003, "pulses"),
            Stream(0.003, "random", out_of_service=0.001, clock=0.001),
            Stream(0.01, "random", out_of_service=0.001, clock=0.0005, claims=0.01),
        )
    ),
)
def test_sleeping_changes_nothing(seed: int, n_groups: int, stream: Stream) -> None:
    """Every state is the same, to the last field, as when each frame is worked out; the next moment to wake may be told
    early, as `next_change_ds` says, but never late.
    """
    site = random_site(seed, n_groups)
    asleep, awake = (Player(kernel(site), seed, stream).trace(1000) for kernel in (Kernel, Sleepless))
    skipped, running, before = 0, 0, None
    for (_, one), (_, other) in zip(asleep, awake, strict=True):
        assert one.core.wake_ds <= other.core.wake_ds
        assert KernelState(replace(one.core, wake_ds=other.core.wake_ds), one.frame_ds) == other
        skipped += one.core is before
        running += one.core.mode is Mode.RUNNING
        before = one.core
    assert skipped > 0 or running < 100, "it sleeps only when it runs, and start-up may take all of the time"


@settings(max_examples=share(0.4))
@given(
    seed=SEEDS,
    n_groups=st.integers(1, 8),
    cuts=st.lists(st.tuples(st.integers(1, 600), st.integers(0, 100)), min_size=1, max_size=5),
)
def test_power_cuts_start_anew(seed: int, n_groups: int, cuts: list[tuple[int, int]]) -> None:
    """Power cut at any of the first 600 frames, up to five times; each start is judged as a cold one."""
    site = random_site(seed, n_groups)
    kernel, now_ds = Kernel(site), seed
    for n_frames, dark_ds in [*cuts, (700, 0)]:
        frames = []
        for frame, _ in Player(kernel, seed, Stream(0.1, "all", claims=0.03)).trace(n_frames, kernel.power_on(now_ds)):
            frames.append(frame)
        assert not judge(site_to_json(site), frames)
        now_ds = frames[-1].at_ds + dark_ds


@settings(max_examples=share(0.3))
@given(seed=SEEDS, n_groups=st.integers(1, 8), steps=st.lists(st.integers(-(10**10), 10**10), max_size=8))
def test_a_wall_of_clock_steps(seed: int, n_groups: int, steps: list[int]) -> None:
    """Steps of any size, each seven frames after the last, then a quiet time in which service comes back."""
    site = random_site(seed, n_groups)
    kernel = Kernel(site)
    player = Player(kernel, seed, Stream(0.05, "all"))
    *start, (_, state) = player.trace(400)
    frames = [frame for frame, _ in start]
    for step_ds in [*steps, 1]:
        part = list(player.trace(7, state))
        frames += [frame for frame, _ in part]
        state = kernel.step(part[-1][1], (1 << n_groups) - 1, part[-1][0].at_ds + step_ds)
    rest = list(player.trace(2500, state))
    frames += [frame for frame, _ in rest]
    assert not judge(site_to_json(site), frames)
    assert rest[-1][1].core.mode is Mode.RUNNING


@settings(max_examples=share(1))
@given(seed=SEEDS, n_groups=GROUPS)
def test_a_request_that_is_refused_leaves_no_trace(seed: int, n_groups: int) -> None:
    """`submitted` compares hash and text of the state before and after each of many hostile requests."""
    kernel = Kernel(random_site(seed, n_groups))
    player = Player(kernel, seed, Stream(0.3, "random", out_of_service=0.01, nonsense=0.5, clock=0.01, claims=0.1))
    for _, _state in player.trace(100):
        pass


@settings(max_examples=share(1))
@given(seed=SEEDS, n_groups=GROUPS)
def test_a_site_comes_back_from_its_document(seed: int, n_groups: int) -> None:
    site = random_site(seed, n_groups)
    again = site_from_json(site_to_json(site))
    assert again == site
    assert site_hash(again) == site_hash(site)
