"""The crews of a city's units: sent on a mission they turn out, drive there through the simulated traffic, and back.

Who sends them is no matter: somebody on the page, or the calls of the demo itself. They drive by the way that dispatch
worked out, and report where they are; a unit that is a special vehicle has a corridor asked for on urgent missions.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.errors import BackendError, SignalCtrlError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.watch.dispatch.mission_desk import mission_of
from signal_ctrl.watch.dispatch.missions import MissionState
from signal_ctrl.watch.dispatch.unit_desk import units
from signal_ctrl.watch.dispatch.units import Unit, UnitPosition, UnitState
from signal_ctrl.watch.special.special import DevicePosition
from signal_ctrl.watch.special.values import SpecialVehicle
from sumo_scenarios.city_demo.bases import CLASSES, Base, units_document
from sumo_scenarios.city_demo.city import City
from sumo_scenarios.over_http.centre import RunCentre
from sumo_scenarios.simulation import BusSeen, Simulation

TURNOUT_S: Final = 20.0
SCENE_S: Final = 90.0
"""A crew sets out so long after it was sent, and is so long at the scene. [s]"""
REPORT_S: Final = 2.0
IDLE_S: Final = 30.0
"""Who drives reports its place so often, who stands so often. [s]"""
NOISE_M: Final = 5.0
URGENT: Final = 2
"""Missions up to this priority get a corridor."""
LOGIN: Final = "demo-crews"


@dataclass(slots=True)
class Crew:
    """One unit on the street. `vehicle`, what it drives in the simulation now, empty while it stands at `place`.

    `due_s`, when what comes next is due; `trips`, so often it has set out. [s]
    """

    base: Base
    kind: str
    place: LonLat
    vehicle: str = ""
    is_on_road: bool = False
    goal: LonLat | None = None
    due_s: float | None = None
    trips: int = 0


class Crews:
    """All crews of a city."""

    def __init__(self, city: City, simulation: Simulation, centre: RunCentre, bases: Sequence[Base], kind: str) -> None:
        """Args: kind, the type of SUMO that special vehicles are; the others are its usual cars."""
        self._city, self._simulation, self._centre = city, simulation, centre
        self._crews = {b.unit: Crew(b, kind if b.kind in CLASSES else "", b.home) for b in bases}
        self._dispatch, self._special = centre.watch.dispatch, centre.watch.special
        self._draw = np.random.default_rng(len(bases))
        self._next_s = self._stood_s = 0.0
        self._dispatch.units.import_(self._actor(), units_document(bases))
        for base in bases:
            if base.kind in CLASSES:
                vehicle = SpecialVehicle(base.unit, CLASSES[base.kind], 0, LOGIN, base.kind.value, unit=base.unit)
                self._special.vehicles.register(LOGIN, vehicle)

    def _actor(self) -> Actor:
        return Actor(LOGIN, Role.SUPERVISOR, second_factor_utc_ms=self._centre.centre.desk.now_ms())

    def step(self, time_s: float) -> None:
        """Let every crew do what is due; one that cannot go on keeps nobody else from it. [s]"""
        known = self._centre.centre.store.read(lambda r: {unit.unit: unit for unit in units(r)})
        for name, crew in self._crews.items():
            if name in known:
                with suppress(SignalCtrlError):
                    self._act(crew, known[name], time_s)
        self._report(time_s)

    def _act(self, crew: Crew, unit: Unit, time_s: float) -> None:
        if crew.vehicle:
            self._drive(crew, unit)
        elif unit.state is UnitState.ASSIGNED and self._is_due(crew, time_s, TURNOUT_S):
            self._set_out(crew, unit)
        elif unit.state is UnitState.ON_SCENE and self._is_due(crew, time_s, SCENE_S):
            self._dispatch.missions.close(self._actor(), unit.mission, "done; the crew of the demo goes home")
        elif unit.state is UnitState.RETURNING:
            self._go_home(crew, unit)

    def _is_due(self, crew: Crew, time_s: float, after_s: float) -> bool:
        if crew.due_s is None:
            crew.due_s = time_s + after_s
        if time_s < crew.due_s:
            return False
        crew.due_s = None
        return True

    def _set_out(self, crew: Crew, unit: Unit) -> None:
        mission = self._centre.centre.store.read(lambda r: mission_of(r, unit.mission))
        self._put_on_road(crew, self._dispatch.arrival(unit.mission).roads, mission.place)
        self._dispatch.missions.status(self._actor(), unit.mission, MissionState.EN_ROUTE)
        if unit.kind in CLASSES and mission.priority <= URGENT:
            self._special.request(self._actor(), mission=unit.mission)

    def _go_home(self, crew: Crew, unit: Unit) -> None:
        """Drive back to the base; who is there already, or cannot drive there, is free at once."""
        town = self._dispatch.town()
        (standing,) = town.stand([unit], self._dispatch.units.positions, self._centre.centre.desk.now_ms())
        found = town.way(standing, town.ways(town.places(crew.base.home)))
        roads = () if found is None else found[0].roads
        try:
            if len(roads) > 1:
                self._put_on_road(crew, roads, crew.base.home)
                return
        except BackendError:
            crew.vehicle = ""
        self._is_home(crew)

    def _is_home(self, crew: Crew) -> None:
        crew.place = crew.base.home
        self._dispatch.units.set_state(self._actor(), crew.base.unit, UnitState.FREE, "at its base")

    def _put_on_road(self, crew: Crew, roads: Sequence[str], goal: LonLat) -> None:
        crew.trips += 1
        vehicle = f"{crew.base.unit}.{crew.trips}"
        self._simulation.insert(vehicle, crew.kind, roads)
        crew.vehicle, crew.is_on_road, crew.goal = vehicle, False, goal

    def _drive(self, crew: Crew, unit: Unit) -> None:
        """Look whether the vehicle has come to the end of its way: then the crew is where it was sent, or at home."""
        if self._simulation.place_of(crew.vehicle) is not None:
            crew.is_on_road = True
        elif crew.is_on_road and crew.goal is not None:
            crew.vehicle, crew.place = "", crew.goal
            if unit.state is UnitState.EN_ROUTE:
                self._dispatch.missions.status(self._actor(), unit.mission, MissionState.ON_SCENE)
            elif unit.state is UnitState.RETURNING and crew.goal == crew.base.home:
                self._is_home(crew)

    def _report(self, time_s: float) -> None:
        """Tell where each unit is, as its device would: at once, for feeds are worked through every 20 s. [s]"""
        if time_s < self._next_s:
            return
        self._next_s, stands = time_s + REPORT_S, time_s >= self._stood_s
        if stands:
            self._stood_s = time_s + IDLE_S
        seen = self._simulation.buses({crew.vehicle for crew in self._crews.values() if crew.vehicle})
        for name, crew in self._crews.items():
            if crew.vehicle in seen:
                self._tell(name, *self._noisy(seen[crew.vehicle]))
            elif stands and not crew.vehicle:
                self._tell(name, crew.place, None)

    def _noisy(self, seen: BusSeen) -> tuple[LonLat, float]:
        """Return place and heading as well as a receiver knows them."""
        x_m, y_m = self._draw.normal(seen.front, NOISE_M)
        return self._city.degrees(float(x_m), float(y_m)), seen.angle_deg % 360

    def _tell(self, name: str, place: LonLat, heading_deg: float | None) -> None:
        utc_ms = self._centre.centre.desk.now_ms()
        self._dispatch.units.report(self._actor(), UnitPosition(name, *place, utc_ms, "device", heading_deg))
        if self._special.corridors.underway(name) is not None:
            with suppress(SignalCtrlError):  # off its way, or too soon after the last one: the next report tells more
                self._special.report_by_device(f"special.{name}", DevicePosition(place, heading_deg))
