"""Lines, stops and timetables of a scenario, out of its route files and additional files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService, BusStop
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.fleet import read_fleet
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.xml_input import elements, parse_time_s

CLASSES: Final = frozenset({"bus", "coach"})
PLACES: Final = 85
"""SUMO's usual capacity of a bus. [persons]"""


@dataclass(frozen=True, slots=True)
class _Place:
    road: str
    position_m: float
    name: str


@dataclass(frozen=True, slots=True)
class _Drive:
    vehicle: str
    line: str
    roads: tuple[str, ...]
    stops: tuple[str, ...]
    due_s: tuple[float, ...]
    depart_s: float
    places: int


def bus_service_of(config: Configuration, net: Net, midnight_utc_ms: int = 0) -> BusService:
    """Return the buses of a scenario: vehicles of class bus that have a route and stops written with them.

    Raises: InvalidInputError if a file cannot be read.
    """
    files = (*config.routes, *config.additional)
    kinds = {
        name: int(kind.get("personCapacity", PLACES))
        for name, kind in read_fleet(files).types().items()
        if kind.get("vClass") in CLASSES
    }
    places = dict(_places(files, net))
    drives = [drive for path in files for drive in _drives(path, kinds, places)]
    lines: dict[tuple[str, ...], BusLine] = {}
    for drive in drives:
        key = (drive.line, *drive.roads, *drive.stops)
        if key not in lines:
            lines[key] = _line(drive, places, {line.line for line in lines.values()}, _headway_s(drive, drives))
    runs = tuple(
        BusRun(each.vehicle, lines[each.line, *each.roads, *each.stops].line, each.due_s, each.places, each.vehicle)
        for each in drives
    )
    return BusService(tuple(lines.values()), runs, midnight_utc_ms)


def service_of_scenario(scenario: str, midnight_utc_ms: int = 0) -> BusService:
    """Return the buses of a catalogue name or a `.sumocfg`. Raises: InvalidInputError if it has none."""
    config = read_configuration(catalogue.resolve(scenario).config)
    service = bus_service_of(config, read_net(config.net), midnight_utc_ms)
    if not service.runs:
        raise InvalidInputError(f"{scenario} has no buses with stops of their own")
    return service


def registered_under(service: BusService, feed: str) -> BusService:
    """Return the service with its vehicles under the name of the feed that reports them, as a centre knows them."""
    runs = tuple(replace(run, vehicle=f"{feed}/{run.vehicle}") for run in service.runs)
    return BusService(service.lines, runs, service.midnight_utc_ms)


def _places(files: Sequence[Path], net: Net) -> Iterator[tuple[str, _Place]]:
    """Yield the bus stops; the front of a bus stands at their end."""
    for path in files:
        for _, element in elements(path):
            if element.tag != "busStop":
                continue
            lane = net.lanes.get(element.get("lane", ""))
            if lane is None:
                raise InvalidInputError(f"{path}: bus stop {element.get('id')} lies on no lane of the net")
            end_m = float(element.get("endPos", lane.length_m))
            end_m = end_m if end_m >= 0 else lane.length_m + end_m
            yield element.get("id", ""), _Place(lane.edge_id, min(end_m, lane.length_m), element.get("name", ""))


def _drives(path: Path, kinds: Mapping[str, int], places: Mapping[str, _Place]) -> Iterator[_Drive]:
    for _, element in elements(path):
        if element.tag != "vehicle":
            continue
        route = element.find("route")
        if element.get("type", "") in kinds and route is not None:
            yield _drive(element, route, kinds[element.get("type", "")], places)
        element.clear()


def _drive(element: Element, route: Element, places: int, known: Mapping[str, _Place]) -> _Drive:
    roads = tuple(route.get("edges", "").split())
    stops = [stop for stop in (*route.iter("stop"), *element.findall("stop")) if stop.get("busStop") in known]
    due = [parse_time_s(stop.get("until", "")) if stop.get("until") else None for stop in stops]
    due_s = tuple(each for each in due if each is not None)
    names = tuple(stop.get("busStop", "") for stop in stops)
    return _Drive(
        element.get("id", ""), element.get("line", "") or "bus", roads, names,
        due_s if len(due_s) == len(stops) else (), parse_time_s(element.get("depart", "0")) or 0.0, places,
    )  # fmt: skip


def _line(drive: _Drive, places: Mapping[str, _Place], taken: set[str], headway_s: float | None) -> BusLine:
    name, number = drive.line, 2
    while name in taken:
        name, number = f"{drive.line}-{number}", number + 1
    stops = tuple(
        BusStop(stop, places[stop].road, places[stop].position_m, places[stop].name, holds=bool(drive.due_s))
        for stop in drive.stops
    )
    return BusLine(name, drive.roads, stops, headway_s)


def _headway_s(drive: _Drive, drives: Sequence[_Drive]) -> float | None:
    """Return the shortest usual gap between departures of the same drives, the median of all. [s]"""
    departs = sorted(each.depart_s for each in drives if (each.line, each.roads) == (drive.line, drive.roads))
    gaps = sorted(behind - before for before, behind in pairwise(departs) if behind > before)
    return gaps[len(gaps) // 2] if gaps else None
