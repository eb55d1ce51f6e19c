"""Who sets the lamps of a run: SUMO itself (watched only), or one engine per signal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from detectors.crossings.kerbside import Kerbside
from detectors.crossings.waiting import CrossingSense
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.positions import PositionTracker
from optimiser.controller import Beside
from optimiser.coupling import Neighbour, coupled
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.detection import WHOLE, Detection
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.fallback import Fallback
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import Mode
from sumo_scenarios.controllers import AnySettings, Maker, maker_of, settings_of
from sumo_scenarios.driver_ports import Sensor
from sumo_scenarios.engine_driver import EngineDriver, start_engine
from sumo_scenarios.fallback_plans import FallbackPlans
from sumo_scenarios.green_wave.framed import framed
from sumo_scenarios.kerbs import RECALL, Kerbs, KerbSensor, unit_with_crossings
from sumo_scenarios.logs import DecisionLog, EventLog
from sumo_scenarios.loop_reader import LoopReader, broken_loops
from sumo_scenarios.plan_driver import ForesightDriver, PlannedJunction, ScheduledJunction
from sumo_scenarios.plan_foresight import ForesightTimetable
from sumo_scenarios.run_timetable import timetable_of
from sumo_scenarios.sensing import VehicleEyes
from sumo_scenarios.settings import ROLLOUTS, SUMO_CONTROLLERS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.warm_up import compile_rollout
from sumo_scenarios.world import SignalUnit, World


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


class VehicleSensor:
    """`positions` and `oracle`."""

    def __init__(self, eyes: VehicleEyes, unit: SignalUnit) -> None:
        self._eyes = eyes
        self._tracker = PositionTracker(unit.layout)

        self._last_s: float | None = None

    def read(self, time_s: float) -> None:
        """Do nothing: vehicles are looked at when a decision is due."""

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Look at every vehicle near the junction."""
        dt_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        return self._tracker.look(self._eyes.approaching(), self._eyes.behind(), engine.lamps, dt_s)

    def detection(self) -> Detection:
        """Return that nothing is lost: every vehicle is seen."""
        return WHOLE


class EventReader(Protocol):
    """Gives the loop events of each step."""

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        ...


class LoopSensor:
    """`loops` and `video`: the estimator sees loop events and the lamps, nothing else."""

    def __init__(self, reader: EventReader, estimator: LoopEstimator) -> None:
        self._reader = reader
        self.estimator = estimator

    def read(self, time_s: float) -> None:
        """Take in the passages of the last step."""
        for event in self._reader.read(time_s):
            self.estimator.take(event, time_s)

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the estimate."""
        return self.estimator.view(time_s, engine.lamps)

    def detection(self) -> Detection:
        """Return what the health of the loops says."""
        return self.estimator.detection


@dataclass(slots=True)
class ControlledJunction:
    """One signal of a run: what it is, who decides for it, and what it sees."""

    unit: SignalUnit
    engine: JunctionEngine
    sensor: Sensor
    programme: int = 0
    partner: "ControlledJunction | None" = None
    seen: Beside | None = None
    view: JunctionView | None = None

    @property
    def signal(self) -> str:
        """Its name."""
        return self.unit.site.signal_id

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        self.sensor.read(time_s)

    def is_due(self, now_ds: int) -> bool:
        """Return True: it looks every second."""
        return True

    def decide(self, time_s: float, now_ds: int) -> Record | None:
        """Look and decide. [s], [ds]"""
        view = self.look(time_s)
        return self.engine.decide(view, self.stages(time_s), now_ds, self.sensor.detection(), self.beside)

    def look(self, time_s: float) -> JunctionView:
        """Return what is to be seen, and let the signal that this one is coupled with know of it. [s]"""
        self.view = view = self.sensor.view(time_s, self.engine)
        if self.partner is not None:
            core, stages = self.engine.core, self.stages(time_s)
            running = core.mode is Mode.RUNNING
            self.seen = Beside(view, core.stage, stages if core.forced < 0 else (), time_s) if running else None
        return view

    @property
    def beside(self) -> Beside | None:
        """What the signal that this one is coupled with saw last; nothing while it is not in normal service."""
        return self.partner.seen if self.partner is not None else None

    def stages(self, time_s: float) -> tuple[int, ...]:
        """Return the stages of the programme in force. [s]"""
        later = self.unit.stages_from
        while self.programme + 1 < len(later) and time_s >= later[self.programme + 1][0]:
            self.programme += 1
        return later[self.programme][1]


class KernelDriver(EngineDriver[ControlledJunction]):
    """Signals that look and decide."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
        through: Callable[[Maker], Maker] = lambda maker: maker,
        weighed_by: RunSettings | None = None,
    ) -> None:
        """Args: through, makes what makes controllers into what makes those that the engines ask; weighed_by, whose
        options say how people on foot are weighed, if not those of the run.
        """
        sensors = _sensors(world, settings, simulation, begin_s, events)
        looks_ahead = settings.controller in ROLLOUTS
        if looks_ahead:
            compile_rollout()
        chosen = settings_of(settings.controller, settings.options, world.scenario.slot_s)
        units = choosing_units(world, chosen)
        if settings.crossings != RECALL:
            units = [unit_with_crossings(unit) for unit in units]
            weighs = chosen if weighed_by is None else settings_of(weighed_by.controller, weighed_by.options)
            sensors = _with_kerbs(sensors, units, world, settings, weighs, simulation, events)
        plans = FallbackPlans(world, settings, begin_s) if looks_ahead else None
        partner_of = partners(units, chosen)
        kernels = {unit.site.signal_id: Kernel(unit.site) for unit in units}
        around = {unit.site.signal_id: neighbour_of(unit, kernels[unit.site.signal_id]) for unit in units}
        tables = {signal: one.tables for signal, one in around.items()}
        maker = through(framed(maker_of(chosen, settings.controller), world, settings, chosen, tables))
        engines = make_engines(kernels, around, maker, partner_of, begin_s, plans)
        junctions = [ControlledJunction(*parts) for parts in zip(units, engines, sensors, strict=True)]
        couple(junctions, partner_of)
        super().__init__(junctions, simulation, folder, begin_s, events)


