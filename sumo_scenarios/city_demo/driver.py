"""The driver of a simulated city: cabinets over HTTP under their plan, feeds that report, and the wall's clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.centre.cabinets import every_cabinet
from signal_ctrl.centre.networks import import_network
from signal_ctrl.domain.bus_lines_json import buses_to_json
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.intake.batch import count_document, position_document
from signal_ctrl.watch.observations import Position
from sumo_scenarios.bus_options import BusOptions
from sumo_scenarios.buses.reporting import BusReports
from sumo_scenarios.buses.service import bus_service_of, registered_under
from sumo_scenarios.city_demo.bases import bases_of
from sumo_scenarios.city_demo.calls import Calls
from sumo_scenarios.city_demo.city import City
from sumo_scenarios.city_demo.crews import Crews
from sumo_scenarios.city_demo.emergency import import_plans
from sumo_scenarios.city_demo.feeds import Feeds, Sense
from sumo_scenarios.city_demo.pace import Pace
from sumo_scenarios.city_demo.senses import LoopSense, PositionSense
from sumo_scenarios.city_feed.order import Reporting
from sumo_scenarios.city_feed.road_network import earth_of_net
from sumo_scenarios.diversion_loop.street import guidance_of
from sumo_scenarios.logs import EventLog
from sumo_scenarios.over_http.centre import RunCentre, Served
from sumo_scenarios.over_http.planned import PlansOverHttpDriver
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.run import TYPE
from sumo_scenarios.world import World

BUSES: Final = "buses"
"""The feed of positions under whose name buses report."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A city and how it is shown. `ready` is told the address once the city goes by the wall's clock."""

    city: City
    served: Served
    pace: Pace
    ready: Callable[[str], None]


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
        self._before_s = begin_s
        city, centre, clock = showing.city, self._link.centre, self._link.clock
        _import_streets(city, world, centre)
        note = f"signals {len(self.signals)}; every visitor of this machine may act without an account"
        centre.centre.store.write(lambda t: t.record("demo", "demo begins", settings.scenario, note, clock.utc_ms()))
        self._calls = Calls(city.network, centre, settings.seed)
        self._crews = Crews(city, simulation, centre, bases_of(city, world.config.additional), TYPE)
        _import_emergency_plans(centre)
        draw = np.random.default_rng(settings.seed)
        loops = LoopSense(city.network, simulation)
        positions = PositionSense(simulation, city.degrees, Reporting(), draw)
        senses = {
            "loops": Sense(FeedKind.COUNTS, lambda *times: [count_document(each) for each in loops.look(*times)]),
            "vehicles": Sense(
                FeedKind.POSITIONS, lambda _b, _n, utc_ms: [position_document(each) for each in positions.look(utc_ms)]
            ),
        }
        buses = _buses(city, world, simulation, centre, settings.seed, showing.served.utc_ms)
        self._feeds = Feeds(centre, clock, senses | buses)

    def step(self, time_s: float) -> None:
        """Wait until the time is due, let everybody talk and act, then report. [s]"""
        self._pace.wait(time_s)
        super().step(time_s)
        self._feeds.step(self._before_s, time_s)
        self._crews.step(time_s)
        self._before_s = time_s
        if time_s < self._pace.paced_from_s:
            return
        self._calls.step(time_s)
        if self._ready is not None:
            self._ready(self._link.centre.address)
            self._ready = None

    def finish(self) -> None:
        """Close the feeds, and end the centre."""
        self._feeds.close()
        super().finish()


def _import_streets(city: City, world: World, centre: RunCentre) -> None:
    """Take in the picture of the network, its roads, and at which group each turn is made."""
    import_network(centre.centre.desk, centre.engineer(), city.geojson)
    centre.watch.roads.import_(centre.engineer(), roads_to_json(city.network))
    centre.tick()
    movements = guidance_to_json(guidance_of(world, city.network, {}))
    centre.watch.diversions.guidance.import_(centre.engineer(), movements, city.network)


def _import_emergency_plans(centre: RunCentre) -> None:
    cabinets = centre.centre.store.read(every_cabinet)
    import_plans(centre, {c.cabinet: (c.lon, c.lat) for c in cabinets if c.lon is not None and c.lat is not None})


def _buses(
    city: City, world: World, simulation: Simulation, centre: RunCentre, seed: int, utc_ms: int
) -> dict[str, Sense]:
    """Take the lines of the scenario in and return the feed of its buses, nothing where it has none.

    Args: utc_ms, when simulation second 0 is by the clock of the centre. [ms]
    """
    service = bus_service_of(world.config, world.net, utc_ms)
    if not service.runs:
        return {}
    centre.watch.buses.import_(centre.engineer(), buses_to_json(registered_under(service, BUSES)))
    names = {run.vehicle for run in service.runs}
    reports = BusReports(BusOptions(load=True), city.network, earth_of_net(world.config.net), seed)

    def look(_before_s: float, now_s: float, _utc_ms: int) -> list[dict[str, Any]]:
        seen = reports.see(simulation.buses(names), now_s)
        return [
            position_document(replace(each, utc_ms=each.utc_ms + utc_ms)) for each in seen if isinstance(each, Position)
        ]

    return {BUSES: Sense(FeedKind.POSITIONS, look)}
