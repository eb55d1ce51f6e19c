"""The driver of a simulated city: cabinets over HTTP under their plan, feeds that report, and the wall's clock."""

import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.networks import import_network
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FeedSender
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.intake.batch import count_document, position_document
from sumo_scenarios.city_demo.city import City
from sumo_scenarios.city_demo.pace import Pace
from sumo_scenarios.city_demo.senses import LoopSense, PositionSense
from sumo_scenarios.city_feed.order import Reporting
from sumo_scenarios.logs import EventLog
from sumo_scenarios.over_http.centre import RunCentre, Served
from sumo_scenarios.over_http.planned import PlansOverHttpDriver
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

TRIES: Final = 3
"""A batch is tried so often before the city goes on; it is tried again with the next one."""
PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Showing:
    """A city and how it is shown. `ready` is told the address once the city goes by the wall's clock."""

    city: City
    served: Served
    pace: Pace
    ready: Callable[[str], None]


class Feeds:
    """Two feeds of a centre, with keys of their own."""

    def __init__(self, centre: RunCentre, clock: Clock, senses: tuple[LoopSense, PositionSense]) -> None:
        self._clock = clock
        self._loops, self._positions = senses
        self._wire = CabinetWire(centre.address)
        self._counted = self._sender(centre, "loops", FeedKind.COUNTS)
        self._placed = self._sender(centre, "vehicles", FeedKind.POSITIONS)

    def _sender(self, centre: RunCentre, name: str, kind: FeedKind) -> FeedSender:
        credential = centre.watch.feeds.enrol("run", name, kind)
        boot = secrets.token_bytes(ID_BYTES).hex()
        signer = Signer(credential.cabinet, credential.key, boot, self._clock, secrets.token_bytes)
        return FeedSender(self._wire, signer, random.random, _pause)

    def step(self, before_s: float, now_s: float) -> None:
        """Look, and send what there is. [s]"""
        utc_ms = self._clock.utc_ms()
        self._send(self._counted, [count_document(each) for each in self._loops.look(before_s, now_s, utc_ms)])
        self._send(self._placed, [position_document(each) for each in self._positions.look(utc_ms)])

    def _send(self, sender: FeedSender, items: Sequence[dict[str, Any]]) -> None:
        for item in items:
            sender.put(item)
        if items:
            tries = sender.sent.tries
            sender.flush(lambda: sender.sent.tries - tries >= TRIES)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


class CityDriver(PlansOverHttpDriver):
    """A run that keeps step with the wall's clock and reports to its centre."""

    def __init__(
        self,
        showing: Showing,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        super().__init__(world, settings, simulation, folder, begin_s, events, showing.served)
        self._pace = showing.pace
        self._ready: Callable[[str], None] | None = showing.ready
        city = showing.city
        self._before_s = begin_s
        centre, clock = self._link.centre, self._link.clock
        import_network(centre.centre.desk, centre.engineer(), city.geojson)
        centre.watch.roads.import_(centre.engineer(), roads_to_json(city.network))
        note = f"signals {len(self.signals)}; every visitor of this machine may act without an account"
        centre.centre.store.write(lambda t: t.record("demo", "demo begins", settings.scenario, note, clock.utc_ms()))
        centre.tick()
        draw = np.random.default_rng(settings.seed)
        positions = PositionSense(simulation, city.degrees, Reporting(), draw)
        self._feeds = Feeds(centre, clock, (LoopSense(city.network, simulation), positions))

    def step(self, time_s: float) -> None:
        """Wait until the time is due, let everybody talk and act, then report. [s]"""
        self._pace.wait(time_s)
        super().step(time_s)
        self._feeds.step(self._before_s, time_s)
        self._before_s = time_s
        if self._ready is not None and time_s >= self._pace.paced_from_s:
            self._ready(self._link.centre.address)
            self._ready = None

    def finish(self) -> None:
        """Close the feeds, and end the centre."""
        self._feeds.close()
        super().finish()


def _pause(wait_s: float) -> None:
    time.sleep(min(wait_s, PAUSE_S))
