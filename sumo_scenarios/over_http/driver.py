"""The driver of a run over HTTP whose controllers run at the centre: engines, sensors and lamps as ever.

Once a second, before anything is decided, the clock of centre and cabinets is set to the time of the run, and every
cabinet keeps house: polls, acknowledges, reports. A decision is a question to the centre; on a perfect wire its answer
is here in the same second, so the lamps are those of a run in one process, to the frame.
"""

from collections.abc import Callable
from pathlib import Path

from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from sumo_scenarios.controllers import Maker
from sumo_scenarios.driver import KernelDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.over_http.cabinet import RemoteController, RunEquipment
from sumo_scenarios.over_http.run_link import RunLink
from sumo_scenarios.settings import ROLLOUTS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World


class OverHttpDriver(KernelDriver):
    """Signals that are cabinets of a centre and ask it what to do."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
        step: Callable[[float], None] = lambda _: None,
        weighed: Callable[[Maker], Maker] = lambda maker: maker,
    ) -> None:
        """Args: step, is done before each step of the link [s]; weighed, makes what makes the centre's controllers."""
        self._before, self._weighed = step, weighed
        self._remote: dict[str, RemoteController] = {}
        self._makers: dict[str, tuple[Maker, tuple[JunctionLayout, StageTables, Neighbour | None]]] = {}
        self._has_ladder = settings.controller in ROLLOUTS
        super().__init__(world, settings, simulation, folder, begin_s, events, self._through)
        self._folder = folder
        self._link = RunLink(settings.link, begin_s, self._give_controllers)
        for junction in self._junctions:
            remote, engine = self._remote[junction.signal], junction.engine
            cabinet = self._link.enrol(remote.cabinet, engine.kernel.site, RunEquipment(engine))
            remote.connect(cabinet.agent.signer, cabinet.wire, self._link.clock)
        self._give_controllers()

    def _through(self, made: Maker) -> Maker:
        """Return what makes, in place of a controller, the one that asks it at the centre."""
        maker = self._weighed(made)

        def make(layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
            remote = RemoteController(f"cab-{len(self._remote) + 1}", self._has_ladder)
            self._remote[layout.signal_id] = remote
            self._makers[remote.cabinet] = (maker, (layout, tables, neighbour))
            return remote

        return make

    def _give_controllers(self) -> None:
        """Make the controllers of the centre, with nothing remembered."""
        for cabinet, (maker, parts) in self._makers.items():
            self._link.centre.controllers[cabinet] = maker(*parts)

    def step(self, time_s: float) -> None:
        """Let the cabinets talk once a second, then act for every signal. [s]"""
        self._before(time_s)
        self._link.run_to(time_s)
        super().step(time_s)

    def finish(self) -> None:
        """Write what the link did, and end the centre."""
        super().finish()
        figures = {
            "cabinets": {remote.cabinet: signal for signal, remote in self._remote.items()},
            "missed_decisions": sum(remote.missed for remote in self._remote.values()),
        }
        self._link.close(self._folder, figures)
