"""One junction's loop: what is seen goes in, a wish goes through the gate, lamps come out. No clock, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from optimiser.controller import Beside, Controller, Decision, Situation, inputs_hash
from signal_ctrl.domain.detection import WHOLE, Detection
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.timing import to_s
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.bus_gate import BusGate
from signal_ctrl.engine.calls import calls_of, recall_of, recall_of_lanes
from signal_ctrl.engine.foreseen import Foreseen, Wanted, best_first
from signal_ctrl.engine.ladder import Rung, Step
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import breaches, sumo_state
from signal_ctrl.kernel.latch import Latch
from signal_ctrl.kernel.monitor import Watch
from signal_ctrl.kernel.precedence import claim_of
from signal_ctrl.kernel.state import Core, KernelState, Mode, Request, Source, Wish

WISH_LIFE_DS = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the decision log: what went in, what was weighed, what was asked, and what the gate said.

    `wish` is what was asked for beside stages: flash, or resume. `rung` and `why` tell of a change of rung; `failed`
    and `restored` are the channels of loops that are no longer listened to, or are again. `priority`, what was done for
    a bus (`engine.bus_gate`), and `lit` the stage that was on where a bus was weighed.
    """

    at_ds: int
    signal: str
    inputs: str
    calls: int
    decision: Decision | None
    stage: int
    sequence: int
    refused: str
    wish: str = ""
    rung: str = ""
    why: str = ""
    failed: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    priority: str = ""
    lit: int = -1


class Decider(Protocol):
    """Who decides in place of the controller: it has one, and rungs below."""

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        ...

    def decide(
        self, view: JunctionView, situation: Situation | None, detection: Detection, now_ds: int
    ) -> tuple[Decision | None, Step | None]:
        """Return the decision of the rung in force, and the step up or down that came before it."""
        ...


