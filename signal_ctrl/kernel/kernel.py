"""The safety kernel: the only code that may light a lamp. Pure: state and time in, state out."""

from dataclasses import replace
from typing import Final

from signal_ctrl.domain.site import Right, Site
from signal_ctrl.kernel import gate, limits, sequencer
from signal_ctrl.kernel.aspects import GREENS, STOPS, Aspect, Event, step
from signal_ctrl.kernel.lamps import breaches
from signal_ctrl.kernel.state import FOREVER_DS, Core, GroupState, KernelState, Mode, Request
from signal_ctrl.kernel.tables import tables_for

CLOCK_GAP_DS: Final = 20


class Kernel:
    """The rules of one site; it holds no state of its own.

    `start` makes a state, `step` takes it one frame on, `submit` brings a wish in.
    """

    __slots__ = ("_idle", "tables")

    def __init__(self, site: Site) -> None:
        self.tables = tables_for(site)
        self._idle = (Right.NONE,) * len(site.groups)

    @property
    def site(self) -> Site:
        """The site whose rules these are."""
        return self.tables.site

    def power_on(self, now_ds: int) -> KernelState:
        """Return the state at power-on: the start-up of K7, every crossing counted as occupied (K5)."""
        groups = tuple(
            GroupState(step(Aspect.DARK, Event.ALL_RED, crossing), Right.NONE, now_ds, now_ds, now_ds)
            for crossing in self.tables.crossing
        )
        core = Core(Mode.START_RED, now_ds, self.site.first_stage, groups, wake_ds=now_ds)
        if self.site.startup_flash_ds:
            core = _all(self, replace(core, mode=Mode.START_FLASH), Event.FLASH, now_ds)
        return KernelState(core, now_ds)

    def in_service(self, now_ds: int, stage: int | None = None) -> KernelState:
        """Return a state that is in service with one stage green: a simulation that begins in the middle of a day."""
        shown = self.site.first_stage if stage is None else stage
        groups = tuple(
            _first_state(right, crossing, now_ds)
            for right, crossing in zip(self.site.stages[shown].rights, self.tables.crossing, strict=True)
        )
        return KernelState(Core(Mode.RUNNING, now_ds, shown, groups, wake_ds=now_ds), now_ds)

    def submit(self, state: KernelState, request: Request, now_ds: int) -> KernelState:
        """Return the state with a wish taken up. Raises: RefusedError; then nothing has changed."""
        return gate.submit(self.tables, state, request, now_ds)

    def step(self, state: KernelState, calls: int, now_ds: int) -> KernelState:
        """Return the state one frame on. `calls`, bit mask of the groups with demand; now_ds, monotonic. [ds]"""
        core = state.core
        gap_ds = now_ds - state.frame_ds
        if not 0 <= gap_ds <= CLOCK_GAP_DS:
            core = self._clock_fault(core, gap_ds, now_ds)
        if now_ds < core.wake_ds and calls == core.calls:
            return KernelState(core, now_ds)
        return KernelState(self._checked(self._evolve(core, calls, now_ds), now_ds), now_ds)

    def _evolve(self, core: Core, calls: int, now_ds: int) -> Core:
        if core.mode is Mode.RUNNING:
            return self._run(core, calls, now_ds)
        if core.mode is Mode.CLEARING:
            return self._clear(core, calls, now_ds)
        if core.mode is Mode.START_FLASH and now_ds - core.since_ds >= self.site.startup_flash_ds:
            return _all(self, replace(core, mode=Mode.START_RED, since_ds=now_ds), Event.ALL_RED, now_ds)
        if core.mode is Mode.START_RED:
            return self._start_red(core, calls, now_ds)
        return replace(core, calls=calls, wake_ds=now_ds + 1)

    def _run(self, core: Core, calls: int, now_ds: int) -> Core:
        groups = list(core.groups)
        limits.note_calls(self.tables, groups, calls, now_ds)
        must_end = limits.overdue(self.tables, groups, now_ds)
        forced = limits.forced_group(self.tables, core, groups, must_end, now_ds)
        stage = core.stage if forced < 0 else limits.stage_for(self.tables, groups, core.stage, forced)
        sequencer.move(self.tables, groups, self.site.stages[stage].rights, must_end, now_ds)
        if forced >= 0 and groups[forced].aspect in GREENS:
            forced = -1
        changed = replace(core, stage=stage, groups=tuple(groups), calls=calls, forced=forced)
        return replace(changed, wake_ds=self._wake_ds(changed, now_ds))

    def _clear(self, core: Core, calls: int, now_ds: int) -> Core:
        groups = list(core.groups)
        sequencer.move(self.tables, groups, self._idle, -1, now_ds)
        core = replace(core, groups=tuple(groups), calls=calls, wake_ds=now_ds + 1)
        if any(state.aspect not in STOPS for state in groups):
            return core
        core = replace(core, mode=core.after, since_ds=now_ds, stage=self.site.first_stage, forced=-1)
        if core.mode is Mode.START_RED:
            return core
        return _all(self, core, Event.FLASH if core.mode is Mode.FLASHING else Event.TURN_OFF, now_ds)

    def _start_red(self, core: Core, calls: int, now_ds: int) -> Core:
        if any(state.aspect is Aspect.DARK or state.aspect is Aspect.FLASH_AMBER for state in core.groups):
            core = _all(self, core, Event.ALL_RED, now_ds)
        over = now_ds - core.since_ds >= self.site.startup_all_red_ds
        mode = Mode.RUNNING if over else Mode.START_RED
        return replace(core, mode=mode, stage=self.site.first_stage, calls=calls, wake_ds=now_ds + 1)

    def _clock_fault(self, core: Core, gap_ds: int, now_ds: int) -> Core:
        """K10: leave green through amber and all-red into start-up; after a step back, elapsed times stay as they were."""
        if gap_ds < 0:
            core = _shifted(core, gap_ds)
        if core.mode in (Mode.RUNNING, Mode.CLEARING, Mode.START_RED):
            return replace(core, mode=Mode.CLEARING, since_ds=now_ds, after=Mode.START_RED, reason="clock", wake_ds=now_ds)
        return replace(core, wake_ds=now_ds)

    def _checked(self, core: Core, now_ds: int) -> Core:
        """Return the core, or a latched fault if its frame would break K1."""
        found = breaches(self.site, core) if core.mode is not Mode.FAULT else ()
        if not found:
            return core
        return _all(self, replace(core, mode=Mode.FAULT, since_ds=now_ds, reason=found[0]), Event.FAULT, now_ds)

    def _wake_ds(self, core: Core, now_ds: int) -> int:
        """Return the next time at which the running kernel may change by itself; early is right, late is not. [ds]"""
        if self._settled(core):
            return self._limits_wake_ds(core, now_ds)
        return now_ds + 1

    def _settled(self, core: Core) -> bool:
        target = self.site.stages[core.stage].rights
        return core.forced < 0 and all(
            state.right is want if want.is_green else state.aspect in STOPS
            for state, want in zip(core.groups, target, strict=True)
        )

    def _limits_wake_ds(self, core: Core, now_ds: int) -> int:
        groups = list(core.groups)
        wake_ds = limits.red_alarm_ds(self.tables, groups)
        wake_ds = FOREVER_DS if wake_ds is None else wake_ds
        for g, state in enumerate(groups):
            if state.opposed_ds >= 0:
                wake_ds = min(wake_ds, limits.green_limit_ds(self.tables, state, g))
        return max(wake_ds, now_ds + 1)


