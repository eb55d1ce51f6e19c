"""A scenario whose cars park: car parks, who parks where and for how long, and the files for SUMO."""

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.saxutils import quoteattr

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, WayFinder
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from sumo_scenarios.catalogue import NEWTOWN, resolve
from sumo_scenarios.city_feed.road_network import network_of
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.parking_loop.car_parks import (
    ALTERNATIVES,
    CAR_PARK,
    CarPark,
    car_park_rows,
    dense_car_parks,
    own_car_parks,
)
from sumo_scenarios.parking_loop.order import Follows, ParkingOrder
from sumo_scenarios.plain_net import write_rows
from sumo_scenarios.resample import resample
from sumo_scenarios.xml_input import elements, parse_xml

CONFIG: Final = "parking.sumocfg"
REACH_M: Final = 400.0
"""Whose way ends so near to a car park, as the crow flies, parks there."""
UNDER_WAY_S: Final = 300.0
"""How long a car is under way, about; for the size of car parks alone."""
FOREVER_S: Final = 1_000_000.0
PASSENGER: Final = frozenset({"", "passenger", "private"})
_HASHES: Final = float(1 << 32)


@dataclass(frozen=True, slots=True)
class Parker:
    """A driver who parks: how he looks for a space, where he wants to, how long he stays, and how far the car park
    nearest to his destination is from where he begins. [s] [m]
    """

    vehicle: str
    follows: Follows
    home: str
    stay_s: float
    direct_m: float


@dataclass(frozen=True, slots=True)
class ParkingTown:
    """What a run needs: the configuration that SUMO reads, roads, car parks, and who parks."""

    config: Path
    network: RoadNetwork
    parks: tuple[CarPark, ...]
    parkers: Mapping[str, Parker]


def write_town(order: ParkingOrder, folder: Path) -> ParkingTown:
    """Write the files of a town whose cars park. Raises: InvalidInputError for a scenario without car parks."""
    scenario = resolve(order.settings.scenario)
    config = read_configuration(scenario.config)
    net = read_net(config.net)
    return _Writer(order, config, net, folder, scenario.name.startswith(NEWTOWN)).write()