def choosing_units(world: World, chosen: AnySettings) -> list[SignalUnit]:
    """Return the signals with the stages that this controller may choose."""
    composed = isinstance(chosen, RolloutSettings) and chosen.composed > 0
    return [unit.with_composed() if composed else unit for unit in world.units]


def partners(units: Sequence[SignalUnit], chosen: AnySettings) -> dict[str, str]:
    """Return for each signal that this controller couples with another one the name of that one."""
    if not isinstance(chosen, RolloutSettings):
        return {}
    return coupled([unit.layout for unit in units], chosen.coupled_m)


def couple(junctions: Sequence[ControlledJunction], partner_of: Mapping[str, str]) -> None:
    """Let coupled junctions look at each other."""
    by_name = {junction.signal: junction for junction in junctions}
    for junction in junctions:
        junction.partner = by_name.get(partner_of.get(junction.signal, ""))


def make_engines(
    kernels: Mapping[str, Kernel],
    around: Mapping[str, Neighbour],
    maker: Maker,
    partner_of: Mapping[str, str],
    begin_s: float,
    plans: FallbackPlans | None,
) -> list[JunctionEngine]:
    """Return the engines of signals, with their controllers, and a ladder each if there are plans. [s]

    Args: kernels and around, kernel and surroundings of each signal, by its name.
    """
    engines = []
    for signal, kernel in kernels.items():
        own, other = around[signal], partner_of.get(signal)
        controller = maker(own.layout, own.tables, around[other] if other is not None else None)
        fallback = Fallback(controller, kernel, *plans.rungs(kernel)) if plans is not None else None
        engines.append(start_engine(kernel, own.layout, controller, begin_s, fallback))
    return engines


def neighbour_of(unit: SignalUnit, kernel: Kernel) -> Neighbour:
    """Return a signal as those beside it know it."""
    return Neighbour(unit.layout, stage_tables(kernel))


def _sensors(
    world: World, settings: RunSettings, simulation: Simulation, begin_s: float, events: EventLog
) -> Sequence[Sensor]:
    if settings.sensing in ("positions", "oracle"):
        with_routes = settings.sensing == "oracle"
        return [
            VehicleSensor(VehicleEyes(simulation, world.net, unit.layout, with_routes), unit) for unit in world.units
        ]
    estimators = {unit.site.signal_id: LoopEstimator(unit.layout) for unit in world.units}
    for estimator in estimators.values():
        estimator.join(estimators)
    if settings.sensing == "video":
        from sumo_scenarios.video_reader import VideoReader, cameras_of  # noqa: PLC0415  loads OpenCV

        cameras = cameras_of(world, settings.condition, settings.seed, begin_s)
        return [
            LoopSensor(VideoReader(simulation, unit, events, cameras), estimators[unit.site.signal_id])
            for unit in world.units
        ]
    failed = [broken_loops(unit, settings.seed, settings.failure_rate, settings.failure_kind) for unit in world.units]
    return [
        LoopSensor(LoopReader(simulation, unit, events, loops), estimators[unit.site.signal_id])
        for unit, loops in zip(world.units, failed, strict=True)
    ]


def _with_kerbs(
    sensors: Sequence[Sensor],
    units: Sequence[SignalUnit],
    world: World,
    settings: RunSettings,
    chosen: AnySettings,
    simulation: Simulation,
    events: EventLog,
) -> Sequence[Sensor]:
    """Return sensors that hear of the people at the kerbs too. Args: units, with their crossings as approaches."""
    weight, found = chosen.walker_weight if isinstance(chosen, RolloutSettings) else 1.0, []
    per_push = chosen.persons_per_push if isinstance(chosen, RolloutSettings) else 1.0
    for inner, unit in zip(sensors, units, strict=True):
        kerbs = Kerbs(simulation, world.net, unit.layout, unit.site, settings)
        side = Kerbside(unit.layout, unit.site, CrossingSense(settings.crossings), weight, per_push)
        found.append(KerbSensor(inner, kerbs, side, events))
    return found


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
    timetable = timetable_of(settings, begin_s) if settings.controller == "fixed" else None
    if timetable is not None and settings.history:
        chosen = ForesightTimetable(world, settings, timetable, begin_s)
        return ForesightDriver(world, settings, chosen, simulation, folder, begin_s, events)
    if timetable is not None:
        changing = [ScheduledJunction(unit, timetable, settings.transition, begin_s) for unit in world.units]
        return EngineDriver(changing, simulation, folder, begin_s, events)
    if settings.plan is not None and settings.controller not in ROLLOUTS:
        planned = [PlannedJunction(unit, settings.plan, begin_s) for unit in world.units]
        return EngineDriver(planned, simulation, folder, begin_s, events)
    return KernelDriver(world, settings, simulation, folder, begin_s, events)
