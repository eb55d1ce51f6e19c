"""One junction's loop: what is seen goes in, a wish goes through the gate, lamps come out. No clock, no I/O."""

from dataclasses import dataclass

from optimiser.controller import Controller, Decision, Situation
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.timing import to_s
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.calls import calls_of, recall_of
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import breaches, sumo_state
from signal_ctrl.kernel.state import Core, KernelState, Mode, Request, Source

WISH_LIFE_DS = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the decision log: what went in, what was weighed, what was asked, and what the gate said."""

    at_ds: int
    signal: str
    inputs: str
    calls: int
    decision: Decision | None
    stage: int
    sequence: int
    refused: str


class JunctionEngine:
    """Kernel, controller and their state for one signal."""

    def __init__(
        self, kernel: Kernel, layout: JunctionLayout, controller: Controller | None, state: KernelState
    ) -> None:
        self.kernel = kernel
        self.layout = layout
        self.frames = 0
        self.refusals = 0
        self.violations = 0
        self._controller = controller
        self._state = state
        self._recall = recall_of(layout, kernel.site)
        self._calls = 0
        self._sequence = 0
        self._settled_ds = state.frame_ds
        self._settled_stage = -1
        self._lamps = sumo_state(kernel.site, state.core)
        self._core: Core = state.core

    @property
    def lamps(self) -> str:
        """The state string in force."""
        return self._lamps

    @property
    def core(self) -> Core:
        """The kernel's core, to look at."""
        return self._state.core

    def situation(self, stages: tuple[int, ...], now_ds: int) -> Situation | None:
        """Return what a controller would be asked about now, None if it would not be asked. [ds]

        For whoever repeats a record and asks again: once a second, in place of `decide` and before `repeat`.
        """
        return self._situation(stages, now_ds)

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

    def decide(self, view: JunctionView, stages: tuple[int, ...], now_ds: int) -> Record | None:
        """Take calls from the view; where a choice is open, ask controller and gate; the frame of now follows."""
        calls = calls_of(self.layout, view) | self._recall
        changed, self._calls = calls != self._calls, calls
        situation = self._situation(stages, now_ds)
        decision = None
        if situation is not None and self._controller is not None:
            decision = self._controller.decide(view, situation)
        record = None
        if decision is not None or changed:
            record = self._ask(decision, view, now_ds)
        self._refresh(now_ds)
        return record

    def repeat(self, calls: int, stage: int, sequence: int, now_ds: int) -> None:
        """Take a recorded decision instead of making one."""
        self._calls = calls
        if stage >= 0:
            self._sequence = sequence
            self._submit(stage, now_ds)
        self._refresh(now_ds)

    def _refresh(self, now_ds: int) -> None:
        self._state = self.kernel.step(self._state, self._calls, now_ds)
        if self._state.core is not self._core:
            self._show(self._state.core)

    def _situation(self, stages: tuple[int, ...], now_ds: int) -> Situation | None:
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
        return Situation(to_s(now_ds), core.stage, stages, to_s(now_ds - self._settled_ds))

    def _ask(self, decision: Decision | None, view: JunctionView, now_ds: int) -> Record:
        stage, refused = -1, ""
        if decision is not None and decision.stage != self._state.core.stage:
            stage = decision.stage
            self._sequence += 1
            refused = self._submit(stage, now_ds)
        digest = view.digest()
        signal = self.kernel.site.signal_id
        return Record(now_ds, signal, digest, self._calls, decision, stage, self._sequence, refused)

    def _submit(self, stage: int, now_ds: int) -> str:
        request = Request(Source.ADAPTIVE, self._sequence, now_ds, now_ds + WISH_LIFE_DS, stage=stage)
        try:
            self._state = self.kernel.submit(self._state, request, now_ds)
        except RefusedError as error:
            self.refusals += 1
            return error.rule
        return ""
