"""The safety kernel: the only code that may light a lamp. Pure: state and time in, state out."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.site import Right, Site
from signal_ctrl.kernel import gate, limits, precedence, sequencer
from signal_ctrl.kernel.aspects import STOPS, Aspect, Event, step
from signal_ctrl.kernel.gate import CLOCK_GAP_DS
from signal_ctrl.kernel.lamps import breaches
from signal_ctrl.kernel.latch import Latch
from signal_ctrl.kernel.monitor import Watch
from signal_ctrl.kernel.outlook import Rights, free_after
from signal_ctrl.kernel.state import Claims, Core, GroupState, KernelState, Mode, Request, Source
from signal_ctrl.kernel.tables import Tables, tables_for

_PLANNED: Final = frozenset({Mode.FLASHING, Mode.DARK})
_ON_THE_STREET: Final = frozenset({Mode.RUNNING, Mode.CLEARING, Mode.START_RED})


class Kernel:
    """The rules of one site; it holds no state of its own.

    `power_on` makes a state, `step` takes it one frame on, `submit` brings a wish in and `release` takes it back.
    `door`, `trip` and `reset` are for the cabinet itself: nothing that comes from afar leads to them.
    """

    __slots__ = ("_idle", "tables")

    def __init__(self, site: Site) -> None:
        self.tables: Tables = tables_for(site)
        self._idle = (Right.NONE,) * len(site.groups)

    @property
    def site(self) -> Site:
        """The site whose rules these are."""
        return self.tables.site

    def power_on(self, now_ds: int, latch: Latch | None = None) -> KernelState:
        """Return the state at power-on: the start-up of K7, every crossing counted as occupied (K5).

        Args: latch, the one that was in force when the power went; it still is (K6). No claim outlives the power.
        """
        dark = GroupState(Aspect.DARK, Right.NONE, now_ds)
        core = Core(Mode.DARK, now_ds, self.site.first_stage, (dark,) * len(self._idle), reason="power-on")
        if latch is not None:
            return KernelState(self._tripped(core, latch.reason, now_ds), now_ds)
        return KernelState(self._started_up(core, now_ds), now_ds)

    def in_service(self, now_ds: int, stage: int | None = None) -> KernelState:
        """Return a state in service with one stage green: a simulation that begins in the middle of a day.

        Raises: InvalidInputError if the site has no such stage.
        """
        shown = self.site.first_stage if stage is None else stage
        if not 0 <= shown < len(self.site.stages):
            raise InvalidInputError(f"signal {self.site.signal_id}: no stage {shown}")
        groups = tuple(
            _first_state(right, crossing, now_ds, self.site.red_revert_ds)
            for right, crossing in zip(self.site.stages[shown].rights, self.tables.crossing, strict=True)
        )
        return KernelState(Core(Mode.RUNNING, now_ds, shown, groups, wake_ds=now_ds), now_ds)

    def submit(self, state: KernelState, request: Request, now_ds: int) -> KernelState:
        """Return the state with a wish taken up. Raises: RefusedError; then nothing has changed."""
        return gate.submit(self.tables, state, request, now_ds)

    def release(self, state: KernelState, source: Source, sequence: int, now_ds: int) -> KernelState:
        """Return the state without what this request of this source asked for. Raises: RefusedError."""
        return gate.release(state, source, sequence, now_ds)

    def door(self, state: KernelState, is_open: bool) -> KernelState:
        """Return the state with the door of the panel open or closed; the panel counts while it is open."""
        return gate.door(state, is_open)

    def longer(self, state: KernelState, is_on: bool) -> KernelState:
        """Return the state in an hour of longer clearance, or out of it: the next end of each WALK has it."""
        if state.core.longer is is_on:
            return state
        return KernelState(replace(state.core, longer=is_on, wake_ds=state.frame_ds), state.frame_ds)

    def trip(self, state: KernelState, reason: str, now_ds: int) -> KernelState:
        """Return the state with a fault latched, whatever is going on: the conflict monitor has seen one (K6)."""
        core = state.core
        if core.mode is Mode.FAULT:
            return state
        return KernelState(self._tripped(core, reason or "no reason given", now_ds), now_ds)

    def latch(self, state: KernelState) -> Latch | None:
        """Return the latch to be kept on disk, None if no fault is latched."""
        return Latch(state.core.reason) if state.core.mode is Mode.FAULT else None

    def reset(self, state: KernelState, watch: Watch, now_ds: int) -> KernelState:
        """Return the state after a reset at the cabinet: the start-up, as after power-on.

        Args: watch, what the conflict monitor has seen up to now.
        Raises: RefusedError if there is nothing to reset, the door is closed or the cause is still there.
        """
        core = state.core
        if core.mode is not Mode.FAULT:
            raise RefusedError("K6/not-latched", "no fault is latched")
        if not core.claims.door_open:
            raise RefusedError("K6/door-closed", "a fault is reset at the cabinet, with its door open")
        if not watch.is_sound:
            raise RefusedError("K6/cause-remains", f"the lamps have been sound for {watch.good} frames only")
        groups = tuple(replace(each, aspect=Aspect.DARK) for each in core.groups)
        core = replace(core, mode=Mode.DARK, groups=groups, reason="reset", wake_ds=now_ds)
        return KernelState(self._started_up(core, now_ds), now_ds)

    def step(self, state: KernelState, calls: int, now_ds: int) -> KernelState:
        """Return the state one frame on.

        Args: calls, bit mask of the groups with demand; now_ds, monotonic clock [ds].
        Raises: InvalidInputError if either is no whole number; then nothing has changed.
        """
        if type(now_ds) is not int or type(calls) is not int:
            raise InvalidInputError(f"need whole numbers for calls and now_ds, got {calls!r} and {now_ds!r}")
        core = state.core
        gap_ds = now_ds - state.frame_ds
        if not 0 <= gap_ds <= CLOCK_GAP_DS:
            core = self._after_gap(core, gap_ds, now_ds)
        if now_ds < core.wake_ds and calls == core.calls:
            return KernelState(core, now_ds)
        return KernelState(self._checked(self._evolved(core, calls, now_ds), now_ds), now_ds)

    def _evolved(self, core: Core, calls: int, now_ds: int) -> Core:
        """Return the core one frame on; the modes from power-on to fault, read from top to bottom."""
        groups = list(core.groups)
        limits.note_calls(self.tables, groups, calls, now_ds)
        sequencer.settle_clearances(self.tables, groups, core.longer)
        core = replace(core, groups=tuple(groups), calls=calls, wake_ds=now_ds + 1)
        if core.mode is Mode.START_FLASH:
            return self._start_flash(core, now_ds)
        if core.mode is Mode.START_RED:
            return self._start_red(core, now_ds)
        if core.mode is Mode.RUNNING:
            return self._run(core, now_ds)
        if core.mode is Mode.CLEARING:
            return self._clear(core, now_ds)
        if core.mode in _PLANNED and precedence.mode_wanted(core, now_ds) is not core.mode:
            return self._started_up(replace(core, reason="resume"), now_ds)
        return replace(core, wake_ds=precedence.next_end_ds(core, now_ds))

    def _started_up(self, core: Core, now_ds: int) -> Core:
        """Return the core at the begin of the start-up, from dark, planned flash or all red."""
        if not self.site.startup_flash_ds:
            return self._all_red(core, now_ds)
        if core.mode is Mode.FLASHING:
            return replace(core, mode=Mode.START_FLASH)
        return self._all(replace(core, mode=Mode.START_FLASH, since_ds=now_ds), Event.FLASH, now_ds)

    def _start_flash(self, core: Core, now_ds: int) -> Core:
        over = now_ds - core.since_ds >= self.site.startup_flash_ds
        return self._all_red(core, now_ds) if over else core

    def _all_red(self, core: Core, now_ds: int) -> Core:
        red = replace(core, mode=Mode.START_RED, since_ds=now_ds, stage=self.site.first_stage)
        if all(state.aspect in STOPS for state in core.groups):
            return red
        return self._all(red, Event.ALL_RED, now_ds)

    def _start_red(self, core: Core, now_ds: int) -> Core:
        """All red until it has lasted and every group of the first stage is free; then it starts, people leading."""
        first = self.site.stages[core.stage].rights
        starts = free_after(self.tables, core.groups, first, {}, now_ds)
        if now_ds < max([core.since_ds + self.site.startup_all_red_ds, *starts.values()]):
            return core
        groups = list(core.groups)
        limits.restart_waits(groups, now_ds)
        core = replace(core, mode=Mode.RUNNING, since_ds=now_ds)
        return self._moved(core, groups, limits.Service(core.stage), now_ds)

    def _run(self, core: Core, now_ds: int) -> Core:
        """In service: what the ruling claim asks for, within K4, or beyond it where the police may."""
        groups = list(core.groups)
        if not core.claims.is_quiet:
            core = precedence.obeyed(core, now_ds)
            if core.mode is Mode.CLEARING:
                return self._clear(core, now_ds)
            if precedence.unlimited(core, now_ds):
                return self._held(core, groups, now_ds)
        return self._moved(core, groups, limits.service(self.tables, core, groups, now_ds), now_ds)

    def _held(self, core: Core, groups: list[GroupState], now_ds: int) -> Core:
        """Return the core under a police hold: K4 does not rule, but whoever starves is told of (part C)."""
        tables, target = self.tables, self._target(core, core.stage)
        sequencer.move(tables, groups, target, 0, now_ds)
        limits.note_calls(tables, groups, core.calls, now_ds)
        sequencer.settle_clearances(tables, groups, core.longer)
        starving = limits.starving(tables, groups, core.claims.starving, now_ds)
        wake_ds = min(
            sequencer.next_change_ds(tables, groups, target, now_ds),
            limits.next_starving_ds(tables, groups, starving),
        )
        claims = replace(core.claims, starving=starving)
        core = replace(core, groups=tuple(groups), claims=claims, wake_ds=max(wake_ds, now_ds + 1))
        return precedence.after_frame(tables, core, now_ds)

    def _moved(self, core: Core, groups: list[GroupState], service: limits.Service, now_ds: int) -> Core:
        tables = self.tables
        if not core.claims.is_quiet:
            core = precedence.limited(core, service.forced >= 0)
        must_end = limits.overdue(tables, groups, now_ds)
        target = limits.without(self._target_of(core, groups, service), must_end)
        sequencer.move(tables, groups, target, must_end, now_ds)
        limits.note_calls(tables, groups, core.calls, now_ds)
        sequencer.settle_clearances(tables, groups, core.longer)
        stage, forced, forced_ds = after = limits.still_forced(tables, groups, service)
        wake_ds = min(
            sequencer.next_change_ds(tables, groups, self._target_of(core, groups, after), now_ds),
            limits.next_limit_ds(tables, groups),
        )
        core = replace(
            core, groups=tuple(groups), stage=stage, forced=forced, forced_ds=forced_ds,
            wake_ds=max(wake_ds, now_ds + 1),
        )  # fmt: skip
        return core if core.claims.is_quiet else precedence.after_frame(tables, core, now_ds)

    def _target(self, core: Core, stage: int) -> Rights:
        return self._idle if core.claims.all_red else self.site.stages[stage].rights

    def _target_of(self, core: Core, groups: list[GroupState], service: limits.Service) -> Rights:
        target = self._target(core, service.stage)
        return limits.without(target, limits.put_off(self.tables, groups, target, service))

    def _clear(self, core: Core, now_ds: int) -> Core:
        """End every green as K2, K3, K5 ask, stay all red until everybody is out, then go on to `after`."""
        tables, groups = self.tables, list(core.groups)
        sequencer.move(tables, groups, self._idle, limits.overdue(tables, groups, now_ds), now_ds)
        core = replace(core, groups=tuple(groups), after=precedence.mode_wanted(core, now_ds) or Mode.START_RED)
        if not self._is_clear(groups, now_ds):
            return core
        if core.after is Mode.START_RED:
            return self._started_up(core, now_ds)
        event = Event.FLASH if core.after is Mode.FLASHING else Event.TURN_OFF
        return self._all(replace(core, mode=core.after, since_ds=now_ds), event, now_ds)

    def _is_clear(self, groups: Iterable[GroupState], now_ds: int) -> bool:
        return all(
            state.aspect in STOPS
            and now_ds - state.since_ds >= self.site.red_revert_ds
            and now_ds - state.ended_ds >= clear_ds + state.more_ds
            for state, clear_ds in zip(groups, self.tables.clear_ds, strict=True)
        )

    def _after_gap(self, core: Core, gap_ds: int, now_ds: int) -> Core:
        """Leave green by amber and all red into start-up (K10); a step back leaves elapsed times alone.

        As after power-on, no claim is resumed; but who asked for flash or dark still has to be waited for.
        """
        if core.mode not in _PLANNED:
            core = replace(core, claims=Claims(door_open=core.claims.door_open))
        if gap_ds < 0:
            core = _shifted(core, gap_ds)
        if core.mode is Mode.FAULT:
            return replace(core, wake_ds=now_ds)
        core = replace(core, since_ds=now_ds, reason="clock", wake_ds=now_ds)
        if core.mode not in _ON_THE_STREET:
            return core
        return replace(core, mode=Mode.CLEARING, after=Mode.START_RED, forced=-1, forced_ds=None)

    def _checked(self, core: Core, now_ds: int) -> Core:
        """Return the core, or a latched fault if its frame would break K1."""
        found = breaches(self.site, core) if core.mode is not Mode.FAULT else ()
        if not found:
            return core
        return self._tripped(core, found[0], now_ds)

    def _tripped(self, core: Core, reason: str, now_ds: int) -> Core:
        claims = Claims(door_open=core.claims.door_open)
        core = replace(core, mode=Mode.FAULT, since_ds=now_ds, reason=reason, claims=claims, wake_ds=now_ds)
        return self._all(core, Event.FAULT_DARK if self.site.fault_dark else Event.FAULT, now_ds)

    def _all(self, core: Core, event: Event, now_ds: int) -> Core:
        """Return the core with one event on every group; each counts as just ended, demand stays latched."""
        groups = tuple(
            GroupState(
                step(state.aspect, event, crossing), Right.NONE, now_ds,
                ended_ds=now_ds, unprotected_ds=now_ds, waits_ds=state.waits_ds, more_ds=group.longer_ds,
            )
            for state, crossing, group in zip(core.groups, self.tables.crossing, self.site.groups, strict=True)
        )  # fmt: skip
        return replace(core, groups=groups, forced=-1, forced_ds=None)


def _first_state(right: Right, crossing: bool, now_ds: int, red_revert_ds: int) -> GroupState:
    red = step(Aspect.DARK, Event.ALL_RED, crossing)
    if not right.is_green:
        return GroupState(red, Right.NONE, now_ds - red_revert_ds)
    return GroupState(step(red, Event.START, crossing), right, now_ds)


def _shifted(core: Core, by_ds: int) -> Core:
    groups = tuple(
        replace(
            state,
            since_ds=state.since_ds + by_ds,
            ended_ds=state.ended_ds + by_ds,
            unprotected_ds=state.unprotected_ds + by_ds,
            waits_ds=None if state.waits_ds is None else state.waits_ds + by_ds,
            opposed_ds=None if state.opposed_ds is None else state.opposed_ds + by_ds,
        )
        for state in core.groups
    )
    return replace(core, groups=groups, since_ds=core.since_ds + by_ds, claims=precedence.shifted(core.claims, by_ds))