class _Writer:
    """One town on its way into a folder."""

    def __init__(self, order: ParkingOrder, config: Configuration, net: Net, folder: Path, dense: bool) -> None:
        self._order, self._config, self._net, self._folder = order, config, net, folder
        self._network = network_of(net)
        self._length_m = {road.road: road.length_m for road in self._network.roads}
        free_s = np.array([road.free_time_s for road in self._network.roads], dtype=np.float32)
        self._finder = WayFinder(RoadGraph(self._network), RoadTimes(free_s, free_s, "free flow"))
        begin_s = config.begin_s if order.settings.begin_s is None else order.settings.begin_s
        end_s = config.end_s if order.settings.end_s is None else order.settings.end_s
        if begin_s is None or end_s is None:
            raise InvalidInputError("a run with car parks needs begin and end; give --begin and --end")
        self._times_s = (begin_s, end_s)
        self._cars = self._types()
        parks = dense_car_parks(self._standing(), net, order.fill) if dense else own_car_parks(config.additional, net)
        if not parks:
            raise InvalidInputError(
                f"{order.settings.scenario} has no {CAR_PARK}: add some to its files, or take newtown"
            )
        self._parks = parks
        self._middle = {park.name: self._place(park.edge) for park in parks}
        self._home: dict[str, str] = {}
        self._onward = self._exits()

    def _types(self) -> frozenset[str]:
        """Return the types of vehicles that are cars."""
        found = {"", "DEFAULT_VEHTYPE"}
        for path in (*self._config.routes, *self._config.additional):
            found |= {
                element.get("id", "")
                for _, element in elements(path)
                if element.tag == "vType" and element.get("vClass", "") in PASSENGER
            }
        return frozenset(found)

    def _driving(self, rows: Iterable[Element], times_s: tuple[float, float]) -> Iterator[tuple[Element, list[str]]]:
        """Yield the cars that depart within times, with their routes."""
        for element in rows:
            if self._is_car(element) and times_s[0] <= float(element.attrib["depart"]) < times_s[1]:
                route = element.find("route")
                edges = [] if route is None else route.get("edges", "").split()
                if len(edges) > 1 and all(edge in self._length_m for edge in edges):
                    yield element, edges

    def _base(self) -> Iterator[Element]:
        """Yield what the route files of the scenario hold."""
        for path in self._config.routes:
            yield from parse_xml(path)

    def _is_car(self, element: Element) -> bool:
        depart = element.get("depart", "")
        plain = element.tag == "vehicle" and depart.replace(".", "", 1).isdigit() and element.find("stop") is None
        return plain and element.get("type", "") in self._cars

    def _standing(self) -> dict[str, tuple[int, float]]:
        """Return by edge how many cars end there, and how many are expected to stand there when all have come."""
        order, found = self._order, dict[str, tuple[int, float]]()
        for element, edges in self._driving(self._base(), self._times_s):
            there_s = max(self._times_s[1] - float(element.attrib["depart"]) - UNDER_WAY_S, 0.0)
            stands = 1 - order.short * (1 - math.exp(-there_s / order.stay_s))
            drivers, standing = found.get(edges[-1], (0, 0.0))
            found[edges[-1]] = drivers + 1, standing + stands
        return found

    def _place(self, edge: str) -> tuple[float, float]:
        road = self._network.of(edge)
        return self._network.plane.metres(road.shape[len(road.shape) // 2])

    def home_of(self, edge: str) -> str:
        """Return the car park nearest to where a way ends; empty if none is near."""
        if edge not in self._home:
            place = np.array(self._place(edge))
            off_m = {name: float(np.hypot(*(place - middle))) for name, middle in self._middle.items()}
            name = min(off_m, key=lambda one: (off_m[one], one))
            own = next((park.name for park in self._parks if park.edge == edge), None)
            self._home[edge] = own or (name if off_m[name] <= REACH_M else "")
        return self._home[edge]

    def _exits(self) -> dict[str, list[list[str]]]:
        """Return routes that begin at the street of a car park: by these who stayed a while leaves."""
        streets = {park.edge for park in self._parks}
        found: dict[str, list[list[str]]] = {}
        for _, edges in self._driving(self._base(), (-np.inf, np.inf)):
            if edges[0] in streets:
                found.setdefault(edges[0], []).append(edges)
        return found

    def write(self) -> ParkingTown:
        """Write all files."""
        order, folder = self._order, self._folder
        demand = resample(
            self._config.routes, self._config.additional, max(order.settings.demand_seed, 1), self._times_s,
            folder / "drawn.rou.xml",
        )  # fmt: skip
        parkers = self._write_demand(demand.path, folder / "parking.rou.xml")
        near = {park.name: self._near(park.name) for park in self._parks}
        write_rows(folder / "car-parks.add.xml", "additional", car_park_rows(self._parks, near))
        demand.path.unlink()
        additional = [*(path.name for path in self._others()), "car-parks.add.xml"]
        options = "".join(f"<{name} value={quoteattr(value)}/>" for name, value in self._config.options)
        rows = (
            f'<input><net-file value="{self._config.net}"/><route-files value="parking.rou.xml"/>'
            f'<additional-files value="{",".join(additional)}"/></input>',
            f'<time><begin value="{self._times_s[0]}"/><end value="{self._times_s[1] + order.clearing_s}"/>'
            f'<step-length value="{self._config.step_s}"/></time>',
            f'<processing><time-to-teleport value="-1"/>{options}</processing>',
        )
        write_rows(folder / CONFIG, "configuration", rows)
        return ParkingTown(folder / CONFIG, self._network, self._parks, parkers)

    def _others(self) -> Iterator[Path]:
        """Write and yield the additional files of the scenario without its car parks."""
        for index, path in enumerate(self._config.additional):
            target = self._folder / f"own-{index}.add.xml"
            kept = [
                tostring(element, encoding="unicode").strip() for element in parse_xml(path) if element.tag != CAR_PARK
            ]
            write_rows(target, "additional", kept)
            yield target

    def _near(self, name: str) -> list[str]:
        place = np.array(self._middle[name])
        order = sorted(self._middle, key=lambda one: (float(np.hypot(*(place - self._middle[one]))), one))
        return order[:ALTERNATIVES]

    def _write_demand(self, drawn: Path, target: Path) -> dict[str, Parker]:
        """Write the demand with a stop in a car park for each car that parks; the others as they are."""
        parkers, rows = {}, []
        demand = list(parse_xml(drawn))
        parking = {element.get("id", ""): edges for element, edges in self._driving(demand, self._times_s)}
        for element in demand:
            edges = parking.get(element.get("id", ""))
            home = self.home_of(edges[-1]) if edges is not None else ""
            parker = self._parked(element, edges, home) if edges is not None and home else None
            if parker is not None:
                parkers[parker.vehicle] = parker
            rows.append(tostring(element, encoding="unicode").strip())
        write_rows(target, "routes", rows)
        return parkers

    def _parked(self, element: Element, edges: list[str], home: str) -> Parker | None:
        """Let a car stop in a car park; None if it cannot come there."""
        vehicle = element.attrib["id"]
        edge = next(park.edge for park in self._parks if park.name == home)
        way = edges if edges[-1] == edge else self._way(edges[0], edge)
        if way is None:
            return None
        leaves = self._draw("leaves", vehicle) < self._order.short and edge in self._onward
        stay_s = -float(np.log(1.0 - self._draw("stay", vehicle))) * self._order.stay_s if leaves else FOREVER_S
        onward = self._onward[edge] if leaves else []
        rest = onward[int(self._draw("way", vehicle) * len(onward))][1:] if leaves else []
        route = element.find("route")
        assert route is not None
        route.set("edges", " ".join([*way, *rest]))
        SubElement(element, "stop", {"parkingArea": home, "duration": f"{max(stay_s, 60.0):.0f}", "parking": "true"})
        follows = self._order.shares.of(self._draw("follows", vehicle))
        return Parker(vehicle, follows, home, stay_s, sum(self._length_m[one] for one in way))

    def _way(self, begin: str, end: str) -> list[str] | None:
        index = self._network.index
        trip = self._finder.towards(OnRoad(index[end], 0.5, 0.0)).trip(OnRoad(index[begin], 0.0, 0.0))
        return None if trip is None else [self._network.roads[road].road for road in trip.roads]

    def _draw(self, what: str, vehicle: str) -> float:
        """Return a number from 0 to 1 that is the vehicle's own on this day, whatever drivers are told."""
        return zlib.crc32(f"{self._order.settings.demand_seed} {what} {vehicle}".encode()) / _HASHES