class JunctionEngine:
    """Kernel, controller and their state for one signal."""

    def __init__(
        self,
        kernel: Kernel,
        layout: JunctionLayout,
        controller: Controller | None,
        state: KernelState,
        fallback: Decider | None = None,
    ) -> None:
        """Args: fallback, who decides in place of the controller."""
        self.kernel = kernel
        self.layout = layout
        self.frames = 0
        self.refusals = 0
        self.violations = 0
        self._controller = controller
        self._fallback = fallback
        self._detection = WHOLE
        self._flashes = False
        self._state = state
        self._recall = recall_of(layout, kernel.site)
        self._calls = 0
        self._sequence = 0
        self._settled_ds = state.frame_ds
        self._settled_stage = -1
        self._lamps = sumo_state(kernel.site, state.core)
        self._core: Core = state.core
        self._buses = BusGate(kernel, layout)

    @property
    def lamps(self) -> str:
        """The state string in force."""
        return self._lamps

    @property
    def core(self) -> Core:
        """The kernel's core, to look at."""
        return self._state.core

    @property
    def frame_ds(self) -> int:
        """When the last frame was. [ds]"""
        return self._state.frame_ds

    @property
    def rung(self) -> Rung:
        """Who decides now; a controller without rungs below it is on the first."""
        return Rung.ADAPTIVE if self._fallback is None else self._fallback.rung

    @property
    def owed_s(self) -> tuple[float, ...]:
        """What each group is owed whose green was shortened for a bus, for whoever weighs elsewhere. [s]"""
        return self._buses.owed_s

    def situation(self, stages: tuple[int, ...], now_ds: int, beside: Beside | None = None) -> Situation | None:
        """Return what a controller would be asked about now, None if it would not be asked. [ds]

        For whoever repeats a record and asks again: once a second, in place of `decide` and before `repeat`.
        """
        return self._situation(stages, now_ds, beside)

    def run_to(self, now_ds: int) -> None:
        """Step the kernel frame by frame up to a time."""
        state, kernel, calls = self._state, self.kernel, self._calls
        first_ds = state.frame_ds + 1
        for frame_ds in range(first_ds, now_ds + 1):
            state = kernel.step(state, calls, frame_ds)
            if state.core is not self._core:
                self._show(state.core)
        self.frames += max(now_ds - first_ds + 1, 0)
        self._state = state

    def _show(self, core: Core) -> None:
        self._core = core
        self._lamps = sumo_state(self.kernel.site, core)
        self.violations += len(breaches(self.kernel.site, core)) + (core.mode is Mode.FAULT)

    def decide(
        self,
        view: JunctionView,
        stages: tuple[int, ...],
        now_ds: int,
        detection: Detection = WHOLE,
        beside: Beside | None = None,
        waiting: int | None = None,
    ) -> Record | None:
        """Take calls from the view; where a choice is open, ask controller and gate; the frame of now follows.

        Args: beside, the signal that this one is coupled with; waiting, the groups that somebody waits for, as a bit
            mask, where somebody else has looked.
        """
        view = self._buses.compensated(view)
        before, self._detection = self._detection, detection
        if detection is not before:
            self._recall = recall_of(self.layout, self.kernel.site) | recall_of_lanes(self.layout, detection.unsure)
        calls = calls_of(self.layout, view) | self._recall if waiting is None else waiting
        changed, self._calls = calls != self._calls, calls
        decision, step = self._choose(view, self._situation(stages, now_ds, beside), stages, now_ds)
        record = None
        if decision is not None or changed or step is not None or detection.failed != before.failed:
            record = self._noted(self._ask(decision, view, beside, now_ds), step, before)
        record = self._flash(record, view, beside, now_ds)
        self._refresh(now_ds)
        return record

    def _choose(
        self, view: JunctionView, situation: Situation | None, stages: tuple[int, ...], now_ds: int
    ) -> tuple[Decision | None, Step | None]:
        if self._fallback is not None:
            if situation is None and self._flashes:  # only who is asked can show that it is sound
                probe = Situation(to_s(now_ds), self._state.core.stage, stages, 0.0)
                return None, self._fallback.decide(view, probe, self._detection, now_ds)[1]
            return self._fallback.decide(view, situation, self._detection, now_ds)
        if situation is None or self._controller is None:
            return None, None
        return self._controller.decide(view, situation), None

    def _noted(self, record: Record, step: Step | None, before: Detection) -> Record:
        """Return a record with the change of rung and of loops."""
        if step is None and self._detection.failed == before.failed:
            return record
        loops, failed = self.layout.loops, self._detection.failed
        return replace(
            record,
            rung="" if step is None else step.rung.label,
            why="" if step is None else step.reason,
            failed=tuple(sorted(loops[k].channel for k in failed - before.failed)),
            restored=tuple(sorted(loops[k].channel for k in before.failed - failed)),
        )

    def _flash(self, record: Record | None, view: JunctionView, beside: Beside | None, now_ds: int) -> Record | None:
        """Enter flash, or leave the flash that was entered here, by the gate; return the record with the wish."""
        if self._fallback is None:
            return record
        mode, wanted = self._state.core.mode, self._fallback.rung is Rung.FLASH
        claim = claim_of(self._state.core, Source.ADAPTIVE, now_ds)
        asked = claim is not None and claim.wish is Wish.FLASH  # it may wait while somebody holds a stage
        if wanted and not asked and mode is Mode.RUNNING:
            wish = Wish.FLASH
        elif self._flashes and not wanted and asked and mode in (Mode.FLASHING, Mode.RUNNING):
            wish = Wish.RESUME
        else:
            return record
        self._sequence += 1
        refused = self._submit(-1, now_ds, wish)
        self._flashes = wanted if not refused else self._flashes
        record = record if record is not None else self._ask(None, view, beside, now_ds)
        return replace(record, wish=wish.value, sequence=self._sequence, refused=refused)

    def compensated(self, view: JunctionView) -> JunctionView:
        """Return the view as a controller is shown it: with more weight on those whose green was shortened."""
        return self._buses.compensated(view)

    def repeat(
        self,
        calls: int,
        stage: int,
        sequence: int,
        now_ds: int,
        wish: str = "",
        priority: str = "",
        choice: int = -1,
        plain: int | None = None,
    ) -> None:
        """Take a recorded decision instead of making one.

        Args: choice, what was decided for, -1: nothing; plain, what would have been without buses, None: none weighed.
        """
        self._calls = calls
        if choice >= 0:
            self._buses.account(choice, plain, self, now_ds)
        if priority:
            self._buses.repeat(priority, self._state.core.stage, self, now_ds)
        if stage >= 0 or wish:
            self._sequence = sequence
            self._submit(stage, now_ds, Wish(wish) if wish else Wish.STAGE)
        self._refresh(now_ds)

    def begin(self, state: KernelState) -> None:
        """Begin from a state: for whoever knows only with the first frame when that is."""
        self._state = state
        self._settled_ds = state.frame_ds
        self._show(state.core)

    def longer(self, is_on: bool) -> None:
        """Begin or end an hour of longer clearance for people on foot; no clearance that runs is changed."""
        self._state = self.kernel.longer(self._state, is_on)

    def frame(self, now_ds: int) -> None:
        """Make the frame of now and no other: for whoever runs by a clock and may be late. [ds]"""
        self._refresh(now_ds)
        self.frames += 1

    def ask(self, request: Request, now_ds: int) -> str:
        """Bring a wish of anybody in by the gate; return the rule that refused it, empty if none did. [ds]"""
        try:
            self._state = self.kernel.submit(self._state, request, now_ds)
        except RefusedError as error:
            self.refusals += 1
            return error.rule
        return ""

    def release(self, source: Source, sequence: int, now_ds: int) -> str:
        """Take back what a wish asked for; return the rule that refused it, empty if none did. [ds]"""
        try:
            self._state = self.kernel.release(self._state, source, sequence, now_ds)
        except RefusedError as error:
            return error.rule
        return ""

    def foresee(self, wanted: Wanted, stages: Sequence[int]) -> tuple[Foreseen, bool]:
        """Return what to ask for from the last frame on so that a stage is lit in time, and whether it will be."""
        return best_first(self.kernel, self._state, self._calls, wanted, stages)

    def trip(self, reason: str, now_ds: int) -> None:
        """Latch a fault that the conflict monitor has seen. [ds]"""
        self._state = self.kernel.trip(self._state, reason, now_ds)
        if self._state.core is not self._core:
            self._show(self._state.core)

    def reset(self, watch: Watch, now_ds: int) -> str:
        """Clear a latched fault, as somebody does who has opened the cabinet; return the rule that refused it. [ds]"""
        try:
            opened = self.kernel.door(self._state, True)
            self._state = self.kernel.door(self.kernel.reset(opened, watch, now_ds), False)
        except RefusedError as error:
            return error.rule
        return ""

    def latch(self) -> Latch | None:
        """Return the latched fault to be kept on disk, None if there is none."""
        return self.kernel.latch(self._state)

    def _refresh(self, now_ds: int) -> None:
        self._state = self.kernel.step(self._state, self._calls, now_ds)
        if self._state.core is not self._core:
            self._show(self._state.core)

    def _situation(self, stages: tuple[int, ...], now_ds: int, beside: Beside | None) -> Situation | None:
        """Return the situation if the lit stage is complete and past its minimum green, else None."""
        core, site = self._state.core, self.kernel.site
        if core.mode is not Mode.RUNNING or core.forced >= 0:
            return None
        for state, group, right in zip(core.groups, site.groups, site.stages[core.stage].rights, strict=True):
            if state.right is not right and (right.is_green or state.right.is_green):
                self._settled_stage = -1
                return None
            if right.is_green and now_ds - state.since_ds < group.min_green_ds:
                return None
        if self._settled_stage != core.stage:
            self._settled_stage, self._settled_ds = core.stage, now_ds
        return Situation(to_s(now_ds), core.stage, stages, to_s(now_ds - self._settled_ds), beside)

    def _ask(self, decision: Decision | None, view: JunctionView, beside: Beside | None, now_ds: int) -> Record:
        stage, refused, priority = -1, "", ""
        lit = self._state.core.stage if decision is not None and decision.plain is not None else -1
        if decision is not None:
            decision, priority = self._buses.settle(decision, self, now_ds)
        if decision is not None and decision.stage != self._state.core.stage:
            stage = decision.stage
            self._sequence += 1
            refused = self._submit(stage, now_ds)
        digest = inputs_hash(view, beside)
        return Record(
            now_ds, self.kernel.site.signal_id, digest, self._calls, decision, stage, self._sequence, refused,
            priority=priority, lit=lit,
        )  # fmt: skip

    def _submit(self, stage: int, now_ds: int, wish: Wish = Wish.STAGE) -> str:
        return self.ask(Request(Source.ADAPTIVE, self._sequence, now_ds, now_ds + WISH_LIFE_DS, wish, stage), now_ds)
