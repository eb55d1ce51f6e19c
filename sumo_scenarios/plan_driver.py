"""Fixed-time control: every signal keeps its plan by the clock, through its kernel, and looks at nothing."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

from detectors.view_builder import empty_view
from optimiser.fixed_plan import FixedPlanController
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.plan import Plan
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.logs import DecisionLog, EventLog
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit, World

_EVERY_DS: Final = 10
_MS: Final = 1000.0


class _Planned:
    """One signal under its plan, or in its only stage. Nothing sees its demand, so every group is on recall."""

    def __init__(self, unit: SignalUnit, plan: Plan, begin_ds: int) -> None:
        own = plan.of(unit.site.signal_id)
        self.signal = unit.site.signal_id
        self.controller = None if own is None else FixedPlanController(own, unit.site)
        layout, kernel = _without_loops(unit.layout), Kernel(unit.site)
        starts_up = unit.site.startup_all_red_ds or unit.site.startup_flash_ds
        state = kernel.power_on(begin_ds) if starts_up else kernel.in_service(begin_ds)
        self.engine = JunctionEngine(kernel, layout, self.controller, state)
        self.shown = ""
        self._stages = tuple(range(len(unit.site.stages)))
        self._view = empty_view(layout)
        self._asked = False

    def is_due(self, now_ds: int) -> bool:
        """Return whether it is another stage's turn than the one that the kernel is at, or nobody was asked yet."""
        turned = self.controller is not None and self.controller.due(now_ds) != self.engine.core.stage
        due, self._asked = turned or not self._asked, True
        return due

    def decide(self, now_ds: int) -> Record | None:
        """Wish for the stage whose turn it is; None as long as the kernel is not ready for a wish."""
        return self.engine.decide(self._view, self._stages, now_ds)


class PlanDriver:
    """One engine per signal, each with its plan; every lamp goes through its kernel."""

    def __init__(
        self, world: World, plan: Plan, simulation: Simulation, folder: Path, begin_s: float, events: EventLog
    ) -> None:
        self.signals = tuple(unit.site.signal_id for unit in world.units)
        self.decisions = 0
        self.decision_ms: list[float] = []
        self._simulation = simulation
        self._events = events
        self._log = DecisionLog(folder / "decisions.jsonl")
        self._next_ds = _ds(begin_s)
        self._planned = [_Planned(unit, plan, self._next_ds) for unit in world.units]

    @property
    def frames(self) -> int:
        """Kernel frames. [0.1 s]"""
        return sum(p.engine.frames for p in self._planned)

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        return sum(p.engine.refusals for p in self._planned)

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        return sum(p.engine.violations for p in self._planned)

    def begin(self) -> None:
        """Light the first stage before the first step."""
        for planned in self._planned:
            self._show(planned, self._next_ds)

    def step(self, time_s: float) -> None:
        """Step the kernels, and once a second see whose turn it is."""
        now_ds = _ds(time_s)
        due = now_ds >= self._next_ds
        if due:
            self._next_ds = now_ds + _EVERY_DS
        for planned in self._planned:
            planned.engine.run_to(now_ds)
            if due and planned.is_due(now_ds):
                self._decide(planned, now_ds)
            self._show(planned, now_ds)

    def _decide(self, planned: _Planned, now_ds: int) -> None:
        start_s = perf_counter()
        record = planned.decide(now_ds)
        self.decision_ms.append((perf_counter() - start_s) * _MS)
        if record is not None:
            self.decisions += record.decision is not None
            self._log.add(record)

    def _show(self, planned: _Planned, now_ds: int) -> None:
        lamps = planned.engine.lamps
        if planned.shown != lamps:
            planned.shown = lamps
            self._simulation.show(planned.signal, lamps)
            self._events.lamps(planned.signal, lamps, now_ds)

    def finish(self) -> None:
        """Close the decision log."""
        self._log.close()


def _without_loops(layout: JunctionLayout) -> JunctionLayout:
    return replace(layout, lanes=tuple(replace(lane, loops=()) for lane in layout.lanes), loops=())


def _ds(time_s: float) -> int:
    """Return the last whole tenth of a second. [ds]"""
    return int(time_s * 10 + 1e-6)
