"""What a kernel would do if somebody asked for a stage from now on: its lamps played ahead, nothing changed. Pure.

The limits of K4 go before a pre-emption: a green that has long been opposed ends at its maximum, and who has waited
long is served, even while a vehicle comes. Where that would fall into the arrival, it is better to serve them first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import Core, KernelState, Request, Source, Wish

_STEP_DS: Final = 20
LONGEST_DS: Final = 1_800
"""No pre-emption lasts longer (SAFETY C). [ds]"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stage that somebody comes to: the groups of it that matter, and when, from now on. [ds]

    From `early_ds` to `late_ds` the vehicle is expected; who stands in front of it needs `flush_ds` of green before.
    """

    stage: int
    groups: frozenset[int]
    early_ds: int
    late_ds: int
    flush_ds: int = 0

    @property
    def spans(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """From when to when it is to be green: all of the arrival, or its earlier half: late is seldom. [ds]"""
        return (self.early_ds, self.late_ds), (self.early_ds, (self.early_ds + self.late_ds) // 2)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What comes of asking for `first` now, and for the wanted stage as soon as that is lit. [ds]

    `greens`, from when to when the groups that matter are green, the last one to the end of what was looked at.
    """

    first: int
    greens: tuple[tuple[int, int], ...]

    def ready_ds(self, wanted: Wanted) -> int | None:
        """Return from when on they are green for the arrival, None if they are not. [ds]"""
        return next((lit for lit, lost in self.greens if lost > wanted.early_ds), None)

    def covers(self, begin_ds: int, end_ds: int) -> bool:
        """Tell whether one green holds all of a span. [ds]"""
        return any(lit <= begin_ds and end_ds <= lost for lit, lost in self.greens)


def foreseen(kernel: Kernel, state: KernelState, calls: int, wanted: Wanted, first: int) -> Foreseen:
    """Return what would come of asking for a stage now, and for the wanted one when it is lit.

    Args: calls, the demand of now, which is taken to last; first, the wanted stage itself or one to be served before.
    """
    now_ds, sequence = state.frame_ds, dict(state.core.sequences).get(Source.PREEMPTION, 0)
    asked, greens, lit_ds = -1, list[tuple[int, int]](), -1
    ahead_ds = min(wanted.late_ds + _STEP_DS, LONGEST_DS)
    for after_ds in range(0, ahead_ds, _STEP_DS):
        served = first == wanted.stage or (asked == first and is_lit(kernel, state.core, first))
        stage = wanted.stage if asked == wanted.stage or served else first
        if stage != asked:
            at_ds, sequence = state.frame_ds, sequence + 1
            ends_ds = at_ds + LONGEST_DS
            request = Request(Source.PREEMPTION, sequence, at_ds, ends_ds, Wish.HOLD, stage, ends_ds)
            try:
                state = kernel.submit(state, request, at_ds)
            except RefusedError:
                return Foreseen(first, ())
            asked = stage
        state = kernel.step(state, calls, now_ds + after_ds)
        green = all(state.core.groups[g].right.is_green for g in wanted.groups)
        if green and lit_ds < 0:
            lit_ds = after_ds
        if lit_ds >= 0 and not green:
            greens.append((lit_ds, after_ds))
            lit_ds = -1
    return Foreseen(first, (*greens, (lit_ds, ahead_ds)) if lit_ds >= 0 else tuple(greens))


def best_first(
    kernel: Kernel, state: KernelState, calls: int, wanted: Wanted, stages: Sequence[int]
) -> tuple[Foreseen, bool]:
    """Return what to ask for now: the wanted stage, unless another one before it makes the green last; and if it does.

    That the queue leaves before the arrival counts more than that the green lasts to its end: else it would always be
    better to wait, for a green that begins later ends later.
    Args: stages, those that may be served before.
    """
    own, others = foreseen(kernel, state, calls, wanted, wanted.stage), list[Foreseen]()
    for flush_ds in (wanted.flush_ds, 0):
        spans = [(max(begin_ds - flush_ds, 0), end_ds) for begin_ds, end_ds in wanted.spans]
        if any(own.covers(*span) for span in spans):
            return own, True
        others = others or [foreseen(kernel, state, calls, wanted, s) for s in stages if s != wanted.stage]
        for span in spans:
            good = [each for each in others if each.covers(*span)]
            if good:
                return min(good, key=lambda each: each.ready_ds(wanted) or 0), True
    return min([own, *others], key=lambda each: _late_ds(each, wanted)), False


def _late_ds(each: Foreseen, wanted: Wanted) -> int:
    ready_ds = each.ready_ds(wanted)
    return LONGEST_DS if ready_ds is None else max(ready_ds, wanted.early_ds)


def is_lit(kernel: Kernel, core: Core, stage: int) -> bool:
    """Tell whether everything that is green in a stage is green."""
    rights = kernel.site.stages[stage].rights
    return all(group.right is right or not right.is_green for group, right in zip(core.groups, rights, strict=True))
