"""The buses of a run under way: their reports, and what of them each signal is told."""

from dataclasses import replace
from typing import Final

from detectors.buses.joining import ComingBus, lanes_of
from optimiser.bus_extension import BusCall
from optimiser.bus_priority import Coming
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.watch.buses.fleet import BusFleet, OnItsWay
from sumo_scenarios.bus_options import BusOptions
from sumo_scenarios.buses.beacons import beacons_of
from sumo_scenarios.buses.reporting import BusReports
from sumo_scenarios.buses.service import bus_service_of
from sumo_scenarios.city_feed.road_network import Equipment, earth_of_net, network_of
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

_STEP_S: Final = 1.0
Lanes = tuple[tuple[int, int, float], ...]


class RunBuses:
    """Looks once a second what buses report, and follows them by it. Its clock is the simulation's."""

    def __init__(self, world: World, options: BusOptions, simulation: Simulation, seed: int, begin_s: float) -> None:
        """Raises: InvalidInputError if the lines of the scenario do not lie on its roads."""
        network = network_of(world.net, world.additional, begin_s, Equipment(0.0))
        if options.beacons:
            network = replace(network, readers=beacons_of(network))
        service = bus_service_of(world.config, world.net)
        self.fleet = BusFleet(service, network, options.weighing)
        self._names = frozenset(run.vehicle for run in service.runs)
        self._simulation = simulation
        self._reports = BusReports(options, network, earth_of_net(world.net.path), seed)
        self._motor = frozenset(lane.lane_id for lane in world.net.lanes.values() if lane.motorised)
        self._lanes_of: dict[tuple[str, str, str], Lanes] = {}
        self._next_s = begin_s

    def step(self, time_s: float) -> None:
        """Take in what has been reported. [s]"""
        if time_s < self._next_s:
            return
        self._next_s = time_s + _STEP_S
        self.fleet.take(self._reports.see(self._simulation.buses(self._names), time_s))

    def told_to(self, layout: JunctionLayout) -> Coming:
        """Return what tells a signal of the buses that come to it."""

        def coming(now_s: float) -> list[ComingBus]:
            return [self._coming(layout, each) for each in self.fleet.coming(now_s).get(layout.signal_id, ())]

        return coming

    def calls(self, layout: JunctionLayout, now_s: float) -> list[BusCall]:
        """Return the buses that come to a signal as the classic rule knows them: groups, and the median time. [s]"""
        found = []
        for coming in self.fleet.coming(now_s).get(layout.signal_id, ()):
            lanes = self._lanes(layout, coming)
            groups = frozenset(layout.movements[movement].group for _, movement, _ in lanes)
            found.append(BusCall(groups, coming.arrival.times_s[len(coming.arrival.times_s) // 2]))
        return found

    def _lanes(self, layout: JunctionLayout, coming: OnItsWay) -> Lanes:
        line = coming.arrival.line
        key = layout.signal_id, line.road, line.next_road
        if key not in self._lanes_of:
            self._lanes_of[key] = lanes_of(layout, line.road, line.next_road, self._motor)
        return self._lanes_of[key]

    def _coming(self, layout: JunctionLayout, coming: OnItsWay) -> ComingBus:
        arrival, lanes = coming.arrival, self._lanes(layout, coming)
        return ComingBus(coming.key, lanes, arrival.times_s, arrival.to_stop_m, arrival.speed_mps, coming.cars)
