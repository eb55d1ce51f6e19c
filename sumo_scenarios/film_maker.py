"""A film from settings to a folder that stands: a run in a child process, rendered as it goes on."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.gateways.whole_file import new_folder
from sumo_scenarios import catalogue
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.film.conditions import condition_named
from sumo_scenarios.film.film_folder import FilmFacts, FilmWriter
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Renderer
from sumo_scenarios.film.shutter import Shutter, live_scenes
from sumo_scenarios.film.site import Site, only_junction, site_of
from sumo_scenarios.film.trajectories import fcd_scenes
from sumo_scenarios.film.truth import Witness
from sumo_scenarios.film.views import View, view_named, view_names
from sumo_scenarios.filming_driver import FilmingDriver
from sumo_scenarios.fleet import read_fleet
from sumo_scenarios.logs import EventLog
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.supervise import Job, Progress, supervise
from sumo_scenarios.world import World

WARM_UP_S: Final = 120.0
USUAL_S: Final = 120.0
MOST_HZ: Final = 60.0

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """A film to be made of a run: at which junction (empty: the only one), from which view (empty: the first), in which
    condition, from when to when of the simulation [s] (None: two minutes after a warm-up), at how many frames a second.

    `fcd` is a file of trajectories that SUMO wrote; None: the run is simulated.
    """

    settings: RunSettings
    junction: str = ""
    view: str = ""
    condition: str = "day"
    begin_s: float | None = None
    end_s: float | None = None
    rate_hz: float = 12.5
    seed: int = 1
    fcd: Path | None = None

    def __post_init__(self) -> None:
        condition_named(self.condition)
        if not 1.0 <= self.rate_hz <= MOST_HZ:
            raise InvalidInputError(f"a film has 1 to {MOST_HZ:g} frames a second, not {self.rate_hz:g}")
        if not 0 <= self.seed < 2**31:
            raise InvalidInputError(f"--seed needs 0 to {2**31 - 1}, got {self.seed}")
        if self.begin_s is not None and self.end_s is not None and not self.begin_s < self.end_s:
            raise InvalidInputError(f"the film would end before it begins ({self.begin_s:g} s, {self.end_s:g} s)")


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """A film that can be made: the order with everything settled, what is filmed, and from where."""

    order: FilmOrder
    site: Site
    view: View
    facts: FilmFacts


def plan_film(order: FilmOrder) -> FilmPlan:
    """Return the film that an order asks for. Raises: InvalidInputError for what the scenario does not have."""
    scenario = catalogue.resolve(order.settings.scenario)
    net = read_net(read_configuration(scenario.config).net)
    junction = order.junction or only_junction(net)
    site = site_of(net, junction)
    view = view_named(site.legs, order.view or view_names(site.legs)[0])
    run_begin_s, run_end_s = times_of(scenario, order.settings)
    begin_s = order.begin_s if order.begin_s is not None else min(run_begin_s + WARM_UP_S, run_end_s - 1.0)
    end_s = order.end_s if order.end_s is not None else min(begin_s + USUAL_S, run_end_s)
    if not run_begin_s < begin_s < end_s <= run_end_s:
        raise InvalidInputError(
            f"the film has to lie within {run_begin_s:g} s, where the run begins, and {run_end_s:g} s, where it ends; "
            f"it would be from {begin_s:g} to {end_s:g} s"
        )
    settled = replace(order, begin_s=begin_s, end_s=end_s, settings=replace(order.settings, end_s=end_s))
    controller = "trajectories" if order.fcd is not None else order.settings.controller
    facts = FilmFacts(
        scenario.name, junction, view.name, order.condition, controller, begin_s, end_s, order.rate_hz, order.seed
    )
    return FilmPlan(settled, site, view, facts)


def make_film(order: FilmOrder, out: Path, report: Callable[[Progress], None]) -> Facts:
    """Make a film into a new folder; return what `film.json` says.

    Raises: InvalidInputError for what cannot be filmed or a folder that exists, BackendError if SUMO fails or the film
    was interrupted; nothing is left behind then.
    """
    plan = plan_film(order)
    with new_folder(out) as folder, tempfile.TemporaryDirectory(prefix="signal-ctrl-film-") as scratch:
        work = partial(_read_film if order.fcd is not None else _live_film, plan, folder, Path(scratch))
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _, progress: report(progress))
        if ending.error is not None:
            raise ending.error
        if ending.outcome is None or ending.interrupted:
            raise BackendError("interrupted; there is no film")
        return ending.outcome


class _Crew:
    """Renders, witnesses and writes the scenes of one film."""

    def __init__(self, plan: FilmPlan, folder: Path) -> None:
        cv2.setNumThreads(1)  # OpenCV's threads do not survive a fork
        condition = condition_named(plan.order.condition)
        site, seed = plan.site, plan.order.seed
        self._renderer = Renderer(site.roads, site.stops, plan.view.pinhole, condition, seed)
        self._writer = FilmWriter(folder, plan.view, plan.facts)
        self._witness = Witness(plan.view)

    def take(self, scene: Scene) -> None:
        """Film a scene."""
        frame = self._renderer.frame(scene)
        self._witness.see(scene)
        self._writer.add(self._renderer.sent_quickly(frame), len(scene.names))

    def finish(self) -> Facts:
        """Write the rest; return what the film is of."""
        return self._writer.finish(self._witness)


def _live_film(plan: FilmPlan, folder: Path, scratch: Path, report: Report, stop: Stop) -> Facts:
    """Simulate the run and film it."""
    crew = _Crew(plan, folder)

    def make(
        world: World, settings: RunSettings, simulation: Simulation, run: Path, begin_s: float, events: EventLog
    ) -> Driver:
        driver = make_driver(world, settings, simulation, run, begin_s, events)
        scenes = live_scenes(simulation, (plan.view.pinhole.x_m, plan.view.pinhole.y_m))
        return FilmingDriver(driver, Shutter(scenes, plan.facts.begin_s, plan.facts.rate_hz), crew.take)

    run = scratch / "run"
    run.mkdir()
    outcome = run_loop(plan.order.settings, run, report, stop, make)
    if outcome.interrupted:
        raise BackendError("interrupted; there is no film")
    return crew.finish()


def _read_film(plan: FilmPlan, folder: Path, scratch: Path, report: Report, stop: Stop) -> Facts:
    """Film the trajectories of a file."""
    assert plan.order.fcd is not None
    configuration = read_configuration(catalogue.resolve(plan.order.settings.scenario).config)
    fleet = read_fleet((*configuration.routes, *configuration.additional))
    crew = _Crew(plan, folder)
    current: list[Scene] = []
    shutter = Shutter(lambda _: current[0], plan.facts.begin_s, plan.facts.rate_hz)
    for scene in fcd_scenes(plan.order.fcd, fleet, configuration.step_s):
        if stop():
            raise BackendError("interrupted; there is no film")
        if scene.time_s > plan.facts.end_s + 1e-9:
            break
        current[:] = [scene]
        for between in shutter.step(scene.time_s):
            crew.take(between)
        report(scene.time_s, len(scene.names), 0)
    return crew.finish()
