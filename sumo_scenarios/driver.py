"""Who sets the lamps of a run: SUMO itself (watched only), or one engine per signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

from detectors.loops.estimator import LoopEstimator
from detectors.positions import PositionTracker
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.controllers import Maker, maker_of, settings_of
from sumo_scenarios.logs import DecisionLog, EventLog
from sumo_scenarios.loop_reader import LoopReader, failed_loops
from sumo_scenarios.plan_driver import PlanDriver
from sumo_scenarios.sensing import VehicleEyes
from sumo_scenarios.settings import SUMO_CONTROLLERS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.warm_up import compile_rollout
from sumo_scenarios.world import SignalUnit, World

DECISION_EVERY_DS = 10
MS = 1000.0


class Driver(Protocol):
    """Acts after each step of the simulation, and counts what it did."""

    signals: tuple[str, ...]
    decisions: int
    decision_ms: list[float]

    @property
    def frames(self) -> int:
        """Kernel frames. [0.1 s]"""
        ...

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        ...

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        ...

    def begin(self) -> None:
        """Act before the first step."""
        ...

    def step(self, time_s: float) -> None:
        """Act after a step. [s]"""
        ...

    def finish(self) -> None:
        """Close what is open."""
        ...


class WatchingDriver:
    """SUMO's own control: the lamps are only written down."""

    frames = refusals = violations = decisions = 0

    def __init__(self, world: World, simulation: Simulation, folder: Path, events: EventLog) -> None:
        self.signals: tuple[str, ...] = ()
        self.decision_ms: list[float] = []
        self._watched = [unit.site.signal_id for unit in world.units]
        self._simulation = simulation
        self._events = events
        DecisionLog(folder / "decisions.jsonl").close()

    def begin(self) -> None:
        """Do nothing: SUMO has its programmes."""

    def step(self, time_s: float) -> None:
        """Write down the lamps."""
        at_ds = round(time_s * 10)
        for signal in self._watched:
            self._events.lamps(signal, self._simulation.shown(signal), at_ds)

    def finish(self) -> None:
        """Do nothing."""


class Sensor(Protocol):
    """Turns what a signal's sensors report into a view."""

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        ...

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the view of this moment. [s]"""
        ...


class VehicleSensor:
    """`positions` and `oracle`."""

    def __init__(self, eyes: VehicleEyes, unit: SignalUnit) -> None:
        self._eyes = eyes
        self._tracker = PositionTracker(unit.layout)
        self._unit = unit
        self._last_s: float | None = None

    def read(self, time_s: float) -> None:
        """Do nothing: vehicles are looked at when a decision is due."""

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Look at every vehicle near the junction."""
        dt_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        protected = [engine.lamps[m.lamp] == "G" for m in self._unit.layout.movements]
        return self._tracker.look(self._eyes.approaching(), self._eyes.behind(), protected, dt_s)


