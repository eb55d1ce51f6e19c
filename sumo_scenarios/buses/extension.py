"""A fixed plan with the classic rule of bus priority, in a run: what adaptive priority is compared with."""

from pathlib import Path

from optimiser.bus_extension import BusCall, BusExtensionController
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.engine_driver import EngineDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.plan_driver import ClockedJunction
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit, World


class _ExtensionJunction(ClockedJunction):
    """One signal under its plan and the rule."""

    def __init__(self, unit: SignalUnit, plan: Plan, begin_s: float, buses: RunBuses) -> None:
        own = plan.of(unit.site.signal_id)

        def calls(now_s: float) -> list[BusCall]:
            return buses.calls(unit.layout, now_s)

        controller = None if own is None else BusExtensionController(own, unit.site, calls)
        super().__init__(unit, Kernel(unit.site), controller, begin_s)

    def is_due(self, now_ds: int) -> bool:
        """Return True: it looks for buses every second."""
        return True


class ExtensionDriver(EngineDriver[_ExtensionJunction]):
    """Signals that keep a plan and bend it for buses."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        """Raises: InvalidInputError if the run has no plan or says nothing of buses."""
        if settings.buses is None or settings.plan is None:
            raise InvalidInputError("a plan that is bent for buses needs a plan and --buses")
        self.buses = RunBuses(world, settings.buses, simulation, settings.seed, begin_s)
        junctions = [_ExtensionJunction(unit, settings.plan, begin_s, self.buses) for unit in world.units]
        super().__init__(junctions, simulation, folder, begin_s, events)

    def step(self, time_s: float) -> None:
        """Hear the buses, then act for every signal. [s]"""
        self.buses.step(time_s)
        super().step(time_s)
