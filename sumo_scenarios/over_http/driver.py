"""The driver of a run over HTTP: engines, sensors and lamps as ever, controllers at a centre, a cabinet a signal.

Once a second, before anything is decided, the clock of centre and cabinets is set to the time of the run, and every
cabinet keeps house: polls, acknowledges, reports. A decision is a question to the centre; on a perfect wire its answer
is here in the same second, so the lamps are those of a run in one process, to the frame.
"""

import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from sumo_scenarios.controllers import Maker
from sumo_scenarios.driver import KernelDriver
from sumo_scenarios.link_conditions import LinkConditions
from sumo_scenarios.logs import EventLog
from sumo_scenarios.over_http.cabinet import FaultyWire, RemoteController, RunCabinet, new_cabinet
from sumo_scenarios.over_http.centre import RunCentre
from sumo_scenarios.settings import ROLLOUTS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

LINK: Final = "link.json"
_UTC_MS: Final = 1_767_571_200_000
"""Monday 2026-01-05, 00:00 UTC: when a run is by the clock of its centre. [ms]"""


class OverHttpDriver(KernelDriver):
    """Signals that are cabinets of a centre."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        self._conditions = settings.link if settings.link is not None else LinkConditions()
        self._rng = random.Random(self._conditions.seed)
        self._remote: dict[str, RemoteController] = {}
        self._makers: dict[str, tuple[Maker, tuple[JunctionLayout, StageTables, Neighbour | None]]] = {}
        self._has_ladder = settings.controller in ROLLOUTS
        super().__init__(world, settings, simulation, folder, begin_s, events, self._through)
        self._clock = ManualClock(_UTC_MS + round(1000 * begin_s), 1000 + round(1000 * begin_s))
        self._folder = folder
        self._time_s = begin_s
        self._second = -1
        self._restarts = sorted(self._conditions.restarts)
        self._keys = tempfile.TemporaryDirectory(prefix="signal-ctrl-centre-")
        self._centre = RunCentre(self._clock, Path(self._keys.name))
        self._cabinets = [self._enrolled(junction.signal) for junction in self._junctions]
        self._give_controllers()

    def _through(self, maker: Maker) -> Maker:
        """Return what makes, in place of a controller, the one that asks it at the centre."""

        def make(layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
            remote = RemoteController(f"cab-{len(self._remote) + 1}", self._has_ladder)
            self._remote[layout.signal_id] = remote
            self._makers[remote.cabinet] = (maker, (layout, tables, neighbour))
            return remote

        return make

    def _give_controllers(self) -> None:
        """Make the controllers of the centre, with nothing remembered."""
        for cabinet, (maker, parts) in self._makers.items():
            self._centre.controllers[cabinet] = maker(*parts)

    def _enrolled(self, signal: str) -> RunCabinet:
        junction = next(each for each in self._junctions if each.signal == signal)
        remote = self._remote[signal]
        credential = self._centre.enrol(remote.cabinet, junction.engine.kernel.site)
        wire = FaultyWire(
            CabinetWire(self._centre.address), self._conditions, random.Random(self._rng.random()), self._clock
        )
        cabinet = new_cabinet(credential, junction.engine, wire, self._clock, random.Random(self._rng.random()))
        remote.connect(cabinet.agent.signer, wire, self._clock)
        return cabinet

    def step(self, time_s: float) -> None:
        """Let the cabinets talk once a second, then act for every signal. [s]"""
        self._clock.pass_ms(round(1000 * time_s) - round(1000 * self._time_s))
        self._time_s = time_s
        if int(time_s) != self._second:
            self._second = int(time_s)
            self._talk(time_s)
        super().step(time_s)

    def _talk(self, time_s: float) -> None:
        while self._restarts and time_s >= self._restarts[0]:
            self._restarts.pop(0)
            self._centre.restart()
            self._give_controllers()
        self._centre.tick()
        for cabinet in self._cabinets:
            cabinet.step(time_s)

    def finish(self) -> None:
        """Write what the link did, and end the centre."""
        super().finish()
        (self._folder / LINK).write_text(json.dumps(self._figures(), indent=1) + "\n", encoding="utf-8")
        for cabinet in self._cabinets:
            cabinet.wire.close()
        self._centre.close()
        self._keys.cleanup()

    def _figures(self) -> dict[str, Any]:
        """Return what the link did, over all cabinets."""
        requests: Counter[str] = Counter()
        for cabinet in self._cabinets:
            requests += cabinet.wire.counts
        return {
            "cabinets": {remote.cabinet: signal for signal, remote in self._remote.items()},
            "requests": dict(sorted(requests.items())),
            "missed_decisions": sum(remote.missed for remote in self._remote.values()),
            "cabinet_seconds_alone": sum(cabinet.counts["alone_s"] for cabinet in self._cabinets),
            "reports_waiting": sum(cabinet.agent.outbox.waiting for cabinet in self._cabinets),
        }
