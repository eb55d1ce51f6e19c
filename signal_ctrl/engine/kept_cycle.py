"""What the lamps show over one cycle of a plan, once it has settled: found by letting the kernel keep the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from optimiser.fixed_plan import stage_indices
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import GroupKind
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import sumo_state
from signal_ctrl.kernel.state import FOREVER_DS, Core, KernelState, Request, Source

SETTLING_CYCLES: Final = 2
Part = tuple[int, Core, int]
"""Whose turn it is, what is lit, and for how long. [ds]"""
_LONGEST_CHANGE_DS: Final = 1_200


@dataclass(frozen=True, slots=True)
class Lit:
    """What is lit from one time of the cycle until another. [ds]

    The cycle begins with the change to the plan's first stage. `turn` says whose turn it is, an index of the plan's
    stages; `lamps` is the state string, one letter a link.
    """

    from_ds: int
    until_ds: int
    turn: int
    core: Core
    lamps: str

    @property
    def length_ds(self) -> int:
        """How long it is lit. [ds]"""
        return self.until_ds - self.from_ds


def kept_cycle(kernel: Kernel, plan: SignalPlan) -> tuple[Lit, ...]:
    """Return what a signal shows in each cycle of a plan, with every group calling, from its first change on.

    Raises: InvalidInputError if the site lacks a stage of the plan, the kernel refuses a change or no two cycles are
    alike: `acceptance.refusals` says more.
    """
    stages = stage_indices(plan, kernel.site)
    cycles = list(_cycles(kernel, stages, plan))
    if _shown(cycles[-2]) != _shown(cycles[-1]):
        raise InvalidInputError(f"signal {plan.signal_id}: its lamps are not the same in every cycle of the plan")
    ends_ds = list(accumulate(length_ds for _, _, length_ds in cycles[-1]))
    return tuple(
        Lit(end_ds - length_ds, end_ds, turn, core, sumo_state(kernel.site, core))
        for (turn, core, length_ds), end_ds in zip(cycles[-1], ends_ds, strict=True)
    )


def _shown(cycle: Sequence[Part]) -> list[tuple[object, ...]]:
    return [(turn, core.stage, _aspects(core), length_ds) for turn, core, length_ds in cycle]


def _aspects(core: Core) -> tuple[tuple[object, object], ...]:
    return tuple((group.aspect, group.right) for group in core.groups)


def _cycles(kernel: Kernel, stages: tuple[int, ...], plan: SignalPlan) -> Iterator[list[Part]]:
    """Yield the parts of one cycle after the other. Raises: InvalidInputError."""
    state, now_ds = settled_in(kernel, stages[-1]), 0
    for cycle in range(SETTLING_CYCLES + 1):
        found: list[Part] = []
        for turn, split_ds in enumerate(plan.splits_ds):
            if state.core.stage != stages[turn]:
                state = _asked(kernel, state, stages[turn], cycle * len(stages) + turn, now_ds)
            state = _kept(kernel, state, (now_ds, now_ds + split_ds), turn, found)
            now_ds += split_ds
        yield found


def _kept(kernel: Kernel, state: KernelState, times_ds: tuple[int, int], turn: int, found: list[Part]) -> KernelState:
    """Add the parts between two times, and return the state after the frame of the second one, which may be redone."""
    everybody = (1 << len(kernel.site.groups)) - 1
    now_ds, until_ds = times_ds
    while now_ds < until_ds:
        state = kernel.step(state, everybody, now_ds)
        next_ds = min(max(state.core.wake_ds, now_ds + 1), until_ds)  # until it wakes, a step returns the same core
        last = found[-1] if found else None
        if last is not None and last[0] == turn and _alike(last[1], state.core):
            found[-1] = (turn, last[1], last[2] + next_ds - now_ds)
        else:
            found.append((turn, state.core, next_ds - now_ds))
        state, now_ds = KernelState(state.core, next_ds - 1), next_ds
    return kernel.step(state, everybody, until_ds)


def _alike(one: Core, other: Core) -> bool:
    """Return whether two cores are lit alike; mostly they are one and the same."""
    return one is other or (one.stage == other.stage and _aspects(one) == _aspects(other))


def _asked(kernel: Kernel, state: KernelState, stage: int, sequence: int, now_ds: int) -> KernelState:
    try:
        request = Request(Source.SCHEDULE, sequence, now_ds, FOREVER_DS, stage=stage)
        return kernel.submit(state, request, now_ds)
    except RefusedError as error:
        raise InvalidInputError(f"signal {kernel.site.signal_id}: {error.detail} ({error.rule})") from error


def change_ds(kernel: Kernel, before: int, stage: int) -> int:
    """Return how long after a wish the last vehicle green begins of those that a change of stage adds. [ds]

    If it adds none: when first nobody shows amber. The stage before has been lit for long.
    Raises: InvalidInputError if the change comes to no end.
    """
    everybody = (1 << len(kernel.site.groups)) - 1
    state = _asked(kernel, settled_in(kernel, before), stage, 1, 0)
    rights, begun_ds, clear_ds = kernel.site.stages[stage].rights, -1, -1
    for now_ds in range(_LONGEST_CHANGE_DS):
        green = _greens(kernel, state)
        state = kernel.step(state, everybody, now_ds)
        if _greens(kernel, state) - green:
            begun_ds = now_ds
        if clear_ds < 0 and all(each.aspect is not Aspect.AMBER for each in state.core.groups):
            clear_ds = now_ds
        if clear_ds >= 0 and all(
            g.right.is_green for g, r in zip(state.core.groups, rights, strict=True) if r.is_green
        ):
            return begun_ds if begun_ds >= 0 else clear_ds
    raise InvalidInputError(f"signal {kernel.site.signal_id}: stage {stage + 1} is not reached from {before + 1}")


def _greens(kernel: Kernel, state: KernelState) -> set[int]:
    """Return the groups of vehicles that have green."""
    groups = enumerate(zip(kernel.site.groups, state.core.groups, strict=True))
    return {g for g, (group, each) in groups if group.kind is GroupKind.VEHICLE and each.right.is_green}