def _first_state(right: Right, crossing: bool, now_ds: int) -> GroupState:
    red = step(Aspect.DARK, Event.ALL_RED, crossing)
    if not right.is_green:
        return GroupState(red, Right.NONE, now_ds - 20)
    return GroupState(step(red, Event.START, crossing), right, now_ds)


def _all(kernel: Kernel, core: Core, event: Event, now_ds: int) -> Core:
    """Return the core with one event on every group; out of flash every group counts as just ended."""
    groups = tuple(
        GroupState(
            step(state.aspect, event, crossing), Right.NONE, now_ds,
            ended_ds=now_ds, unprotected_ds=now_ds, waits_ds=state.waits_ds,
        )
        for state, crossing in zip(core.groups, kernel.tables.crossing, strict=True)
    )  # fmt: skip
    return replace(core, groups=groups, wake_ds=now_ds)


def _shifted(core: Core, by_ds: int) -> Core:
    groups = tuple(
        replace(
            state,
            since_ds=state.since_ds + by_ds,
            ended_ds=state.ended_ds + by_ds,
            unprotected_ds=state.unprotected_ds + by_ds,
            waits_ds=state.waits_ds + by_ds if state.waits_ds >= 0 else -1,
            opposed_ds=state.opposed_ds + by_ds if state.opposed_ds >= 0 else -1,
        )
        for state in core.groups
    )
    return replace(core, groups=groups, since_ds=core.since_ds + by_ds)