class LoopSensor:
    """`loops`: the estimator sees loop events and the lamps, nothing else."""

    def __init__(self, reader: LoopReader, estimator: LoopEstimator) -> None:
        self._reader = reader
        self._estimator = estimator
        self.estimator = estimator

    def read(self, time_s: float) -> None:
        """Take in the passages of the last step."""
        for event in self._reader.read(time_s):
            self._estimator.take(event)

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the estimate."""
        return self._estimator.view(time_s, engine.lamps)


@dataclass(slots=True)
class ControlledJunction:
    """One signal of a run: what it is, who decides for it, and what it sees."""

    unit: SignalUnit
    engine: JunctionEngine
    sensor: Sensor
    programme: int = 0

    def stages(self, time_s: float) -> tuple[int, ...]:
        """Return the stages of the programme in force. [s]"""
        later = self.unit.stages_from
        while self.programme + 1 < len(later) and time_s >= later[self.programme + 1][0]:
            self.programme += 1
        return later[self.programme][1]


class KernelDriver:
    """One engine per signal; every lamp goes through its kernel."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        self.signals = tuple(unit.site.signal_id for unit in world.units)
        self.decisions = 0
        self.decision_ms: list[float] = []
        self._simulation = simulation
        self._events = events
        self._log = DecisionLog(folder / "decisions.jsonl")
        self._next_decision_ds = _ds(begin_s)
        sensors = _sensors(world, settings, simulation, events)
        if settings.controller == "adaptive":
            compile_rollout()
        maker = maker_of(settings_of(settings.controller, settings.options, world.scenario.slot_s), settings.controller)
        self._junctions = [
            ControlledJunction(unit, make_engine(unit, settings, maker, begin_s), sensor)
            for unit, sensor in zip(world.units, sensors, strict=True)
        ]
        self._shown: dict[str, str] = {}

    @property
    def frames(self) -> int:
        """Kernel frames. [0.1 s]"""
        return sum(j.engine.frames for j in self._junctions)

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        return sum(j.engine.refusals for j in self._junctions)

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        return sum(j.engine.violations for j in self._junctions)

    def begin(self) -> None:
        """Light the first stage before the first step."""
        for junction in self._junctions:
            self._show(junction, self._next_decision_ds)

    def step(self, time_s: float) -> None:
        """Read the sensors, step the kernels, and once a second decide."""
        now_ds = _ds(time_s)
        due = now_ds >= self._next_decision_ds
        if due:
            self._next_decision_ds = now_ds + DECISION_EVERY_DS
        for junction in self._junctions:
            junction.sensor.read(time_s)
            junction.engine.run_to(now_ds)
            if due:
                self.decide_one(junction, time_s, now_ds)
            self._show(junction, now_ds)

    def decide_one(self, junction: ControlledJunction, time_s: float, now_ds: int) -> None:
        """Let one signal look and decide. [s], [ds]"""
        start_s = perf_counter()
        view = junction.sensor.view(time_s, junction.engine)
        record = junction.engine.decide(view, junction.stages(time_s), now_ds)
        self.decision_ms.append((perf_counter() - start_s) * MS)
        if record is not None:
            self.decisions += record.decision is not None
            self._log.add(record)

    def _show(self, junction: ControlledJunction, now_ds: int) -> None:
        signal, lamps = junction.unit.site.signal_id, junction.engine.lamps
        if self._shown.get(signal) != lamps:
            self._simulation.show(signal, lamps)
            self._shown[signal] = lamps
            self._events.lamps(signal, lamps, now_ds)

    def finish(self) -> None:
        """Close the decision log."""
        self._log.close()


def make_engine(unit: SignalUnit, settings: RunSettings, maker: Maker | None, begin_s: float) -> JunctionEngine:
    """Return the engine of a signal: in service at once, or by the start-up that its profile wants."""
    kernel = Kernel(unit.site)
    begin_ds = _ds(begin_s)
    starts_up = unit.site.startup_all_red_ds or unit.site.startup_flash_ds
    state = kernel.power_on(begin_ds) if starts_up else kernel.in_service(begin_ds)
    controller = maker(unit.layout, stage_tables(kernel)) if maker is not None else None
    return JunctionEngine(kernel, unit.layout, controller, state)


def _sensors(world: World, settings: RunSettings, simulation: Simulation, events: EventLog) -> Sequence[Sensor]:
    if settings.sensing != "loops":
        with_routes = settings.sensing == "oracle"
        return [
            VehicleSensor(VehicleEyes(simulation, world.net, unit.layout, with_routes), unit) for unit in world.units
        ]
    estimators = {unit.site.signal_id: LoopEstimator(unit.layout) for unit in world.units}
    for estimator in estimators.values():
        estimator.join(estimators)
    failed = [failed_loops(unit, settings.seed, settings.failure_rate) for unit in world.units]
    return [
        LoopSensor(LoopReader(simulation, unit, events, loops), estimators[unit.site.signal_id])
        for unit, loops in zip(world.units, failed, strict=True)
    ]


def _ds(time_s: float) -> int:
    """Return the last whole tenth of a second. [ds]"""
    return int(time_s * 10 + 1e-6)


def make_driver(
    world: World,
    settings: RunSettings,
    simulation: Simulation,
    folder: Path,
    begin_s: float,
    events: EventLog,
) -> Driver:
    """Return the driver of a run."""
    if settings.controller in SUMO_CONTROLLERS:
        settings_of(settings.controller, settings.options)
        return WatchingDriver(world, simulation, folder, events)
    if settings.plan is not None:
        return PlanDriver(world, settings.plan, simulation, folder, begin_s, events)
    return KernelDriver(world, settings, simulation, folder, begin_s, events)
