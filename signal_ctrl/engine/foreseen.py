"""What a kernel would do if somebody held a stage from now on: its lamps played ahead, nothing changed. Pure."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import KernelState, Request, Source, Wish

_STEP_DS: Final = 10


@dataclass(frozen=True, slots=True)
class Foreseen:
    """When the groups that matter would be green, and when the limits of K4 would end that; from now on. [ds]

    `lit_ds` None: not within the time looked at; `lost_ds` None: they stay green.
    """

    lit_ds: int | None
    lost_ds: int | None


def foreseen(
    kernel: Kernel, state: KernelState, calls: int, stage: int, groups: frozenset[int], ahead_ds: int
) -> Foreseen:
    """Return what a pre-emption of a stage would bring, with the calls of now and everybody else calling all along.

    Args: groups, those of the stage that have to be green; ahead_ds, how far to look. [ds]
    """
    now_ds = state.frame_ds
    sequence = dict(state.core.sequences).get(Source.PREEMPTION, 0) + 1
    ends_ds = now_ds + min(ahead_ds, 1_800)
    try:
        state = kernel.submit(
            state, Request(Source.PREEMPTION, sequence, now_ds, ends_ds, Wish.HOLD, stage, ends_ds), now_ds
        )
    except RefusedError:
        return Foreseen(None, None)
    lit_ds: int | None = None
    for after_ds in range(0, ahead_ds, _STEP_DS):
        state = kernel.step(state, calls, now_ds + after_ds)
        green = all(state.core.groups[g].right.is_green for g in groups)
        if green and lit_ds is None:
            lit_ds = after_ds
        if lit_ds is not None and not green:
            return Foreseen(lit_ds, after_ds)
    return Foreseen(lit_ds, None)
