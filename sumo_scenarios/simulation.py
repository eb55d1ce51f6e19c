"""The only place that speaks libsumo: one typed simulation a process, with its errors turned into ours."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.errors import BackendError, BackendLostError

WALKER_HEIGHT_M: Final = 1.75
_LOOKS_M: Final = 200.0
_LEAST_MPS: Final = 0.1
_ALL_CHECKS: Final = 31
"""SUMO's speed mode of usual vehicles: safe speed, acceleration, braking, right of way, red."""


def sumo_home() -> Path:
    """Return the folder of the installed SUMO wheel, which libsumo needs for its data files."""
    spec = importlib.util.find_spec("sumo")
    if spec is None or not spec.submodule_search_locations:
        raise BackendError("SUMO is not installed: run 'make setup'")
    return Path(spec.submodule_search_locations[0])


@contextmanager
def _translated(libsumo: Any) -> Iterator[None]:
    foreign: Final = ((libsumo.FatalTraCIError, BackendLostError), (libsumo.TraCIException, BackendError))
    try:
        yield
    except Exception as error:
        for theirs, ours in foreign:
            if isinstance(error, theirs):
                raise ours(str(error).strip() or "SUMO gave no reason") from error
        raise


class RoadUser(NamedTuple):
    """A vehicle or a walker: middle of its front (x, y) [m], angle clockwise from north [degrees], speed [m/s], SUMO's
    signal bits.
    """

    name: str
    front: tuple[float, float]
    angle_deg: float
    speed_mps: float
    signals: int


class BusSeen(NamedTuple):
    """A bus: middle of its front (x, y) [m], angle clockwise from north [degrees], speed [m/s], persons in it, edge and
    metres along it.
    """

    front: tuple[float, float]
    angle_deg: float
    speed_mps: float
    load: int
    road: str
    position_m: float


class Driving(NamedTuple):
    """How a vehicle drives: edge, how far it has come since it set out [m], speed and what it may drive there [m/s].

    `inside` a junction or not; the next signal, its link there, lamp and distance to the stop line [m] (empty: none
    ahead); gap to who is ahead [m], None: nobody, and how fast that one is [m/s].
    """

    edge: str
    driven_m: float
    speed_mps: float
    allowed_mps: float
    inside: bool
    signal: str
    link: int
    letter: str
    stop_m: float
    gap_m: float | None
    leader_mps: float


