"""What the sensors report each step: loop events, or vehicles seen, for one signal of a running simulation."""

import zlib
from collections.abc import Sequence
from itertools import pairwise

from detectors.positions import Seen, SeenAtExit
from signal_ctrl.domain.network import JunctionLayout, ReachLane
from signal_ctrl.domain.view import UNKNOWN
from sumo_scenarios.layout import REACH_M
from sumo_scenarios.net_reader import Net
from sumo_scenarios.simulation import Simulation

_EXIT_REACH_M = 200.0


def vehicle_key(vehicle: str) -> int:
    """Return a number for a vehicle's name."""
    return zlib.crc32(vehicle.encode())


class VehicleEyes:
    """`positions` (no routes) and `oracle` (with routes) sensing of one signal."""

    def __init__(self, simulation: Simulation, net: Net, layout: JunctionLayout, with_routes: bool) -> None:
        self._simulation = simulation
        self._layout = layout
        self._with_routes = with_routes
        self._exit_edge = {net.lanes[e.lane_id].edge_id: i for i, e in enumerate(layout.exits)}
        self._edge_of_exit = [net.lanes[e.lane_id].edge_id for e in layout.exits]

    def approaching(self) -> list[Seen]:
        """Return the vehicles within reach of the stop lines."""
        return [seen for lane in self._layout.reach for seen in self._on(lane)]

    def _on(self, lane: ReachLane) -> list[Seen]:
        found = []
        for vehicle, position_m, speed_mps in self._simulation.lane_vehicles(lane.lane_id):
            to_stop_m = lane.length_m - position_m + lane.beyond_m
            if to_stop_m > REACH_M:
                continue
            key = vehicle_key(vehicle)
            if self._with_routes:
                target, movement = self._wanted(vehicle, lane.targets)
                if movement == UNKNOWN:
                    continue
            else:
                target, movement = lane.targets[key % len(lane.targets)], UNKNOWN
            found.append(Seen(key, target, to_stop_m, speed_mps, movement))
        return found

    def _wanted(self, vehicle: str, targets: Sequence[int]) -> tuple[int, int]:
        """Return approach lane and movement of a vehicle whose route is known; UNKNOWN where it does not come here."""
        route = self._simulation.next_edges(vehicle)
        edges = {lane.edge_id for lane in self._layout.lanes}
        for here, onward in pairwise(route):
            if here in edges:
                return self._movement(here, onward, targets)
        return targets[0], UNKNOWN

    def _movement(self, here: str, onward: str, targets: Sequence[int]) -> tuple[int, int]:
        fitting = [
            (abs(m.lane - targets[0]), m.lane, index)
            for index, m in enumerate(self._layout.movements)
            if self._layout.lanes[m.lane].edge_id == here and self._edge_of_exit[m.exit] == onward
        ]
        own = [item for item in fitting if item[1] in targets]
        return min(own or fitting)[1:] if fitting else (targets[0], UNKNOWN)

    def behind(self) -> list[SeenAtExit]:
        """Return the vehicles on the exit lanes, as far as they matter for room."""
        return [
            SeenAtExit(vehicle_key(vehicle), index, position_m, speed_mps)
            for index, lane in enumerate(self._layout.exits)
            for vehicle, position_m, speed_mps in self._simulation.lane_vehicles(lane.lane_id)
            if position_m <= _EXIT_REACH_M
        ]
