"""Whether a site can keep a plan to the frame: checked by its document, then rehearsed with the kernel itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from optimiser.fixed_plan import stage_indices
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.plan import DraftPlan, Plan, SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.gate import CLOCK_GAP_DS
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, Core, KernelState, Request, Source

CYCLES: Final = 2
MAX_SIGNAL_BYTES: Final = 1 << 16
"""Longest document of one signal, SAFETY K9."""


def check_plan(plan: Plan, sites: tuple[Site, ...], kernels: Mapping[str, Kernel] | None = None) -> None:
    """Check a plan for a network. Every signal with a choice of stages needs its part.

    Args: kernels, those of the sites by signal, where the caller has them.
    Raises: InvalidInputError with the first reasons why the sites cannot keep the plan.
    """
    known = {site.signal_id: site for site in sites}
    reasons = [f"signal {s.signal_id} is not in this network" for s in plan.signals if s.signal_id not in known]
    for site in sites:
        own = plan.of(site.signal_id)
        if own is not None:
            reasons += refusals(own, kernels[site.signal_id] if kernels is not None else Kernel(site))
        elif len(site.stages) > 1:
            reasons.append(f"signal {site.signal_id} has no plan")
    if reasons:
        more = f" (and {len(reasons) - 3} more)" if len(reasons) > 3 else ""
        raise InvalidInputError(f"plan {plan.name}: {'; '.join(reasons[:3])}{more}")


def refusals(plan: SignalPlan, kernel: Kernel, site_sha256: str | None = None) -> tuple[str, ...]:
    """Return why a site cannot keep a plan, nothing if it can.

    Args: site_sha256, the hash of the kernel's site where the caller knows it.
    Source: SAFETY K9; every group of the site calls all the time, which is the most that K4 can ask for.
    """
    site = kernel.site
    if signal_bytes(plan) > MAX_SIGNAL_BYTES:
        return (f"signal {plan.signal_id}: its names take more than {MAX_SIGNAL_BYTES} bytes",)
    if plan.site != (site_sha256 or site_hash(site)):
        return (f"signal {plan.signal_id}: the plan is made for another site; make it anew",)
    try:
        stages = stage_indices(plan, site)
    except InvalidInputError as error:
        return (str(error),)
    missed = unserved(site, stages)
    if missed:
        return (f"signal {plan.signal_id}: no stage of the plan serves {', '.join(missed)}",)
    odd_ds = [t for t in (plan.offset_ds, *plan.splits_ds) if t % site.resolution_ds]
    if odd_ds:
        return (f"signal {plan.signal_id}: {to_s(odd_ds[0]):g} s is no multiple of {to_s(site.resolution_ds):g} s",)
    return rehearse(kernel, stages, plan.splits_ds)


def signal_bytes(plan: SignalPlan | DraftPlan) -> int:
    """Return how long the names in the document of one signal are. [byte]"""
    return len(canonical({"stages": list(plan.stages), "signal_id": plan.signal_id}))


def unserved(site: Site, stages: tuple[int, ...]) -> list[str]:
    """Return the groups that some stage of the site serves and none of these does."""

    def served(g: int, among: tuple[int, ...]) -> bool:
        return any(site.stages[s].rights[g].is_green for s in among)

    everywhere = tuple(range(len(site.stages)))
    return [group.name for g, group in enumerate(site.groups) if served(g, everywhere) and not served(g, stages)]


def rehearse(kernel: Kernel, stages: tuple[int, ...], splits_ds: tuple[int, ...]) -> tuple[str, ...]:
    """Let the kernel keep a plan for two cycles with everybody calling; return what it could not keep.

    Args: stages, indices in the order of the cycle; splits_ds, from the begin of the change to each to the next. [ds]
    """
    return () if len(stages) == 1 else rehearse_turns(kernel, stages[-1], tuple(_turns(stages, splits_ds)))


def rehearse_turns(kernel: Kernel, before: int, turns: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Let the kernel go through stages with everybody calling, from one lit for long; return what it could not keep.

    Args: before, the stage lit; turns, (stage, split) one after the other, indices. [ds]
    """
    everybody = (1 << len(kernel.site.groups)) - 1
    state, from_ds, before_ds = settled_in(kernel, before), 0, 0
    for sequence, (stage, split_ds) in enumerate(turns):
        if stage != state.core.stage:
            if not _may_change(kernel.site, state.core, from_ds):
                return (_late(kernel.site, state.core.stage, before_ds),)
            try:
                request = Request(Source.SCHEDULE, sequence, from_ds, FOREVER_DS, stage=stage)
                state = kernel.submit(state, request, from_ds)
            except RefusedError as error:
                return (f"signal {kernel.site.signal_id}: {error.detail} ({error.rule}); shorten the cycle",)
        now_ds = from_ds
        while True:
            state = kernel.step(state, everybody, now_ds)
            if state.core.stage != stage or state.core.forced >= 0:
                return (_forced(kernel.site, state.core, stage),)
            if now_ds == from_ds + split_ds:
                break
            now_ds = min(_next_ds(state, now_ds), from_ds + split_ds)
        from_ds, before_ds = from_ds + split_ds, split_ds
    return ()


def _next_ds(state: KernelState, now_ds: int) -> int:
    """Return the next frame in which the kernel has something to do, or has to be heard of. [ds]"""
    return min(max(state.core.wake_ds, now_ds + 1), now_ds + CLOCK_GAP_DS)


def _turns(stages: tuple[int, ...], splits_ds: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield (stage, split) of the cycles to be rehearsed, and of the first change after them. [ds]"""
    for _ in range(CYCLES):
        yield from zip(stages, splits_ds, strict=True)
    yield stages[0], splits_ds[0]


def _may_change(site: Site, core: Core, now_ds: int) -> bool:
    """Return whether the stage is complete and past its minimum greens."""
    for state, group, right in zip(core.groups, site.groups, site.stages[core.stage].rights, strict=True):
        if state.right is not right and (right.is_green or state.right.is_green):
            return False
        if right.is_green and now_ds - state.since_ds < group.min_green_ds:
            return False
    return True


def _late(site: Site, stage: int, split_ds: int) -> str:
    return (
        f"signal {site.signal_id}: stage {site.stages[stage].name} cannot hold its change and minimum green "
        f"in {to_s(split_ds):g} s; give it more"
    )


def _forced(site: Site, core: Core, stage: int) -> str:
    group = site.groups[core.forced].name if core.forced >= 0 else "a group"
    return (
        f"signal {site.signal_id}: in stage {site.stages[stage].name} K4 has to serve {group} before its turn; "
        "shorten the cycle or the longest split"
    )
