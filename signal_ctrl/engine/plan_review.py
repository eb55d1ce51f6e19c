"""Every reason why a site cannot keep a plan, not only the first: the acceptance of SAFETY K9 for people who mend it.

The verdict is that of `acceptance.refusals`: a plan that it keeps has no reason, and one that it refuses has one. What
is found here says what there is to mend, and all of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from signal_ctrl.domain.plan import CYCLE_DS, DraftPlan, faults, signal_plan_of
from signal_ctrl.domain.site import GroupKind, Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timing import DS_PER_S, to_s
from signal_ctrl.engine.acceptance import MAX_SIGNAL_BYTES, refusals, signal_bytes, unserved
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, Core, KernelState, Mode, Request, Source

_CYCLES: Final = 3
_LONGEST_WAIT_DS: Final = 6_000
_SHAPE: Final = frozenset({"K9/stages", "K9/twice"})
"""Faults of form with which a plan cannot be rehearsed."""


class Reason(NamedTuple):
    """Why a plan is refused: `rule` is `K<n>/<what>`, `text` one line for people."""

    signal_id: str
    rule: str
    text: str


def review(plan: DraftPlan, kernel: Kernel) -> tuple[Reason, ...]:
    """Return every reason why a site cannot keep the plan of its signal, none if it can.

    Source: SAFETY K9. Reasons of the document, of its stages and of its times are found independently of each other;
    those of times only where stages and splits are whole enough to be rehearsed. Whether there are any is for the
    acceptance to say: it also keeps a plan whose green the kernel ends at its maximum while the change is under way.
    """
    site = kernel.site
    formal = tuple(faults(plan))
    refused = () if formal else refusals(signal_plan_of(plan), kernel)
    if not formal and not refused:
        return ()
    found = [Reason(plan.signal_id, fault.rule, fault.text) for fault in formal]
    found += _of_document(plan, site)
    known, reasons = _stages_of(plan, site)
    found += reasons
    shaped = not _SHAPE & {fault.rule for fault in formal}
    if known and shaped and all(0 < split_ds <= CYCLE_DS[1] for split_ds in plan.splits_ds):
        found += _of_times(plan, known, kernel)
    told = (text.removeprefix(f"signal {plan.signal_id}: ") for text in refused)
    return tuple(found) or tuple(Reason(plan.signal_id, _rule_of(text), text) for text in told)


def _rule_of(text: str) -> str:
    return "K4/forced" if "K4" in text else "K9/rehearsal"


def plan_reasons(
    name: str, plans: Sequence[DraftPlan], sites: Sequence[Site], kernels: Mapping[str, Kernel]
) -> tuple[Reason, ...]:
    """Return every reason why the signals of a network cannot keep a plan, each once, none if they can.

    Args: name and plans, of the document; kernels, of the sites, by signal.
    """
    found = [] if name and plans else [Reason("–", "K9/plan", "a plan needs a name and the plan of a signal")]
    found += network_reasons(plans, sites)
    for plan in plans:
        if plan.signal_id in kernels:
            found += review(plan, kernels[plan.signal_id])
    return tuple(dict.fromkeys(found))


def _of_document(plan: DraftPlan, site: Site) -> Iterator[Reason]:
    if plan.signal_id != site.signal_id:
        yield Reason(plan.signal_id, "K9/signal", f"the site is that of signal {site.signal_id}")
    size = signal_bytes(plan)
    if size > MAX_SIGNAL_BYTES:
        yield Reason(plan.signal_id, "K9/size", f"its names take {size} bytes; {MAX_SIGNAL_BYTES} are allowed")
    if plan.site != site_hash(site):
        yield Reason(plan.signal_id, "K9/site-hash", "the plan is made for another site; make it anew")
    whole = [t for t in (plan.offset_ds, *plan.splits_ds) if t % DS_PER_S == 0]
    for time_ds in sorted({t for t in whole if t % site.resolution_ds}):
        text = f"{to_s(time_ds):g} s is no multiple of {to_s(site.resolution_ds):g} s, the step of its lamps"
        yield Reason(plan.signal_id, "K9/resolution", text)


def _stages_of(plan: DraftPlan, site: Site) -> tuple[tuple[int, ...], list[Reason]]:
    """Return the indices of the plan's stages, none if one is unknown, and what is wrong with them."""
    names = [stage.name for stage in site.stages]
    unknown = sorted({name for name in plan.stages if names.count(name) != 1})
    found = [
        Reason(plan.signal_id, "K9/stage", f"the site has no one stage {name}; it has {_some(names)}")
        for name in unknown
    ]
    known = tuple(names.index(name) for name in plan.stages if name not in unknown)
    for group in unserved(site, known):
        found.append(Reason(plan.signal_id, "K9/service", f"no stage of the plan serves {group}"))
    return (() if unknown else known), found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _of_times(plan: DraftPlan, stages: tuple[int, ...], kernel: Kernel) -> list[Reason]:
    """Return what the kernel cannot keep: minimums and changes of each split, then the limits of K4."""
    if len(stages) == 1:
        return []
    shown = _Performance(kernel, stages, plan.splits_ds)
    return [Reason(plan.signal_id, rule, text) for rule, text in (*shown.late(), *limits_passed(kernel.site, shown))]


@dataclass(frozen=True, slots=True)
class _Want:
    """A group that holds up a change: its index, and whether it has its green but not long enough."""

    group: int
    lit: bool


