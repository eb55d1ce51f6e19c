"""The driver of a run whose signals know of buses: adaptive control that weighs them by their persons."""

from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.buses.extension import ExtensionDriver
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.buses.weighed import weighing
from sumo_scenarios.controllers import settings_of
from sumo_scenarios.driver import Driver, KernelDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World


class BusDriver(KernelDriver):
    """Signals that look and decide, and hear of buses."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        """Raises: InvalidInputError if the run says nothing of buses, or has none that can be followed."""
        if settings.buses is None:
            raise InvalidInputError("a run whose signals hear of buses needs --buses")
        chosen = settings_of(settings.controller, settings.options, world.scenario.slot_s)
        self.buses = RunBuses(world, settings.buses, simulation, settings.seed, begin_s)
        super().__init__(
            world, settings, simulation, folder, begin_s, events, lambda maker: weighing(maker, chosen, self.buses)
        )

    def step(self, time_s: float) -> None:
        """Hear the buses, then act for every signal. [s]"""
        self.buses.step(time_s)
        super().step(time_s)


def make_bus_driver(
    world: World,
    settings: RunSettings,
    simulation: Simulation,
    folder: Path,
    begin_s: float,
    events: EventLog,
) -> Driver:
    """Return the driver of a run whose signals hear of buses: adaptive control, or a plan bent by the classic rule."""
    if settings.link is not None:
        from sumo_scenarios.buses.over_http import make_driver_over_http  # noqa: PLC0415  loads the centre

        return make_driver_over_http(world, settings, simulation, folder, begin_s, events)
    kind = ExtensionDriver if settings.controller == "fixed" else BusDriver
    return kind(world, settings, simulation, folder, begin_s, events)
