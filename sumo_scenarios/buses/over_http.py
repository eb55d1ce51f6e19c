"""Runs over HTTP whose signals hear of buses: the centre follows them; it weighs them, or tells cabinets of them."""

from functools import partial
from pathlib import Path

from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.watch.buses.fleet import foretold_of
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.buses.weighed import weighing
from sumo_scenarios.controllers import AnySettings, Maker, settings_of
from sumo_scenarios.driver import Driver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.over_http.centre import Served
from sumo_scenarios.over_http.driver import OverHttpDriver
from sumo_scenarios.over_http.planned import PlansOverHttpDriver
from sumo_scenarios.settings import PLANNED, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World


class CentreBuses:
    """The buses of a run, as its centre knows them."""

    def __init__(self, world: World, settings: RunSettings, simulation: Simulation, begin_s: float) -> None:
        """Args: settings, of a run with buses."""
        assert settings.buses is not None
        self._buses = RunBuses(world, settings.buses, simulation, settings.seed, begin_s)

    def step(self, time_s: float) -> None:
        """Take in what has been reported. [s]"""
        self._buses.step(time_s)

    def weighed(self, chosen: AnySettings, maker: Maker) -> Maker:
        """Return what makes controllers that weigh buses beside what those of another maker decide."""
        return weighing(maker, chosen, self._buses)

    def coming(self, signal: str, now_s: float) -> list[Foretold]:
        """Return the buses that come to a signal, as its cabinet is told of them. [s]"""
        return [foretold_of(one) for one in self._buses.fleet.coming(now_s).get(signal, ())]


def make_driver_over_http(
    world: World,
    settings: RunSettings,
    simulation: Simulation,
    folder: Path,
    begin_s: float,
    events: EventLog,
) -> Driver:
    """Return the driver of a run over HTTP whose signals hear of buses."""
    buses = CentreBuses(world, settings, simulation, begin_s)
    if settings.controller in PLANNED:
        served = Served(step=buses.step, coming=buses.coming)
        return PlansOverHttpDriver(world, settings, simulation, folder, begin_s, events, served)
    chosen = settings_of(settings.controller, settings.options, world.scenario.slot_s)
    weighed = partial(buses.weighed, chosen)
    return OverHttpDriver(world, settings, simulation, folder, begin_s, events, buses.step, weighed)
