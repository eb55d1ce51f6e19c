"""The closed loop: SUMO steps, sensors report, engines decide, the kernel's lamps go back to SUMO."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import TLS_STATES, errors_kept, own_copy, reason_of, sumo_arguments, write_state_recorder
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.closures import ROUTING_MODE, write_closures
from sumo_scenarios.controllers import settings_of
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.first_plan import with_plan
from sumo_scenarios.foretelling import ForetellingDriver
from sumo_scenarios.green_wave.run_wave import with_wave
from sumo_scenarios.logs import EventLog, write_inputs
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.measures.evidence import evidence_arguments, write_evidence_inputs
from sumo_scenarios.outcome import NOTHING_MORE, Evidence, Further, LoopOutcome, QueueSample, Replayed, Report, Stop
from sumo_scenarios.own_programmes import write_own_programmes
from sumo_scenarios.resample import resample
from sumo_scenarios.run_times import times_of
from sumo_scenarios.run_timetable import schedule_notices
from sumo_scenarios.settings import PLANNED, SUMO_CONTROLLERS, SUMO_TOOLS, WAVES, RunSettings
from sumo_scenarios.settings_record import write_settings
from sumo_scenarios.simulation import Simulation, sumo_home
from sumo_scenarios.sumo_tools import write_tool_programmes
from sumo_scenarios.world import World, build_world

QUEUE_EVERY_S: Final = 30.0
REPORT_EVERY_S: Final = 10.0


MakeDriver = Callable[[World, RunSettings, Simulation, Path, float, EventLog], Driver]
"""Makes what acts after each step, of world, settings, SUMO, the run's folder, the begin [s] and events."""


def run_closed_loop(
    settings: RunSettings,
    folder: Path,
    report: Report,
    stop: Stop,
    evidence: Evidence | None = None,
    made_by: MakeDriver | None = None,
) -> LoopOutcome:
    """Run a scenario to its end and write its files, all but `result.json`, into a folder.

    Args: made_by, makes what acts after each step, where the settings alone do not say it.
    Raises: InvalidInputError for what cannot be used; BackendError if SUMO fails; the logs are written.
    """
    make: MakeDriver = made_by or make_driver
    if settings.link is not None and (settings.buses is None or made_by is None):
        make = _over_http(settings)
    elif made_by is None and evidence is not None and evidence.detailed and settings.controller == "adaptive":
        make = partial(ForetellingDriver, evidence.folder)
    return run_loop(settings, folder, report, stop, make, evidence=evidence)


def _over_http(settings: RunSettings) -> MakeDriver:
    """Return what makes the driver of a run over HTTP: it loads the centre."""
    if settings.controller in PLANNED:
        from sumo_scenarios.over_http.planned import PlansOverHttpDriver  # noqa: PLC0415

        return PlansOverHttpDriver
    from sumo_scenarios.over_http.driver import OverHttpDriver  # noqa: PLC0415

    return OverHttpDriver


def run_loop(
    settings: RunSettings,
    folder: Path,
    report: Report,
    stop: Stop,
    make: MakeDriver,
    replayed: Replayed | None = None,
    evidence: Evidence | None = None,
    further: Further = NOTHING_MORE,
) -> LoopOutcome:
    """Run a scenario under any driver: live, or one that repeats what a recorded run did.

    Args: further, what SUMO gets besides.
    Raises: as `run_closed_loop`.
    """
    started_s = perf_counter()
    sumo_home()
    settings_of(settings.controller, settings.options)
    scenario = catalogue.resolve(settings.scenario)
    times_s = times_of(scenario, settings)
    world = _world(scenario, settings, times_s)
    if not world.units and settings.controller not in SUMO_CONTROLLERS:
        why = "; ".join(f"{signal}: {reason}" for signal, reason in world.left_alone[:3])
        raise InvalidInputError(f"no signal of {scenario.name} can be put under control ({why}); take controller net")
    advice: tuple[str, ...] = ()
    if replayed is None:
        settings, advice = _with_plans(settings, world, times_s)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        preparation = _Preparation(world, settings, times_s, folder, Path(scratch), evidence, further.files)
        command = [*preparation.make(), *further.arguments]
        write_settings(folder, settings, world, times_s, None if replayed is None else replayed.folder)
        simulation = _started(command, Path(scratch) / "errors.txt")
        with _closing(simulation):
            loop = _Loop(world, settings, simulation, folder, times_s[0], make)
            try:
                loop.run(times_s[1] if replayed is None else replayed.until_s, report, stop)
            finally:
                loop.finish()
    return loop.outcome(perf_counter() - started_s, (*advice, *preparation.notices))


def _world(scenario: Scenario, settings: RunSettings, times_s: tuple[float, float]) -> World:
    loops_file = Path(settings.loops_file) if settings.loops_file else None
    return build_world(scenario, settings.profile, *times_s, loops_file, cameras=settings.sensing == "video")


def _with_plans(
    settings: RunSettings, world: World, times_s: tuple[float, float]
) -> tuple[RunSettings, tuple[str, ...]]:
    """Return the settings with the plan that is kept, and what the user has to know of plans and schedule."""
    if settings.controller == "fixed":
        return with_plan(settings, world, times_s)
    if settings.controller in WAVES:
        return with_wave(settings, world, times_s)
    return settings, schedule_notices(settings, times_s[0])


def _started(arguments: Sequence[str], errors: Path) -> Simulation:
    try:
        with errors_kept(errors):
            return Simulation(arguments)
    except BackendError as error:
        raise InvalidInputError(f"SUMO does not take this scenario: {reason_of(errors, str(error))}") from error