class _Performance:
    """Three cycles of a plan with nobody calling, so that K4 asks for nothing; a late change is waited for.

    `greens` has (begin, end) of each green of each group that began after the first change. [ds]
    """

    def __init__(self, kernel: Kernel, stages: tuple[int, ...], splits_ds: tuple[int, ...]) -> None:
        self.site = kernel.site
        self.stages = stages
        self.splits_ds = splits_ds
        self.greens: list[list[tuple[int, int]]] = [[] for _ in self.site.groups]
        self.faulty = ""
        self._begun: dict[int, int] = {}
        self._needed: dict[int, tuple[int, list[_Want]]] = {}
        self._play(kernel)

    def late(self) -> Iterator[tuple[str, str]]:
        """Yield (rule, text) of every group that a split is too short for."""
        if self.faulty:
            yield "K1/fault", self.faulty
        for place, (needed_ds, wants) in sorted(self._needed.items()):
            name = self.site.stages[self.stages[place]].name
            for want in wants:
                rule, what = self._want_of(want)
                text = f"stage {name} has {to_s(self.splits_ds[place]):g} s, but {what}"
                yield rule, f"{text}; give it {to_s(needed_ds):g} s"

    def _want_of(self, want: _Want) -> tuple[str, str]:
        group = self.site.groups[want.group]
        if not want.lit:
            return "K2/change", f"the change of {group.name} takes longer"
        if group.kind is GroupKind.CROSSING:
            return "K5/walk", f"the WALK of {group.name} lasts {to_s(group.min_green_ds):g} s after its change"
        return "K3/minimum-green", f"{group.name} needs {to_s(group.min_green_ds):g} s of green after its change"

    def _play(self, kernel: Kernel) -> None:
        state, now_ds = settled_in(kernel, self.stages[-1]), 0
        for turn in range(_CYCLES * len(self.stages) + 1):
            place = turn % len(self.stages)
            request = Request(Source.SCHEDULE, turn, now_ds, FOREVER_DS, stage=self.stages[place])
            state = self._stepped(kernel, kernel.submit(state, request, now_ds), now_ds, now_ds + self.splits_ds[place])
            begun_ds, now_ds = now_ds, now_ds + self.splits_ds[place]
            first = wants_of(self.site, state.core, now_ds)
            while wants_of(self.site, state.core, now_ds) and now_ds - begun_ds < _LONGEST_WAIT_DS:
                state = self._stepped(kernel, state, now_ds, now_ds + 1)
                now_ds += 1
            if first:
                whole_ds = -(-(now_ds - begun_ds) // DS_PER_S) * DS_PER_S
                self._needed.setdefault(place, (whole_ds, first))
            if state.core.mode is not Mode.RUNNING:
                self.faulty = state.core.reason
                return

    def _stepped(self, kernel: Kernel, state: KernelState, from_ds: int, to_ds: int) -> KernelState:
        for now_ds in range(from_ds, to_ds + 1):
            before = state.core
            state = kernel.step(state, 0, now_ds)
            if state.core is not before:
                self._note(state.core, now_ds)
        return state

    def _note(self, core: Core, now_ds: int) -> None:
        for g, group in enumerate(core.groups):
            if group.right.is_green and g not in self._begun:
                self._begun[g] = now_ds
            elif not group.right.is_green and g in self._begun:
                begun_ds = self._begun.pop(g)
                if begun_ds > 0:  # who was green before the first change has no begin
                    self.greens[g].append((begun_ds, now_ds))


def wants_of(site: Site, core: Core, now_ds: int) -> list[_Want]:
    """Return the groups that the stage still has to wait for: without their right, or short of their minimum green."""
    found = []
    for g, (state, group, right) in enumerate(
        zip(core.groups, site.groups, site.stages[core.stage].rights, strict=True)
    ):
        if state.right is not right and (right.is_green or state.right.is_green):
            found.append(_Want(g, False))
        elif right.is_green and now_ds - state.since_ds < group.min_green_ds:
            found.append(_Want(g, True))
    return found


def limits_passed(site: Site, shown: _Performance) -> Iterator[tuple[str, str]]:
    """Yield (rule, text) of every group whose green or red passes its maximum with everybody calling (K4)."""
    served = {g for stage in site.stages for g, right in enumerate(stage.rights) if right.is_green}
    for g, group in enumerate(site.groups):
        greens = shown.greens[g]
        opposed = any(site.conflicts(g, other) for other in served if other != g)
        longest_ds = max((end - begin for begin, end in greens), default=0)
        if opposed and longest_ds > group.max_green_ds:
            text = f"{group.name} is green for {to_s(longest_ds):g} s with others waiting; its maximum is "
            yield "K4/maximum-green", f"{text}{to_s(group.max_green_ds):g} s; shorten the cycle or the longest split"
        reds = [later[0] - earlier[1] for earlier, later in pairwise(greens)]
        if max(reds, default=0) > group.max_red_ds:
            text = f"{group.name} waits {to_s(max(reds)):g} s; its maximum is {to_s(group.max_red_ds):g} s"
            yield "K4/maximum-red", f"{text}; shorten the cycle"


def network_reasons(plans: Sequence[DraftPlan], sites: Sequence[Site]) -> Iterator[Reason]:
    """Yield what is wrong with a plan as a whole: signals that are unknown, twice there or missing."""
    names = [plan.signal_id for plan in plans]
    known = {site.signal_id for site in sites}
    for name in dict.fromkeys(names):
        if name not in known:
            yield Reason(name, "K9/signal", "there is no site of this signal")
        if names.count(name) > 1:
            yield Reason(name, "K9/signal", "the plan names this signal more than once")
    for site in sites:
        if site.signal_id not in names and len(site.stages) > 1:
            yield Reason(site.signal_id, "K9/signal", "the signal has no plan")
