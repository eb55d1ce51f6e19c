"""What the lamps show over one cycle of a plan, once it has settled: found by letting the kernel keep the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from optimiser.fixed_plan import stage_indices
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import sumo_state
from signal_ctrl.kernel.state import FOREVER_DS, Core, KernelState, Request, Source

SETTLING_CYCLES: Final = 2
_LONG_AGO_DS: Final = 10_000


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
    frames = list(_frames(kernel, stages, plan))
    cycle_ds = plan.cycle_ds
    before, last = (frames[-k * cycle_ds :][:cycle_ds] for k in (2, 1))
    if any(_shown(a) != _shown(b) for a, b in zip(before, last, strict=True)):
        raise InvalidInputError(f"signal {plan.signal_id}: its lamps are not the same in every cycle of the plan")
    return tuple(_runs(kernel, last))


def _runs(kernel: Kernel, frames: Sequence[tuple[int, Core]]) -> Iterator[Lit]:
    from_ds = 0
    named = [(turn, sumo_state(kernel.site, core), core) for turn, core in frames]
    for (turn, lamps, _), run in groupby(named, lambda frame: (frame[0], frame[1], _aspects(frame[2]))):
        same = list(run)
        yield Lit(from_ds, from_ds + len(same), turn, same[0][2], lamps)
        from_ds += len(same)


def _shown(frame: tuple[int, Core]) -> tuple[object, ...]:
    turn, core = frame
    return turn, core.stage, _aspects(core)


def _aspects(core: Core) -> tuple[tuple[object, object], ...]:
    return tuple((group.aspect, group.right) for group in core.groups)


def _frames(kernel: Kernel, stages: tuple[int, ...], plan: SignalPlan) -> Iterator[tuple[int, Core]]:
    """Yield (turn, core) of every tenth of a second of some cycles. Raises: InvalidInputError."""
    everybody = (1 << len(kernel.site.groups)) - 1
    state = _settled_in(kernel, stages[-1])
    now_ds = 0
    for sequence in range((SETTLING_CYCLES + 1) * len(stages)):
        turn = sequence % len(stages)
        if state.core.stage != stages[turn]:
            state = _asked(kernel, state, stages[turn], sequence, now_ds)
        for _ in range(plan.splits_ds[turn]):
            state = kernel.step(state, everybody, now_ds)
            yield turn, state.core
            now_ds += 1
        state = kernel.step(state, everybody, now_ds)  # a wish comes after the frame of its moment, and has it redone


def _asked(kernel: Kernel, state: KernelState, stage: int, sequence: int, now_ds: int) -> KernelState:
    try:
        request = Request(Source.SCHEDULE, sequence, now_ds, FOREVER_DS, stage=stage)
        return kernel.submit(state, request, now_ds)
    except RefusedError as error:
        raise InvalidInputError(f"signal {kernel.site.signal_id}: {error.detail} ({error.rule})") from error


def _settled_in(kernel: Kernel, stage: int) -> KernelState:
    state = kernel.in_service(0, stage)
    groups = tuple(replace(group, since_ds=-_LONG_AGO_DS) for group in state.core.groups)
    return KernelState(replace(state.core, groups=groups), 0)