@contextlib.contextmanager
def _closing(simulation: Simulation) -> Iterator[None]:
    """Close SUMO at the end; where something has failed before, that is what counts."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(BackendError):
            simulation.close()
        raise
    simulation.close()


@dataclass(slots=True)
class _Preparation:
    """Everything that SUMO reads for one run."""

    world: World
    settings: RunSettings
    times_s: tuple[float, float]
    folder: Path
    scratch: Path
    evidence: Evidence | None = None
    further: tuple[Path, ...] = ()
    notices: tuple[str, ...] = ()

    def make(self) -> list[str]:
        """Write what SUMO reads and the copies that a run keeps; return SUMO's arguments."""
        write_inputs(self.world, self.folder)
        config = self.world.config
        if self.world.net.writes:
            config = replace(config, net=own_copy(config.net, self.scratch / "net.xml", frozenset()))
        arguments = sumo_arguments(
            config, self.settings, self.times_s, list(self._additional()), self._routes(), self.folder
        )
        names = [name for name, _ in config.options]
        if self.settings.closures and ROUTING_MODE[0] not in names:
            arguments += [f"--{ROUTING_MODE[0]}", ROUTING_MODE[1]]
        if self.evidence is not None:
            arguments += evidence_arguments(self.world, self.evidence.folder, self.evidence.detailed)
        return arguments

    def _routes(self) -> tuple[Path, ...]:
        config, seed = self.world.config, self.settings.demand_seed
        if seed == 0 or not config.routes:
            return config.routes
        target = self.scratch / "demand.rou.xml"
        drawn = resample(config.routes, config.additional, seed, self.times_s, target)
        self.notices += drawn.notices
        return (drawn.path,)

    def _additional(self) -> Iterator[Path]:
        """Write and yield the additional files, the user's own first."""
        world, settings = self.world, self.settings
        yield from self._users_own()
        write_state_recorder(self._file("recorder"), sorted(world.net.signal_links), self.folder / TLS_STATES)
        yield self._file("recorder")
        if settings.controller not in SUMO_CONTROLLERS and settings.sensing == "loops":
            write_loops(self._file("loops"), [unit.layout.loops for unit in world.units])
            yield self._file("loops")
        if settings.controller in ("actuated", "delay_based"):
            write_own_programmes(self._file("programmes"), world, settings)
            yield self._file("programmes")
        if settings.controller in SUMO_TOOLS:
            write_tool_programmes(self._file("programmes"), world, settings, self.times_s)
            yield self._file("programmes")
        if settings.closures:
            write_closures(self._file("closures"), settings.closures, world.net, self.times_s, world.config.step_s)
            yield self._file("closures")
        if self.evidence is not None:
            write_evidence_inputs(self._file("evidence"), world, self.evidence.folder, self.evidence.detailed)
            yield self._file("evidence")
            yield from self.evidence.additional
        yield from self.further

    def _users_own(self) -> Iterator[Path]:
        """Yield the user's additional files: none writes anything, none switches signals under control."""
        world = self.world
        under = frozenset(unit.site.signal_id for unit in world.units if self.settings.controller != "net")
        for index, path in enumerate(world.config.additional):
            rewritten = path in world.additional.rewritten
            yield own_copy(path, self._file(str(index)), under) if rewritten else path

    def _file(self, name: str) -> Path:
        return self.scratch / f"{name}.add.xml"


class _Loop:
    """One run under way."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        make: MakeDriver,
    ) -> None:
        self._world = world
        self._simulation = simulation
        self._begin_s = begin_s
        self._events = EventLog(world)
        self._driver = make(world, settings, simulation, folder, self._begin_s, self._events)
        self._version = simulation.version
        self._sumo_s = 0.0
        self._control_s = 0.0
        self._time_s = self._begin_s
        self._interrupted = False
        self._queues: list[QueueSample] = []
        self._folder = folder

    def run(self, end_s: float, report: Report, stop: Stop) -> None:
        """Step to the end [s], or until somebody wants to stop."""
        next_report_s = next_queue_s = self._begin_s
        half_s = self._world.config.step_s / 2
        self._driver.begin()
        while self._time_s < end_s - half_s:
            if stop():
                self._interrupted = True
                break
            self._step()
            if self._time_s >= next_queue_s:
                next_queue_s += QUEUE_EVERY_S
                self._sample_queues()
            if self._time_s >= next_report_s:
                next_report_s += REPORT_EVERY_S
                report(self._time_s, self._simulation.running(), self._simulation.arrived)

    def _step(self) -> None:
        start_s = perf_counter()
        self._time_s = self._simulation.step()
        stepped_s = perf_counter()
        self._driver.step(self._time_s)
        self._sumo_s += stepped_s - start_s
        self._control_s += perf_counter() - stepped_s

    def _sample_queues(self) -> None:
        for unit in self._world.units:
            halting = sum(self._simulation.lane_halting(lane.lane_id) for lane in unit.layout.lanes)
            self._queues.append(QueueSample(self._time_s, unit.site.signal_id, halting))

    def finish(self) -> None:
        """Write the logs that were kept in memory."""
        try:
            self._driver.finish()
        finally:
            self._events.write(self._folder / "events.parquet")

    def outcome(self, total_s: float, notices: tuple[str, ...]) -> LoopOutcome:
        """Return what the loop saw. Args: total_s, time of the machine [s]."""
        driver = self._driver
        return LoopOutcome(
            scenario=self._world.scenario.name,
            begin_s=self._begin_s,
            end_s=self._time_s,
            step_s=self._world.config.step_s,
            sumo_version=self._version,
            signals=driver.signals,
            left_alone=self._world.left_alone,
            notices=(*self._world.notices, *notices),
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
