"""The closed loop: SUMO steps, sensors report, engines decide, the kernel's lamps go back to SUMO."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import TLS_STATES, sumo_arguments, without_switch_plans, write_state_recorder
from sumo_scenarios.demand import demand_span, run_times_s
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.logs import EventLog, write_inputs
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.outcome import LoopOutcome, QueueSample
from sumo_scenarios.own_programmes import write_own_programmes
from sumo_scenarios.settings import SUMO_CONTROLLERS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World, build_world

QUEUE_EVERY_S = 30.0
REPORT_EVERY_S = 10.0

Report = Callable[[float, int, int], None]


def run_closed_loop(
    settings: RunSettings, folder: Path, report: Report, stop: Callable[[], bool]
) -> LoopOutcome:
    """Run a scenario to its end and write its files, all but `result.json`, into a folder.

    Raises: InvalidInputError for what cannot be used; BackendError if SUMO fails.
    """
    started_s = perf_counter()
    scenario = catalogue.resolve(settings.scenario)
    world = build_world(scenario, settings.profile, settings.begin_s, settings.end_s)
    span = demand_span((*world.config.routes, *world.config.additional))
    times_s = run_times_s((settings.begin_s, settings.end_s), (world.config.begin_s, world.config.end_s), span)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        arguments = _prepare(world, settings, times_s, folder, Path(scratch))
        try:
            simulation = Simulation(arguments)
        except BackendError as error:
            raise InvalidInputError(f"SUMO does not take this scenario: {_first_line(error)}") from error
        loop = _Loop(world, settings, simulation, folder, times_s)
        with simulation:
            loop.run(report, stop)
    loop.finish()
    return loop.outcome(perf_counter() - started_s)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"


def _prepare(
    world: World, settings: RunSettings, times_s: tuple[float, float], folder: Path, scratch: Path
) -> list[str]:
    """Write what SUMO reads and the copies that a run keeps; return SUMO's arguments."""
    write_inputs(world, folder)
    ours = settings.controller not in SUMO_CONTROLLERS
    additional = list(world.config.additional)
    if settings.controller != "net":
        under = frozenset(unit.site.signal_id for unit in world.units)
        additional = [
            without_switch_plans(path, scratch / f"{i}.add.xml", under)
            if path in world.additional.with_plans
            else path
            for i, path in enumerate(additional)
        ]
    recorder = scratch / "recorder.add.xml"
    write_state_recorder(recorder, sorted(world.net.signal_links), folder / TLS_STATES)
    additional.append(recorder)
    if ours and settings.sensing == "loops":
        loops = scratch / "loops.add.xml"
        write_loops(loops, [unit.layout.loops for unit in world.units])
        additional.append(loops)
    if settings.controller in ("actuated", "delay_based"):
        own = scratch / "programmes.add.xml"
        write_own_programmes(own, world, settings)
        additional.append(own)
    return sumo_arguments(world.config, settings, times_s, additional, world.config.routes, folder)


class _Loop:
    """One run under way."""

    def __init__(
        self, world: World, settings: RunSettings, simulation: Simulation, folder: Path, times_s: tuple[float, float]
    ) -> None:
        self._world = world
        self._settings = settings
        self._simulation = simulation
        self._begin_s, self._end_s = times_s
        self._events = EventLog(world)
        self._driver: Driver = make_driver(world, settings, simulation, folder, self._begin_s, self._events)
        self._version = simulation.version
        self._sumo_s = 0.0
        self._control_s = 0.0
        self._time_s = self._begin_s
        self._interrupted = False
        self._queues: list[QueueSample] = []
        self._folder = folder

    def run(self, report: Report, stop: Callable[[], bool]) -> None:
        next_report_s = next_queue_s = self._begin_s
        half_s = self._world.config.step_s / 2
        self._driver.begin()
        while self._time_s < self._end_s - half_s:
            if stop():
                self._interrupted = True
                break
            start_s = perf_counter()
            self._time_s = self._simulation.step()
            stepped_s = perf_counter()
            self._driver.step(self._time_s)
            self._sumo_s += stepped_s - start_s
            self._control_s += perf_counter() - stepped_s
            if self._time_s >= next_queue_s:
                next_queue_s += QUEUE_EVERY_S
                self._sample_queues()
            if self._time_s >= next_report_s:
                next_report_s += REPORT_EVERY_S
                report(self._time_s, self._simulation.running(), self._simulation.arrived)

    def _sample_queues(self) -> None:
        for unit in self._world.units:
            halting = sum(self._simulation.lane_halting(lane.lane_id) for lane in unit.layout.lanes)
            self._queues.append(QueueSample(self._time_s, unit.site.signal_id, halting))

    def finish(self) -> None:
        """Write the logs that were kept in memory."""
        self._driver.finish()
        self._events.write(self._folder / "events.parquet")

    def outcome(self, total_s: float) -> LoopOutcome:
        """Return what the loop saw."""
        driver = self._driver
        return LoopOutcome(
            scenario=self._world.scenario.name,
            begin_s=self._begin_s,
            end_s=self._time_s,
            step_s=self._world.config.step_s,
            sumo_version=self._version,
            signals=driver.signals,
            left_alone=self._world.left_alone,
            notices=self._world.notices,
            decisions=driver.decisions,
            decision_ms=tuple(driver.decision_ms),
            kernel_frames=driver.frames,
            refusals=driver.refusals,
            violations=driver.violations,
            wall_total_s=total_s,
            wall_sumo_s=self._sumo_s,
            wall_control_s=self._control_s,
            interrupted=self._interrupted,
            queues=tuple(self._queues),
        )