class Simulation:
    """A running SUMO. Close it, or use it in a `with` statement; lamps and readings are by SUMO's own ids."""

    def __init__(self, arguments: Sequence[str]) -> None:
        os.environ["SUMO_HOME"] = str(sumo_home())
        self._libsumo: Any = importlib.import_module("libsumo")
        with _translated(self._libsumo):
            self._libsumo.start(["sumo", *arguments])
        lib = self._libsumo
        self.arrived = 0
        self._set_state = lib.trafficlight.setRedYellowGreenState
        self._get_state = lib.trafficlight.getRedYellowGreenState
        self._loop_data = lib.inductionloop.getVehicleData
        self._lane_vehicles = lib.lane.getLastStepVehicleIDs
        self._position_m = lib.vehicle.getLanePosition
        self._speed_mps = lib.vehicle.getSpeed

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def version(self) -> str:
        """SUMO's version, such as 1.28.0."""
        return str(self._libsumo.getVersion()[1]).removeprefix("SUMO ")

    @property
    def time_s(self) -> float:
        """Simulation time. [s]"""
        return float(self._libsumo.simulation.getTime())

    def step(self) -> float:
        """Advance one step and return the time. [s] Raises: BackendError, BackendLostError if SUMO cannot go on."""
        with _translated(self._libsumo):
            self._libsumo.simulationStep()
        self.arrived += int(self._libsumo.simulation.getArrivedNumber())
        return self.time_s

    def running(self) -> int:
        """Return the vehicles on the network. [veh]"""
        return int(self._libsumo.vehicle.getIDCount())

    def show(self, signal: str, state: str) -> None:
        """Set all lamps of a signal. Raises: BackendError if SUMO does not take the state."""
        with _translated(self._libsumo):
            self._set_state(signal, state)

    def shown(self, signal: str) -> str:
        """Return the lamps of a signal."""
        return str(self._get_state(signal))

    def loop_passages(self, loop_id: str) -> list[tuple[float, float]]:
        """Return (on, off) of vehicles on a loop in the last step; off is -1 while it is occupied. [s]

        A street has no vehicle ids, so they are dropped here.
        """
        rows = self._loop_data(loop_id)
        return [(row[2], row[3]) for row in rows] if rows else []

    def lane_vehicles(self, lane_id: str) -> list[tuple[str, float, float]]:
        """Return (id, position [m] from the start of the lane, speed [m/s]) of the vehicles on a lane."""
        ids = self._lane_vehicles(lane_id)
        return [(vehicle, self._position_m(vehicle), self._speed_mps(vehicle)) for vehicle in ids]

    def road_users(self) -> list[RoadUser]:
        """Return all vehicles and walkers that are on the road."""
        vehicles = self._libsumo.vehicle
        found = [
            RoadUser(
                name,
                vehicles.getPosition(name),
                vehicles.getAngle(name),
                self._speed_mps(name),
                vehicles.getSignals(name),
            )
            for name in vehicles.getIDList()
        ]
        walkers = self._libsumo.person
        return found + [
            RoadUser(name, walkers.getPosition(name), walkers.getAngle(name), walkers.getSpeed(name), 0)
            for name in walkers.getIDList()
            if not walkers.getVehicle(name)
        ]

    def buses(self, names: Collection[str]) -> dict[str, BusSeen]:
        """Return those of some vehicles that are on the road, by name."""
        vehicles = self._libsumo.vehicle
        return {
            name: BusSeen(
                vehicles.getPosition(name),
                float(vehicles.getAngle(name)),
                float(self._speed_mps(name)),
                int(vehicles.getPersonNumber(name)),
                str(vehicles.getRoadID(name)),
                float(self._position_m(name)),
            )
            for name in vehicles.getIDList()
            if name in names
        }

    def size_of(self, name: str) -> tuple[str, float, float, float]:
        """Return class, length, width and height of a vehicle or a walker that is on the road. [m]"""
        vehicles = self._libsumo.vehicle
        kind = vehicles if name in self._libsumo.vehicle.getIDList() else self._libsumo.person
        vehicle_class = kind.getVehicleClass(name) if kind is vehicles else "pedestrian"
        height_m = kind.getHeight(name) if kind is vehicles else WALKER_HEIGHT_M
        return str(vehicle_class), float(kind.getLength(name)), float(kind.getWidth(name)), float(height_m)

    def place_of(self, vehicle: str) -> tuple[str, float] | None:
        """Return edge and place on it [m] of a vehicle, None if it is not on the road. Who reports itself may ask."""
        try:
            with _translated(self._libsumo):
                edge = str(self._libsumo.vehicle.getRoadID(vehicle))
                return (edge, float(self._position_m(vehicle))) if edge else None
        except BackendLostError:
            raise
        except BackendError:
            return None

    def driving(self, vehicle: str) -> Driving | None:
        """Return how a vehicle drives, None if it is not on the road; only what judges a run may ask."""
        place, own = self.place_of(vehicle), self._libsumo.vehicle
        if place is None:
            return None
        signals, leader = own.getNextTLS(vehicle), own.getLeader(vehicle, _LOOKS_M)
        signal, link, stop_m, letter = signals[0] if signals else ("", -1, 0.0, "")
        gap_m = None if not leader or not leader[0] else max(float(leader[1]), 0.0)
        return Driving(
            place[0], self.driven_m(vehicle), float(self._speed_mps(vehicle)),
            max(float(own.getAllowedSpeed(vehicle)), _LEAST_MPS), place[0].startswith(":"),
            str(signal), int(link), str(letter), float(stop_m),
            gap_m, 0.0 if gap_m is None else float(self._speed_mps(leader[0])),
        )  # fmt: skip

    def keep_to_lamps(self, vehicle: str) -> None:
        """Have a vehicle stop at red and give way as everybody does, whatever its devices have set.

        SUMO's device `bluelight` switches both off once, when the vehicle is made.
        """
        with _translated(self._libsumo):
            self._libsumo.vehicle.setSpeedMode(vehicle, _ALL_CHECKS)

    def lane_halting(self, lane_id: str) -> int:
        """Return the vehicles that stand on a lane (below 0.1 m/s)."""
        return int(self._libsumo.lane.getLastStepHaltingNumber(lane_id))

    def edge_vehicles(self, edge_id: str) -> int:
        """Return how many vehicles are on an edge now."""
        return int(self._libsumo.edge.getLastStepVehicleNumber(edge_id))

    def edge_vehicle_names(self, edge_id: str) -> tuple[str, ...]:
        """Return the names of the vehicles on an edge now; only what plays the drivers may ask."""
        return tuple(self._libsumo.edge.getLastStepVehicleIDs(edge_id))

    def edge_people(self, edge_id: str) -> list[tuple[str, str, float]]:
        """Return (name, next edge, speed [m/s]) of the people on foot on an edge."""
        person = self._libsumo.person
        names = self._libsumo.edge.getLastStepPersonIDs(edge_id)
        return [(name, str(person.getNextEdge(name)), float(person.getSpeed(name))) for name in names]

    def edge_time_s(self, edge_id: str) -> float:
        """Return how long the edge takes at the speed that is driven there now. [s]"""
        return float(self._libsumo.edge.getTraveltime(edge_id))

    def edge_pending(self, edge_id: str) -> int:
        """Return the vehicles that are due on an edge and find no room to enter it."""
        return len(self._libsumo.edge.getPendingVehicles(edge_id))

    def next_edges(self, vehicle: str) -> tuple[str, ...]:
        """Return the rest of a vehicle's route, its present edge first. Only `oracle` sensing may ask."""
        route = self._libsumo.vehicle.getRoute(vehicle)
        return tuple(route[max(self._libsumo.vehicle.getRouteIndex(vehicle), 0) :])

    def follow(self, vehicle: str, edges: Sequence[str]) -> None:
        """Send a vehicle by other edges, the one that it is on first. Raises: BackendError if it cannot go there."""
        with _translated(self._libsumo):
            self._libsumo.vehicle.setRoute(vehicle, list(edges))

    def insert(self, vehicle: str, kind: str, edges: Sequence[str]) -> None:
        """Have a vehicle set out by some edges as soon as there is room. Args: kind, its type, empty for a usual car.

        Raises: BackendError if the name is taken, or nobody of this type can go there.
        """
        with _translated(self._libsumo):
            way = f"way of {vehicle}"
            self._libsumo.route.add(way, list(edges))
            self._libsumo.vehicle.add(vehicle, way, typeID=kind or "DEFAULT_VEHTYPE", departLane="best")

    def came_and_went(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return the vehicles that in the last step set out, began to park, left their space, and left the network."""
        simulation = self._libsumo.simulation
        return (
            tuple(simulation.getDepartedIDList()),
            tuple(simulation.getParkingStartingVehiclesIDList()),
            tuple(simulation.getParkingEndingVehiclesIDList()),
            tuple(simulation.getArrivedIDList()),
        )

    def parked(self, car_park: str) -> int:
        """Return how many vehicles stand in a car park. [veh]"""
        return int(self._libsumo.parkingarea.getVehicleCount(car_park))

    def next_car_park(self, vehicle: str) -> str:
        """Return the car park that a vehicle will stop in next, empty if there is none."""
        stops = self._libsumo.vehicle.getStops(vehicle, 1)
        return str(stops[0].stoppingPlaceID) if stops else ""

    def park_at(self, vehicle: str, car_park: str) -> None:
        """Have a vehicle stop in another car park than it would next. Raises: BackendError if it cannot go there."""
        with _translated(self._libsumo):
            self._libsumo.vehicle.rerouteParkingArea(vehicle, car_park)

    def driven_m(self, vehicle: str) -> float:
        """Return how far a vehicle that is on the road has driven. [m]"""
        return float(self._libsumo.vehicle.getDistance(vehicle))

    def where(self, vehicle: str) -> tuple[str, float]:
        """Return edge and position on it of a vehicle that is on the road; within a junction it begins with ':'."""
        return str(self._libsumo.vehicle.getRoadID(vehicle)), float(self._position_m(vehicle))

    def close(self) -> None:
        """End the simulation so that its files are complete."""
        with _translated(self._libsumo):
            self._libsumo.close()
