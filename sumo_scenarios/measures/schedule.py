"""The demand as its files state it: who is to depart when, counted without SUMO."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.measures.vehicle_types import DEFAULT_TYPES, VehicleType, read_type
from sumo_scenarios.xml_input import elements, parse_time_s

_VEHICLES: Final = frozenset({"vehicle", "trip"})
_RATES_VEH_H: Final = ("vehsPerHour", "perHour")
_SIGMAS: Final = 5.0
"""Random flows may stay this many standard deviations below their mean before vehicles count as missing."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One vehicle of the demand. [s]

    `edges` is its route where the file writes one (`routed`), else where it begins, what it passes and where it ends.
    """

    vehicle: str
    depart_s: float
    type_id: str
    line: str
    edges: tuple[str, ...]
    routed: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """Vehicles `flow_id.0`, `flow_id.1`, …: every `period_s` or at random with that mean. [s], [veh]"""

    flow_id: str
    begin_s: float
    end_s: float
    period_s: float
    number: float
    random: bool
    type_id: str
    line: str
    edges: tuple[str, ...]
    routed: bool

    def due_veh(self, begin_s: float, end_s: float) -> float:
        """Return the fewest vehicles that are to depart within [begin, end); random flows are given 5 sigma.

        Of its number those are gone who departed before begin; how many, nobody can tell of a random flow.
        """
        first_s, last_s = max(self.begin_s, begin_s), min(self.end_s, end_s)
        if math.isfinite(self.number) and first_s > self.begin_s:
            last_s = -math.inf if self.random else min(last_s, self.begin_s + self.number * self.period_s)
        if not first_s < last_s or not self.period_s > 0:
            return 0.0
        span_s = last_s - first_s
        if not self.random:
            return max(min(math.floor(span_s / self.period_s), self.number), 0.0)
        mean_veh = min(span_s / self.period_s, self.number)
        return max(math.floor(mean_veh - _SIGMAS * math.sqrt(mean_veh)), 0.0)


_Asked = TypeVar("_Asked", Departure, Flow)


@dataclass(slots=True)
class Schedule:
    """The demand of a scenario; treat as read-only: it is shared between the runs that one process measures."""

    departures: list[Departure] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    types: dict[str, VehicleType] = field(default_factory=lambda: dict(DEFAULT_TYPES))

    def due(self, begin_s: float, end_s: float) -> list[Departure]:
        """Return the single vehicles that are to depart within [begin, end). [s]"""
        return [each for each in self.departures if begin_s <= each.depart_s < end_s]

    @property
    def lines(self) -> Mapping[str, str]:
        """Lines by the name of a vehicle or flow."""
        own = {each.vehicle: each.line for each in self.departures if each.line}
        return own | {flow.flow_id: flow.line or flow.flow_id for flow in self.flows}


def read_schedule(paths: Iterable[Path]) -> Schedule:
    """Return the demand of route and additional files; kept from one run to the next as long as no file changes.

    Raises: InvalidInputError for damaged files.
    """
    return _read(tuple((path, *_stamp(path)) for path in paths))


def _stamp(path: Path) -> tuple[int, int]:
    """Return size [byte] and time of change [ns] of a file."""
    try:
        found = path.stat()
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror}") from error
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4)
def _read(stamps: tuple[tuple[Path, int, int], ...]) -> Schedule:
    schedule = Schedule()
    routes: dict[str, tuple[str, ...]] = {}
    for path, _, _ in stamps:
        for _, element in elements(path):
            _take(schedule, routes, element)
    schedule.departures = [_with_route(each, routes) for each in schedule.departures]
    schedule.flows = [_with_route(flow, routes) for flow in schedule.flows]
    return schedule


def _take(schedule: Schedule, routes: dict[str, tuple[str, ...]], element: Element) -> None:
    if element.tag in _VEHICLES:
        departure = _departure(element)
        if departure is not None:
            schedule.departures.append(departure)
        element.clear()
    elif element.tag == "flow":
        schedule.flows.append(_flow(element))
    elif element.tag == "vType":
        schedule.types[element.get("id", "")] = read_type(element)
    elif element.tag == "route" and element.get("id"):
        routes[element.attrib["id"]] = tuple(element.get("edges", "").split())


def _with_route(asked: _Asked, routes: Mapping[str, tuple[str, ...]]) -> _Asked:
    """Return a vehicle or flow with the edges of the route that it only names."""
    if not asked.routed or len(asked.edges) != 1:
        return asked
    return replace(asked, edges=routes.get(asked.edges[0], asked.edges))


def _edges(element: Element) -> tuple[tuple[str, ...], bool]:
    """Return the edges of a vehicle, and whether they are its route; of one that only names it, the name."""
    route = element.find("route")
    if route is not None and route.get("edges"):
        return tuple(route.attrib["edges"].split()), True
    if element.get("route"):
        return (element.attrib["route"],), True
    return (*element.get("from", "").split(), *element.get("via", "").split(), *element.get("to", "").split()), False


def _departure(element: Element) -> Departure | None:
    """Return a vehicle with a time of its own, None for one that somebody else sets off."""
    depart_s = _time_s(element.get("depart", ""))
    if depart_s is None:
        return None
    edges, routed = _edges(element)
    return Departure(
        vehicle=element.get("id", ""),
        depart_s=depart_s,
        type_id=element.get("type", "DEFAULT_VEHTYPE"),
        line=element.get("line", ""),
        edges=edges,
        routed=routed,
    )


def _flow(element: Element) -> Flow:
    begin_s = _time_s(element.get("begin", "0")) or 0.0
    end_s = _time_s(element.get("end", ""))
    number = _number(element.get("number", ""))
    period_s, random = _period_s(element, begin_s, end_s, number)
    edges, routed = _edges(element)
    return Flow(
        flow_id=element.get("id", ""),
        begin_s=begin_s,
        end_s=math.inf if end_s is None else end_s,
        period_s=period_s,
        number=math.inf if number is None else number,
        random=random,
        type_id=element.get("type", "DEFAULT_VEHTYPE"),
        line=element.get("line", ""),
        edges=edges,
        routed=routed,
    )


def _period_s(element: Element, begin_s: float, end_s: float | None, number: float | None) -> tuple[float, bool]:
    """Return the mean time between two vehicles of a flow [s], and whether it is random."""
    text = element.get("period", "")
    if text.startswith("exp("):
        rate_veh_s = _number(text[4:-1])
        return (1.0 / rate_veh_s if rate_veh_s else math.inf), True
    probability = _number(element.get("probability", ""))
    if probability:
        return 1.0 / probability, True
    rate_veh_h = next((rate for name in _RATES_VEH_H if (rate := _number(element.get(name, "")))), None)
    if rate_veh_h:
        return 3600.0 / rate_veh_h, False
    period_s = _time_s(text)
    if period_s is not None:
        return period_s, False
    return ((end_s - begin_s) / number if number and end_s is not None else math.inf), False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _time_s(text: str) -> float | None:
    try:
        return parse_time_s(text)
    except InvalidInputError:
        return None
