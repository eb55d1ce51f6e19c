"""Where scenes come from: a running simulation, or what SUMO wrote of one (`--fcd-output`)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.bodies import Body, body_of
from sumo_scenarios.film.movement import Mover, Scene, scene_of
from sumo_scenarios.fleet import Fleet
from sumo_scenarios.simulation import RoadUser, Simulation
from sumo_scenarios.xml_input import elements

BRAKE_LIGHT: Final = 8
"""Bit of SUMO's vehicle signals."""
SIZES: Final[dict[str, tuple[float, float, float]]] = {
    "pedestrian": (0.215, 0.478, 1.719),
    "bicycle": (1.6, 0.65, 1.7),
    "moped": (2.1, 0.78, 1.7),
    "motorcycle": (2.2, 0.9, 1.5),
    "truck": (7.1, 2.4, 2.4),
    "trailer": (16.5, 2.55, 4.0),
    "bus": (12.0, 2.5, 3.4),
    "coach": (14.0, 2.6, 4.0),
    "delivery": (6.5, 2.16, 2.86),
}
"""Length, width, height [m] of SUMO's vehicle classes where a type says nothing (SUMO user documentation, vClass)."""
CAR_SIZE: Final = (5.0, 1.8, 1.5)
_WALKER_LONG_M: Final = 0.35


@dataclass(slots=True)
class LiveScenes:
    """Scenes of a running simulation within reach of a place. [m]"""

    simulation: Simulation
    place: tuple[float, float]
    reach_m: float
    bodies: dict[str, Body] = field(default_factory=dict)

    def now(self, time_s: float) -> Scene:
        """Return the scene of this moment. [s]"""
        return scene_of(time_s, [self._mover(user) for user in self.simulation.road_users() if self._near(user)])

    def _near(self, user: RoadUser) -> bool:
        return math.dist(user.front, self.place) <= self.reach_m

    def _mover(self, user: RoadUser) -> Mover:
        body = self.bodies.get(user.name)
        if body is None:
            body = self.bodies[user.name] = grown_body(user.name, *self.simulation.size_of(user.name))
        return mover_of(user, body)


def grown_body(name: str, vehicle_class: str, length_m: float, width_m: float, height_m: float) -> Body:
    """Return the body of a road user; walkers are as long as a step."""
    long_m = max(length_m, _WALKER_LONG_M)
    return body_of(name, vehicle_class, long_m, width_m, height_m)


def mover_of(user: RoadUser, body: Body) -> Mover:
    """Return a road user as it stands."""
    heading = math.radians(90.0 - user.angle_deg)
    braking = bool(user.signals & BRAKE_LIGHT)
    return Mover(user.name, body, user.front, heading, user.speed_mps, braking)


def fcd_scenes(path: Path, fleet: Fleet, step_s: float) -> Iterator[Scene]:
    """Yield the scenes of a file that SUMO wrote with `--fcd-output`, plain or gzip'd.

    Args: fleet, the types of the scenario, which give the sizes; step_s, length of a step [s]: SUMO writes where
    everybody is at the end of a step under the time of its begin.
    Raises: InvalidInputError for a damaged file, or one without positions.
    """
    types = fleet.types()
    bodies: dict[str, Body] = {}
    for _, element in elements(path):
        if element.tag != "timestep":
            continue
        time_s = _number(path, element, "time") + step_s
        yield scene_of(time_s, [_mover(path, each, types, bodies) for each in element])
        element.clear()


def _mover(path: Path, row: Element, types: Mapping[str, Element], bodies: dict[str, Body]) -> Mover:
    name = row.get("id", "")
    if name not in bodies:
        bodies[name] = grown_body(name, *size_of_type(types.get(row.get("type", "")), row.tag == "person"))
    front = (_number(path, row, "x"), _number(path, row, "y"))
    signals = int(row.get("signals", "0")) if row.get("signals", "0").isdecimal() else 0
    user = RoadUser(name, front, _number(path, row, "angle"), _number(path, row, "speed"), signals)
    return mover_of(user, bodies[name])


def size_of_type(kind: Element | None, walks: bool) -> tuple[str, float, float, float]:
    """Return class, length, width and height of a vehicle type; SUMO's usual ones where it says nothing. [m]"""
    vehicle_class = "pedestrian" if walks else ("passenger" if kind is None else kind.get("vClass", "passenger"))
    usual = SIZES.get(vehicle_class, CAR_SIZE)
    given = [None if kind is None else kind.get(key) for key in ("length", "width", "height")]
    size = [float(text) if text is not None else own for text, own in zip(given, usual, strict=True)]
    return vehicle_class, size[0], size[1], size[2]


def _number(path: Path, element: Element, key: str) -> float:
    try:
        value = float(element.attrib[key])
    except (KeyError, ValueError) as error:
        raise InvalidInputError(
            f"{path}: a {element.tag} without a number '{key}'; write it with --fcd-output"
        ) from error
    if not math.isfinite(value):
        raise InvalidInputError(f"{path}: {key} of a {element.tag} is {value}")
    return value
