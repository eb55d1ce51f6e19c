"""Random valid sites, random hostile streams, and the loop that turns both into a trace. All from one seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.site import (
    COMPATIBLE,
    CONFLICT,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    Trailing,
    shortest_max_red_ds,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_parts import MAX_RED_DS
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import KernelState, Mode, Request, Source, Wish
from tests.oracles.trace import Frame

Rights = tuple[Right, ...]
Matrix = list[list[int]]


def random_site(seed: int, n_groups: int) -> Site:
    """Return a valid site of that many groups; figures shrink until everybody can be served in time."""
    rng = random.Random(seed)
    for attempt in range(40):
        site = _attempt(rng, n_groups, attempt)
        if site is not None:
            return site
    raise AssertionError(f"no site for seed {seed} and {n_groups} groups")


def _attempt(rng: random.Random, n_groups: int, attempt: int) -> Site | None:
    unit = rng.choice((1, 1, 1, 2, 5, 10))
    spread = max(0, 12 - attempt)
    groups = [_group(rng, g, unit, spread) for g in range(n_groups)]
    together = _together(rng, groups, 0.15 + 0.02 * attempt)
    stages = _stages(rng, groups, together)
    gaps = [
        [-1 if together[a][b] == COMPATIBLE else _gap(rng, groups[a], unit, spread) for b in range(n_groups)]
        for a in range(n_groups)
    ]
    trailing = _trailing(rng, n_groups, unit) if rng.random() < 0.4 else ()
    revert = rng.choice((20, 20, 30))
    bound = shortest_max_red_ds(groups, stages, gaps, trailing, unit, revert)
    if bound > MAX_RED_DS[1]:
        return None
    slack = rng.choice((0, 0, 0, 10, 200, 600))
    groups = [
        replace(group, max_red_ds=min(MAX_RED_DS[1], bound + rng.randint(0, slack) // 10 * 10)) for group in groups
    ]
    return Site(
        signal_id=f"random-{n_groups}",
        n_links=n_groups,
        groups=tuple(groups),
        stages=stages,
        together=tuple(map(tuple, together)),
        intergreen_ds=tuple(map(tuple, gaps)),
        first_stage=rng.randrange(len(stages)),
        profile="random",
        startup_flash_ds=rng.choice((0, 0, 50, 100)),
        startup_all_red_ds=rng.choice((0, 50, 60)),
        red_revert_ds=revert,
        resolution_ds=unit,
        trailing=trailing,
    )


def _group(rng: random.Random, g: int, unit: int, spread: int) -> SignalGroup:
    def between(low: int, high: int) -> int:
        return rng.randint(-(-low // 10), high // 10) * 10 if unit > 1 else rng.randint(low, high)

    limits: dict[str, Any] = {"max_red_ds": MAX_RED_DS[1], "links": (g,), "name": f"g{g}"}
    if rng.random() < 0.3:
        walk = between(40, 40 + 5 * spread)
        return SignalGroup(
            kind=GroupKind.CROSSING, amber_ds=0, min_green_ds=walk, max_green_ds=max(100, walk + between(0, 300)),
            clearance_ds=between(10, 30 + 10 * spread), buffer_ds=30, **limits,
        )  # fmt: skip
    least = between(50, 50 + 8 * spread)
    return SignalGroup(
        kind=GroupKind.VEHICLE, amber_ds=between(30, 30 + 2 * spread), min_green_ds=least,
        max_green_ds=max(100, least + between(0, 300)), **limits,
    )  # fmt: skip


def _together(rng: random.Random, groups: list[SignalGroup], ease: float) -> Matrix:
    n = len(groups)
    matrix = [[COMPATIBLE] * n for _ in range(n)]
    for a in range(n):
        for b in range(a + 1, n):
            entry = _entry(rng, groups[a], groups[b], ease)
            matrix[a][b], matrix[b][a] = entry, transposed(entry)
    return matrix


def _entry(rng: random.Random, one: SignalGroup, other: SignalGroup, ease: float) -> int:
    dice = rng.random()
    if dice < ease + 0.2:
        return COMPATIBLE
    kinds = (one.kind, other.kind)
    if dice > 0.75 or kinds == (GroupKind.CROSSING, GroupKind.CROSSING):
        return CONFLICT
    if kinds == (GroupKind.VEHICLE, GroupKind.VEHICLE):
        return rng.randint(1, COMPATIBLE - 1)
    walk_first = together_bit(Right.PROTECTED, Right.PERMISSIVE)
    return walk_first if kinds[0] is GroupKind.CROSSING else transposed(walk_first)


def _gap(rng: random.Random, group: SignalGroup, unit: int, spread: int) -> int:
    return group.after_green_ds + rng.choice((0, 0, rng.randint(0, 1 + spread * 3) * (10 if unit > 1 else 1)))


def _stages(rng: random.Random, groups: list[SignalGroup], together: Matrix) -> tuple[Stage, ...]:
    n = len(groups)
    stages: list[Rights] = []
    left_out = {rng.randrange(n)} if rng.random() < 0.2 and n > 2 else set()
    unserved = set(range(n)) - left_out
    while unserved or len(stages) < 2:
        order = sorted(unserved, key=lambda _: rng.random())
        order += sorted(set(range(n)) - unserved - left_out, key=lambda _: rng.random())
        rights = [Right.NONE] * n
        for g in order:
            rights[g] = _granted(rng, groups, together, rights, g)
        unserved -= {g for g, right in enumerate(rights) if right.is_green}
        stages.append(tuple(Right.STOP if r is Right.NONE and rng.random() < 0.1 else r for r in rights))
    return tuple(Stage(f"s{s}", rights) for s, rights in enumerate(stages))


def _granted(
    rng: random.Random, groups: list[SignalGroup], together: Matrix, rights: list[Right], g: int
) -> Right:
    wishes = [Right.PROTECTED]
    if groups[g].kind is GroupKind.VEHICLE:
        wishes = rng.choice(([Right.PROTECTED, Right.PERMISSIVE], [Right.PERMISSIVE, Right.PROTECTED]))
    if rng.random() < 0.1:
        wishes = []
    for right in wishes:
        green = [a for a, other in enumerate(rights) if other.is_green]
        if all(_meets(together[a][g], rights[a], right) for a in green):
            return right
    return Right.NONE


def _meets(entry: int, one: Right, other: Right) -> bool:
    return bool(entry) and bool((entry | 1) & together_bit(one, other))


def _trailing(rng: random.Random, n: int, unit: int) -> tuple[Trailing, ...]:
    pairs = [rng.sample(range(n), 2) for _ in range(rng.randint(1, 3))] if n > 1 else []
    return tuple(
        Trailing(f, i, rng.randint(0, 6) * 10 if unit > 1 else rng.randint(0, 60)) for f, i in pairs
    )


@dataclass(frozen=True)
class Stream:
    """How hostile a stream is: chances per frame, how calls are made, and a group that no wish shall serve."""

    wish: float = 0.02
    calls: str = "random"
    out_of_service: float = 0.0
    nonsense: float = 0.0
    clock: float = 0.0
    frame_ds: int = 1
    victim: int = -1




def trace_of(
    kernel: Kernel, seed: int, n_frames: int, stream: Stream, state: KernelState | None = None
) -> Iterator[tuple[Frame, KernelState]]:
    """Yield each frame and its state; begins at power-on unless a state is given."""
    rng = random.Random(seed)
    now_ds = rng.randint(0, 10**6) // 600 * 600 if state is None else state.frame_ds
    state = kernel.power_on(now_ds) if state is None else state
    yield frame_of(state, 0, now_ds), state
    calls, sequence = 0, 0
    for _ in range(n_frames):
        sequence += 1
        state = _asked(kernel, state, now_ds, sequence, stream, rng)
        now_ds += _passed(rng, stream)
        calls = _calls(rng, stream.calls, len(kernel.site.groups), calls)
        state = kernel.step(state, calls, now_ds)
        yield frame_of(state, calls, now_ds), state


def frame_of(state: KernelState, calls: int, now_ds: int) -> Frame:
    """Return what a state shows."""
    shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
    return Frame(now_ds, shown, calls, state.core.mode is Mode.RUNNING)


def _passed(rng: random.Random, stream: Stream) -> int:
    if rng.random() < stream.clock:
        return rng.choice((0, -1, -30, -(10**9), 20, 21, 45, 3000, 10**9))
    return stream.frame_ds


def _calls(rng: random.Random, kind: str, n: int, before: int) -> int:
    if kind == "all":
        return (1 << n) - 1
    if kind == "none":
        return 0
    if rng.random() < 0.97:
        return before
    return rng.choice((0, (1 << n) - 1, rng.getrandbits(n), before ^ (1 << rng.randrange(n))))


def _asked(
    kernel: Kernel, state: KernelState, now_ds: int, sequence: int, stream: Stream, rng: random.Random
) -> KernelState:
    if rng.random() < stream.nonsense:
        return refused_or_not(kernel, state, nonsense(rng, sequence, now_ds), now_ds)
    if rng.random() < stream.out_of_service or (not state.core.mode.value.startswith("run") and rng.random() < 0.01):
        wish = rng.choice((Wish.FLASH, Wish.DARK, Wish.RESUME))
        request = Request(Source.POLICE, sequence, now_ds, now_ds, wish)
        return refused_or_not(kernel, state, request, now_ds)
    if rng.random() < stream.wish:
        stage = rng.choice(_stages_against(kernel.site, stream.victim))
        request = Request(rng.choice(list(Source)), sequence, now_ds, now_ds + 5, stage=stage)
        return refused_or_not(kernel, state, request, now_ds)
    return state


def _stages_against(site: Site, victim: int) -> list[int]:
    """Return the stages that do not serve a group, or all of them."""
    stages = range(len(site.stages))
    against = [s for s in stages if victim >= 0 and not site.stages[s].rights[victim].is_green]
    return against or list(stages)


def refused_or_not(kernel: Kernel, state: KernelState, request: Any, now_ds: Any) -> KernelState:
    """Submit a request; a refusal has to leave the state alone and name a rule."""
    before = repr(state)
    try:
        after = kernel.submit(state, request, now_ds)
    except RefusedError as error:
        kind, _, reason = error.rule.partition("/")
        assert kind[0] == "K" and kind[1:].isdigit() and reason
        after = state
    assert repr(state) == before
    return after


def nonsense(rng: random.Random, sequence: int, now_ds: int) -> Any:
    """Return a request that no honest source would make."""
    good: dict[str, Any] = {
        "source": rng.choice(list(Source)), "sequence": sequence, "issued_ds": now_ds, "expires_ds": now_ds + 5,
        "wish": Wish.STAGE, "stage": 0,
    }  # fmt: skip
    junk = rng.choice((None, "1", 1.0, float("nan"), True, [], {}, -1, 10**30, -(10**30), Mode.RUNNING, b"\0"))
    choice = rng.randrange(3)
    if choice == 0:
        return junk
    if choice == 1:
        return Request(**(good | {rng.choice(list(good)): junk}))
    late = {"issued_ds": now_ds - 50, "expires_ds": now_ds - 1}
    early = {"issued_ds": now_ds + 1, "expires_ds": now_ds + 9}
    unknown = {"stage": rng.choice((-1, 10**6))}
    return Request(**(good | rng.choice((late, early, unknown, {"sequence": -1}, {"wish": Wish.RESUME}))))
