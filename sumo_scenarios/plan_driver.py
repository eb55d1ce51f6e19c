"""Fixed-time control: every signal keeps its plan by the clock, through its kernel, and looks at nothing."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from detectors.view_builder import empty_view
from optimiser.controller import Controller
from optimiser.fixed_plan import FixedPlanController
from optimiser.transition import TransitionSettings, method_named
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.engine.junction import Record
from signal_ctrl.engine.schedule_rung import plan_keeper
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.engine_driver import EngineDriver, start_engine
from sumo_scenarios.logs import EventLog
from sumo_scenarios.plan_foresight import ApproachCounter, ForesightTimetable
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit, World

CHANGES: Final = "plan_changes.csv"


class Clocked(Controller, Protocol):
    """A controller that goes by a clock."""

    def due(self, now_ds: int) -> int:
        """Return the stage whose turn it is. [ds]"""
        ...


class ClockedJunction:
    """One signal under a clock, or in its only stage. Nothing sees its demand, so every group is on recall."""

    def __init__(self, unit: SignalUnit, kernel: Kernel, controller: Clocked | None, begin_s: float) -> None:
        layout = without_loops(unit.layout)
        self.signal = unit.site.signal_id
        self.controller = controller
        self.engine = start_engine(kernel, layout, controller, begin_s)
        self._stages = tuple(range(len(unit.site.stages)))
        self._view = empty_view(layout)
        self._asked = False

    def read(self, time_s: float) -> None:
        """Do nothing: nothing is sensed."""

    def is_due(self, now_ds: int) -> bool:
        """Return whether it is another stage's turn than the one that the kernel is at, or nobody was asked yet."""
        turned = self.controller is not None and self.controller.due(now_ds) != self.engine.core.stage
        due, self._asked = turned or not self._asked, True
        return due

    def decide(self, time_s: float, now_ds: int) -> Record | None:
        """Wish for the stage whose turn it is; None as long as the kernel is not ready for a wish."""
        return self.engine.decide(self._view, self._stages, now_ds)


class PlannedJunction(ClockedJunction):
    """One signal under its plan."""

    def __init__(self, unit: SignalUnit, plan: Plan, begin_s: float) -> None:
        own = plan.of(unit.site.signal_id)
        controller = None if own is None else FixedPlanController(own, unit.site)
        super().__init__(unit, Kernel(unit.site), controller, begin_s)


class PlansByTime(Protocol):
    """Says which plan of a signal is in force at a time [ds], None if it has none."""

    def of(self, signal: str, now_ds: int) -> SignalPlan | None:
        """Return the plan of a signal in force. [ds]"""
        ...


class ScheduledJunction(ClockedJunction):
    """One signal under the plan that its schedule has for the time of day, or that was chosen by the forecast."""

    def __init__(self, unit: SignalUnit, timetable: PlansByTime, method: str, begin_s: float) -> None:
        kernel, settings = Kernel(unit.site), TransitionSettings(method_named(method))
        plan_at = partial(timetable.of, unit.site.signal_id)
        keeper = plan_keeper(kernel, plan_at, settings, joins=True) if len(unit.site.stages) > 1 else None
        super().__init__(unit, kernel, keeper, begin_s)


class ForesightDriver(EngineDriver[ScheduledJunction]):
    """Signals under a schedule whose plan is chosen by the flow that is forecast; loops are counted for that alone."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        timetable: ForesightTimetable,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        junctions = [ScheduledJunction(unit, timetable, settings.transition, begin_s) for unit in world.units]
        super().__init__(junctions, simulation, folder, begin_s, events)
        self._timetable = timetable
        self._counter = ApproachCounter(world, settings, simulation, events)
        self._changes = folder / CHANGES

    def step(self, time_s: float) -> None:
        """Count; at the end of an interval forecast and choose the plan; then act for every signal. [s]"""
        self._counter.read(time_s)
        while self._timetable.is_due(time_s):
            self._timetable.take(time_s, self._counter.counted)
            self._counter.restart()
        super().step(time_s)

    def finish(self) -> None:
        """Close the decision log and write which plans were chosen."""
        super().finish()
        rows = [f"{one.at_s:.1f},{one.plan},{one.saved_veh_h:.3f}" for one in self._timetable.changes]
        self._changes.write_text("\n".join(("at_s,plan,saved_veh_h", *rows)) + "\n", encoding="utf-8")


def without_loops(layout: JunctionLayout) -> JunctionLayout:
    """Return a junction whose demand nobody sees."""
    return replace(layout, lanes=tuple(replace(lane, loops=()) for lane in layout.lanes), loops=())
