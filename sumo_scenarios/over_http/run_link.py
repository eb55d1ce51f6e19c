"""The link of a run: a centre, a cabinet a signal, wires that may be bad, all on the clock of the simulation."""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.street import Fitting
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.site import Site
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from sumo_scenarios.link_conditions import LinkConditions
from sumo_scenarios.over_http.cabinet import FaultyWire, RunCabinet, new_cabinet
from sumo_scenarios.over_http.centre import RunCentre, Served

LINK: Final = "link.json"
_MONO_MS: Final = 1_000_000


class RunLink:
    """A centre and the cabinets of one run. Once a second they talk, as the clock of the run goes."""

    def __init__(
        self,
        conditions: LinkConditions | None,
        begin_s: float,
        restarted: Callable[[], None],
        served: Served | None = None,
    ) -> None:
        """Args: restarted, called when the centre has been started anew; served, how the centre is."""
        served = served or Served()
        self._before = served.step
        self._conditions = conditions if conditions is not None else LinkConditions()
        self._rng = random.Random(self._conditions.seed)
        self._restarts = sorted(self._conditions.restarts)
        self._restarted = restarted
        self._time_s = begin_s
        self._second = -1
        self._keys = tempfile.TemporaryDirectory(prefix="signal-ctrl-centre-")
        self.clock = ManualClock(served.utc_ms + round(1000 * begin_s), _MONO_MS + round(1000 * begin_s))
        self.centre = RunCentre(self.clock, Path(self._keys.name), served)
        self.cabinets: dict[str, RunCabinet] = {}

    def enrol(self, name: str, site: Site, fitting: Fitting) -> RunCabinet:
        """Take a cabinet in and switch it on."""
        credential = self.centre.enrol(name, site)
        wire = FaultyWire(
            CabinetWire(self.centre.address), self._conditions, random.Random(self._rng.random()), self.clock
        )
        cabinet = new_cabinet(credential, fitting, wire, self.clock, random.Random(self._rng.random()))
        self.cabinets[name] = cabinet
        return cabinet

    def run_to(self, time_s: float) -> None:
        """Let the clock go on to a time; in a new second all talk. [s]"""
        self.clock.pass_ms(round(1000 * time_s) - round(1000 * self._time_s))
        self._time_s = time_s
        if int(time_s) != self._second:
            self._second = int(time_s)
            self._before(time_s)
            self._talk(time_s)

    def _talk(self, time_s: float) -> None:
        while self._restarts and time_s >= self._restarts[0]:
            self._restarts.pop(0)
            self.centre.restart()
            self._restarted()
        self.centre.tick()
        for cabinet in self.cabinets.values():
            cabinet.step(time_s)

    def close(self, folder: Path, figures: dict[str, Any]) -> None:
        """Write what the link did and the figures, and end the centre."""
        document = {**self._figures(), **figures}
        (folder / LINK).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        for cabinet in self.cabinets.values():
            cabinet.wire.close()
        self.centre.close()
        self._keys.cleanup()

    def _figures(self) -> dict[str, Any]:
        """Return what the link did, over all cabinets."""
        requests: Counter[str] = Counter()
        for cabinet in self.cabinets.values():
            requests += cabinet.wire.counts
        return {
            "requests": dict(sorted(requests.items())),
            "cabinet_seconds_alone": sum(cabinet.counts["alone_s"] for cabinet in self.cabinets.values()),
            "reports_waiting": sum(cabinet.agent.outbox.waiting for cabinet in self.cabinets.values()),
        }
